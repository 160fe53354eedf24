"""The timeline of a case: what happened, who did it by role, and what was said."""

from collections.abc import Callable, Sequence
from typing import Any

from pages.parts.drawn import Node, el
from portal import areas, words
from portal.cases.setup import category_name
from portal.cases.timeline import Step
from portal.words import t


def timeline(steps: Sequence[Step]) -> Node:
    """The steps as a list, oldest first; those that the public does not see are marked."""
    return ["ol", {"class": "steps", "role": "list"}, *[_step(s) for s in steps]]


def _step(step: Step) -> Node:
    stamp = ["time", {"datetime": step.at.isoformat()}, words.moment(step.at)]
    told = _told(step)
    return el(
        "li",
        "step" if step.public else "step private",
        el("p", "what", t(f"step.{step.act}")),
        el("p", "small quiet", stamp, f" · {t(f'by.{step.role}')}", "" if step.public else f" · {t('step.inside')}"),
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
    "into": str,
    "outcome": lambda code: t(f"outcome.{code}"),
    "stars": lambda n: "★" * int(n),
    "level": lambda code: t(f"level.{code}"),
}
