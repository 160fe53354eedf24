"""Disputes: private to the parties, their mediator and the head of mediation. Brought, sat over, agreed or not."""

from portal.cases.disputes.bringing import Grievance, bring, mend, record
from portal.cases.disputes.parties import OtherSide

__all__ = ["Grievance", "OtherSide", "bring", "mend", "record"]
