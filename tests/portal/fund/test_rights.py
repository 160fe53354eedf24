"""Who may do what in the fund, from which state: every combination, against a table written by hand."""

from typing import Any

import pytest
from sqlmodel import SQLModel

from db.models.ballots import Ballot, Paper, PaperState
from db.models.fund import Fund, Phase, Project, ProjectState, Round
from db.models.ledger import Order, OrderState
from db.models.works import Milestone, MilestoneState, Pledge
from portal.acts import ACTS, SYSTEM, VISITOR, Who, allowed
from portal.commands.books import declared  # loads all that declares acts
from tests.fixtures.town import CELL, COMMUNITY, OTHER_COMMUNITY, STREET

PROPOSER, LEAD, AUTHOR, FIRST, SECOND, REPORTER, GIVER, OTHER = range(1, 9)


def person(person_id: int, *duties: tuple[str, str], home: str = "") -> Who:
    return Who(person_id=person_id, duties=frozenset(duties), home_path=home)


STAFF_HERE, FINANCE_HERE = ("staff", COMMUNITY), ("finance", COMMUNITY)
PEOPLE = {
    "visitor": VISITOR,
    "member": person(OTHER),
    "local": person(OTHER, home=CELL),
    "far_local": person(OTHER, home=f"{OTHER_COMMUNITY}03/"),
    "proposer": person(PROPOSER, home=CELL),
    "proposing_staff": person(PROPOSER, STAFF_HERE),
    "lead": person(LEAD),
    "organization": person(OTHER, ("organization", COMMUNITY)),
    "far_organization": person(OTHER, ("organization", OTHER_COMMUNITY)),
    "staff": person(OTHER, STAFF_HERE),
    "street_staff": person(OTHER, ("staff", STREET)),
    "far_staff": person(OTHER, ("staff", OTHER_COMMUNITY)),
    "first_reader": person(FIRST, STAFF_HERE),
    "second_reader": person(SECOND, STAFF_HERE),
    "first_reader_left": person(FIRST),
    "reporting_staff": person(REPORTER, STAFF_HERE),
    "giver": person(GIVER),
    "reviewer": person(OTHER, ("reviewer", COMMUNITY)),
    "finance": person(OTHER, FINANCE_HERE),
    "author": person(AUTHOR, FINANCE_HERE),
    "author_left": person(AUTHOR),
    "far_finance": person(OTHER, ("finance", OTHER_COMMUNITY)),
    "auditor": person(OTHER, ("auditor", COMMUNITY)),
    "admin": person(OTHER, ("admin", COMMUNITY)),
    "volunteer": person(OTHER, ("volunteer", COMMUNITY)),
    "grid_worker": person(OTHER, ("grid_worker", CELL)),
    "system": SYSTEM,
}
KNOWN = set(PEOPLE) - {"visitor", "system"}
LOCAL = {"local", "proposer"}
STAFF = {"staff", "street_staff", "first_reader", "second_reader", "reporting_staff", "proposing_staff"}
FINANCE = {"finance", "author"}
OWN = {"proposer", "proposing_staff"}
BY_DATE = STAFF | {"system"}

