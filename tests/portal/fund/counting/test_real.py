"""Eighteen real elections come out as another engine, and as the cities themselves, counted them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from portal.fund.counting import Election, accounts, count, figures, parse, write
from portal.settings import ROOT
from tests.portal.fund.counting.real import FILES, FOLDER, RULES, city_rule, expected, found_by_rule

pytestmark = pytest.mark.skipif(not FILES, reason="the elections are not here")
SLOW = {"Hungary_Budapest_2025_VIII_Jozsefvaros": "26,518 steps"}


def read(file: Path) -> Election:
    with file.open(encoding="utf-8", newline="") as lines:
        return parse(lines)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_rule_finds_the_winners(file: Path) -> None:
    election, compared = read(file), 0
    for name, told in found_by_rule(expected(file)).items():
        if file.stem in SLOW and "add1" in name:
            continue
        result = count(election, RULES[name])
        winners = election.ids(result.winners)
        assert sorted(winners) == sorted(told["winners"]), name
        assert winners == told.get("order", winners), name
        assert result.cost / election.unit == told["cost"], name
        compared += 1
    assert compared >= 7


@pytest.mark.slow
@pytest.mark.parametrize("stem", SLOW)
def test_a_long_climb(stem: str) -> None:
    file = FOLDER / f"{stem}.pb"
    election, told = read(file), expected(file)["independent_check"]["mes_add1_stop_when_exhaustive"]
    result = count(election, RULES["mes_add1_until_overspend"])
    assert sorted(election.ids(result.winners)) == sorted(told["winners"])
    assert (result.steps + 2, result.stopped_by) == (told["mes_runs"], "overspend")
    assert float(result.endowment or 0) == pytest.approx(told["final_endowment"], abs=1e-5)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_city_counted_the_same(file: Path) -> None:
    told = expected(file)
    rule = city_rule(told)
    if rule is None:
        pytest.skip("how this city counted is not known")
    election = read(file)
    assert election.ids(count(election, rule).winners) == told["city_rule"]["order"]


def test_rivals_as_the_city_declared_them() -> None:
    file = FOLDER / "Poland_Warszawa_2022_Bemowo.pb"
    found = run(file, "--rule", "greedy", "--ties", "file", "--conflict", "773,153")
    assert sorted(found["winners"]) == sorted(expected(file)["official"]["selected_1"])  # type: ignore[call-overload]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_written_again_is_the_same_election(file: Path) -> None:
    election, told = read(file), expected(file)
    assert (election.voters, len(election.projects)) == (told["voters"], told["projects"])
    assert parse(write(election, election.meta)) == election


@pytest.mark.parametrize("file", [*FILES[-1:], *FILES[3:4]], ids=lambda file: file.stem)
def test_every_loss_is_explained(file: Path) -> None:
    election = read(file)
    result = count(election, RULES["mes_add1_until_overspend"])
    lost = [account for account in accounts(election, result) if account.place is None]
    assert len(lost) == len(election.projects) - len(result.winners)
    assert {account.reason for account in lost} <= {"no_votes", "supporters_spent", "not_enough_at_start", "lost_tie"}
    seen = figures(election, result)
    assert seen.nothing_funded < seen.voters / 2


def run(file: Path, *arguments: str) -> dict[str, object]:
    command = [sys.executable, "-m", "portal", "count", str(file), *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr, "progress goes to standard error"
    return json.loads(done.stdout)


@pytest.mark.parametrize(("start", "name", "arguments"), [
    ("Poland_Lodz_2022", "mes_add1_until_overspend_integral_start", "--rule equal-shares --start floor"),
    ("Poland_Warszawa_2021_Bielany", "mes_add1_stop_when_exhaustive", "--rule equal-shares --stop exhaustive"),
    ("Poland_Krakow", "greedy_votes_file_order_ties", "--rule greedy --ties file --scores 3,2,1"),
    ("Switzerland_Zurich", "mes_U", "--rule equal-shares --completion greedy"),
    ("France_Toulouse", "greedy_cost_effectiveness", "--rule greedy --utility points"),
])  # fmt: skip
def test_by_the_command(start: str, name: str, arguments: str) -> None:
    file = next(file for file in FILES if file.stem.startswith(start))
    told, found = found_by_rule(expected(file))[name], run(file, *arguments.split())
    assert found["winners"] == told.get("order", found["winners"])
    assert sorted(found["winners"]) == sorted(told["winners"])  # type: ignore[call-overload]
    assert found["cost"] == told["cost"]
