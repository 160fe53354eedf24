"""The sides of a dispute: who they are, how each is shown to the others, who has an interest in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from db.models.accounts import Person
from db.models.cases import Case, KindName
from db.models.disputes import Party, Recusal
from portal import clock, limits, notices, vault
from portal.accounts import people, phones
from portal.acts import Who, perform
from portal.cases import acts
from portal.cases.kinds import DISPUTE
from portal.cases.reading import called, one, reads_inside
from portal.errors import NotFound, Refused
from portal.inputs import clean

_STARS = 3
"""A mask is no longer than this, so that a long name is not given away by its length."""


@dataclass(frozen=True)
class OtherSide:
    """A side as typed by whoever names it; without a phone only the mediator can reach it."""

    name: str
    phone: str = ""


@dataclass(frozen=True)
class Side:
    """A party as one reader sees it: their own name and those before a mediator in full, all others masked."""

    id: int
    name: str
    mine: bool
    brought_it: bool
    phone_mask: str
    """Only for the mediator and the head; empty where no phone is known."""


def mask(name: str) -> str:
    """How a name is shown to the other side: `李*明`, `王*`."""
    if len(name) < 3:
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * min(len(name) - 2, _STARS)}{name[-1]}"


def dispute(session: Session, who: Who, case_id: int) -> Case:
    """The dispute. Raises NotFound where there is none of that number that `who` may read."""
    case = one(session, who, case_id)
    if case.kind != KindName.DISPUTE:
        raise NotFound("case_not_found")
    return case


def sides(session: Session, who: Who, case_id: int) -> list[Side]:
    """The parties in the order they were named. Raises NotFound as `dispute` does."""
    case = dispute(session, who, case_id)
    inside = reads_inside(who, case)
    return [_seen(party, who, case, inside) for party in rows_of(session, case)]


def add_party(session: Session, who: Who, case_id: int, side: OtherSide) -> int:
    """Name one more side; it is told if its phone has an account. Returns its id.

    Raises Refused as `put` does, `party_is_mediator`: nobody is a side and in the middle.
    """
    case = dispute(session, who, case_id)
    perform(session, who, acts.ADD_PARTY, case)
    [added] = put(session, case, [side])
    if conflicts(session, case).get(case.holder_id or 0) == "party":
        raise Refused("party_is_mediator")
    invite(session, case)
    return added.id or 0


def reveal_phone(session: Session, who: Who, party_id: int, says: str) -> str:
    """The full phone of a party, for a reason that is kept in the log. Raises NotFound, Refused `no_contact`."""
    party = session.get(Party, party_id) if 0 < party_id < 2**31 else None
    if party is None:
        raise NotFound("case_not_found")
    case = dispute(session, who, party.case_id)
    perform(session, who, acts.REVEAL, case, commutes=True, says=says, private={"party": party_id})
    if not party.phone_sealed:
        raise Refused("no_contact")
    return vault.unseal(party.phone_sealed)


def put(session: Session, case: Case, named: Sequence[OtherSide]) -> list[Party]:
    """Write other sides down; `invite` them then.

    Raises Refused `too_many_parties`, `party_twice`, and for a name or phone that is none.
    """
    there = rows_of(session, case)
    if len(there) + len(named) > limits.PARTIES_PER_DISPUTE:
        raise Refused("too_many_parties", limit=limits.PARTIES_PER_DISPUTE)
    known = {phones.key(phone) for party in there if (phone := phone_of(party))}
    accounts = select(Person.phone_hash).where(col(Person.id).in_([party.person_id for party in there]))
    known |= {key for key in session.exec(accounts) if key}
    added = []
    for side in named:
        party = _party(case, side)
        phone = phone_of(party)
        if phone and phones.key(phone) in known:
            raise Refused("party_twice")
        known |= {phones.key(phone)} if phone else set()
        session.add(party)
        added.append(party)
    session.flush()
    return added


def put_first(session: Session, case: Case, name: str) -> None:
    """Write down who brought it, before all other sides; the phone is the one given with the case, or the account's."""
    name = clean("party_name", name, limits.NAME_CHARS)
    phone, shown = case.contact_sealed, case.contact_mask
    if case.poster_id is not None and not phone:
        phone, shown = people.sealed_phone(session, case.poster_id)
    first = Party(
        case_id=case.id or 0, person_id=case.poster_id, name_sealed=vault.seal(name), name_mask=mask(name),
        phone_sealed=phone, phone_mask=shown, brought_it=True, added_at=clock.now(),
    )  # fmt: skip
    session.add(first)
    case.party_ids = [case.poster_id] if case.poster_id else []
    session.add(case)
    session.flush()


