"""The lifecycle of a case, as declared rows. Who may do what from which state stands here and nowhere else.

`who` is for wishes and for every kind that is not named beside it; `only` are the kinds that know the act at all.
A dispute is not for the staff at large: where nothing else is said, its head stands in for the desk.
"""

from collections.abc import Iterable
from typing import Any

from db.models.cases import State
from portal import acts
from portal.acts import Act
from portal.cases.kinds import KINDS

S = State
AT_WORK = (S.CLAIMED, S.IN_PROGRESS)
HELD = (*AT_WORK, S.AWAITING_RESIDENT)
RUNNING = (S.OPEN, S.DISPATCHED, S.CLAIMED, S.IN_PROGRESS, S.AWAITING_RESIDENT)
"""Accepted and not yet answered: the target's clock belongs to these."""
SUPPORTABLE = (*RUNNING, S.DONE)
BEFORE_ANSWER = (S.SCREENING, S.RETURNED, *RUNNING)
FINAL = (S.CLOSED, S.DECLINED, S.REFERRED, S.MERGED, S.WITHDRAWN)

_IN_DISPUTE = {"staff": "mediation_head", "grid_worker": "", "volunteer": "", "auditor": "", "recorder": ""}
"""Who stands in a dispute for a role that the other kinds know."""
TALK = "wish opinion"
"""Kinds that are a matter for everybody: supported, merged, hidden."""
ALL = " ".join(KINDS)


def declare(name: str, who: str, frm: Iterable[str] = (), to: str = "", *, only: str = ALL, **more: Any) -> Act:
    """As `portal.acts.declare`; a word such as `help="staff"` says who may do it to a case of that kind."""
    kinds = {kind: more.pop(kind) for kind in KINDS if kind in more}
    if "dispute" in only.split():
        kinds.setdefault("dispute", " ".join(filter(None, (_IN_DISPUTE.get(role, role) for role in who.split()))))
    kinds |= {kind: "" for kind in KINDS if kind not in only.split()}
    differing = {kind: roles for kind, roles in kinds.items() if roles.split() != who.split()}
    return acts.declare(name, who, frm, to, kinds=differing, **more)


# Reading what is not public.
READ = declare(
    "case.read", "poster receipt recorder handler unit staff grid_worker auditor", public=False,
    help="poster receipt recorder holder unit staff grid_worker auditor",
    dispute="poster receipt party holder mediation_head",
)  # fmt: skip
READ_INSIDE = declare(
    "case.read_inside", "staff grid_worker handler unit auditor", public=False, dispute="mediation_head holder"
)

# The person who posts. `anyone` posts without an account and keeps a receipt.
DRAFT = declare("case.draft", "member", to=S.DRAFT, public=False, only="wish opinion dispute", dispute="member")
EDIT_DRAFT = declare("case.edit_draft", "poster", [S.DRAFT], public=False, only="wish opinion dispute")
DISCARD = declare("case.discard", "poster", [S.DRAFT], to=S.WITHDRAWN, public=False, only="wish opinion dispute")
POST = declare("case.post", "anyone", to=S.SCREENING, only="wish opinion help dispute", dispute="member")
RECORD = declare(
    "case.record", "grid_worker staff", to=S.SCREENING, only="wish opinion help dispute",
    dispute="grid_worker staff mediator mediation_head",
)  # fmt: skip
SUBMIT = declare("case.submit", "poster", [S.DRAFT], to=S.SCREENING, only="wish opinion dispute")
MEND = declare("case.mend", "poster receipt", [S.RETURNED], to=S.SCREENING, only="wish opinion dispute")
WITHDRAW = declare("case.withdraw", "poster receipt", [*BEFORE_ANSWER], to=S.WITHDRAWN, says="optional")
SUPPORT = declare("case.support", "member", SUPPORTABLE, only=TALK)
UNSUPPORT = declare("case.unsupport", "member", SUPPORTABLE, only=TALK)
ANSWER_ASK = declare(
    "case.answer_ask", "poster receipt", [S.AWAITING_RESIDENT], to=S.IN_PROGRESS, says="required", says_public=True,
    only="wish opinion help dispute",
)  # fmt: skip
RATE = declare("case.rate", "poster receipt", [S.DONE], to=S.CLOSED, says="optional", says_public=True)
REOPEN = declare(
    "case.reopen", "poster receipt", [S.DONE, S.CLOSED], to=S.OPEN, says="required", says_public=True,
    only="wish opinion help dispute",
)  # fmt: skip
APPEAL = declare("case.appeal", "poster receipt", says="required", public=False)
DROP_CONTACT = declare("case.drop_contact", "poster receipt", public=False)
ERASE = declare("case.erase", "poster receipt", [S.DONE, *FINAL], public=False, only="wish opinion help errand")

