"""The rule that stands in a file itself, so that whoever has the file can count it as it was counted."""

import json
from typing import Any

from portal.errors import Refused
from portal.fund.counting.election import Election
from portal.fund.counting.rule import Rule

KEY = "portal_rule"
"""In META: all switches as JSON."""


def stating(rule: Rule) -> dict[str, str]:
    """The entry of META that states `rule`."""
    return {KEY: json.dumps(rule.printed(), ensure_ascii=False, sort_keys=True)}


def stated(election: Election) -> Rule:
    """The rule that the file of this election states. Raises Refused `pb_without_rule`, and as `Rule.read`."""
    try:
        printed: Any = json.loads(election.meta.get(KEY, ""))
    except ValueError:
        printed = None
    if not isinstance(printed, dict):
        raise Refused("pb_without_rule")
    return Rule.read(printed)
