"""The engine and the definitions agree on random elections, whatever the switches."""

from hypothesis import given, settings

from portal.fund.counting import Election, Rule, accounts, compare, count, enough, figures, printed
from portal.fund.counting.replay import wins_with
from tests.portal.fund.counting import naive
from tests.portal.fund.counting.elections import counts


@given(counts())
@settings(max_examples=1500, deadline=None)
def test_the_same_winners_in_the_same_order(drawn: tuple[Election, Rule]) -> None:
    election, rule = drawn
    result = count(election, rule)
    assert result.winners == naive.count(election, rule)
    assert result.cost == sum(election.projects[p].cost for p in result.winners)
    if not rule.eighty:
        assert result.cost <= election.budget
    assert result == count(election, rule), "the same input gives the same result"


@given(counts())
@settings(max_examples=300, deadline=None)
def test_every_loss_has_its_reason_and_the_sums_add_up(drawn: tuple[Election, Rule]) -> None:
    election, rule = drawn
    result = count(election, rule)
    for account in accounts(election, result):
        assert bool(account.reason) == (account.project not in result.winners)
        if money := account.supporters:
            spent = sum(paid for _, paid in money.spent)
            assert abs(money.start - money.left - money.paid - spent) <= len(money.spent) + 1
            assert all(p in result.winners for p, _ in money.spent)
    assert printed(election, result)["voters"] == election.voters
    seen = figures(election, result, {project.id: "here" for project in election.projects})
    assert sum(seen.funded_choices.values()) == election.voters
    assert sum(group.money for group in seen.groups) == result.cost
    fewest, fairest = compare(election, rule)
    assert not fewest.by_shares and fairest.by_shares


@given(counts())
@settings(max_examples=300, deadline=None)
def test_what_would_have_been_enough_is_the_least(drawn: tuple[Election, Rule]) -> None:
    election, rule = drawn
    result = count(election, rule)
    for p in {*range(len(election.projects))} - {*result.winners}:
        told = enough(election, result, p)
        if election.projects[p].withdrawn:
            assert (told.supporters, told.cost) == (None, None)
            continue
        most = told.supporters or max(10 * election.voters, 100)
        won = [wins_with(election, result, p, supporters=n) for n in range(1, most + 1)] if most < 30 else []
        if told.supporters and won:
            assert won == [False] * (told.supporters - 1) + [True]
        costs = [cost for cost in range(1, election.projects[p].cost) if wins_with(election, result, p, cost=cost)]
        assert told.cost == max(costs, default=None)
        assert costs == list(range(1, (told.cost or 0) + 1)), "cheaper is never worse"
