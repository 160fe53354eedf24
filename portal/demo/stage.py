"""The wishes of the demo, step by step through the domain: each step becomes a scene to be played at its moment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from typing import Any

from sqlmodel import Session

from db.demo import pictures
from db.models.cases import Case, Support
from portal import areas, limits, vault
from portal.accounts import people
from portal.acts import VISITOR, Who
from portal.cases import dispatch, echo, levels, post, screening, work
from portal.cases.kinds import URGENCY_CLASSES
from portal.cases.setup import setup
from portal.demo import pace
from portal.demo.cast import Cast, Row
from portal.photos import NewPhoto

CLOSING = ("rate", "answer_it", "decline", "refer", "merge", "hide", "withdraw")
SILENCE = timedelta(days=limits.RATING_DAYS - 1)
"""How long after an answer people may still join in, before it closes by itself."""
JITTER = 0.0006
"""Degrees round a cell's middle in which a wish is placed."""


@dataclass(frozen=True, order=True)
class Scene:
    """Something that happens at a moment."""

    at: datetime
    deed: Callable[[Session], None] = field(compare=False)
    alone: bool = field(default=False, compare=False)
    """Whether it needs a transaction of its own, after all before it is committed."""


class Play:
    """One wish from the first word to the last star."""

    def __init__(self, row: Row, number: int, seed: int, cast: Cast, cases: dict[str, int]) -> None:
        self._row, self._number, self._seed, self._cast = row, number, seed, cast
        self._rng = Random(f"{seed}:{number}")  # noqa: S311  a made-up history, not a secret
        self._cases = cases
        """Case ids by the keys of the wishes, for merging."""
        self._case_id = 0
        self._poster = cast.who(row["by"]) if row.get("by", "anon") != "anon" else self._stranger()
        self._path = areas.tree().by_code(row["cell"]).path
        self._staff = cast.staff_of(self._path, number)

    def scenes(self, now: datetime) -> Iterator[Scene]:
        """All that happens, in order of each person's doing but not sorted by time across the supporters."""
        start = pace.posted(self._row["ago"], now, self._rng)
        yield Scene(start, self._draft if self._row.get("draft") else self._post)
        steps = [[step] if isinstance(step, str) else step for step in self._row["steps"]]
        acts = [step[0].partition(":")[0] for step in steps]
        target_class = URGENCY_CLASSES.get(self._row.get("urgency", 0)) or setup().target_of(self._row["category"]).name
        moments = pace.steps(start, acts, target_class, now, self._rng)
        doing = [step for step in steps if not step[0].startswith("+")]
        for at, step in zip(moments, doing, strict=True):
            yield Scene(at, self._deed(step))
        ends = [at for at, step in zip(moments, doing, strict=True) if step[0] in CLOSING]
        ends += [at + SILENCE for at, step in zip(moments, doing, strict=True) if step[0] == "finish"]
        yield from self._supports(moments[0] if moments else now, min([*ends, now]))

    def _supports(self, since: datetime, until: datetime) -> Iterator[Scene]:
        others = [who for who in self._cast.everybody() if who != self._poster]
        for who in self._rng.sample(others, self._row["sup"]):
            at = since + (until - since) * self._rng.uniform(0.02, 0.98)
            yield Scene(at, partial(self._support, who=who))

    def _support(self, session: Session, who: Who) -> None:
        if session.get(Support, (self._case_id, who.person_id)) is None:  # a merge may have brought them along
            post.support(session, who, self._case_id)

    def _post(self, session: Session) -> None:
        if "recorded" in self._row:
            posted = post.record(session, self._cast.who(self._row["recorded"]), self._wish())
        else:
            posted = post.post(session, self._poster, self._wish())
        self._know(posted)

    def _know(self, posted: post.Posted) -> None:
        self._case_id = posted.case_id
        if posted.receipt:
            self._poster = replace(self._poster, receipts=frozenset({posted.case_id}))
        if "key" in self._row:
            self._cases[self._row["key"]] = posted.case_id

    def _draft(self, session: Session) -> None:
        post.draft(session, self._poster, self._wish())

    def _deed(self, step: list[Any]) -> Callable[[Session], None]:
        act, _, name = step[0].partition(":")
        return lambda session: getattr(self, f"_do_{act}")(session, *([name] if name else step[1:]))

    def _do_accept(self, session: Session) -> None:
        screening.accept(session, self._staff, self._case_id)

    def _do_return(self, session: Session, says: str) -> None:
        screening.give_back(session, self._staff, self._case_id, says)

    def _do_mend(self, session: Session, more: str) -> None:
        wish = self._wish()
        post.submit(session, self._poster, self._case_id, replace(wish, body=f"{wish.body}\n{more}", photos=[]))

    def _do_decline(self, session: Session, says: str) -> None:
        screening.decline(session, self._staff, self._case_id, says)

    def _do_refer(self, session: Session, says: str) -> None:
        screening.refer(session, self._staff, self._case_id, says)

    def _do_merge(self, session: Session, into: str) -> None:
        screening.merge(session, self._staff, self._case_id, self._cases[into])

    def _do_hide(self, session: Session, says: str) -> None:
        screening.hide(session, self._staff, self._case_id, says)

    def _do_remark(self, session: Session, says: str) -> None:
        screening.remark(session, self._staff, self._case_id, says)

    def _do_recategorise(self, session: Session, category: str) -> None:
        screening.recategorise(session, self._staff, self._case_id, category)

    def _do_withdraw(self, session: Session, says: str) -> None:
        post.withdraw(session, self._poster, self._case_id, says)

    def _do_dispatch(self, session: Session) -> None:
        nearest = people.workers(session, self._path, "grid_worker")[0]
        dispatch.dispatch(session, self._staff, self._case_id, nearest[0])

    def _do_hall(self, session: Session) -> None:
        dispatch.to_hall(session, self._staff, self._case_id)

    def _do_grab(self, session: Session, name: str) -> None:
        dispatch.grab(session, self._cast.who(name), self._case_id)

    def _do_release(self, session: Session, says: str) -> None:
        dispatch.release(session, self._holder(session), self._case_id, says)

    def _do_send_back(self, session: Session, says: str) -> None:
        dispatch.send_back(session, self._holder(session), self._case_id, says)

    def _do_escalate(self, session: Session, says: str) -> None:
        levels.escalate(session, self._holder(session), self._case_id, says)

    def _do_take(self, session: Session) -> None:
        work.take_on(session, self._holder(session), self._case_id)

    def _do_note(self, session: Session, says: str) -> None:
        work.note(session, self._holder(session), self._case_id, says)

    def _do_ask(self, session: Session, says: str) -> None:
        work.ask(session, self._holder(session), self._case_id, says)

    def _do_answer(self, session: Session, says: str) -> None:
        work.answer_ask(session, self._poster, self._case_id, says)

    def _do_finish(self, session: Session, says: str, *shown: str) -> None:
        work.finish(session, self._holder(session), self._case_id, says, self._photos(shown))

    def _do_rate(self, session: Session, outcome: str, stars: int, word: str = "") -> None:
        echo.rate(session, self._poster, self._case_id, outcome, stars, word)

    def _do_reopen(self, session: Session, says: str) -> None:
        echo.reopen(session, self._poster, self._case_id, says)

    def _holder(self, session: Session) -> Who:
        """Who has the case in hand; the desk where nobody has."""
        case = session.get(Case, self._case_id)
        return self._cast.by_id(case.holder_id) if case and case.holder_id else self._staff

    def _wish(self) -> post.Voice:
        row = self._row
        lon, lat = self._point()
        return post.Voice(
            title=row["title"],
            body=row["body"],
            category=row["category"],
            kind=row.get("kind", "wish"),
            private=row.get("private", False),
            urgency=row.get("urgency", 0),
            lon=lon,
            lat=lat,
            place=row["place"],
            name_shown=row.get("shown", False),
            contact=row.get("contact", ""),
            photos=self._photos(row.get("photos", ())),
            channel=row.get("channel", "self"),
            consent=row.get("consent", ""),
        )

    def _point(self) -> tuple[float, float]:
        """Somewhere in the cell, always the same for this wish."""
        home, rng = areas.tree().by_path(self._path), Random(f"{self._seed}:{self._number}:point")  # noqa: S311
        middle = (home.lon or 0.0, home.lat or 0.0)
        tries = ((middle[0] + rng.uniform(-JITTER, JITTER), middle[1] + rng.uniform(-JITTER, JITTER)) for _ in range(9))
        inside = (p for p in tries if (found := areas.tree().locate(*p)) and found.path == self._path)
        lon, lat = next(inside, middle)
        return round(lon, 6), round(lat, 6)

    def _photos(self, names: tuple[str, ...]) -> list[NewPhoto]:
        return [NewPhoto(_drawn(name, self._seed), pictures.alt(name)) for name in names]

    def _stranger(self) -> Who:
        return replace(VISITOR, client=vault.keyed_hash("client", f"demo:{self._number}"))


@cache
def _drawn(name: str, seed: int) -> bytes:
    return pictures.draw(name, seed)
