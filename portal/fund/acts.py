"""What can be done in the fund, as declared rows: rounds, projects, ballots, papers, money, work and pledges.

Rights go by `area_path`, which everything in a round takes from the round. `local` is a confirmed resident of it.
"""

from db.models.ballots import PaperState
from db.models.fund import Phase, ProjectState
from db.models.ledger import OrderState
from db.models.works import MilestoneState
from portal.acts import Act, declare

R, P, M, B, O = Phase, ProjectState, MilestoneState, PaperState, OrderState  # noqa: E741

# A fund.
CREATE_FUND = declare("fund.create", "admin")
EDIT_FUND = declare("fund.edit", "admin finance")

# A round: its rules are open to change until voting opens, its plan of dates always.
RULES_OPEN = (R.DRAFTING, R.INFORMING, R.ACCEPTING, R.REVIEWING, R.VALUATING, R.DELIBERATING, R.PUBLISHING)
CREATE_ROUND = declare("round.create", "staff", to=R.DRAFTING, public=False)
EDIT_ROUND = declare("round.edit", "staff", RULES_OPEN)
PLAN = declare("round.plan", "staff", [*RULES_OPEN, R.BALLOTING, R.REVIEWING_BALLOTS])
INFORM = declare("round.inform", "staff system", [R.DRAFTING], to=R.INFORMING)
CALL = declare("round.call", "staff system", [R.DRAFTING, R.INFORMING], to=R.ACCEPTING)
REVIEW = declare("round.review", "staff system", [R.ACCEPTING], to=R.REVIEWING)
VALUATE = declare("round.valuate", "staff system", [R.REVIEWING], to=R.VALUATING)
DELIBERATE = declare("round.deliberate", "staff system", [R.VALUATING], to=R.DELIBERATING)
PUBLISH = declare("round.publish", "staff system", [R.VALUATING, R.DELIBERATING], to=R.PUBLISHING)
OPEN_VOTE = declare("round.open_vote", "staff system", [R.PUBLISHING], to=R.BALLOTING)
CLOSE_VOTE = declare("round.close_vote", "staff system", [R.BALLOTING], to=R.REVIEWING_BALLOTS)
FINISH = declare("round.finish", "staff system", [R.REVIEWING_BALLOTS], to=R.FINISHED)
GO_BACK = declare(
    "round.go_back", "staff", [R.REVIEWING, R.VALUATING, R.DELIBERATING, R.PUBLISHING], says="required",
    says_public=True,
)  # fmt: skip
CANCEL = declare("round.cancel", "staff", RULES_OPEN, to=R.CANCELLED, says="required", says_public=True)
BY_PHASE: dict[str, Act] = {
    R.INFORMING: INFORM, R.ACCEPTING: CALL, R.REVIEWING: REVIEW, R.VALUATING: VALUATE, R.DELIBERATING: DELIBERATE,
    R.PUBLISHING: PUBLISH, R.BALLOTING: OPEN_VOTE, R.REVIEWING_BALLOTS: CLOSE_VOTE, R.FINISHED: FINISH,
}  # fmt: skip
"""The act that brings a round into a phase."""

# A proposal.
UNDECIDED = (P.SUBMITTED, P.ELIGIBLE, P.FEASIBLE)
READ_DRAFT = declare("project.read_draft", "proposer", public=False)
READ_INSIDE = declare("project.read_inside", "staff reviewer finance auditor proposer lead", public=False)
DRAFT = declare("project.draft", "local organization", to=P.DRAFT, public=False)
EDIT_DRAFT = declare("project.edit_draft", "proposer", [P.DRAFT], public=False)
DISCARD = declare("project.discard", "proposer", [P.DRAFT], to=P.CANCELLED, public=False)
SUBMIT = declare("project.submit", "proposer", [P.DRAFT], to=P.SUBMITTED)
GIVE_BACK = declare("project.give_back", "staff", [P.SUBMITTED], to=P.DRAFT, says="required")
WITHDRAW = declare("project.withdraw", "proposer", UNDECIDED, to=P.CANCELLED, says="optional")
ERASE = declare("project.erase", "proposer", [P.CANCELLED, P.INELIGIBLE, P.UNFEASIBLE], public=False)
ADMIT = declare("project.admit", "staff", [P.SUBMITTED], to=P.ELIGIBLE)
EXCLUDE = declare(
    "project.exclude", "staff", [P.SUBMITTED, P.ELIGIBLE], to=P.INELIGIBLE, says="required", says_public=True
)
READMIT = declare("project.readmit", "staff", [P.INELIGIBLE, P.UNFEASIBLE], to=P.SUBMITTED, says="required",
                  says_public=True)  # fmt: skip
