"""Every reason as a sentence, for small elections that were counted by hand."""

from typing import Any

import pytest
from sqlmodel import Session, col, select

from db.models.fund import Project, Rival, Round
from portal import words
from portal.acts import VISITOR
from portal.fund import results, telling
from portal.fund.counting import Rule
from portal.fund.results import Decided
from tests.fixtures.fund import FundPeople
from tests.portal.cases.steps import look
from tests.portal.fund import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # sentences know no database

W = 1_000_000
"""Ten thousand yuan in fen; the budget is ten of them."""
PLAIN = Rule(completion="none")
GREEDY = Rule(name="greedy")


def first_two_exclude_each_other(session: Session, row: Round) -> None:
    for project in session.exec(select(Project).where(Project.round_id == row.id, col(Project.number) < 3)):
        session.add(Rival(project_id=project.id or 0, group_no=1, round_id=row.id or 0))
    session.flush()


def decided(funders: FundPeople, votes: counted.Ballots, costs: tuple[int, ...], rule: Rule, **more: Any) -> Decided:
    round_id = counted.closed(funders, votes, costs, rule=rule, min_choices=0, **more)
    counted.finish(round_id)
    found = look(results.of, VISITOR, round_id).decided
    assert found
    return found


def why(found: Decided, number: int) -> str:
    return telling.why(found, next(entry for entry in found.entries if entry.number == number))


def enough(found: Decided, number: int) -> str:
    return telling.enough(found, next(entry for entry in found.entries if entry.number == number))


def effective(found: Decided, number: int) -> str:
    return telling.effective(found, next(entry for entry in found.entries if entry.number == number))


