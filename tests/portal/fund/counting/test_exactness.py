"""Rounding turns no decision, steps take no memory, and what the steps skip is really the same."""

import tracemalloc
from fractions import Fraction

import pytest
from hypothesis import given, settings

from portal.fund.counting import Election, Project, Rule, add1, count, exact
from portal.fund.counting.count import prepared
from portal.fund.counting.shares import Shares
from portal.fund.counting.ties import Ties
from tests.portal.fund.counting.elections import counts, election

CLOSE = 10**12


def close_call(capped: bool) -> Election:
    """b is cheaper by a millionth of a millionth; a would win the tie that rounding sees. Only one can be paid."""
    rich = [({0: 1, 1: 1}, 2)]
    ballots = [*rich, ({0: 1, 1: 1, 2: 1}, 1), ({2: 1}, 1)] if capped else rich
    projects = [Project("a", CLOSE + 1), Project("b", CLOSE), Project("c", CLOSE // 2)]
    return Election.cast(2 * CLOSE if capped else CLOSE + 1, projects, ballots, unit=1)


@pytest.mark.parametrize("capped", [False, True])
@pytest.mark.parametrize("completion", ["none", "add1"])
def test_what_rounding_takes_for_a_tie_is_none(capped: bool, completion: str) -> None:
    found = close_call(capped)
    result = count(found, Rule(completion=completion, utility="cardinality", step=CLOSE))  # type: ignore[arg-type]
    assert found.ids(result.winners)[-1] == "b" and result.ties == []


def mislead(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on floating point takes what comes near for equal and is sure of it."""
    monkeypatch.setattr(Shares, "_tied", lambda self, near, left: (near, True))


def test_where_the_exact_run_disagrees_all_steps_are_run_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {"a": CLOSE + 1, "b": CLOSE, "d": CLOSE // 2}
    found = election(3 * CLOSE // 2, costs, "abd", "2*")
    rule = Rule(utility="cardinality", step=CLOSE)
    assert found.ids(count(found, rule).winners) == ["d", "b"], "after one step, for all of the budget"
    mislead(monkeypatch)
    wrong = Shares(found, "cardinality").run(1.5 * CLOSE, Ties("id", found), found.budget)
    assert (wrong.chosen, wrong.over) == ([2, 0], True), "the negative control: so that step seems to overspend"
    assert found.ids(count(found, rule).winners) == ["d", "b"]


@given(counts())
@settings(max_examples=300, deadline=None)
def test_what_the_steps_skip_is_the_same(drawn: tuple[Election, Rule]) -> None:
    found, rule = drawn
    shares = prepared(found, rule)
    share = add1.start(shares, rule)
    outcome = shares.run(float(share), Ties(rule.ties, found), found.budget)
    if outcome.sure and not outcome.over:
        same = [exact.run(shares, share, Ties(rule.ties, found)).chosen]
        assert outcome.chosen == same[0]
        for n in range(min(add1.same_steps(outcome.room, float(share), 1), 60)):
            same.append(exact.run(shares, share + n + 1, Ties(rule.ties, found)).chosen)
        assert all(chosen == same[0] for chosen in same)


def test_a_lonely_wish_takes_few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a step cannot change is not counted again: one voter alone is a million steps from paying their project."""
    runs: list[float] = []
    run = Shares.run

    def counted(self: Shares, endowment: float, ties: Ties, limit: int) -> object:
        runs.append(endowment)
        return run(self, endowment, ties, limit)

    monkeypatch.setattr(Shares, "run", counted)
    result = count(election(2_000_000, {"a": 100, "b": 1_000_000}, "9*a", "b", "90*"), Rule())
    assert result.steps == 1_000_000 - 20_000 and result.stopped_by == "all" and len(runs) < 10
    assert result.winners == [0, 1] and result.endowment == Fraction(1_000_000)


def peak(budget: int) -> tuple[int, int]:
    """Steps of a climb in which somebody runs out of money at each of them, and the most memory it took."""
    found = election(budget, {"a": budget // 2, "b": budget // 3, "c": budget // 3}, "4*ab", "3*bc", "a", "7*")
    count(found, Rule())
    tracemalloc.start()
    steps = count(found, Rule()).steps
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return steps, most


def test_add1_takes_no_memory_for_its_steps() -> None:
    (few, before), (many, after) = peak(600), peak(60_000)
    assert many > 20 * few > 0
    assert after < before + 20_000


def test_who_runs_out_of_money_pays_what_they_have_and_owes_nothing() -> None:
    found = election(39, {"a": 27, "b": 3, "c": 11}, "cba", "bc", "a")
    assert found.ids(count(found, Rule()).winners) == ["b", "c"]


def test_nothing_is_skipped_where_somebody_runs_out_of_money() -> None:
    found = election(21, {"a": 8, "b": 4, "c": 8}, "a", "ac", "cb")
    shares = prepared(found, Rule())
    first, second = (exact.run(shares, Fraction(share), Ties("id", found)).chosen for share in (7, 8))
    assert first != second and shares.run(7.0, Ties("id", found), found.budget).room == 0


def test_a_close_step_on_the_way_is_run_exactly() -> None:
    """With a share of CLOSE, a lacks 1, which rounding does not see; instead b is paid, and that is too much."""
    projects = [Project("a", CLOSE + 1), Project("b", 2 * CLOSE - 10**4)]
    found = Election.cast(3 * CLOSE // 2, projects, [({0: 5, 1: 1}, 1), ({1: 1}, 1)], unit=1, vote_type="scoring")
    result = count(found, Rule(utility="points", step=CLOSE // 4))
    assert (result.winners, result.steps, result.stopped_by) == ([], 0, "overspend")
