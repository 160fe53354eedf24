"""`python -m portal count`: what it prints, what it refuses, and that it needs no database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from portal import words
from portal.commands.counting import alone
from portal.settings import ROOT

FILE = """META
key;value
budget;{budget}
vote_type;approval
PROJECTS
project_id;cost;name
007;60.25;[bold]路灯
b;39.5;凉亭
c;0.25;x
VOTES
voter_id;vote
1;007,c
2;007,b
3;b
4;
"""


def run(folder: Path, *arguments: str, budget: str = "100") -> Result:
    file = folder / "vote.pb"
    file.write_text(FILE.format(budget=budget), "utf-8")
    return CliRunner().invoke(alone, ["count", str(file), *arguments])


def told(folder: Path, *arguments: str, budget: str = "100") -> dict[str, object]:
    done = run(folder, *arguments, "--json", budget=budget)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout, parse_float=str)


def test_the_result_as_json(tmp_path: Path) -> None:
    assert told(tmp_path, "--rule", "greedy") == {
        "winners": ["007", "b", "c"],
        "cost": 100,
        "rule": {
            "name": "greedy", "utility": "cost", "completion": "add1", "stop": "overspend", "start": "exact",
            "step": 1, "skip": True, "threshold": 0, "conflicts": [], "eighty": False, "scores": [], "ties": "id",
            "compare": False,
        },
        "ties": [{"place": 1, "tied": ["007", "b"], "chosen": "007", "by": "id"}],
        "voters": 4,
        "effective_votes": {"007": 2, "b": 2, "c": 1},
    }  # fmt: skip
    shares = told(tmp_path, "--rule", "equal-shares")
    assert (shares["winners"], shares["cost"]) == (["007", "b", "c"], 100)
    assert (shares["endowment"], shares["steps"], shares["stopped_by"]) == (35, 10, "all")
    assert told(tmp_path, "--rule", "equal-shares", "--compare")["preferred"] == {
        "equal-shares": 0, "greedy": 0, "neither": 4
    }  # fmt: skip


def test_a_cost_is_exact(tmp_path: Path) -> None:
    assert told(tmp_path, "--rule", "greedy", budget="99.99")["cost"] == "99.75"
    assert told(tmp_path, "--rule", "greedy", "--ties", "cost", budget="99")["cost"] == "39.75"


@pytest.mark.parametrize(("switches", "winners"), [
    ("--rule greedy --ties cost", "b c"), ("--rule greedy --no-skip", "007"), ("--rule greedy --ties file", "007 c"),
    ("--rule greedy --threshold 2", "007"), ("--rule greedy --conflict 007,b --conflict 007,c", "007"),
    ("--rule greedy --utility points", "c b"), ("--rule greedy --eighty", "007"),
    ("--rule equal-shares --completion none", "c"), ("--rule equal-shares --completion greedy", "c 007"),
    ("--rule equal-shares --utility cardinality --stop exhaustive --start floor --step 2", "c b"),
])  # fmt: skip
def test_switches_reach_the_engine(tmp_path: Path, switches: str, winners: str) -> None:
    assert told(tmp_path, *switches.split(), budget="61")["winners"] == winners.split()


def test_the_result_to_read(tmp_path: Path) -> None:
    for language in ("zh-CN", "en"):
        with words.speaking(language):
            done = run(tmp_path, "--rule", "equal-shares", "--compare")
        assert done.exit_code == 0
        assert "[bold]路灯" in done.stdout and "60.25" in done.stdout and "command." not in done.stdout


@pytest.mark.parametrize("arguments", [
    "--rule best", "", "--rule greedy --ties luck", "--rule greedy --scores 1,x", "--rule greedy --scores 1,2",
    "--rule greedy --step 0", "--rule greedy --threshold -1", "--rule greedy --conflict a",
])  # fmt: skip
def test_a_wrong_use_ends_with_2(tmp_path: Path, arguments: str) -> None:
    done = run(tmp_path, *arguments.split())
    assert done.exit_code == 2 and "refused." not in done.output and not isinstance(done.exception, KeyError)


def test_what_is_refused_ends_with_1_and_a_sentence(tmp_path: Path) -> None:
    for arguments, budget in ((["--rule", "greedy"], "-1"), (["--rule", "greedy", "--conflict", "007,x"], "1")):
        done = run(tmp_path, *arguments, budget=budget)
        assert (done.exit_code, done.stdout) == (1, "") and len(done.stderr.strip().splitlines()[-1]) > 5
    (tmp_path / "bad.pb").write_bytes(b"\xff\xfe\x00")
    done = CliRunner().invoke(alone, ["count", str(tmp_path / "bad.pb"), "--rule", "greedy"])
    assert done.exit_code == 1 and "UTF-8" in done.stderr


def test_it_is_one_of_the_commands() -> None:
    from portal.commands import app

    done = CliRunner().invoke(app, ["count", "--help"])
    assert done.exit_code == 0 and "command." not in done.output


def test_neither_a_database_nor_what_it_needs_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "vote.pb"
    file.write_text(FILE.format(budget=100), "utf-8")
    code = (
        f"import sys; sys.argv = ['portal', 'count', {str(file)!r}, '--rule', 'equal-shares', '--json']\n"
        "import atexit; atexit.register(lambda: sys.stderr.write(f'loaded: {\"sqlalchemy\" in sys.modules}'))\n"
        "from portal.__main__ import main; main()"
    )
    nowhere = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "PORTAL_DATA_DIR": str(tmp_path / "no"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=nowhere, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0 and json.loads(done.stdout)["winners"] == ["007", "b", "c"]
    assert "loaded: False" in done.stderr and not (tmp_path / "no").exists()
