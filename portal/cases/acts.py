"""The lifecycle of a case, as declared rows. Who may do what from which state stands here and nowhere else."""

from db.models.cases import State
from portal.acts import declare

S = State
AT_WORK = (S.CLAIMED, S.IN_PROGRESS)
HELD = (*AT_WORK, S.AWAITING_RESIDENT)
RUNNING = (S.OPEN, S.DISPATCHED, S.CLAIMED, S.IN_PROGRESS, S.AWAITING_RESIDENT)
"""Accepted and not yet answered: the target's clock belongs to these."""
SUPPORTABLE = (*RUNNING, S.DONE)
BEFORE_ANSWER = (S.SCREENING, S.RETURNED, *RUNNING)
FINAL = (S.CLOSED, S.DECLINED, S.REFERRED, S.MERGED, S.WITHDRAWN)

# Reading what is not public.
READ = declare("case.read", "poster receipt recorder handler staff grid_worker auditor", public=False)
READ_INSIDE = declare("case.read_inside", "staff grid_worker handler auditor", public=False)

# The person who posts. `anyone` posts without an account and keeps a receipt.
DRAFT = declare("case.draft", "member", to=S.DRAFT, public=False)
EDIT_DRAFT = declare("case.edit_draft", "poster", [S.DRAFT], public=False)
DISCARD = declare("case.discard", "poster", [S.DRAFT], to=S.WITHDRAWN, public=False)
POST = declare("case.post", "anyone", to=S.SCREENING)
RECORD = declare("case.record", "grid_worker staff", to=S.SCREENING)
SUBMIT = declare("case.submit", "poster", [S.DRAFT], to=S.SCREENING)
MEND = declare("case.mend", "poster receipt", [S.RETURNED], to=S.SCREENING)
WITHDRAW = declare("case.withdraw", "poster receipt", [*BEFORE_ANSWER], to=S.WITHDRAWN, says="optional")
SUPPORT = declare("case.support", "member", SUPPORTABLE)
UNSUPPORT = declare("case.unsupport", "member", SUPPORTABLE)
ANSWER_ASK = declare(
    "case.answer_ask", "poster receipt", [S.AWAITING_RESIDENT], to=S.IN_PROGRESS, says="required", says_public=True
)
RATE = declare("case.rate", "poster receipt", [S.DONE], to=S.CLOSED, says="optional", says_public=True)
REOPEN = declare("case.reopen", "poster receipt", [S.DONE, S.CLOSED], to=S.OPEN, says="required", says_public=True)

# Staff at the desk.
ACCEPT = declare("case.accept", "staff", [S.SCREENING], to=S.OPEN)
RETURN = declare("case.return", "staff", [S.SCREENING], to=S.RETURNED, says="required")  # words for the poster alone
DECLINE = declare(
    "case.decline", "staff", [S.SCREENING, S.RETURNED, S.OPEN], to=S.DECLINED, says="required", says_public=True
)
REFER = declare(
    "case.refer", "staff", [S.OPEN, S.DISPATCHED, S.IN_PROGRESS], to=S.REFERRED, says="required", says_public=True
)
MERGE = declare("case.merge", "staff", [S.SCREENING, S.OPEN, S.DISPATCHED], to=S.MERGED)
RECATEGORISE = declare("case.recategorise", "staff", [S.SCREENING, S.RETURNED, *RUNNING])
HIDE = declare("case.hide", "staff", says="required", public=False)
UNHIDE = declare("case.unhide", "staff", says="optional", public=False)
REMARK = declare("case.remark", "staff grid_worker handler", says="required", public=False)
REVEAL = declare("case.reveal", "staff handler", says="required", public=False)
DISPATCH = declare("case.dispatch", "staff", [S.OPEN, S.DISPATCHED], to=S.DISPATCHED)
TO_HALL = declare("case.to_hall", "staff", [S.OPEN, S.DISPATCHED], to=S.OPEN)
ESCALATE = declare("case.escalate", "staff holder", RUNNING, says="required", says_public=True)

# Who does the work.
GRAB = declare("case.grab", "volunteer", [S.OPEN], to=S.CLAIMED)
RELEASE = declare("case.release", "holder", [S.CLAIMED, S.IN_PROGRESS], to=S.OPEN, says="optional")
SEND_BACK = declare("case.send_back", "holder", [S.DISPATCHED], to=S.OPEN, says="required", public=False)
TAKE_ON = declare("case.take_on", "holder", [S.DISPATCHED, S.CLAIMED], to=S.IN_PROGRESS)
ASK = declare("case.ask", "holder staff", [S.IN_PROGRESS], to=S.AWAITING_RESIDENT, says="required", says_public=True)
NOTE = declare("case.note", "holder staff", [*RUNNING, S.DONE], says="required", says_public=True)
FINISH = declare("case.finish", "holder staff", [S.IN_PROGRESS], to=S.DONE, says="required", says_public=True)

# The clockwork.
EXPIRE_HOLD = declare("case.expire_hold", "system", AT_WORK, to=S.OPEN)
LET_GO = declare("case.free", "system", [S.DISPATCHED, *HELD], to=S.OPEN)
LEAVE_HALL = declare("case.leave_hall", "system", [S.OPEN])
ASSIGN = declare("case.assign", "system", [S.OPEN], to=S.DISPATCHED)
ASK_LAPSED = declare("case.ask_lapsed", "system", [S.AWAITING_RESIDENT], to=S.IN_PROGRESS)
CLIMB = declare("case.climb", "system", [S.SCREENING, *RUNNING])
CLOSE_UNANSWERED = declare("case.close_unanswered", "system", [S.DONE], to=S.CLOSED)

ON_PAGE = [
    GRAB, TAKE_ON, FINISH, NOTE, ASK, RELEASE, SEND_BACK, ACCEPT, DISPATCH, TO_HALL, RETURN, DECLINE, REFER, MERGE,
    RECATEGORISE, ESCALATE, REMARK, REVEAL, HIDE, UNHIDE, SUBMIT, MEND, ANSWER_ASK, RATE, REOPEN, WITHDRAW,
]  # fmt: skip
"""In the order in which a case page offers them."""
