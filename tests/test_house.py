"""The rules of the house, read off the source: who may import whom, how large a page may be, what stands where."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.settings import ROOT, Settings

ALL = sorted(path for folder in ("portal", "pages", "db") for path in (ROOT / folder).rglob("*.py"))
MODULES = [path for path in ALL if "versions" not in path.parts]
PAGES = [path for path in MODULES if path.parts[-3] == "pages" and path.parent.name != "parts"]
SHOWS = {"streamlit", "altair", "folium", "streamlit_folium", "branca", "pydeck"}
MAY_SHOW = {"portal.app", "portal.main"}
FOUNDATION = (
    "errors",
    "words",
    "clock",
    "settings",
    "limits",
    "inputs",
    "vault",
    "rollups",
    "audit",
    "snapshots",
    "start",
    "alarm",
)
LOWER = ("acts", *FOUNDATION)
SHARED = (
    "areas",
    "accounts",
    "attachments",
    "ledger",
    "photos",
    "notices",
    "memo",
    "schema",
    "backup",
    "restore",
    *LOWER,
)
READS_ALL = ("board", "books", "chores", "demo", "http", "commands", "mydata", "__main__", "app", "main")
DOMAINS = ("cases", "fund")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Everything a module imports, also inside functions, as full dotted names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path, package: str) -> set[str]:
    """The first part below `package` of what a module imports from it."""
    return {name.split(".")[1] for name in imports(path) if name.startswith(f"{package}.")}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_point_down(path: Path) -> None:
    layer = dotted(path).split(".")[0]
    roots = {name.split(".")[0] for name in imports(path)}
    if layer == "db":
        assert not roots & {"portal", "pages"}
    elif layer == "portal" and dotted(path) not in MAY_SHOW and ".http" not in dotted(path):
        assert "pages" not in roots
    elif layer == "pages":
        # the frame opens the session of a read, as `audit.transaction` opens that of a write
        assert "db" not in roots or (path.name == "frame.py" and ours(path, "db") == {"engine"})
        assert ours(path, "pages") <= {"parts"}
    if layer != "pages" and dotted(path) not in MAY_SHOW:
        assert not roots & SHOWS


@pytest.mark.parametrize("path", [p for p in MODULES if dotted(p).startswith("portal.")], ids=dotted)
def test_inside_the_portal_imports_point_down_too(path: Path) -> None:
    layer, below = dotted(path).split(".")[1], ours(path, "portal")
    if layer in FOUNDATION:
        assert below <= set(FOUNDATION)
    elif layer == "acts":
        assert below <= set(LOWER)
    elif layer in SHARED:
        assert below <= set(SHARED)
    elif layer in DOMAINS:
        assert below <= {layer, *SHARED}
    else:
        assert layer in READS_ALL, "a new module needs its place in this test"


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_sizes(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= (95 if path in PAGES else 330), f"{lines} lines"
    assert {f.name: n for f in functions(path) if (n := (f.end_lineno or 0) - f.lineno + 1) > 55} == {}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_public_functions_say_what_they_are_for(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree) or not tree.body, "a module without a docstring"


@pytest.mark.parametrize("path", PAGES, ids=dotted)
def test_a_page_holds_no_rule(path: Path) -> None:
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    names = {name for name in imports(path) if name != "sqlmodel.Session"}  # it only types what the frame hands over
    assert not {name.split(".")[0] for name in names} & {"sqlalchemy", "sqlmodel", "sqlite3", "psycopg"}, (
        "SQL in a page"
    )
    assert not any(isinstance(node, ast.Try) for node in ast.walk(tree)), "a try in a page"
    assert "<style" not in source and "session_state[" not in source.replace("st.session_state[", "")
    assert not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b .*\b(FROM|INTO|SET)\b", source)


def test_roles_are_decided_in_one_place() -> None:
    """No `if role == …` outside the table of roles."""
    pattern = re.compile(r"\brole\s*(==|!=|in)\s*[\(\[{\"']")
    others = [p for p in MODULES if p.name != "acts.py" and "demo" not in p.parts]
    found = [dotted(p) for p in others if pattern.search(p.read_text("utf-8"))]
    assert found == []


def test_time_comes_from_the_clock() -> None:
    pattern = re.compile(r"datetime\.now\(|date\.today\(|utcnow\(|time\.time\(")
    allowed = {"portal.clock"}
    found = [
        dotted(p)
        for p in MODULES
        if pattern.search(p.read_text("utf-8")) and dotted(p) not in allowed and not dotted(p).startswith("db.")
    ]
    assert found == []


VAGUE = {"utils", "util", "common", "helpers", "helper", "services", "service", "manager", "managers", "base", "misc"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [dotted(path) for path in MODULES if VAGUE & {path.stem, *path.relative_to(ROOT).parts}] == []


def tracked() -> list[Path]:
    """The files of the repository, or of the folder where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = done.stdout.decode().split("\0") if done.returncode == 0 else []
    return [ROOT / name for name in names if (ROOT / name).is_file()]


FETCHES = re.compile(
    r"""(?:src|href|url|import|fetch|link)\s*[=(:]\s*["'(]*\s*(?:https?:)?//(?!localhost|127\.)[\w-]+\."""
)


def test_nothing_is_loaded_from_another_host() -> None:
    """Addresses of other hosts stand only where they name something, never where a page would fetch it."""
    sources = [
        path for path in tracked() if path.suffix in {".py", ".js", ".css", ".toml"} and "tests" not in path.parts
    ]
    found = [path for path in sources if "leaflet" not in path.parts and FETCHES.search(path.read_text("utf-8"))]
    assert [str(path.relative_to(ROOT)) for path in found] == []


def test_the_readme_lists_every_setting() -> None:
    told = (ROOT / "README.md").read_text("utf-8")
    wanted = {"DATABASE_URL", *(f"PORTAL_{name.upper()}" for name in Settings.model_fields)} - {"PORTAL_DATABASE_URL"}
    assert {name for name in wanted if f"`{name}`" not in told} == set()
