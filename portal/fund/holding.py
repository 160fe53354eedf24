"""Holding a round in its phase while something is done that only this phase allows."""

from collections.abc import Sequence

from sqlmodel import Session, select

from db.models.fund import Phase, Round
from portal.errors import NotFound, Refused


def hold(session: Session, round_id: int, phases: Sequence[str], refusal: str, *, alone: bool = False) -> Round:
    """The round, which stays in one of `phases` to the end of the transaction; `alone`: nobody else holds it.

    Take it `alone` from the start where the round itself is changed or counted in: two who share it would wait for
    each other. Raises Refused `refusal` in another phase, and NotFound.
    """
    query = select(Round).where(Round.id == round_id).with_for_update(read=not alone, key_share=alone)
    row = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.state == Phase.DRAFTING:
        raise NotFound("no_such_round")
    if row.state not in phases:
        raise Refused(refusal)
    return row
