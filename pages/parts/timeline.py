"""The timeline of a case: what happened, who did it by role, and what was said."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pages.parts.drawn import Node, el
from portal import areas, words
from portal.cases import stations
from portal.cases.setup import category_name
from portal.cases.timeline import Step
from portal.words import fitting, t


def timeline(steps: Sequence[Step], kind: str = "") -> Node:
    """The steps as a list, oldest first, in the words of the kind of case; those that stay inside are marked."""
    return ["ol", {"class": "steps", "role": "list"}, *[_step(s, kind) for s in steps]]


def _step(step: Step, kind: str) -> Node:
    stamp = ["time", {"datetime": step.at.isoformat()}, words.moment(step.at)]
    told, by = _told(step), t(fitting(f"by.{step.role}", kind))
    return el(
        "li",
        "step" if step.public else "step private",
        el("p", "what", t(fitting(f"step.{step.act}", kind))),
        el("p", "small quiet", stamp, f" · {by}", "" if step.public else f" · {t('step.inside')}"),
        el("p", "small", told) if told else None,
        el("p", "says", step.says) if step.says else None,
    )


def _told(step: Step) -> str:
    """The step's public facts in words; facts that have no words stay in the chain."""
    told = {name: _SAID[name](value) for name, value in step.facts.items() if value and name in _SAID}
    return " · ".join(t(f"step.fact.{name}", value=value) for name, value in told.items())


_SAID: dict[str, Callable[[Any], str]] = {
    "category": category_name,
    "from": category_name,
    "to": category_name,
    "area": lambda path: areas.tree().label(path),
    "unit": lambda path: areas.tree().label(path),
    "slot": lambda stamp: words.appointment(datetime.fromisoformat(stamp)),
    "station": lambda number: stations.venue(number).label,
    "into": str,
    "outcome": lambda code: t(f"outcome.{code}"),
    "claimed": lambda code: t(f"outcome.{code}"),
    "stars": lambda n: "★" * int(n),
    "together": str,
    "level": lambda code: t(f"level.{code}"),
}