def invite(session: Session, case: Case, *, first: bool = False) -> None:
    """Make parties of those sides whose phone has an account by now, and tell them.

    They read and hear nothing before a head has let the dispute in (then all are told: `first`), and then its number.
    """
    new = _link(session, case)
    for person_id in case.party_ids if first else new:
        if person_id != case.poster_id and case.shown_at is not None:
            notices.tell(session, person_id, "dispute_invited", case_id=case.id, title=called(case))


def tell_heads(session: Session, case: Case, message: str) -> None:
    """Tell the heads of the closest area that has any, unless it is their own dispute."""
    heads = people.workers(session, case.area_path, DISPUTE.desk_role)
    for person_id, _, path in heads:
        if path == heads[0][2] and person_id not in case.party_ids:
            notices.tell(session, person_id, message, case_id=case.id, title=called(case))


def rows_of(session: Session, case: Case) -> list[Party]:
    """The parties, who brought it first. For callers that have the right to the case."""
    rows = session.exec(select(Party).where(Party.case_id == case.id).order_by(col(Party.id)))
    return sorted(rows, key=lambda party: not party.brought_it)


def own(session: Session, who: Who, case: Case) -> Party | None:
    """The side that `who` is, if any."""
    mine = select(Party).where(Party.case_id == case.id, Party.person_id == who.person_id)
    return session.exec(mine).one_or_none() if who.person_id is not None else None


def name_of(party: Party) -> str:
    """The full name; the mask where the name was erased since."""
    return vault.unseal(party.name_sealed) if party.name_sealed else party.name_mask


def phone_of(party: Party) -> str:
    """The full phone as E.164; empty where none is kept."""
    return vault.unseal(party.phone_sealed) if party.phone_sealed else ""


def conflicts(session: Session, case: Case) -> dict[int, str]:
    """Who must not mediate this dispute, and why: `party`, `recorded`, `recused`, `objected`."""
    found = dict(session.exec(select(Recusal.person_id, Recusal.why).where(Recusal.case_id == case.id)).all())
    if case.recorded_by is not None:
        found[case.recorded_by] = "recorded"
    keys = [phones.key(phone) for party in rows_of(session, case) if (phone := phone_of(party))]
    by_phone = session.exec(select(Person.id).where(col(Person.phone_hash).in_(keys))) if keys else ()
    return found | dict.fromkeys((p for p in (*case.party_ids, *by_phone) if p is not None), "party")


def _link(session: Session, case: Case) -> list[int]:
    """Make parties of those whose phone has an account by now, and say who they are."""
    unknown = [p for p in rows_of(session, case) if p.person_id is None and not p.brought_it]
    waiting = {phones.key(phone): party for party in unknown if (phone := phone_of(party))}
    if not waiting:
        return []
    found = session.exec(select(Person).where(col(Person.phone_hash).in_(sorted(waiting)))).all()
    for person in found:
        waiting[person.phone_hash or ""].person_id = person.id
    new = [person.id for person in found if person.id is not None]
    case.party_ids = [*case.party_ids, *new]
    session.add(case)
    session.flush()
    return new


def _party(case: Case, side: OtherSide) -> Party:
    name = clean("party_name", side.name, limits.NAME_CHARS)
    typed = clean("party_phone", side.phone, phones.TYPED_CHARS, required=False)
    phone = phones.normalise(typed) if typed else ""
    return Party(
        case_id=case.id or 0, name_sealed=vault.seal(name), name_mask=mask(name), added_at=clock.now(),
        phone_sealed=vault.seal(phone) if phone else None, phone_mask=phones.mask(phone) if phone else "",
    )  # fmt: skip


def _seen(party: Party, who: Who, case: Case, inside: bool) -> Side:
    by_receipt = party.brought_it and party.person_id is None and case.id in who.receipts
    mine = by_receipt or (who.person_id is not None and party.person_id == who.person_id)
    return Side(
        id=party.id or 0,
        name=name_of(party) if inside or mine else party.name_mask,
        mine=mine,
        brought_it=party.brought_it,
        phone_mask=party.phone_mask if inside else "",
    )
