"""The counters, counted again from the chain."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from db.engine import reading
from db.models.audit import AuditRow
from db.models.cases import Case
from db.models.oversight import Callback
from db.models.rollups import Tally
from db.models.setup import Target
from portal import areas, clock
from portal.cases.lifecycle import replay, respond_by
from portal.cases.setup import setup
from portal.cases.stations import plan as stations
from portal.rollups import bucket_of

PLAIN = {
    "post": "posted", "record": "posted", "submit": "posted", "book": "posted", "accept": "accepted",
    "decline": "declined", "refer": "referred", "merge": "merged", "withdraw": "withdrawn", "support": "supported",
    "dispatch": "dispatched", "assign": "dispatched", "grab": "grabbed", "climb": "climbed", "escalate": "climbed",
    "expire_hold": "hold_expired", "reopen": "reopened", "restore": "restored", "absent": "absent",
    "no_show": "no_show", "agree": "agreed", "not_agreed": "not_agreed",
}  # fmt: skip
"""What is counted once for each such act."""
BEGIN = ("post", "record", "submit", "book")
FIRST_ANSWERS = ("accept", "return", "decline", "merge", "answer")
ENDS = ("finish", "answer", "agree")


class About:
    """What the chain has told of one case so far. What never changes is taken from the case itself."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.category, self.area = "", ""
        self.began: Any = None
        self.by: Any = None
        self.responded = False
        self.steps: list[tuple[str, str, Any]] = []

    @property
    def target(self) -> Target:
        return setup().target_for(self.case, self.category)

    def read(self, row: AuditRow, name: str) -> None:
        """Take in where it is, what it is about, when it began, and by when it had to be answered."""
        self.category = row.facts.get("category", self.category) if name in (*BEGIN, "mend") else self.category
        self.area = row.facts.get("area", self.area) if name in (*BEGIN, "mend") else self.area
        if name == "rebook":
            place = stations().venues[row.facts["station"]].area_path
            self.area = self.area if self.area.startswith(place) else place
        if name == "recategorise":
            self.category = row.facts["to"]
        if name in BEGIN:
            self.began = row.at
            self.responded = name == "book"  # a confirmed time is the answer
        if name in (*BEGIN, "recategorise") and not self.responded:
            self.by = respond_by(self.began, self.target, setup())
        if row.to_state != row.from_state:
            self.steps.append((row.act, row.to_state, row.at))


class Recount:
    """Reads the chain from its first row and counts what the acts should have counted."""

    def __init__(self, cases: Iterable[Case], calls: Iterable[Callback]) -> None:
        self.found: Counter[tuple[Any, ...]] = Counter()
        self.about = {f"cases:{case.id}": About(case) for case in cases}
        self.calls = {f"callback:{call.id}": call for call in calls}

    def read(self, row: AuditRow) -> None:
        if row.act == "callback.draw":
            for call in self.calls.values():
                if f"callback_draw:{call.month_on}" == row.thing:
                    self._add(row, self.about[f"cases:{call.case_id}"], "callback_drawn")
        if row.act == "callback.give_up":
            self._add(row, self.about[f"cases:{self.calls[row.thing].case_id}"], "callback_unreached")
        if row.thing in self.about:
            self._read(row, self.about[row.thing], row.act.removeprefix("case."))

    def _read(self, row: AuditRow, kept: About, name: str) -> None:
        if name in FIRST_ANSWERS and not kept.responded:
            self._add(row, kept, "responded_in_time" if row.at <= kept.by else "responded_late")
            kept.responded = True
        kept.read(row, name)
        if name in PLAIN:
            self._add(row, kept, PLAIN[name])
        if name == "unsupport":
            self._add(row, kept, "supported", n=-1)
        if name in ENDS:
            self._end(row, kept)
        if name in ("rate", "close_unanswered"):
            self._add(row, kept, f"said_{row.facts['outcome']}")
        if name == "rate":
            self._add(row, kept, "stars", bucket=row.facts["stars"])
        if name == "called_back":
            self._add(row, kept, f"callback_{row.facts['outcome']}")

    def _end(self, row: AuditRow, kept: About) -> None:
        used = replay(kept.steps, kept.target, setup()).used
        in_time = used <= timedelta(hours=kept.target.finish_hours)
        claimed = f"claimed_{row.facts['claimed']}"
        for measure in ("done", "asked", claimed, "done_in_time" if in_time else "done_late"):
            self._add(row, kept, measure)
        hours = (row.at - kept.began).total_seconds() / 3600
        self._add(row, kept, "hours_to_done", bucket=bucket_of(hours))

    def _add(self, row: AuditRow, kept: About, measure: str, *, n: int = 1, bucket: int = 0) -> None:
        for place in areas.tree().ancestors(kept.area):
            key = (clock.day_of(row.at), place.id, kept.case.kind, kept.category, measure, bucket)
            self.found[key] += n


def check_counters() -> None:
    """What the board reads is what happened."""
    with reading() as session:
        recount = Recount(session.exec(select(Case)).all(), session.exec(select(Callback)).all())
        for row in session.exec(select(AuditRow).order_by(col(AuditRow.seq))):
            recount.read(row)
        stored = {
            (t.day_on, t.area_id, t.kind, t.category, t.measure, t.bucket): t.n for t in session.exec(select(Tally))
        }
    assert {k: n for k, n in stored.items() if n} == {k: n for k, n in recount.found.items() if n}