EXPECTED: dict[str, set[str]] = {
    "fund.create": {"admin"},
    "fund.edit": {"admin"} | FINANCE,
    "round.create": STAFF, "round.edit": STAFF, "round.plan": STAFF, "round.go_back": STAFF, "round.cancel": STAFF,
    "round.set_rivals": STAFF,
    **{f"round.{name}": BY_DATE for name in (
        "inform", "call", "review", "valuate", "deliberate", "publish", "open_vote", "close_vote", "finish")},
    "project.read_draft": OWN,
    "project.read_inside": STAFF | FINANCE | OWN | {"lead", "reviewer", "auditor"},
    "project.draft": LOCAL | {"organization"},
    "project.edit_draft": OWN, "project.discard": OWN, "project.submit": OWN, "project.withdraw": OWN,
    "project.give_back": STAFF, "project.admit": STAFF, "project.exclude": STAFF, "project.readmit": STAFF,
    "project.cost": STAFF | {"reviewer"}, "project.reject_cost": STAFF | {"reviewer"},
    "project.note_deliberation": STAFF, "project.list": BY_DATE, "project.unlist": STAFF,
    "project.follow": KNOWN,
    "project.fund": BY_DATE, "project.not_fund": BY_DATE,
    "project.name_lead": STAFF, "project.start": STAFF, "project.implement": BY_DATE,
    "project.erase": OWN, "project.news": STAFF | {"lead"}, "project.suspend": STAFF,
    "project.resume": STAFF, "project.stop": STAFF,
    "project.accept": STAFF - {"proposing_staff"}, "project.close": STAFF,
    "milestone.plan": STAFF | {"lead"}, "milestone.edit": STAFF, "milestone.report": STAFF | {"lead"},
    "milestone.accept": STAFF - {"reporting_staff"}, "milestone.return": STAFF - {"reporting_staff"},
    "milestone.cancel": BY_DATE,
    "voter.enroll": STAFF, "voter.give_paper": STAFF,
    "ballot.cast": LOCAL, "ballot.change": LOCAL,
    "paper.enter": STAFF, "paper.reenter": {"first_reader"},
    "paper.confirm": STAFF - {"first_reader"}, "paper.differ": STAFF - {"first_reader"},
    "paper.spoil": STAFF - {"first_reader"}, "paper.settle": STAFF - {"first_reader", "second_reader"},
    "money.read": STAFF | FINANCE | {"auditor"}, "money.propose": STAFF | FINANCE,
    "money.approve": {"finance"}, "money.reject": {"finance"}, "money.reverse": {"system"},
    "money.withdraw": {"author", "author_left"},
    "ledger.post": {"finance", "system"},
    "pledge.offer": KNOWN, "pledge.receive": STAFF, "pledge.decline": STAFF, "pledge.withdraw": {"giver"},
}  # fmt: skip
"""Who may do an act from a state in which it starts; whoever is not named may not."""
PREFIXES = tuple(sorted({name.split(".")[0] + "." for name in EXPECTED}))


def things(act: str) -> tuple[type[Any], Any]:
    """What an act is done to, and the states that such a thing can have."""
    kind = act.split(".")[0]
    return {
        "fund": (Fund, [""]), "round": (Round, Phase), "project": (Project, ProjectState),
        "milestone": (Milestone, MilestoneState), "voter": (Round, Phase), "ballot": (Ballot, [""]),
        "paper": (Paper, PaperState), "money": (Order, OrderState), "ledger": (Order, OrderState),
        "pledge": (Pledge, ["offered", "received", "declined", "withdrawn"]),
    }[kind]  # fmt: skip


def made(model: type[SQLModel], state: str) -> Any:
    """A thing of the community with everybody in their place."""
    filled = {
        "area_path": COMMUNITY, "proposer_id": PROPOSER, "lead_id": LEAD, "author_id": AUTHOR, "first_by": FIRST,
        "second_by": SECOND, "reported_by": REPORTER, "person_id": GIVER if model is Pledge else None, "state": state,
    }  # fmt: skip
    return model(**{name: value for name, value in filled.items() if name in model.model_fields})


def test_the_table_names_every_act() -> None:
    assert EXPECTED.keys() == {act.name for act in declared() if act.name.startswith(PREFIXES)}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_act_in_every_state_with_everybody(name: str) -> None:
    declared()
    act = ACTS[name]
    model, states = things(name)
    tried = 0
    for state in states:
        thing = made(model, state)
        may = {who for who in PEOPLE if allowed(PEOPLE[who], act, thing)}
        starts = not act.frm or state in act.frm
        wanted = EXPECTED[name] if starts else set()
        tried += starts
        assert may == wanted, f"{name} from {state}: {sorted(may ^ wanted)}"
    assert tried, "it starts nowhere"
