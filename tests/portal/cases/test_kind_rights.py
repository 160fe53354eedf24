"""Who may do what to which kind of case in which state: every combination, against a table written by hand."""

from dataclasses import replace
from itertools import product

import pytest

from db.engine import writing
from db.models.cases import Case, State
from portal import clock
from portal.acts import ACTS, SYSTEM, VISITOR, Who, allowed
from portal.cases import reading
from portal.cases.kinds import KINDS
from portal.commands.books import declared  # loads all that declares acts
from portal.errors import NotFound
from tests.fixtures.town import CELL, CITY, COMMUNITY, OTHER_COMMUNITY, STREET
from tests.portal.cases.conftest import Standing

POSTER, HOLDER, RECORDER, PARTY, DECIDER, MEMBER = 1, 2, 3, 4, 5, 9
UNIT = f"{CITY}lianran/"


def person(person_id: int, *duties: tuple[str, str]) -> Who:
    return Who(person_id=person_id, duties=frozenset(duties))


PEOPLE = {
    "visitor": VISITOR,
    "receipt": replace(VISITOR, receipts=frozenset({7})),
    "member": person(MEMBER),
    "poster": person(POSTER),
    "holder": person(HOLDER, ("mediator", COMMUNITY)),
    "left": person(HOLDER),
    "recorder": person(RECORDER),
    "party": person(PARTY),
    "decider": person(DECIDER, ("staff", COMMUNITY), ("mediation_head", COMMUNITY)),
    "unit": person(MEMBER, ("staff", UNIT)),
    "volunteer": person(MEMBER, ("volunteer", COMMUNITY)),
    "far_volunteer": person(MEMBER, ("volunteer", OTHER_COMMUNITY)),
    "worker": person(MEMBER, ("grid_worker", CELL)),
    "next_worker": person(MEMBER, ("grid_worker", f"{COMMUNITY}04/")),
    "staff": person(MEMBER, ("staff", COMMUNITY)),
    "street_staff": person(MEMBER, ("staff", STREET)),
    "far_staff": person(MEMBER, ("staff", OTHER_COMMUNITY)),
    "mediator": person(MEMBER, ("mediator", COMMUNITY)),
    "head": person(MEMBER, ("mediation_head", COMMUNITY)),
    "far_head": person(MEMBER, ("mediation_head", OTHER_COMMUNITY)),
    "auditor": person(MEMBER, ("auditor", CITY)),
    "admin": person(MEMBER, ("admin", CITY)),
    "system": SYSTEM,
}
ALL = set(PEOPLE)
KNOWN = ALL - {"visitor", "receipt", "system"}
OWN = {"poster", "receipt"}
STAFF = {"staff", "street_staff", "decider"}
HEADS = {"head", "decider"}
NOBODY: set[str] = set()
Table = dict[str, set[str]]

