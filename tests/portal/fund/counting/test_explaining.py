"""Each reason by hand, and what would have been enough, in numbers one can follow."""

from portal.fund.counting import Account, Election, Enough, Project, Rule, accounts, compare, count, enough, figures
from tests.portal.fund.counting.elections import election

NONE = Rule(completion="none")
GREEDY = Rule("greedy")


def lost(found: Election, rule: Rule, name: str) -> Account:
    return accounts(found, count(found, rule))[found.number[name]]


def told(found: Election, rule: Rule, name: str) -> Enough:
    return enough(found, count(found, rule), found.number[name])


def test_what_lies_in_the_project() -> None:
    projects = [Project("a", 10), Project("b", 10), Project("c", 10, withdrawn=True), Project("d", 5)]
    found = Election.cast(100, projects, [({0: 1, 2: 1}, 4), ({3: 1}, 2)], unit=1)
    for name in ("greedy", "equal-shares"):
        rule = Rule(name, threshold=3)
        assert [account.reason for account in accounts(found, count(found, rule))] == [
            "", "no_votes", "withdrawn", "below_threshold"
        ]  # fmt: skip
        assert lost(found, rule, "d").needed == 3
        assert told(found, rule, "d") == Enough(1, None)
        assert told(found, rule, "c") == Enough(None, None)
    assert told(found, Rule("greedy", threshold=3), "b") == Enough(3, None)


def test_the_supporters_money_went_elsewhere() -> None:
    # 30 each; a takes 10 of three, b takes 20 of two of them and of a fourth; c's two have what is left
    found = election(120, {"a": 30, "b": 60, "c": 30}, "a", "2*abc", "b")
    account = lost(found, NONE, "c")
    money = account.supporters
    assert money is not None and account.reason == "supporters_spent"
    assert (money.start, money.spent, money.left, account.missing) == (60, [(1, 40), (0, 20)], 0, 30)
    # a further voter has 30: enough at the end, or in the second round at 0.5 of 30 each
    assert told(found, NONE, "c") == Enough(1, None)
    assert [a.place for a in accounts(found, count(found, NONE))] == [1, 2, None]


def test_not_enough_at_the_start() -> None:
    found = election(90, {"a": 10, "b": 75}, "2*a", "ab")
    account = lost(found, NONE, "b")
    assert (account.reason, account.missing) == ("not_enough_at_start", 75 - 27)
    # one supporter with 26.67 left: two more have 60 together, and so the project may cost 26
    assert told(found, NONE, "b") == Enough(2, 26)


def test_a_rival_is_funded() -> None:
    found = election(100, {"a": 10, "b": 10}, "3*a", "2*b")
    for name in ("greedy", "equal-shares"):
        account = lost(found, Rule(name, conflicts=(frozenset("ab"),)), "b")
        assert (account.reason, account.by) == ("excluded_by_rival", 0)
    assert told(found, Rule("greedy", conflicts=(frozenset("ab"),)), "b") == Enough(2, None)


def test_a_tie_is_lost() -> None:
    found = election(10, {"a": 10, "b": 10}, "ab")
    for rule in (NONE, GREEDY, Rule(completion="greedy")):
        account = lost(found, rule, "b")
        assert (account.reason, account.by) == ("lost_tie", 0)
        assert told(found, rule, "b").supporters == 1
    assert lost(election(10, {"a": 10, "b": 11}, "ab"), GREEDY, "b").reason == "did_not_fit", "it would not have fitted"


def test_what_did_not_fit() -> None:
    found = election(100, {"a": 60, "b": 50, "c": 40}, "3*a", "2*b", "c")
    account = lost(found, GREEDY, "b")
    assert (account.reason, account.money, account.supporters) == ("did_not_fit", 40, None)
    assert told(found, GREEDY, "b") == Enough(2, 40), "with one more it draws level, and a is before it by its id"
    ended = lost(found, Rule("greedy", skip=False), "c")
    assert (ended.reason, ended.by, ended.money) == ("ended_before", 1, 40)
    assert told(found, Rule("greedy", eighty=True), "c").supporters == 2


def test_completion_by_greedy() -> None:
    found = election(100, {"a": 62, "b": 35, "c": 4}, "5*a", "5*b", "10*c")
    result = count(found, Rule(completion="greedy"))
    a, b, _ = accounts(found, result)
    assert (a.completed, a.place, b.reason, b.by) == (True, 2, "lost_tie", 0)
    assert enough(found, result, 1) == Enough(1, 34)


def test_figures() -> None:
    projects = [Project("a", 30, category="路灯"), Project("b", 10, category="凉亭"), Project("c", 99, category="路灯")]
    found = Election.cast(40, projects, [({0: 1, 1: 1}, 2), ({2: 1}, 1), ({}, 1)], unit=1)
    seen = figures(found, count(found, GREEDY), {"a": "东", "b": "西", "c": "西"})
    assert (seen.voters, seen.nothing_funded) == (4, 2)
    assert seen.funded_choices == {0: 2, 1: 0, 2: 2}
    assert [(s.name, s.money, s.votes, s.money_share, s.votes_share) for s in seen.categories] == [
        ("路灯", 30, 3, 0.75, 0.6), ("凉亭", 10, 2, 0.25, 0.4)
    ]  # fmt: skip
    assert [(s.name, s.money, s.votes) for s in seen.groups] == [("西", 10, 3), ("东", 30, 2)]
    assert figures(found, count(found, GREEDY)).groups == []


def test_both_rules_side_by_side() -> None:
    found = election(100, {"a": 100, "b": 40}, "6*a", "5*b")
    greedy, shares = compare(found, Rule(completion="none", compare=True))
    assert (greedy.winners, shares.winners, greedy.cost, shares.cost) == ([0], [1], 100, 40)
