"""Bringing a dispute: by a member, or recorded for somebody who came to the counter."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from db.models.cases import Case, Channel, KindName
from portal.accounts import people
from portal.acts import Who
from portal.cases import post
from portal.cases.contents import Voice
from portal.cases.disputes.parties import OtherSide, dispute, invite, put, put_first, tell_heads
from portal.cases.post import Posted
from portal.errors import Refused
from portal.photos import NewPhoto


@dataclass(frozen=True)
class Grievance:
    """What a person brings, as typed. A point wins over an area; one of them is needed."""

    title: str
    body: str
    category: str
    parties: Sequence[OtherSide] = ()
    """The other sides: at least one."""
    area_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    place: str = ""
    contact: str = ""
    photos: list[NewPhoto] = field(default_factory=list)
    channel: str = Channel.SELF
    consent: str = ""
    person_id: int | None = None
    """For whom it is recorded, where that person has an account."""
    name: str = ""
    """For whom it is recorded, where there is no account."""


def bring(session: Session, who: Who, grievance: Grievance) -> Posted:
    """Bring one's own dispute before the head of mediation. Raises Refused as `post.post`, `missing` parties.

    The other sides learn of it only when the head lets it in.
    """
    _need_other_side(grievance)
    posted = post.post(session, who, _voice(grievance))
    _enter(session, posted, grievance, who.name)
    return posted


def record(session: Session, who: Who, grievance: Grievance) -> Posted:
    """Record the dispute of somebody who came, called or wrote; whoever records it cannot read it afterwards.

    Raises Refused as `post.record`, `missing` parties or name.
    """
    _need_other_side(grievance)
    posted = post.record(session, who, _voice(grievance))
    known = people.name_of(session, [grievance.person_id]) if grievance.person_id else {}
    _enter(session, posted, grievance, known.get(grievance.person_id or 0, grievance.name))
    return posted


def mend(session: Session, who: Who, case_id: int, grievance: Grievance) -> None:
    """Send it in again after the head gave it back; sides named now are added to those it has."""
    case = dispute(session, who, case_id)
    post.submit(session, who, case_id, _voice(grievance))
    put(session, case, grievance.parties)
    invite(session, case)
    tell_heads(session, case, "dispute_new")


def _need_other_side(grievance: Grievance) -> None:
    if not grievance.parties:
        raise Refused("missing", field="party_name")


def _voice(grievance: Grievance) -> Voice:
    return Voice(
        title=grievance.title,
        body=grievance.body,
        category=grievance.category,
        kind=KindName.DISPUTE,
        area_id=grievance.area_id,
        lon=grievance.lon,
        lat=grievance.lat,
        place=grievance.place,
        contact=grievance.contact,
        photos=grievance.photos,
        channel=grievance.channel,
        consent=grievance.consent,
        person_id=grievance.person_id,
    )


def _enter(session: Session, posted: Posted, grievance: Grievance, name: str) -> None:
    """The parties of a dispute just posted, and the word to those who decide what becomes of it."""
    case = session.get_one(Case, posted.case_id)
    put_first(session, case, name)
    put(session, case, grievance.parties)
    invite(session, case)
    tell_heads(session, case, "dispute_new")