COST = declare("project.cost", "reviewer staff", [P.ELIGIBLE, P.FEASIBLE], to=P.FEASIBLE)
REJECT_COST = declare(
    "project.reject_cost", "reviewer staff", [P.ELIGIBLE, P.FEASIBLE], to=P.UNFEASIBLE, says="required",
    says_public=True,
)  # fmt: skip
NOTE_DELIBERATION = declare("project.note_deliberation", "staff", [P.ELIGIBLE, P.FEASIBLE])
LIST = declare("project.list", "staff system", [P.FEASIBLE], to=P.ON_BALLOT)
UNLIST = declare("project.unlist", "staff", [P.ON_BALLOT], to=P.FEASIBLE, says="required", says_public=True)
SET_RIVALS = declare("round.set_rivals", "staff", RULES_OPEN)
FOLLOW = declare("project.follow", "member", public=False)

# A ballot. Its choices never stand in an audit row, and nobody reads who cast it.
ENROLL = declare("voter.enroll", "staff", public=False)
CAST = declare("ballot.cast", "local")
CHANGE = declare("ballot.change", "local")
GIVE_PAPER = declare("voter.give_paper", "staff", public=False)
ENTER_PAPER = declare("paper.enter", "staff", to=B.ENTERED)
REENTER_PAPER = declare("paper.reenter", "first_reader", [B.ENTERED])
CONFIRM_PAPER = declare("paper.confirm", "other_reader", [B.ENTERED], to=B.AGREED)
DISPUTE_PAPER = declare("paper.differ", "other_reader", [B.ENTERED], to=B.DIFFERS)
SETTLE_PAPER = declare("paper.settle", "third_reader", [B.DIFFERS], to=B.AGREED)
SPOIL_PAPER = declare("paper.spoil", "other_reader", [B.ENTERED, B.DIFFERS], to=B.SPOILED, says="required")

# What the vote decided.
FUND = declare("project.fund", "staff system", [P.ON_BALLOT], to=P.FUNDED)
NOT_FUND = declare("project.not_fund", "staff system", [P.ON_BALLOT], to=P.NOT_FUNDED)

# The work.
AT_WORK = (P.CONTRACTING, P.IMPLEMENTING, P.SUSPENDED)
UNDER_WAY = (P.FUNDED, *AT_WORK)
NAME_LEAD = declare("project.name_lead", "staff", UNDER_WAY, public=False)
START = declare("project.start", "staff", [P.FUNDED], to=P.CONTRACTING)
IMPLEMENT = declare("project.implement", "staff system", [P.CONTRACTING], to=P.IMPLEMENTING)
NEWS = declare("project.news", "lead staff", [*UNDER_WAY, P.ACCEPTED], says="required", says_public=True)
SUSPEND = declare("project.suspend", "staff", [P.CONTRACTING, P.IMPLEMENTING], to=P.SUSPENDED, says="required",
                  says_public=True)  # fmt: skip
RESUME = declare("project.resume", "staff", [P.SUSPENDED])  # to where it stood: a contract may still be missing
STOP = declare("project.stop", "staff", [*UNDER_WAY], to=P.CANCELLED, says="required", says_public=True)
ACCEPT = declare("project.accept", "staff_for_others", [P.IMPLEMENTING], to=P.ACCEPTED, says="optional",
                 says_public=True)  # fmt: skip
CLOSE = declare("project.close", "staff", [P.ACCEPTED], to=P.CLOSED)
MILESTONE_PLAN = declare("milestone.plan", "staff lead", to=M.PLANNED)
MILESTONE_EDIT = declare("milestone.edit", "staff", [M.PLANNED])
MILESTONE_REPORT = declare("milestone.report", "lead staff", [M.PLANNED], to=M.REPORTED, says="required",
                           says_public=True)  # fmt: skip
MILESTONE_ACCEPT = declare("milestone.accept", "staff_for_others", [M.REPORTED], to=M.ACCEPTED)
MILESTONE_RETURN = declare("milestone.return", "staff_for_others", [M.REPORTED], to=M.PLANNED, says="required",
                           says_public=True)  # fmt: skip
MILESTONE_CANCEL = declare("milestone.cancel", "staff system", [M.PLANNED, M.REPORTED], to=M.CANCELLED)

# Money: one person proposes, another one approves; then, and only then, the ledger moves.
READ_MONEY = declare("money.read", "finance staff auditor", public=False)
PROPOSE_MONEY = declare("money.propose", "finance staff", to=O.PROPOSED)
APPROVE_MONEY = declare("money.approve", "other_finance", [O.PROPOSED], to=O.POSTED)
REJECT_MONEY = declare("money.reject", "other_finance", [O.PROPOSED], to=O.REJECTED, says="required")
WITHDRAW_MONEY = declare("money.withdraw", "author", [O.PROPOSED], to=O.WITHDRAWN)
REVERSE_MONEY = declare("money.reverse", "system", [O.POSTED], to=O.REVERSED)  # by an approved correction alone

# Things and hours.
PLEDGE = declare("pledge.offer", "member", to="offered")
RECEIVE_PLEDGE = declare("pledge.receive", "staff", ["offered"], to="received")
DECLINE_PLEDGE = declare("pledge.decline", "staff", ["offered"], to="declined", says="optional")
WITHDRAW_PLEDGE = declare("pledge.withdraw", "self", ["offered"], to="withdrawn")
