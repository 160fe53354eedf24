"""A fund in which every text that is not for everybody holds a rare word, and every other one another."""

from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import col, select

from db.engine import reading
from db.models.accounts import Person
from db.models.files import Attachment
from portal import audit
from portal.acts import Who
from portal.attachments import NewDocument
from portal.fund import approving, ballots, pledges, proposals, reviewing
from portal.fund.costs import TypedLine
from portal.fund.pledges import Offer
from portal.fund.reviewing import Costed
from portal.photos import NewPhoto
from tests.fixtures.fund import FundPeople
from tests.portal.cases.steps import do
from tests.portal.fund.drafts import Call, call, lines, picture, written
from tests.portal.fund.purse import today
from tests.portal.fund.votes import begin
from tests.portal.fund.works import Works, works

WORD, POINTS = "榴莲蜜语", 314_159
SEEN = "百香果园"
"""Stands in what everybody may read, by which each way of reading is shown to find something."""
PLAIN = "楼下装长椅"


@dataclass
class Hidden:
    """The numbers of what is there, and of those that nobody else may know of."""

    at: Works
    here: Call
    vote_id: int
    projects: dict[str, int] = field(default_factory=dict)
    """Hidden ones."""
    told: dict[str, int] = field(default_factory=dict)
    """Those of which only the title and the reason are public."""
    orders: list[int] = field(default_factory=list)
    open_id: int = 0
    """A project that is public."""

    @property
    def rounds(self) -> tuple[int, ...]:
        return (self.here.round_id, self.vote_id, self.at.money.round_id)

    def attached(self, word: str = WORD) -> list[str]:
        """The names of the files that have the word in their title."""
        with reading() as session:
            return list(session.exec(select(Attachment.name).where(col(Attachment.title).contains(word))))


def document(word: str = WORD) -> NewDocument:
    return NewDocument(f"%PDF-1.4\n{word}\n%%EOF\n".encode(), word)


def proposal(word: str = WORD, **changes: Any) -> dict[str, Any]:
    """A proposal with the word wherever one can write."""
    photo: NewPhoto = replace(picture(), alt=word)
    return {
        "title": word, "need": word, "beneficiaries": word, "place": word, "photos": [photo],
        "documents": [document(word)], "lines": (TypedLine(word, word, "1500", "1"),),
    } | changes  # fmt: skip


def hide_everywhere(funders: FundPeople) -> Hidden:
    at = works(funders)
    vote = begin(funders, ballot_type="points", points=999_999)
    do(ballots.cast, funders.ann, vote.id, [[1, POINTS]])
    hidden = Hidden(at, call(funders), vote.id)
    _propose(hidden, funders)
    _turn_down(hidden, funders)
    _work_and_pay(hidden, funders)
    _pledge(hidden, funders)
    _name(funders.ann, funders.bob, funders.eve, funders.organization)
    return hidden


def _propose(hidden: Hidden, funders: FundPeople) -> None:
    """Drafts and proposals that nobody screened."""
    here, ids = hidden.here, hidden.projects
    ids["draft"] = do(proposals.draft, funders.ann, here.round_id, written(**proposal()))
    organized = written(**proposal(organization=WORD))
    ids["organized"] = do(proposals.draft, funders.organization, here.round_id, organized)
    ids["unscreened"] = here.proposed(funders.ann, **proposal())
    ids["given_back"] = here.proposed(funders.bob, **proposal())
    do(reviewing.give_back, funders.second_staff, ids["given_back"], WORD)
    ids["withdrawn"] = here.proposed(funders.bob, **proposal())
    do(proposals.withdraw, funders.bob, ids["withdrawn"], WORD)
    ids["discarded"] = do(proposals.draft, funders.bob, here.round_id, written(**proposal()))
    do(proposals.discard, funders.bob, ids["discarded"])
    hidden.open_id = here.admitted(funders.joe, **proposal(SEEN))


def _turn_down(hidden: Hidden, funders: FundPeople) -> None:
    here, told = hidden.here, hidden.told
    told["excluded"] = here.proposed(funders.eve, **proposal(title=PLAIN))
    do(reviewing.exclude, funders.second_staff, told["excluded"], "excluded:1", "不在范围内")
    told["withdrawn_later"] = here.admitted(funders.eve, **proposal(title=PLAIN))
    told["unfeasible"] = here.admitted(funders.eve, **proposal(title=PLAIN))
    here.move_to("reviewing")
    costed = [Costed(line.id or 0, "1500", WORD) for line in lines(told["unfeasible"])]
    do(reviewing.cost, funders.reviewer, told["unfeasible"], costed, WORD)
    do(reviewing.note_deliberation, funders.second_staff, told["unfeasible"], WORD)
    do(reviewing.reject_cost, funders.reviewer, told["unfeasible"], "做不了")
    here.move_to("accepting")
    do(proposals.withdraw, funders.eve, told["withdrawn_later"], WORD)


def _work_and_pay(hidden: Hidden, funders: FundPeople) -> None:
    """A lead, private payees and donors, orders that wait or were turned down, and proofs that are not shown."""
    money = hidden.at.money
    hidden.at.start()
    proof: dict[str, Any] = {"documents": [document()], "documents_shown": False}
    money.post("contract", "5000", payee=WORD, payee_is_person=True, purpose=SEEN, **proof)
    gift: dict[str, Any] = {"source": "donation", "received_on": today(), "voucher": "S-2"}
    money.post("income", "5000", donor=WORD, **gift, **proof)
    money.post("income", "5000", donor=SEEN, donor_shown=True, **gift)
    unknown: dict[str, Any] = {"payee": WORD, "purpose": WORD, "voucher": WORD, "documents": [document()]}
    waits, refused, taken_back = (money.propose("contract", "100", documents_shown=True, **unknown) for _ in range(3))
    do(approving.reject, funders.other_finance, refused, WORD)
    do(approving.withdraw, funders.finance, taken_back)
    hidden.orders = [waits, refused, taken_back]


def _pledge(hidden: Hidden, funders: FundPeople) -> None:
    """Help that nobody answered, that was declined, that came without a name, and that came with one."""
    fund_id = hidden.at.money.fund_id
    offers = [Offer(fund_id, 0, "things", what, named=named) for what, named in
              ((WORD, True), (WORD, True), ("十把椅子", False))]  # fmt: skip
    _, declined, received = (do(pledges.offer, funders.ann, offer) for offer in offers)
    do(pledges.decline, funders.second_staff, declined, WORD)
    do(pledges.receive, funders.second_staff, received)
    shown = do(pledges.offer, funders.joe, Offer(fund_id, 0, "things", SEEN, named=True))
    do(pledges.receive, funders.second_staff, shown)


def _name(*people: Who) -> None:
    """Call them by the word: proposers, voters, the lead, givers."""
    with audit.transaction() as session:
        for who in people:
            session.get_one(Person, who.person_id).name = WORD
