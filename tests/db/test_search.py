"""The search index: character pairs that both databases keep and find alike."""

import unicodedata

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from db import search
from db.engine import writing


def hits(session: Session, typed: str) -> set[int]:
    matched = search.match(session, typed)
    if matched is None:
        return set()
    index, number, condition = matched
    return set(session.execute(select(number).select_from(index).where(condition)).scalars())


def test_pairs_overlap_and_end_with_the_last_character() -> None:
    assert search.pairs("路灯坏") == ["路灯", "灯坏", "坏"]
    assert search.pairs("路") == ["路"]
    assert search.pairs("A栋，ｂ") == ["a栋", "栋", "b"]
    assert search.pairs(" ，。!_") == []


def test_put_replaces_and_remove_removes(db: str) -> None:
    with writing() as session:
        search.put(session, 1, "路灯坏了")
        search.put(session, 2, "井盖坏了")
        assert hits(session, "坏了") == {1, 2}
        search.put(session, 1, "噪音")
        assert (hits(session, "坏了"), hits(session, "噪音")) == ({2}, {1})
        search.remove(session, 2)
        search.remove(session, 99)
        assert hits(session, "坏了") == set()


def test_a_run_does_not_reach_over_a_sign(db: str) -> None:
    with writing() as session:
        search.put(session, 1, "甲乙，丙丁 甲 丁")
        assert hits(session, "甲乙") == hits(session, "乙") == hits(session, "丙丁 甲乙") == {1}
        for apart in ("乙丙", "甲乙丙", "甲丁", "丁甲"):
            assert hits(session, apart) == set(), apart


def test_pairs_that_occur_apart_are_no_run(db: str) -> None:
    with writing() as session:
        search.put(session, 1, "甲乙甲丙，乙丙")
        assert hits(session, "甲乙丙") == set()
        assert hits(session, "甲乙甲") == hits(session, "乙甲丙") == {1}


@pytest.mark.parametrize("typed", ["", " ", "。", "_", "😀", "\u0301", "%", "'"])
def test_nothing_to_look_for(db: str, typed: str) -> None:
    with writing() as session:
        assert search.match(session, typed) is None


def test_nothing_to_index(db: str) -> None:
    with writing() as session:
        search.put(session, 1, "")
        search.put(session, 2, "……")
        assert hits(session, "a") == set()


LETTERS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(word=LETTERS, around=st.tuples(LETTERS, LETTERS))
def test_every_letter_of_every_script_is_found(db: str, word: str, around: tuple[str, str]) -> None:
    """The index's own idea of what a letter is must not be narrower than ours."""
    runs = "".join(unicodedata.normalize("NFKC", word).casefold())
    assume(runs.isalnum())
    with writing() as session:
        search.put(session, 1, word)
        search.put(session, 2, f"{around[0]} {around[1]}")
        found = hits(session, word)
        session.rollback()
    assert 1 in found


@pytest.mark.parametrize("rare", ["\U0002b820", "\U0002ceb0", "\U00030000", "\U0001e922"])
def test_characters_younger_than_the_tokenizer_are_found(db: str, rare: str) -> None:
    """Names are written with characters of the newest extensions."""
    with writing() as session:
        search.put(session, 1, f"{rare}家门口")
        search.put(session, 2, "张家门口")
        assert hits(session, rare) == hits(session, f"{rare}家") == {1}
