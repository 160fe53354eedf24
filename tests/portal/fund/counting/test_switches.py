"""Each switch by hand: a small election that comes out otherwise with it than without it."""

from fractions import Fraction
from hashlib import sha256
from typing import Literal

import pytest

from portal.errors import Refused
from portal.fund.counting import Election, Project, Rule, count, printed
from tests.portal.fund.counting.elections import election

GREEDY = Rule("greedy")


def winners(found: Election, **switches) -> str:
    return "".join(found.ids(count(found, Rule(**switches)).winners))


def test_greedy_takes_the_most_votes_and_skips_what_does_not_fit() -> None:
    found = election(100, {"a": 60, "b": 50, "c": 40}, "3*a", "2*b", "c")
    assert winners(found, name="greedy") == "ac"
    assert winners(found, name="greedy", skip=False) == "a"


def test_eighty_percent() -> None:
    just, short = (election(100, {"a": 60, "b": cost, "c": 1}, "3*a", "2*b", "c") for cost in (50, 51))
    assert winners(just, name="greedy", eighty=True) == "ab"
    assert count(just, Rule("greedy", eighty=True)).cost == 110
    assert winners(short, name="greedy", eighty=True) == "a"
    assert Rule("greedy", eighty=True).printed()["skip"] is False, "it skips nothing, and says so"


def test_the_threshold_is_enough_when_reached() -> None:
    found = election(100, {"a": 10, "b": 10}, "3*a", "2*b")
    for name in ("greedy", "equal-shares"):
        assert winners(found, name=name, threshold=2) == "ab"
        assert winners(found, name=name, threshold=3) == "a"


def test_of_rivals_only_one() -> None:
    found = election(100, {"a": 10, "b": 10, "c": 10}, "3*a", "2*b", "c")
    for name in ("greedy", "equal-shares"):
        assert winners(found, name=name, conflicts=(frozenset("ab"),)) == "ac"
    with pytest.raises(Refused, match="pb_unknown_conflict"):
        winners(found, conflicts=(frozenset("ax"),))


def test_rivals_in_overlapping_groups_end_add1() -> None:
    found = election(100, {"a": 10, "b": 10, "c": 10}, "ab", "bc")
    assert winners(found, conflicts=(frozenset("ab"), frozenset("bc"))) == "b"


def test_what_greedy_orders_by() -> None:
    projects = [Project("a", 60), Project("b", 10), Project("c", 5)]
    votes = [({0: 9}, 1), ({1: 2}, 1), ({2: 1, 1: 1}, 1)]
    found = Election.cast(100, projects, votes, unit=1, vote_type="cumulative")
    assert winners(found, name="greedy", utility="cost") == "abc"
    assert winners(found, name="greedy", utility="cardinality") == "bca"  # by id: b and c both 0.2
    assert winners(found, name="greedy", utility="points") == "bca"
    assert winners(found, name="greedy", utility="points", ties="cost") == "bca"
    assert winners(found, name="greedy", utility="cardinality", ties="cost") == "cba"


def test_utility_of_equal_shares() -> None:
    found = election(90, {"a": 90, "b": 30}, "2*ab", "a")
    assert winners(found, completion="none", utility="cost") == "a", "all three pay all they have"
    assert winners(found, completion="none", utility="cardinality") == "b", "15 of two, where a takes 30 of each"
    scored = Election.cast(60, [Project("a", 40), Project("b", 30)], [({0: 1, 1: 3}, 2)], unit=1, vote_type="scoring")
    assert winners(scored, completion="none", utility="cost") == "b"
    assert winners(scored, completion="none", utility="cardinality") == "b"
    rich = Election.cast(60, [Project("a", 40), Project("b", 30)], [({0: 2, 1: 1}, 2)], unit=1, vote_type="scoring")
    assert winners(rich, completion="none", utility="points") == "a"
    assert winners(rich, completion="none", utility="cardinality") == "b"


def test_completions() -> None:
    found = election(100, {"a": 60, "b": 40}, "6*a", "4*b")
    assert winners(found, completion="none") == "ab"
    left = election(100, {"a": 62, "b": 35, "c": 4}, "5*a", "5*b", "10*c")
    # everybody has 5: nobody but those of c can pay
    assert winners(left, completion="none") == "c"
    assert winners(left, completion="greedy") == "ca", "a is before b by its id"
    assert winners(left, completion="add1") == "cb", "b is within reach first, and all three cost too much"


def test_when_add1_stops() -> None:
    found = election(9, {"a": 7, "b": 5}, "ab", "a", "b")
    # each has 3 and b is bought: now a fits no more. With 4 each, a is within reach too, and comes first by its id.
    exhaustive, overspend = (count(found, Rule(stop=stop)) for stop in ("exhaustive", "overspend"))
    assert (found.ids(exhaustive.winners), exhaustive.stopped_by, exhaustive.endowment) == (
        ["b"],
        "exhaustive",
        Fraction(3),
    )
    assert (found.ids(overspend.winners), overspend.stopped_by, overspend.endowment) == (
        ["a"],
        "overspend",
        Fraction(4),
    )


def test_add1_ends_when_all_are_funded() -> None:
    result = count(election(100, {"a": 60}, "a", "6*"), Rule())
    assert (result.stopped_by, result.winners) == ("all", [0])


