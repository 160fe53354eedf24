"""Reading and writing `.pb` files: what is sound is read as it is, anything else is refused with its line."""

from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import words
from portal.errors import Refused
from portal.fund.counting import Election, Project, Rule, count, parse, write
from tests.portal.fund.counting.elections import elections

GOOD = """META
key;value
description;A vote
budget;100
vote_type;{kind}
PROJECTS
project_id;cost;name
a;50;First
b;30.5;"Second; with ""quotes"" in it"
c;999999999;Taken back
VOTES
voter_id;vote{points}
1;{vote}
2;b{two}
3;
"""


def text(vote: str = "a,b", kind: str = "approval", points: str = "", two: str = "") -> str:
    """The good file with another first ballot of another kind; `points` names the column, `two` are the second's."""
    return GOOD.format(kind=kind, vote=vote, points=points, two=two)


def swapped(old: str, new: str) -> str:
    found = text()
    assert old in found
    return found.replace(old, new, 1)


def read(content: str, scores: tuple[int, ...] = ()) -> Election:
    return parse(StringIO(content, newline=""), scores)


def ballots(election: Election) -> list[dict[str, int]]:
    return [{election.projects[p].id: n for p, n in ballot.items()} for ballot in election.ballots]


def test_a_sound_file() -> None:
    election = read(text())
    assert (election.budget, election.unit, election.voters, election.vote_type) == (1000, 10, 3, "approval")
    assert [p.cost for p in election.projects[:2]] == [500, 305]
    assert election.projects[1].name == 'Second; with "quotes" in it'
    assert [p.withdrawn for p in election.projects] == [False, False, True]
    assert ballots(election) == [{"a": 1, "b": 1}, {"b": 1}, {}]
    assert election.meta["description"] == "A vote"


@pytest.mark.parametrize("change", [
    lambda s: "\ufeff" + s,
    lambda s: s.replace("\n", "\r\n"),
    lambda s: s.replace("\n", "\n\n"),
    lambda s: s.replace("META\n", "META;;\n"),
    lambda s: s.replace("a;50;First", '"a";"50";"First"'),
    lambda s: s.replace("1;a,b", "1; a , b "),
    lambda s: s.replace("budget;100", "budget;100.00").replace("30.5", "30.50"),
    lambda s: s.replace("30.5", "30,5"),
    lambda s: s.rstrip("\n"),
])  # fmt: skip
def test_other_ways_to_write_the_same(change) -> None:
    usual, other = read(text()), read(change(text()))
    assert ballots(other) == ballots(usual)
    assert [p.name for p in other.projects] == [p.name for p in usual.projects]
    assert other.budget * usual.unit == usual.budget * other.unit
    assert [p.cost * usual.unit for p in other.projects] == [p.cost * other.unit for p in usual.projects]


def test_a_withdrawn_project_stands_on_ballots_and_wins_nothing() -> None:
    election = read(swapped("budget;100", "budget;99999999999").replace("1;a,b", "1;c"))
    for rule in (Rule("greedy"), Rule()):
        assert election.ids(count(election, rule).winners) == ["b"]


BAD = [
    ("", "pb_missing_section", 1),
    ("key;value\n" + text(), "pb_no_section", 1),
    (text().partition("VOTES")[0], "pb_missing_section", 10),
    (text().replace("META\n", "", 1), "pb_no_section", 1),
    (text() + "META\n", "pb_repeated", 16),
    (swapped("budget;100\n", "budget;100\nbudget;200\n"), "pb_repeated", 5),
    (swapped("budget;100\n", ""), "pb_missing_cell", 1),
    (swapped("vote_type;approval\n", ""), "pb_missing_cell", 1),
    (swapped("approval", "guess"), "pb_vote_type", 5),
    (swapped("project_id;cost", "id;cost"), "pb_missing_column", 7),
    (swapped("project_id;cost", "project_id;price"), "pb_missing_column", 7),
    (swapped("project_id;cost;name", "project_id;cost;cost"), "pb_repeated", 7),
    (swapped("voter_id;vote", "voter_id;choice"), "pb_missing_column", 12),
    (swapped("a;50;First", "a"), "pb_missing_cell", 8),
    (swapped("a;50;First", ";50;First"), "pb_missing_cell", 8),
    (swapped("a;50;First", "a,x;50;First"), "pb_comma", 8),
    (swapped("a;50;First", "b;50;First"), "pb_same_id", 9),
    (swapped("1;a,b", "1"), "pb_missing_cell", 13),
    (swapped("1;a,b", "1;a,x"), "pb_unknown_project", 13),
    (swapped("1;a,b", "1;A"), "pb_unknown_project", 13),
    (swapped("1;a,b", "1;a,,b"), "pb_unknown_project", 13),
    (swapped("1;a,b", "1;a,b,a"), "pb_twice", 13),
    (swapped("First", '"First'), "pb_quotes", 9),
    (swapped("3;", '3;"a'), "pb_quotes", 15),
    *((swapped("a;50", f"a;{typed}"), "pb_money", 8) for typed in (
        "-50", "NaN", "1e309", "inf", "0x10", "50-", "1,000", "1.2.3", "５０", "1_000", "+50", "50 EUR", ".5", "5.")),
    (swapped("budget;100", "budget;-1"), "pb_money", 4),
    (swapped("a;50", "a;9223372036854775808"), "pb_too_large", 8),
    (swapped("a;50", "a;" + "9" * 5000), "pb_too_large", 8),
    (swapped("b;30.5", "b;0." + "0" * 30 + "1"), "pb_too_large", 4),
    (text("a,b", "choose-1"), "pb_one_choice", 13),
    (text("a,b;1", "cumulative", ";points", ";3"), "pb_points_number", 13),
    (text("a,b;1,2,3", "scoring", ";points", ";3"), "pb_points_number", 13),
    (text("a,b", "cumulative"), "pb_points_number", 13),
    *((text(f"a,b;{typed},2", "cumulative", ";points", ";3"), "pb_points", 13)
      for typed in ("1.5", "-1", "", "NaN", "１", "1e3")),
    (text(f"a,b;{2**63},2", "cumulative", ";points", ";3"), "pb_too_large", 13),
    (text(f"a,b;{2**63 - 1},1", "cumulative", ";points", ";3"), "pb_too_many_points", None),
]  # fmt: skip