CLOCKWORK: Table = {
    act: {"system"}
    for act in ["expire_hold", "free", "leave_hall", "assign", "ask_lapsed", "climb", "close_unanswered", "anonymise"]
}
TALK: Table = CLOCKWORK | {
    "read": OWN | STAFF | {"holder", "recorder", "unit", "worker", "auditor"},
    "read_inside": STAFF | {"holder", "unit", "worker", "auditor"},
    "draft": KNOWN, "edit_draft": {"poster"}, "discard": {"poster"}, "submit": {"poster"}, "post": ALL,
    "record": STAFF | {"worker"}, "mend": OWN, "withdraw": OWN, "support": KNOWN, "unsupport": KNOWN,
    "answer_ask": OWN, "rate": OWN, "reopen": OWN, "appeal": OWN, "drop_contact": OWN, "erase": OWN,
    "called_back": STAFF,
    "accept": STAFF, "return": STAFF, "decline": STAFF, "refer": STAFF, "merge": STAFF, "recategorise": STAFF,
    "hide": STAFF, "unhide": STAFF, "restore": {"staff", "street_staff"}, "dispatch": STAFF,
    "remark": STAFF | {"holder", "unit", "worker"}, "reveal": STAFF | {"holder"}, "escalate": STAFF | {"holder"},
    "hand_down": STAFF, "unit_take": {"unit"}, "unit_give_back": {"unit"}, "unit_done": {"unit"},
    "answer": STAFF | {"worker"}, "invite": STAFF | {"holder"}, "uninvite": STAFF | {"holder"},
    "release": {"holder"}, "send_back": {"holder"},
    "take_on": {"holder"}, "ask": STAFF | {"holder"}, "note": STAFF | {"holder"}, "finish": STAFF | {"holder"},
}  # fmt: skip
EXPECTED: dict[str, Table] = {
    "wish": TALK | {"to_hall": STAFF, "grab": {"volunteer"}},
    "opinion": TALK,
    "help": CLOCKWORK | {
        "read": OWN | STAFF | {"holder", "recorder", "unit", "worker", "auditor"},
        "read_inside": STAFF | {"holder", "unit", "worker", "auditor"},
        "post": ALL, "record": STAFF | {"worker"},
        "withdraw": OWN, "answer_ask": OWN, "rate": OWN, "reopen": OWN, "appeal": OWN, "drop_contact": OWN,
        "erase": OWN, "called_back": STAFF, "accept": STAFF | {"worker", "system"}, "decline": STAFF, "refer": STAFF,
        "recategorise": STAFF,
        "restore": {"staff", "street_staff"}, "dispatch": STAFF, "to_hall": STAFF | {"worker", "system"},
        "remark": STAFF | {"holder", "unit", "worker"}, "reveal": STAFF, "call": {"holder"},
        "escalate": STAFF | {"holder"}, "hand_down": STAFF,
        "grab": {"volunteer"}, "release": {"holder"}, "send_back": {"holder"},
        "take_on": {"holder"}, "ask": STAFF | {"holder"}, "note": STAFF | {"holder"}, "finish": STAFF | {"holder"},
        "widen": {"system"}, "no_show": OWN | STAFF | {"worker"}, "rate_back": {"holder"},
    },
    "errand": CLOCKWORK | {
        "read": OWN | STAFF | {"holder", "recorder", "unit", "worker", "auditor"},
        "read_inside": STAFF | {"holder", "unit", "worker", "auditor"},
        "withdraw": OWN, "rate": OWN, "appeal": OWN,
        "drop_contact": OWN, "erase": OWN, "called_back": STAFF, "decline": STAFF, "restore": {"staff", "street_staff"},
        "remark": STAFF | {"holder", "unit", "worker"}, "reveal": STAFF | {"holder"}, "call": {"holder"},
        "note": STAFF | {"holder"}, "finish": STAFF | {"holder"}, "book": KNOWN,
        "rebook": OWN | STAFF | {"worker"}, "serve": STAFF | {"worker"}, "absent": STAFF | {"worker"},
    },
    "dispute": CLOCKWORK | {
        "read": OWN | HEADS | {"party", "holder"}, "read_inside": HEADS | {"holder"},
        "draft": KNOWN, "edit_draft": {"poster"}, "discard": {"poster"}, "submit": {"poster"}, "post": KNOWN,
        "record": STAFF | HEADS | {"worker", "mediator", "holder"}, "mend": OWN, "withdraw": OWN, "answer_ask": OWN,
        "rate": OWN, "reopen": OWN, "appeal": OWN, "drop_contact": OWN, "accept": HEADS, "return": HEADS,
        "decline": HEADS, "refer": HEADS, "recategorise": HEADS, "restore": {"head"}, "dispatch": HEADS,
        "remark": HEADS | {"holder"}, "reveal": HEADS | {"holder"}, "call": {"holder"},
        "escalate": HEADS | {"holder"}, "hand_down": HEADS, "take_on": {"holder"}, "ask": HEADS | {"holder"},
        "note": HEADS | {"holder"}, "add_party": HEADS | {"holder", "poster"}, "object": {"party", "poster"},
        "recuse": {"holder"}, "sit": {"holder"}, "call_off": {"holder"}, "minutes": {"holder"},
        "offer": {"holder", "party", "poster"}, "write_agreement": {"holder"},
        "consent": {"holder", "party", "poster"}, "agree": {"holder"}, "not_agreed": {"holder"},
        "follow_up": HEADS | {"holder"},
    },
}  # fmt: skip
"""For each kind, who may do an act from a state in which it starts; what is not named nobody may do."""
ONLY_WHILE_AT_WORK = {("read", "wish"), ("read", "opinion"), ("read", "errand"), ("read_inside", ""), ("remark", ""),
                      ("reveal", ""), ("call", "")}  # fmt: skip