def test_where_add1_starts_and_how_far_it_steps() -> None:
    found = election(11, {"a": 11, "b": 6}, "2*a", "b")
    # 5.67 each is enough for a, not for b; 6 each is enough for both, which is too much
    assert winners(found, start="exact", step=2) == "a"
    assert winners(found, start="floor") == ""
    exact, floor = (count(found, Rule(start=start)) for start in ("exact", "floor"))
    assert exact.endowment == Fraction(11, 3) + 2 and floor.endowment == Fraction(5)
    apart = election(10, {"a": 7, "b": 6}, "a", "b")
    assert winners(apart) == "b" and winners(apart, step=2) == "", "7 is too much for both"
    fen = election(1000, {"a": 700}, "a", "1*", unit=100)
    assert count(fen, Rule()).endowment == 700, "a step is a unit of the currency, not of its hundredth"
    assert count(fen, Rule(step=3)).endowment == 800
    odd = election(301, {"a": 1}, "a", "1*", unit=100)
    assert count(odd, Rule(start="floor")).endowment == 100, "so is what the start is rounded to"


def test_comparing_with_greedy() -> None:
    found = election(100, {"a": 100, "b": 30, "c": 30}, "5*a", "2*b", "2*c")
    assert winners(found, completion="none") == "" and winners(found, completion="none", compare=True) == "a"
    result = count(found, Rule(completion="none", compare=True))
    assert result.preferred == {"equal-shares": 0, "greedy": 5, "neither": 4}
    assert (result.stopped_by, result.by_shares, result.rule.name) == ("comparison", False, "equal-shares")
    kept = count(election(100, {"a": 50}, "a"), Rule(compare=True))
    assert kept.preferred == {"equal-shares": 0, "greedy": 0, "neither": 1} and kept.by_shares


@pytest.mark.parametrize("name", ["greedy", "equal-shares"])
def test_ties_are_broken_as_stated_and_noted(name: Literal["greedy", "equal-shares"]) -> None:
    # in the file c, a, b; cheapest first b, c, a
    found = election(12, {"c": 11, "a": 12, "b": 10}, "abc", "abc")
    drawn = {letter: sha256(f"s1:{letter}".encode()).hexdigest() for letter in "abc"}
    first = {"file": "c", "cost": "b", "id": "a", "seed:s1": min(drawn, key=drawn.__getitem__)}
    for ties, letter in first.items():
        result = count(found, Rule(name, completion="none", ties=ties))
        assert found.ids(result.winners) == [letter]
        assert result.ties[0]["place"] == 1 and result.ties[0]["by"] == ties
        assert result.ties[0]["chosen"] == letter == result.ties[0]["tied"][0]
        assert sorted(result.ties[0]["tied"]) == ["a", "b", "c"]
    assert {*first.values()} == {"a", "b", "c"}


def test_no_tie_where_there_is_none() -> None:
    found = election(12, {"a": 5, "b": 5}, "2*a", "b")
    assert count(found, GREEDY).ties == count(found, Rule()).ties == []


def test_what_costs_nothing_is_funded_where_somebody_wants_it() -> None:
    found = election(0, {"a": 0, "b": 0, "c": 1}, "ac")
    assert winners(found) == winners(found, utility="cardinality") == winners(found, name="greedy") == "a"


def test_effective_votes() -> None:
    # 3 pay 10 for a, b's one supporter has the other half: 20 of 40
    found = election(60, {"a": 30, "b": 40, "c": 999}, "2*a", "ab", "c")
    told = printed(found, count(found, Rule(completion="none")))
    assert told["effective_votes"] == {"a": 3, "b": 0, "c": 0}
    assert printed(found, count(found, GREEDY))["effective_votes"] == {"a": 3, "b": 1, "c": 1}
    unequal = election(40, {"a": 10, "b": 20}, "2*a", "2*ab")
    # a costs each 2.5; b needs 10 of two who have 7.5: out; greedy completes
    assert printed(unequal, count(unequal, Rule(completion="greedy")))["winners"] == ["a", "b"]


def test_a_rule_is_printed_and_read_again() -> None:
    rule = Rule(
        "greedy",
        "points",
        "none",
        "exhaustive",
        "floor",
        3,
        True,
        5,
        (frozenset("ab"),),
        True,
        (3, 2, 1),
        "seed:x",
        True,
    )
    assert Rule.read(rule.printed()) == rule
    assert Rule.read({}) == Rule()


@pytest.mark.parametrize(("switch", "value"), [
    ("name", "best"), ("utility", "fun"), ("completion", "all"), ("stop", "never"), ("start", "zero"), ("step", 0),
    ("step", True), ("step", 1.0), ("step", "1"), ("step", 10**13), ("skip", 1), ("threshold", -1), ("threshold", None),
    ("conflicts", [["a"]]), ("conflicts", ["ab"]), ("conflicts", [[1, 2]]), ("conflicts", "ab"), ("eighty", "yes"),
    ("scores", [1, 2]), ("scores", [-1]), ("scores", [1.5]), ("scores", 3), ("ties", "luck"), ("ties", "seed:"),
    ("ties", "seed:a b"), ("ties", 1), ("compare", 0), ("unknown", 1),
])  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(switch: str, value: object) -> None:
    with pytest.raises(Refused) as refused:
        Rule.read({switch: value})
    field = "count_switch" if switch == "unknown" else f"count_{switch}"
    assert (refused.value.message_id, refused.value.facts) == ("not_offered", {"field": field})
