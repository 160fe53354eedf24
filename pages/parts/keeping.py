"""How long contacts are kept, and what the last runs made anonymous."""

from collections.abc import Mapping, Sequence

from pages.parts.drawn import Node, el
from portal import words
from portal.cases.kinds import SMALLEST
from portal.cases.retention import Run
from portal.words import t, tn


def points(told: Sequence[tuple[str, str]]) -> Node:
    """A list of things with a sentence each."""
    lines = [el("li", "", el("strong", "", name), el("p", "", how)) for name, how in told]
    return ["ul", {"class": "stack", "role": "list"}, *lines]


def kept_for(months: Mapping[str, int]) -> Node:
    """For how long contacts are kept after the end, one line a kind."""
    pairs: list[Node] = []
    for kind, n in months.items():
        pairs += [el("dt", "", t(f"kind.{kind}")), el("dd", "", tn("privacy.months", n))]
    head = el("h2", "", t("privacy.how_long"))
    hint = el("p", "", t("privacy.how_long_hint"))
    return el("section", "part stack", head, hint, ["dl", {"class": "facts panel"}, *pairs])


def last_runs(runs: Sequence[Run]) -> Node:
    """What was made anonymous of late."""
    lines = [el("li", "", el("span", "seq", words.day(run.day_on)), el("span", "", _counted(run))) for run in runs]
    body: Node = ["ul", {"class": "ledger dated"}, *lines] if lines else el("p", "quiet", t("privacy.no_runs"))
    return el("section", "part stack", el("h2", "", t("privacy.runs")), body)


def _counted(run: Run) -> str:
    kind = t(f"kind.{run.kind}")
    if run.cases is None:
        return t("privacy.run_few", kind=kind, least=SMALLEST)
    return tn("privacy.run", run.cases, kind=kind)
