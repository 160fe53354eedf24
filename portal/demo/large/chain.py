"""The audit chain of the large demo: every act is sealed, in order, into the chain that `portal.audit` verifies.

The bytes that are hashed are those of `audit.canonical`, put together by hand: that is ten times as fast, and
`portal verify` (and a test) finds any difference.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import update
from sqlmodel import Session, col

from db.models.audit import ChainHead, PublishedHead
from db.models.cases import Outcome
from portal import areas, audit
from portal.demo.large import events as deeds
from portal.demo.large import sink
from portal.demo.large.days import Days
from portal.demo.large.days import texts as moments
from portal.demo.large.events import DEEDS, Events
from portal.demo.large.lives import OUTCOMES, Lives
from portal.demo.large.phrases import Words
from portal.demo.large.town import Town

COLUMNS = (
    "seq", "at", "act", "thing", "from_state", "to_state", "public", "role", "facts", "actor_id", "says",
    "says_public", "private", "salt", "digest", "hash",
)  # fmt: skip
SALT_BITS = 128


class Chain:
    """Seals events in parts, each going on where the one before ended."""

    def __init__(
        self, lives: Lives, words: Words, town: Town, codes: list[str], seq: int, last: str, seed: int
    ) -> None:
        self._words = words
        self._path = [town.cells[i].path for i in lives.cell.tolist()]
        self._category = [codes[i] for i in lives.category.tolist()]
        self._worker, self._desk = town.worker[lives.cell].tolist(), town.community[lives.cell].tolist()
        self._outcome, self._stars = lives.outcome.tolist(), lives.stars.tolist()
        self.seq, self.last = seq, last
        self._salts = Random(seed)  # noqa: S311  made-up acts have nothing to hide
        self._climbs = [
            [(place.level, place.path) for place in reversed(areas.tree().ancestors(path)[:-1])] for path in town.desks
        ]

    def write(self, session: Session, events: Events, low: int, high: int) -> list[str]:
        """Seal the events from `low` to `high` and move the head; the hash of each row."""
        hashes: list[str] = []
        sink.insert(session, "audit", COLUMNS, self._rows(events, low, high, hashes))
        head = {"seq": self.seq, "hash": self.last, "mac": audit.head_mac(self.seq, self.last)}
        session.execute(update(ChainHead).where(col(ChainHead.id) == 1).values(**head))
        return hashes

    def _rows(self, events: Events, low: int, high: int, hashes: list[str]) -> Iterator[tuple[Any, ...]]:
        part = slice(low, high)
        at, stamps = moments(events.at[part]), moments(events.at[part], "T", "Z")
        columns = (events.case[part].tolist(), events.deed[part].tolist(), events.actor[part].tolist())
        last, seq = self.last, self.seq
        for when, stamp, case, number, actor in zip(at, stamps, *columns, strict=True):
            seq += 1
            act, role, frm = DEEDS[number]
            to, thing = act.to or frm, f"cases:{case + 1}"
            facts, says, private = self._more(number, case)
            written = json.dumps(says, ensure_ascii=False) if says else "null"
            says_public = "true" if act.says_public else "false"
            salt = f"{self._salts.getrandbits(SALT_BITS):032x}"
            hidden = f'{{"actor":{actor or "null"},"private":{private},"says":{written},"says_public":{says_public}}}'
            digest = sha256((salt + hidden).encode()).hexdigest()
            public = (
                f'{{"act":"{act.name}","facts":{facts},"from":"{frm}","role":"{role}","thing":"{thing}","to":"{to}"}}'
            )
            last = sha256(f'["{last}",{seq},"{stamp}",{public},"{digest}"]'.encode()).hexdigest()
            hashes.append(last)
            yield (
                seq, when, act.name, thing, frm, to, True, role, facts, actor or None, says, act.says_public, private,
                salt, digest, last,
            )  # fmt: skip
        self.seq, self.last = seq, last

    def _more(self, number: int, case: int) -> tuple[str, str | None, str]:
        """Facts, what was written, and the private part of a deed; JSON with sorted keys and no spaces."""
        facts, says, private = "{}", None, "{}"
        if number in (deeds.POST, deeds.RECORD):
            facts = f'{{"area":"{self._path[case]}","category":"{self._category[case]}"}}'
        elif number == deeds.DISPATCH:
            private = f'{{"holder":{self._worker[case]}}}'
        elif number == deeds.FINISH:
            facts, says = f'{{"claimed":"{OUTCOMES[0]}"}}', self._words.answer(case)
        elif number in (deeds.RATE, deeds.RATE_BY_RECEIPT):
            outcome = self._outcome[case]
            facts = f'{{"outcome":"{OUTCOMES[outcome]}","stars":{self._stars[case]}}}'
            says = self._words.word(case, outcome) or None
        elif number == deeds.CLOSE_UNANSWERED:
            facts = f'{{"outcome":"{Outcome.UNANSWERED.value}"}}'
        elif number in (deeds.DECLINE, deeds.REFER):
            says = self._words.reason("declines" if number == deeds.DECLINE else "referrals", case)
        elif deeds.CLIMB <= number < deeds.SUPPORT:
            level, desk = self._climbs[self._desk[case]][number >= deeds.CLIMB_AGAIN]
            facts = f'{{"desk":"{desk}","level":"{level}"}}'
        return facts, says, private


def publish(session: Session, events: Events, days: Days, low: int, hashes: list[str], first_seq: int) -> None:
    """Publish the head of each day that ended within a part that was just sealed."""
    day = days.index(events.at[low : low + len(hashes) + 1])
    for i in np.flatnonzero(np.diff(day)).tolist():
        head = PublishedHead(day_on=days.dates[int(day[i])], seq=first_seq + i + 1, hash=hashes[i])
        session.merge(head)
