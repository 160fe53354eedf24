"""Real elections with the winners that another engine found; not part of the repository."""

import json
import os
from pathlib import Path
from typing import Any

from portal.fund.counting import Rule
from portal.settings import ROOT

FOLDER = Path(os.environ.get("PABULIB_DIR", ROOT.parent / "shared" / "pabulib"))
FILES = sorted(FOLDER.glob("*.pb"))
RULES = {
    "greedy_votes": Rule("greedy"),
    "greedy_votes_file_order_ties": Rule("greedy", ties="file"),
    "greedy_votes_min_cost_ties": Rule("greedy", ties="cost"),
    "greedy_cost_effectiveness": Rule("greedy", utility="points"),
    "mes_cost_utility_no_completion": Rule(completion="none"),
    "mes_cardinality_utility_no_completion": Rule(completion="none", utility="points"),
    "mes_U": Rule(completion="greedy"),
    "mes_add1_stop_when_exhaustive": Rule(stop="exhaustive"),
    "mes_add1_until_overspend": Rule(),
    "mes_add1_until_overspend_integral_start": Rule(start="floor"),
}


def expected(file: Path) -> dict[str, Any]:
    return json.loads(file.with_suffix(".expected.json").read_text("utf-8"))


def found_by_rule(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What pabutools or, where that did not finish, another engine found, by the name of the rule."""
    other = told["independent_check"] if isinstance(told["independent_check"], dict) else {}
    found = {**other, **told["pabutools"]}
    return {name: found[name] for name in RULES if "winners" in found.get(name, {})}


def city_rule(told: dict[str, Any]) -> Rule | None:
    """How the city itself counted."""
    city = told.get("city_rule")
    if not city:
        return None
    definition = city["definition"]
    threshold = int(told["meta"].get("min_project_score_threshold", 0)) if "threshold" in definition else 0
    return Rule(
        "greedy", ties="file", skip="stop at the first" not in definition, eighty="80%" in definition,
        threshold=threshold,
    )  # fmt: skip
