"""How anybody can check a result: the rule, the ties, the ballot box, the hashes, and counting it again."""

from pages.parts import frame, roundrules
from pages.parts.drawn import Node, el, icon, link
from pages.parts.facts import facts
from pages.parts.turn import aside
from portal import words
from portal.fund import recount, telling
from portal.fund.recount import Recount
from portal.fund.results import Decided, Results
from portal.words import t, tn


def how(found: Results, decided: Decided) -> Node:
    """How the votes became this result, step by step, with the figures of this round."""
    utility = decided.rule["utility"]
    steps = [t("result.how.share"), t(f"result.how.buy.{utility}")]
    if not decided.by_shares:
        steps = [t(f"result.how.greedy.{utility}")]
    if decided.share_fen is not None and decided.first_share_fen is not None and decided.steps:
        first, last = words.money(decided.first_share_fen), words.money(decided.share_fen)
        steps.append(tn("result.how.add1", decided.steps, first=first, last=last))
    if decided.stopped_by in ("overspend", "exhaustive", "all"):
        steps.append(t(f"result.how.{decided.stopped_by}"))
    return el(
        "section",
        "part stack",
        el("h2", "", t("result.how")),
        ["ol", {"class": "steps", "role": "list"}, *[el("li", "step", line) for line in steps]],
        _ties(decided),
        el("details", "", el("summary", "", t("result.rules")), roundrules.rules(found.row)),
    )


def _ties(decided: Decided) -> Node:
    if not decided.ties:
        return el("p", "", t("result.no_ties"))
    lines = [el("li", "", telling.tie(decided, tie)) for tie in decided.ties]
    return el(
        "div", "stack", el("h3", "", t("result.ties")), el("p", "small quiet", t("result.ties.lead")),
        el("ul", "stack", *lines),
    )  # fmt: skip


def files(found: Results, decided: Decided, *, way: bool = True) -> Node:
    """What is published to check it with; `way` leads on to the page of the box."""
    number = found.round_id
    box, receipts = f"/fund/{number}/box.pb", f"/fund/{number}/receipts.txt"
    return el(
        "section",
        "part stack",
        el("h2", "", t("result.check")),
        el("p", "", t("result.check.lead")),
        el(
            "p",
            "row",
            _download(box, "result.box"),
            _download(receipts, "result.receipts"),
            link(f"/box?round={number}", icon("fact_check"), t("result.my_ballot"), css="button") if way else None,
        ),
        *_hashes(found, decided),
        el("details", "small", el("summary", "", t("result.check.how")), *_instructions(number)),
    )


def again(round_id: int) -> Recount:
    """Count the published file again; the others go on meanwhile."""
    with aside():
        return frame.read(recount.recount, round_id)


def verdict(found: Recount, decided: Decided) -> Node:
    """What counting it again gave, with the figures."""
    good = found.ok
    lines = [
        t("result.recount.hash_same" if found.as_published else "result.recount.hash_other"),
        tn("result.recount.voters", found.voters),
        tn("result.recount.winners", len(found.winners), cost=words.money(found.cost_fen)),
        *[t("result.recount.other", what=t(f"result.part.{name}")) for name in found.differing],
    ]
    return el(
        "section",
        {"class": "answer stack" if good else "panel expect stack", "role": "status"},
        el(
            "h3",
            "",
            icon("verified" if good else "report"),
            " ",
            t("result.recount.good" if good else "result.recount.bad"),
        ),
        el("ul", "", *[el("li", "", line) for line in lines]),
    )


def _hashes(found: Results, decided: Decided) -> list[Node]:
    """The long ones each below its name, because they are wider than a phone."""
    hashes = {"box": decided.box_sha256, "receipts": decided.receipts_sha256, "seed": found.seed}
    long = [
        el("p", "", el("span", "small quiet", t(f"result.hash.{name}")), ["br", {}], el("span", "hash", value))
        for name, value in hashes.items()
    ]
    seq = words.number(decided.seq) if decided.seq else None
    return [*long, facts([("counted_at", words.moment(decided.counted_at)), ("chain_seq", seq)])]


def _instructions(number: int) -> list[Node]:
    commands = {"hash": f"sha256sum round-{number}-box.pb", "count": f"python -m portal count round-{number}-box.pb"}
    told: list[Node] = []
    for step, command in commands.items():
        told += [el("p", "", t(f"result.check.{step}")), el("p", "", el("code", "hash", command))]
    return [
        *told,
        el("p", "", t("result.check.seed")),
        el("p", "", t("result.check.chain"), " ", link("/trail", t("page.trail"))),
    ]


def _download(href: str, label: str) -> Node:
    return ["a", {"class": "button", "href": href, "download": ""}, icon("download"), t(label)]