"""Acts that the holder loses once the case is answered, and of which kinds (empty: of all but disputes)."""
ANSWERED = {"done", "closed", "declined", "referred", "merged", "withdrawn"}


UNSEEN = {"draft", "screening", "returned"}
"""States before a head has let a dispute in: the other sides know nothing of it."""


def made(kind: str, state: str) -> Case:
    """A case of the community's cell 03 in this state, with everybody in their place."""
    return Case(
        id=7, kind=kind, private=kind not in ("wish", "opinion"), title="题", body="文", category=f"{kind}_x",
        state=state, area_id=1, area_path=CELL, desk_path=COMMUNITY, poster_id=POSTER, holder_id=HOLDER,
        recorded_by=RECORDER, party_ids=[POSTER, PARTY], unit_paths=[UNIT], decided_by=DECIDER,
        shown_at=None if state in UNSEEN else clock.now(),
    )  # fmt: skip


def expected(act: str, kind: str, state: str) -> set[str]:
    if ACTS[f"case.{act}"].frm and state not in ACTS[f"case.{act}"].frm:
        return NOBODY
    may = EXPECTED[kind].get(act, NOBODY) - (
        {"party"} if (act, kind) == ("read", "dispute") and state in UNSEEN else NOBODY
    )
    lost = (act, kind) in ONLY_WHILE_AT_WORK or (kind != "dispute" and (act, "") in ONLY_WHILE_AT_WORK)
    lost = lost or (act in ("reveal", "call") and kind == "dispute")
    may = may - {"holder"} if lost and state in ANSWERED else may
    if act in ("read", "read_inside", "remark") and state in ANSWERED:
        may = may - {"unit"}  # whose part is over, too
    return may | {"left"} if "holder" in may and kind != "dispute" else may  # a dispute asks for the duty as well


def test_the_table_names_every_act() -> None:
    named = {f"case.{act}" for table in EXPECTED.values() for act in table}
    assert named == {act.name for act in declared() if act.name.startswith("case.")}
    assert EXPECTED.keys() == KINDS.keys()


@pytest.mark.parametrize(("kind", "state"), product(KINDS, State))
def test_every_kind_in_every_state_with_everybody(kind: str, state: str) -> None:
    case = made(kind, state)
    for act in (act for act in declared() if act.name.startswith("case.")):
        name = act.name.removeprefix("case.")
        may = {who for who in PEOPLE if allowed(PEOPLE[who], act, case)}
        wanted = expected(name, kind, state)
        assert may == wanted, f"{name} of a {kind} in {state}: {sorted(may ^ wanted)}"


@pytest.mark.parametrize("kind", KINDS)
def test_who_finds_a_case_that_is_not_public(standing_town: Standing, kind: str) -> None:
    """By its number, in every state; for all others it is as if it were not there."""
    people = standing_town.people
    real = {POSTER: people.resident, HOLDER: people.mediator, RECORDER: people.next_worker, PARTY: people.neighbour}
    ids = {number: who.person_id or 0 for number, who in real.items()} | {DECIDER: people.admin.person_id or 0}
    for state in State:
        with writing() as session:
            case = made(kind, state)
            case.id, case.private, case.category = None, True, "other"
            case.area_id, case.started_at = 1, case.created_at
            case.poster_id, case.holder_id, case.recorded_by = ids[POSTER], ids[HOLDER], ids[RECORDER]
            case.party_ids, case.decided_by = [ids[POSTER], ids[PARTY]], ids[DECIDER]
            session.add(case)
            session.flush()
            found = set()
            for name, who in PEOPLE.items():
                known = ids.get(who.person_id or 0, who.person_id and 10_000)
                asks = replace(who, person_id=known, receipts=frozenset({case.id or 0} if who.receipts else ()))
                try:
                    reading.one(session, asks, case.id or 0)
                    found.add(name)
                except NotFound:
                    pass
            session.rollback()
        wanted = EXPECTED[kind].get("edit_draft", NOBODY) if state == State.DRAFT else expected("read", kind, state)
        assert found == wanted, f"a {kind} in {state}: {sorted(found ^ wanted)}"