# Staff at the desk.
ACCEPT = declare(
    "case.accept", "staff", [S.SCREENING], to=S.OPEN, only="wish opinion help dispute", help="staff grid_worker system"
)
RETURN = declare(
    "case.return", "staff", [S.SCREENING], to=S.RETURNED, says="required", only="wish opinion dispute"
)  # words for the poster alone
DECLINE = declare(
    "case.decline", "staff", [S.SCREENING, S.RETURNED, S.OPEN], to=S.DECLINED, says="required", says_public=True
)
REFER = declare(
    "case.refer", "staff", [S.OPEN, S.DISPATCHED, S.IN_PROGRESS], to=S.REFERRED, says="required", says_public=True,
    only="wish opinion help dispute",
)  # fmt: skip
MERGE = declare("case.merge", "staff", [S.SCREENING, S.OPEN, S.DISPATCHED], to=S.MERGED, only=TALK)
RECATEGORISE = declare(
    "case.recategorise", "staff", [S.SCREENING, S.RETURNED, *RUNNING], only="wish opinion help dispute"
)
HIDE = declare("case.hide", "staff", says="required", public=False, only=TALK)
UNHIDE = declare("case.unhide", "staff", says="optional", public=False, only=TALK)
RESTORE = declare("case.restore", "other_staff", [S.DECLINED], to=S.OPEN, dispute="other_head")
REMARK = declare(
    "case.remark", "staff grid_worker handler unit", says="required", public=False, dispute="mediation_head holder"
)
REVEAL = declare("case.reveal", "staff handler", says="required", public=False, help="staff")  # its holder calls
CALL = declare("case.call", "handler", [*AT_WORK, S.AWAITING_RESIDENT], public=False, only="help errand dispute")
DISPATCH = declare("case.dispatch", "staff", [S.OPEN, S.DISPATCHED], to=S.DISPATCHED, only="wish opinion help dispute")
TO_HALL = declare(
    "case.to_hall", "staff", [S.OPEN, S.DISPATCHED], to=S.OPEN, only="wish help", help="staff grid_worker system"
)
ESCALATE = declare(
    "case.escalate", "staff holder", RUNNING, says="required", says_public=True, only="wish opinion help dispute"
)
HAND_DOWN = declare(
    "case.hand_down", "desk", [S.SCREENING, *RUNNING], says="required", says_public=True,
    only="wish opinion help dispute", dispute="desk_head",
)  # fmt: skip
ANSWER = declare(
    "case.answer", "staff grid_worker", [S.SCREENING, S.OPEN, S.DISPATCHED], to=S.DONE,
    says="required", says_public=True, only=TALK,
)  # fmt: skip
CALLED_BACK = declare("case.called_back", "staff", [S.CLOSED], only="wish opinion help errand")
INVITE = declare("case.invite", "staff holder", RUNNING, only=TALK)
UNINVITE = declare("case.uninvite", "staff holder", RUNNING, says="required", only=TALK)

# Who does the work.
GRAB = declare("case.grab", "volunteer", [S.OPEN], to=S.CLAIMED, only="wish help")
RELEASE = declare("case.release", "holder", AT_WORK, to=S.OPEN, says="optional", only="wish opinion help")
SEND_BACK = declare(
    "case.send_back", "holder", [S.DISPATCHED], to=S.OPEN, says="required", public=False, only="wish opinion help"
)
TAKE_ON = declare(
    "case.take_on", "holder", [S.DISPATCHED, S.CLAIMED], to=S.IN_PROGRESS, only="wish opinion help dispute"
)
ASK = declare(
    "case.ask", "holder staff", [S.IN_PROGRESS], to=S.AWAITING_RESIDENT, says="required", says_public=True,
    only="wish opinion help dispute",
)  # fmt: skip
NOTE = declare("case.note", "holder staff", [*RUNNING, S.DONE], says="required", says_public=True)
FINISH = declare(
    "case.finish", "holder staff", [S.IN_PROGRESS], to=S.DONE, says="required", says_public=True,
    only="wish opinion help errand",
)  # fmt: skip

# A part of a large matter, done by a unit that was invited.
UNIT_TAKE = declare("case.unit_take", "unit", RUNNING, only=TALK)
UNIT_GIVE_BACK = declare("case.unit_give_back", "unit", RUNNING, says="required", public=False, only=TALK)
UNIT_DONE = declare("case.unit_done", "unit", RUNNING, says="required", says_public=True, only=TALK)

