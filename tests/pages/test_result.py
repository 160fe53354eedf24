"""The result and the ballot box on their pages: for every rule and ballot, in both languages, and sealed before."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from portal.acts import VISITOR
from portal.fund import receipts, results
from portal.fund.counting import Rule
from tests.fixtures.fund import FundPeople
from tests.fixtures.screens import Open, links, run, text
from tests.fixtures.town import People
from tests.portal.cases.steps import look
from tests.portal.fund import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what it shows has its own tests

W = 1_000_000
COSTS = (6 * W, 4 * W, 4 * W, 8 * W)
VOTES = [[1, 2]] * 5 + [[1]] + [[3]] * 4
SHARES = ("那份钱", "平均分给", "有效票最多")


def closed(funders: FundPeople, votes: counted.Ballots = VOTES, **more: object) -> int:
    return counted.closed(funders, votes, COSTS, idle=10, **more)  # type: ignore[arg-type]


def finished(funders: FundPeople, votes: counted.Ballots = VOTES, **more: object) -> int:
    round_id = closed(funders, votes, **more)
    counted.finish(round_id)
    return round_id


def charts(at: AppTest) -> int:
    return len(at.get("vega_lite_chart"))


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("path", ["result", "box"])
def test_without_any_result_there_is_a_sentence_and_a_way(
    people: People, open_screen: Open, path: str, lang: str
) -> None:
    at = open_screen(path, lang=lang)
    assert len(text(at)) > 30 and "/fund" in links(at)
    assert open_screen(path, lang=lang, round="999").error
    assert not open_screen(path, lang=lang, round="<b>").error


def test_the_first_screen_says_what_was_decided(funders: FundPeople, open_screen: Open) -> None:
    round_id = finished(funders)
    told = text(open_screen("result", round=str(round_id)))
    head = told[: told.index("为什么没有入选")]
    assert "大家选出了 2 个项目，一共 100,000 元（预算 100,000 元）。" in head
    assert "20 位居民可以投票，10 位投了票，占 50%。" in head
    assert head.index("项目 1") < head.index("60,000 元") < head.index("项目 3") and "6 人支持" in head
    assert text(open_screen("result")) == told  # the newest where the address names none


def test_each_project_has_its_reason_and_each_chart_its_list(funders: FundPeople, open_screen: Open) -> None:
    at = open_screen("result", round=str(finished(funders)))
    told = text(at)
    assert "手里的钱用在了“项目 1”" in told and "没有人选它。" in told and told.count("怎样才够：") == 2
    assert "只有平等份额会选：“项目 3”。" in told and "所选项目一个都没入选的有 4 人（40%）" in told
    assert charts(at) == 3 == told.count("用文字看这张图")
    assert "得票 100% · 资金 100%（100,000 元）" in told and "预算平均分给每一位投票的居民" in told


def test_the_chain_names_the_things_of_the_fund_in_words(funders: FundPeople, open_screen: Open) -> None:
    round_id = finished(funders)
    for lang, said in (("zh-CN", f"轮次 {round_id} 号"), ("en", f"round {round_id}")):
        at = open_screen("trail", lang=lang)
        assert said in text(at) and f"/round?id={round_id}" in links(at) and "round:" not in text(at)


def test_everything_to_check_it_with_is_there(funders: FundPeople, open_screen: Open) -> None:
    round_id = finished(funders)
    found = look(results.of, VISITOR, round_id)
    assert found.decided
    at = open_screen("result", round=str(round_id))
    told = text(at)
    assert {f"/fund/{round_id}/box.pb", f"/fund/{round_id}/receipts.txt", "/trail"} <= {*links(at)}
    assert found.decided.box_sha256 in told and found.seed in told and "sha256sum" in told
    at.button(key="result_recount").click()
    assert "重新算过了，和公布的结果完全一样。" in text(run(at))


def test_a_changed_result_is_told_by_the_recount(funders: FundPeople, open_screen: Open) -> None:
    round_id = finished(funders)
    result = counted.outcome(round_id).result | {"cost_fen": 1}
    counted.alter("UPDATE outcome SET result = :r", r=json.dumps(result))
    at = open_screen("result", round=str(round_id))
    at.button(key="result_recount").click()
    assert "重新算出来的和公布的不一样！" in text(run(at)) and "总金额" in text(at)


@pytest.mark.parametrize("rule, columns, votes", [
    (Rule(name="greedy"), {}, VOTES),
    (Rule(name="greedy", eighty=True), {"ballot_type": "one", "max_choices": 1}, [[1], [1], [2], [4]]),
    (Rule(name="greedy", utility="points"), {"ballot_type": "points", "points": 10}, [[(1, 6), (2, 4)], [(3, 10)]]),
    (Rule(name="greedy"), {"ballot_type": "ranking", "scores": [3, 2, 1]}, [[(1, 3), (2, 2)], [(3, 3)]]),
])  # fmt: skip
def test_under_greedy_nobody_reads_of_shares(
    funders: FundPeople, open_screen: Open, rule: Rule, columns: dict[str, object], votes: counted.Ballots
) -> None:
    told = text(open_screen("result", round=str(finished(funders, votes, rule=rule, **columns))))
    before = told[: told.index("换一种算法会怎样")]
    assert "轮到它时" in told and not any(word in before for word in SHARES)
    assert "result." not in told and "{" not in told


@pytest.mark.parametrize("rule", [Rule(completion="greedy"), Rule(completion="none"), Rule(compare=True)])
def test_the_other_ways_of_equal_shares_read_right_too(funders: FundPeople, open_screen: Open, rule: Rule) -> None:
    for lang in ("zh-CN", "en"):
        told = text(open_screen("result", lang=lang, round=str(finished(funders, rule=rule))))
        assert "result." not in told and "{" not in told
        assert ("喜欢" in told or "prefer" in told) == rule.compare


def test_a_vote_without_winners_and_one_without_voters_read_right(funders: FundPeople, open_screen: Open) -> None:
    for votes in ([], [[4]] * 2 + [[3]] * 3):
        round_id = finished(funders, votes, rule=Rule(completion="none"))
        told = text(open_screen("result", round=str(round_id)))
        assert ("没有项目入选" in told) == (not counted.outcome(round_id).result["winners"])
    assert charts(open_screen("result", round=str(finished(funders, [])))) == 0


@pytest.mark.parametrize("state", ["informing", "publishing", "balloting", "reviewing_ballots", "cancelled"])
def test_before_it_is_published_there_are_dates_and_no_figure_of_the_vote(
    funders: FundPeople, open_screen: Open, state: str
) -> None:
    round_id = closed(funders)
    counted.alter("UPDATE round SET state = :state WHERE id = :id", state=state, id=round_id)
    for who in (VISITOR, funders.finance, funders.second_staff, funders.ann):
        for path in ("result", "box"):
            at = open_screen(path, who, round=str(round_id))
            told = text(at)
            assert "项目 1" not in told and "支持" not in told and "人投" not in told
            assert not [link for link in links(at) if link.startswith("/fund/")] and charts(at) == 0
    expected = "这一轮已经取消" if state == "cancelled" else "结果还没有出来"
    assert expected in text(open_screen("result", round=str(round_id)))


def test_a_receipt_is_found_without_its_choice(funders: FundPeople, open_screen: Open) -> None:
    round_id = closed(funders)
    code = receipts.code_of(round_id, counted.voters(round_id)[0], 0)
    assert "您的票已经收好。" in looked(open_screen, round_id, code)
    counted.finish(round_id)
    told = looked(open_screen, round_id, code.lower().replace("-", " "))
    assert "您的票在公布的投票箱里。" in told and receipts.digest(code) in told and "项目 1" not in told
    assert "没有找到这个回执码。" in looked(open_screen, round_id, "0000-0000")
    assert "投票箱里有 10 张选票，回执清单里也正好有 10 行。" in told


def looked(open_screen: Open, round_id: int, code: str) -> str:
    at = open_screen("box", round=str(round_id))
    at.text_input[0].set_value(code)
    at.button[0].click()
    return text(run(at))


def test_an_empty_receipt_is_refused_with_a_sentence(funders: FundPeople, open_screen: Open) -> None:
    at = open_screen("box", round=str(finished(funders)))
    at.button[0].click()
    assert run(at).error


def test_what_people_called_their_project_is_text(funders: FundPeople, open_screen: Open) -> None:
    nasty = "**粗** $x$ <b>b</b> [l](http://evil.example)"
    round_id = closed(funders)
    counted.alter("UPDATE project SET title = :t WHERE number = 1", t=nasty)
    counted.finish(round_id)
    at = open_screen("result", round=str(round_id))
    assert text(at).count(nasty) > 2 and not any("evil" in str(element.value) for element in at.markdown)
