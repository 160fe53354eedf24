"""The catalogues are complete and agree, the code asks for nothing they lack, and no page brings its own sentence."""

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from db.models.accounts import DutyRole
from db.models.areas import Level
from db.models.cases import Channel, Outcome, Standing, State
from portal import words
from portal.cases.kinds import KINDS
from portal.commands.books import declared
from portal.errors import Refused
from portal.settings import ROOT

LANGUAGES = ("zh_CN", "en")
CODE = [p for folder in ("portal", "pages") for p in sorted((ROOT / folder).rglob("*.py")) if "assets" not in p.parts]
PAGES = sorted((ROOT / "pages").rglob("*.py"))
CJK = re.compile("[\u2e80-\u2fff\u3001-\u9fff\uff01-\uffef]")
KEY = re.compile(r"[a-z_]+(\.[A-Za-z0-9_-]+)+")


@cache
def catalogue(lang: str) -> dict[str, Message]:
    """All messages of a language by id."""
    return {key: message for _, key, message in entries(lang)}


def entries(lang: str) -> Iterator[tuple[str, str, Message]]:
    """(file, id, message) as they stand in the files of a language."""
    for path in sorted((words.LOCALES / lang).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=lang):
                if message.id:
                    yield path.name, message.id if isinstance(message.id, str) else message.id[0], message


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def called(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls in a module, by the name called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def literals(node: ast.expr) -> list[str]:
    """The strings an expression may be: itself, or either branch of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return literals(node.body) + literals(node.orelse) if isinstance(node, ast.IfExp) else []


REFUSALS = {"Refused": "", "Forbidden": "forbidden", "NotFound": "not_found", "TooLate": "too_late"}


def asked_for() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """(where, key, the facts given or None where they cannot be read) for each key that stands in the code."""
    for path in CODE:
        for name, call in called(ast.parse(path.read_text("utf-8"))):
            facts = frozenset(k.arg for k in call.keywords if k.arg)
            known = None if any(k.arg is None for k in call.keywords) else facts
            known = None if name == "fitting" else known
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            if name in ("t", "tn", "say", "fitting") and call.args and path.name != "words.py":
                for key in literals(call.args[0]):
                    yield where, key, known | {"n"} if name == "tn" and known is not None else known
            elif name in REFUSALS:
                ids = literals(call.args[0]) if call.args else list(filter(None, [REFUSALS[name]]))
                for key in ids:
                    yield where, f"refused.{key}", known


def families() -> set[str]:
    """Keys that are put together from a vocabulary."""
    return {
        *(f"act.{act.name}" for act in declared()),
        *(f"state.{state}" for state in State),
        *(f"standing.{standing}" for standing in Standing if standing),
        *(f"outcome.{outcome}" for outcome in Outcome),
        *(f"channel.{channel}" for channel in Channel),
        *(f"level.{level}" for level in Level),
        *(f"role.{role}" for role in DutyRole),
    }


def test_both_languages_have_the_same_messages() -> None:
    chinese, english = (set(catalogue(lang)) for lang in LANGUAGES)
    assert chinese - english == set(), "English lacks these"
    assert english - chinese == set(), "Chinese lacks these"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_message_stands_in_two_files(lang: str) -> None:
    """Babel merges within a file, the portal across files: there the later one would win unseen."""
    counts = Counter(key for _, key, _ in entries(lang))
    assert [key for key, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_is_translated(lang: str) -> None:
    plurals = {"zh_CN": 1, "en": 2}[lang]
    for key, message in catalogue(lang).items():
        assert KEY.fullmatch(key), key
        assert all(text.strip() for text in texts(message)), f"{key} is empty"
        assert not message.fuzzy, f"{key} is marked as fuzzy"
        if not isinstance(message.id, str):
            assert set(message.id) == {key}, f"{key}: the plural id must be the same key"
            assert len(texts(message)) == plurals, f"{key}: {plurals} plural forms"


def test_the_languages_have_the_same_holes_and_plurals() -> None:
    for key, chinese in catalogue("zh_CN").items():
        english = catalogue("en")[key]
        assert isinstance(chinese.id, str) == isinstance(english.id, str), f"{key}: plural in one language only"
        for text in texts(english):
            assert holes(text) | {"n"} == holes(texts(chinese)[0]) | {"n"}, key


def test_chinese_is_chinese_and_english_is_english() -> None:
    for key, message in catalogue("en").items():
        if not key.startswith("language."):
            assert not any(CJK.search(text) for text in texts(message)), key
    halfwidth = re.compile(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]")
    for key, message in catalogue("zh_CN").items():
        assert not any(halfwidth.search(text) for text in texts(message)), f"{key}: Chinese punctuation, please"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_code_asks_for_nothing_that_is_missing(lang: str) -> None:
    known = catalogue(lang)
    assert {f"{where} {key}" for where, key, _ in asked_for() if key not in known} == set()
    assert families() - set(known) == set()


def test_the_code_gives_every_fact_that_a_sentence_needs() -> None:
    lacking = []
    for where, key, facts in asked_for():
        message = catalogue("zh_CN").get(key)
        if message and facts is not None and (missing := holes(texts(message)[0]) - facts):
            lacking.append(f"{where} {key} lacks {sorted(missing)}")
    assert lacking == []


def test_no_message_is_stale() -> None:
    """Each key stands in the code, belongs to a vocabulary, or begins as the code begins one."""
    plain, begun = set(), set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    begun = {start for start in begun if "." in start}
    used = plain | families() | {f"refused.{word}" for word in plain}
    used |= {f"{word}.{part}" for word in plain for part in ("empty", "empty_hint")}  # see pages/parts/facts.empty
    used |= {f"{word}.{kind}" for word in plain for kind in KINDS}  # see portal.words.fitting
    stale = [key for key in catalogue("zh_CN") if key not in used and not any(key.startswith(start) for start in begun)]
    assert stale == []


SHOWN = {
    "title", "header", "subheader", "caption", "text", "markdown", "write", "button", "form_submit_button", "info",
    "success", "warning", "error", "toast", "text_input", "text_area", "selectbox", "radio", "checkbox", "toggle",
    "segmented_control", "pills", "multiselect", "number_input", "date_input", "file_uploader", "expander", "metric",
    "page_link", "link_button", "download_button", "popover", "tabs", "badge", "dialog", "html", "spinner", "status",
}  # fmt: skip
WORDS_IN_A_ROW = re.compile(r"[A-Za-z]+ [A-Za-z]+")


def sentences(source: str) -> list[str]:
    """What somebody would read and no catalogue holds: Chinese anywhere, other words where Streamlit shows them."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs]
    found = [node.value for node in constants if isinstance(node.value, str) and CJK.search(node.value)]
    for name, call in called(tree):
        if name in SHOWN:
            given = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("label", "help", "placeholder"))]
            found += [s for node in given for s in literals(node) if WORDS_IN_A_ROW.search(s)]
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_brings_its_own_sentence(path: Path) -> None:
    assert sentences(path.read_text("utf-8")) == []


def test_a_sentence_in_a_page_would_be_found() -> None:
    assert sentences('st.title("心愿墙")') == ["心愿墙"]
    assert sentences('st.button("Post a wish")') == ["Post a wish"]
    assert sentences('x.text_input(t("a.b"), help="Your phone number")') == ["Your phone number"]
    assert sentences('"""A docstring 中文."""\nst.title(t("wall.title"))') == []


def test_a_refusal_is_said_in_the_language_in_use() -> None:
    refusal = Refused("too_long", field="title", limit=60, length=61)
    with words.speaking("zh-CN"):
        chinese = words.say(refusal)
    with words.speaking("en"):
        english = words.say(refusal)
    assert "60" in chinese and "60" in english and CJK.search(chinese) and not CJK.search(english)


def test_an_unknown_language_means_the_default() -> None:
    with words.speaking("tlh"):
        assert words.language() == "zh-CN"