# A help order between two people.
WIDEN = declare("case.widen", "system", [S.OPEN], only="help")
NO_SHOW = declare(
    "case.no_show", "poster receipt staff grid_worker", [S.CLAIMED], to=S.OPEN, says="optional", only="help"
)
RATE_BACK = declare("case.rate_back", "holder", [S.DONE, S.CLOSED], says="optional", public=False, only="help")

# An errand at a station.
BOOK = declare("case.book", "member staff grid_worker", to=S.OPEN, only="errand")
REBOOK = declare("case.rebook", "poster receipt staff grid_worker", [S.OPEN], only="errand")
SERVE = declare("case.serve", "staff grid_worker", [S.OPEN], to=S.IN_PROGRESS, only="errand")
ABSENT = declare("case.absent", "staff grid_worker", [S.OPEN], to=S.WITHDRAWN, only="errand")

# A dispute before its mediator.
ADD_PARTY = declare("case.add_party", "", RUNNING, only="dispute", dispute="poster holder mediation_head")
OBJECT = declare(
    "case.object", "", [S.DISPATCHED, *AT_WORK, S.AWAITING_RESIDENT], to=S.OPEN, says="required", only="dispute",
    dispute="party",
)  # fmt: skip
RECUSE = declare(
    "case.recuse", "", [S.DISPATCHED, S.IN_PROGRESS], to=S.OPEN, says="required", only="dispute", dispute="holder"
)
SIT = declare("case.sit", "", [S.IN_PROGRESS], only="dispute", dispute="holder")
CALL_OFF = declare("case.call_off", "", [S.IN_PROGRESS], says="optional", only="dispute", dispute="holder")
MINUTES = declare("case.minutes", "", [S.IN_PROGRESS], says="required", only="dispute", dispute="holder")
OFFER = declare("case.offer", "", [S.IN_PROGRESS], says="required", only="dispute", dispute="party holder")
WRITE_AGREEMENT = declare(
    "case.write_agreement", "", [S.IN_PROGRESS], says="required", only="dispute", dispute="holder"
)
CONSENT = declare("case.consent", "", [S.IN_PROGRESS], only="dispute", dispute="party holder")
AGREE = declare("case.agree", "", [S.IN_PROGRESS], to=S.DONE, only="dispute", dispute="holder")
NOT_AGREED = declare(
    "case.not_agreed", "", [S.IN_PROGRESS], to=S.CLOSED, says="required", only="dispute", dispute="holder"
)
FOLLOW_UP = declare(
    "case.follow_up", "", [S.DONE, S.CLOSED], says="required", only="dispute", dispute="holder mediation_head"
)

# The clockwork.
EXPIRE_HOLD = declare("case.expire_hold", "system", AT_WORK, to=S.OPEN)
LET_GO = declare("case.free", "system", [S.DISPATCHED, *HELD], to=S.OPEN)
LEAVE_HALL = declare("case.leave_hall", "system", [S.OPEN])
ASSIGN = declare("case.assign", "system", [S.OPEN], to=S.DISPATCHED)
ASK_LAPSED = declare("case.ask_lapsed", "system", [S.AWAITING_RESIDENT], to=S.IN_PROGRESS)
CLIMB = declare("case.climb", "system", [S.SCREENING, *RUNNING])
CLOSE_UNANSWERED = declare("case.close_unanswered", "system", [S.DONE], to=S.CLOSED)
ANONYMISE = declare("case.anonymise", "system", FINAL, public=False)

ON_PAGE = [
    GRAB, CALL, TAKE_ON, SERVE, FINISH, NOTE, ASK, RELEASE, SEND_BACK, ACCEPT, ANSWER, DISPATCH, TO_HALL, RETURN,
    DECLINE, REFER, MERGE, RECATEGORISE, ESCALATE, HAND_DOWN, REMARK, REVEAL, HIDE, UNHIDE, SUBMIT, MEND,
    ANSWER_ASK, RATE, REOPEN, NO_SHOW, RATE_BACK, ABSENT, AGREE, CONSENT, SIT, MINUTES, CALL_OFF, OFFER,
    WRITE_AGREEMENT, ADD_PARTY, FOLLOW_UP, NOT_AGREED, OBJECT, RECUSE, APPEAL, DROP_CONTACT, WITHDRAW, ERASE,
]  # fmt: skip
"""In the order in which a case page offers them."""