def test_where_the_money_of_the_supporters_went(funders: FundPeople) -> None:
    """Each of four has 25,000; three buy 1 for 40,000; the two who want 2 as well have 23,333 left for its 40,000."""
    found = decided(funders, [[1, 2], [1, 2], [1], [3]], (4 * W, 4 * W, 99 * W // 10, W), PLAIN)
    assert [entry.number for entry in found.winners] == [1]
    assert why(found, 1) == "支持它的 3 位居民用自己手里的那份钱，合起来付清了 40,000 元。"
    assert why(found, 2) == (
        "支持它的 2 位居民，手里的钱用在了“项目 1”（26,667 元）；最后只剩 23,333 元，离造价 40,000 元还差 16,667 元。"
    )
    assert enough(found, 2) == "其他都不变，再多 1 位只选它的居民，或者造价降到 23,333 元，就能入选。"
    assert why(found, 3) == "支持它的 1 位居民，手里的钱加起来只有 25,000 元，从一开始就不够造价 99,000 元。"
    assert why(found, 4) == "没有人选它。" and enough(found, 4) == "其他都不变，再多 1 位只选它的居民就能入选。"
    assert effective(found, 1) == "入选时 3 票（支持者 3 人）" and effective(found, 2).startswith(
        "支持者剩下的钱付不清"
    )


def test_more_projects_than_are_named_are_a_sum(funders: FundPeople) -> None:
    votes = [[1, 2, 3, 4, 5, 6]] * 2 + [[1, 2, 3, 4, 5]]
    found = decided(funders, votes, (W, W, W, W, W, 6 * W), PLAIN, max_choices=6)
    assert why(found, 6).count("（6,667 元）") == 3 and "、其他项目（13,333 元）；" in why(found, 6)


def test_what_the_completion_added(funders: FundPeople) -> None:
    found = decided(funders, [[1], [1], [2]], (5 * W, 4 * W), Rule(completion="greedy"))
    assert why(found, 2) == "平等份额分完之后，预算还剩 50,000 元，剩下的钱按支持多少补选了它。"


def test_rivals(funders: FundPeople) -> None:
    found = decided(funders, [[1, 2], [1]], (2 * W, 2 * W), Rule(), change=first_two_exclude_each_other)
    assert why(found, 2) == "它和“项目 1”二选一，“项目 1”已经入选。"


def test_a_lost_draw_and_the_tie_in_words(funders: FundPeople) -> None:
    found = decided(funders, [[1], [2]], (6 * W, 6 * W), GREEDY)
    winner, loser = found.winners[0], found.losers[0]
    assert why(found, loser.number) == f"它和“{winner.title}”不相上下，按投票前定好的办法，“{winner.title}”在先。"
    tied = "、".join(f"“{title}”" for title in (winner.title, loser.title))
    assert telling.tie(found, found.ties[0]) == f"选第 1 个项目时，{tied}不相上下，“{winner.title}”在先。"


def test_greedy_speaks_of_no_shares(funders: FundPeople) -> None:
    found = decided(funders, [[1, 3], [1], [1], [2], [2]], (6 * W, 6 * W, 3 * W), GREEDY)
    assert not found.by_shares and found.share_fen is None
    assert why(found, 1) == "得 3 分，轮到它时预算还剩 100,000 元，够付。"
    assert why(found, 2) == "轮到它时预算只剩 40,000 元，不够造价 60,000 元。"
    assert not any("份" in why(found, number) for number in (1, 2, 3)) and effective(found, 2) == "2 票"


def test_where_nothing_is_skipped_the_count_ends(funders: FundPeople) -> None:
    found = decided(funders, [[1, 3], [1], [1], [2], [2]], (6 * W, 6 * W, 3 * W), Rule(name="greedy", skip=False))
    assert why(found, 3) == "轮到“项目 2”时钱不够了，按规则到那里就停止，后面的不再选。"


def test_the_threshold(funders: FundPeople) -> None:
    found = decided(funders, [[1], [1], [2]], (2 * W, 2 * W), Rule(name="greedy", threshold=2))
    assert why(found, 2) == "要得到至少 2 分才能入选，它得了 1 分。"


def test_eighty_percent(funders: FundPeople) -> None:
    found = decided(funders, [[1], [1], [2]], (6 * W, 5 * W), Rule(name="greedy", eighty=True))
    assert "已够造价的八成" in why(found, 2) and found.winners[1].award_fen == 4 * W


def test_points_and_ranks_speak_of_points(funders: FundPeople) -> None:
    points = decided(funders, [[(1, 4), (2, 6)], [(1, 10)]], (6 * W, 6 * W), GREEDY, ballot_type="points", points=10)
    assert why(points, 1) == "得 14 分，轮到它时预算还剩 100,000 元，够付。"
    ranks = decided(
        funders, [[(2, 3), (1, 2)], [(2, 3)]], (6 * W, 6 * W), GREEDY, ballot_type="ranking", scores=[3, 2, 1]
    )
    assert why(ranks, 2) == "得 6 分，轮到它时预算还剩 100,000 元，够付。"
    one = decided(funders, [[1], [1], [2]], (6 * W, 6 * W), Rule(), ballot_type="one", max_choices=1)
    assert why(one, 1).startswith("支持它的 2 位居民")


def test_the_headline_and_the_turnout(funders: FundPeople) -> None:
    found = decided(funders, [[1], [1], [2]], (2 * W, 3 * W), Rule(), idle=7)
    assert telling.headline(found, 10 * W) == "大家选出了 2 个项目，一共 50,000 元（预算 100,000 元）。"
    assert telling.turnout(found) == "10 位居民可以投票，3 位投了票，占 30%。"
    with words.speaking("en"):
        assert telling.headline(found, 10 * W) == "The community chose 2 projects for ¥50,000 in all (budget ¥100,000)."
    none = decided(funders, [[]], (2 * W,), Rule())
    assert "没有项目入选" in telling.headline(none, 10 * W)


def test_which_projects_the_two_rules_fund_differently(funders: FundPeople) -> None:
    """Five of ten want 1 and 2, which together take all, one wants 1; four want 3: greedy gives them nothing."""
    votes = [[1, 2]] * 5 + [[1]] + [[3]] * 4
    found = decided(funders, votes, (6 * W, 4 * W, 4 * W), Rule())
    names = {entry.number: entry.title for entry in found.entries}
    assert found.greedy.winners == (1, 2) and found.greedy.nothing == 4 and found.shares.nothing == 0
    assert telling.differences(found, names) == ["只有平等份额会选：“项目 3”。", "只有票多先选会选：“项目 2”。"]
    assert sum(found.shares.choices) == 10 and found.shares.choices == (0, 10) and found.greedy.choices == (4, 1, 5)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_no_sentence_has_a_hole(funders: FundPeople, lang: str) -> None:
    found = decided(funders, [[1, 2], [1, 2], [1], [3], []], (4 * W, 4 * W, 9 * W, W), Rule(compare=True), idle=1)
    with words.speaking(lang):
        told = [telling.headline(found, 1), telling.turnout(found)]
        for entry in found.entries:
            told += [telling.why(found, entry), telling.enough(found, entry), telling.effective(found, entry)]
    assert not any("{" in line or "result." in line for line in told)