@pytest.mark.parametrize(("content", "refusal", "line"), BAD)
def test_what_is_refused(content: str, refusal: str, line: int | None) -> None:
    with pytest.raises(Refused) as refused:
        read(content)
    assert (refused.value.message_id, refused.value.facts.get("line")) == (refusal, line)
    for language in ("zh-CN", "en"):
        with words.speaking(language):
            sentence = words.say(refused.value)
            assert "refused." not in sentence and "field." not in sentence and len(sentence) < 200


def test_what_is_not_text_is_refused(tmp_path) -> None:
    (tmp_path / "x.pb").write_bytes(text().encode() + b"4;\xff\xfe\n")
    with (tmp_path / "x.pb").open(encoding="utf-8", newline="") as lines, pytest.raises(Refused, match="pb_not_utf8"):
        parse(lines)


def test_points() -> None:
    election = read(text("a,b;3,2.0", "cumulative", ";points", ";0"))
    assert ballots(election) == [{"a": 3, "b": 2}, {}], "no points are no support, and the blank ballots are merged"
    assert election.points == [3, 2, 0] and election.times == (1, 2)


def test_what_ranks_are_worth() -> None:
    content = text("b,a", "ordinal")
    assert read(content).scores == (2, 1)
    longer = content.replace("budget;", "max_length;4\nbudget;")
    assert read(longer).scores == (4, 3, 2, 1), "a short ballot does not make its first choice worth less"
    assert read(longer, (9, 1)).points[:2] == [1, 18]
    assert read(longer, (5,)).points[:2] == [0, 10], "nothing beyond the scores"
    assert read(longer.replace("budget;", "scores;7,3\nbudget;")).points[:2] == [3, 14]
    with pytest.raises(Refused, match="pb_points"):
        read(longer.replace("budget;", "scores;7,x\nbudget;"))
    with pytest.raises(Refused, match="pb_other_scores"):
        count(read(longer), Rule("greedy", scores=(3, 2, 1)))


@pytest.mark.parametrize("swap", [("budget;100", "budget;0"), ("1;a,b\n2;b\n3;\n", ""), ("1;a,b\n2;b\n", "1;\n2;\n")])
@pytest.mark.parametrize("rule", [Rule("greedy"), Rule(), Rule(completion="greedy"), Rule(compare=True)])
def test_no_money_no_voters_no_wishes(swap: tuple[str, str], rule: Rule) -> None:
    result = count(read(swapped(*swap)), rule)
    assert (result.winners, result.cost) == ([], 0)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NAMES = st.one_of(TEXT, st.sampled_from([';"', "两行\n名字", "a\r\nb", "VOTES", '"', " ", "修路；装灯", "\ufeff", ""]))


@given(elections(), st.lists(NAMES, min_size=10, max_size=10), st.sampled_from([1, 10, 100]), st.booleans())
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_again(election: Election, names: list[str], unit: int, won: bool) -> None:
    rows = zip(election.projects, names[:5], names[5:], strict=False)
    projects = [
        Project(p.id, 999_999_999 * unit if p.withdrawn else p.cost, name, category, p.withdrawn)
        for p, name, category in rows
    ]
    votes = zip(election.ballots, election.times, strict=True)
    said = Election.cast(election.budget, projects, votes, unit=unit, vote_type=election.vote_type)
    lines = list(write(said, {"description": names[0], "currency": "CNY"}, [0] if won else None))
    assert parse(lines) == said
    assert read("".join(lines)) == said


def test_a_ranked_election_is_written_with_its_scores() -> None:
    ranked = read(text("b,a", "ordinal"), (5, 2))
    again = parse(write(ranked, ranked.meta))
    assert (again, again.scores, again.points) == (ranked, (5, 2), ranked.points)


def test_what_stands_in_the_file() -> None:
    projects = [Project("1", 123_450, "路灯"), Project("2", 100_00, "凉亭")]
    election = Election.cast(500_000, projects, [({0: 1}, 2), ({0: 1, 1: 1}, 1)])
    lines = list(write(election, {"unit": "安宁市", "description": "投票", "mine": "x"}, winners=[0]))
    assert lines[:9] == [
        "META\n", "key;value\n", "description;投票\n", "unit;安宁市\n", "num_projects;2\n", "num_votes;3\n",
        "budget;5000.00\n", "vote_type;approval\n", "mine;x\n",
    ]  # fmt: skip
    assert lines[9:13] == [
        "PROJECTS\n", "project_id;cost;votes;score;name;category;selected\n", "1;1234.50;3;3;路灯;;1\n",
        "2;100;1;1;凉亭;;0\n",
    ]  # fmt: skip
    assert lines[13:] == ["VOTES\n", "voter_id;vote\n", "1;1\n", "2;1\n", '3;1,2\n']  # fmt: skip


@pytest.mark.parametrize("name", ["a,b", "", " a"])
def test_an_id_that_could_not_be_read_again_is_not_written(name: str) -> None:
    with pytest.raises(Refused, match="pb_unwritable"):
        list(write(Election.cast(1, [Project(name, 1)], []), {}))
