"""The rules of a round in sentences that everybody understands; every switch of the count one tap further."""

from collections.abc import Iterable

from pages.parts.drawn import Node, el, icon
from portal import areas, words
from portal.fund import terms
from portal.fund.rounds import Round
from portal.fund.terms import SWITCHES
from portal.words import t, tn


def rules(row: Round) -> Node:
    """All the rules of a round: what may be proposed, how people vote, how it is counted, where money goes back."""
    return el(
        "div",
        "stack",
        _part("savings", "round.rule.money", _money(row)),
        _part("edit_document", "round.rule.propose", _proposing(row)),
        _part("how_to_vote", "round.rule.vote", _voting(row)),
        _part("calculate", "round.rule.count", _counting(row)),
        _switches(row),
        _lock(row),
    )


def choosing(row: Round) -> str:
    """How a ballot is filled in, in one sentence."""
    facts = {"least": row.min_choices, "most": row.max_choices, "points": row.points}
    if row.ballot_type == "one":
        return t("round.rule.ballot.one")
    if row.min_choices == row.max_choices:
        return t(f"round.rule.ballot.{row.ballot_type}.exactly", **facts)
    return t(f"round.rule.ballot.{row.ballot_type}", **facts)


def value(switch: str, chosen: object) -> str:
    """What a switch of the count is set to, in words."""
    if isinstance(chosen, bool):
        return t(f"round.{'yes' if chosen else 'no'}")
    if isinstance(chosen, int):
        return words.number(chosen) if switch == "threshold" else words.money(chosen * 100)
    if switch == "ties":
        return t(f"round.ties.{'draw' if str(chosen).startswith('seed:') else chosen}")
    return t(f"round.count.{switch}.{chosen}")


def switch_name(switch: str) -> str:
    """What a switch of the count is called."""
    return t(f"round.switch.{switch}")


def _part(symbol: str, heading: str, sentences: Iterable[Node]) -> Node:
    return el("section", "panel stack", el("h3", "", icon(symbol), " ", t(heading)), *sentences)


def _money(row: Round) -> list[Node]:
    caps = [
        t("round.rule.cap", kind=t(f"project_kind.{kind}"), cap=words.money(fen))
        for kind, fen in sorted(row.caps.items())
    ]
    if not caps:
        caps = [t("round.rule.no_cap")]
    least = [t("round.rule.least", least=words.money(row.least_fen))] if row.least_fen else []
    area = areas.tree().label(row.area_path)
    budget = el("p", "", t("round.rule.budget", area=area, budget=words.money(row.budget_fen)))
    return [budget, _items([*least, *caps]), el("p", "", t(f"round.rule.returns.{row.returns_to}"))]


def _proposing(row: Round) -> list[Node]:
    sentences: list[Node] = [el("p", "", t("round.rule.who_proposes", area=areas.tree().label(row.area_path)))]
    for name in ("allowed", "excluded"):
        lines: list[str] = getattr(row, name)
        if lines:
            sentences += [el("h4", "", t(f"round.rule.{name}")), _items(lines)]
    return [*sentences, el("p", "small quiet", t("round.rule.every_refusal"))]


def _voting(row: Round) -> list[Node]:
    who = t("round.rule.who_votes", area=areas.tree().label(row.area_path))
    lines = [who, choosing(row)]
    if row.ballot_type == "ranking":
        worth = t("setup.comma").join(t("round.rule.rank", n=n, points=p) for n, p in enumerate(row.scores, 1))
        lines.append(t("round.rule.scores", worth=worth))
    if row.min_choices == 0:
        lines.append(t("round.rule.blank"))
    lines.append(t("round.rule.paper" if row.paper else "round.rule.no_paper"))
    lines.append(t("round.rule.secret"))
    return [_items(lines)]


def _counting(row: Round) -> list[Node]:
    rule = terms.rule_of(row)
    lines = [t(f"round.rule.{rule.name}")]
    if rule.name == "greedy":
        lines.append(t(f"round.rule.greedy.{rule.utility}"))
        lines.append(
            t("round.rule.eighty" if rule.eighty else "round.rule.skip" if rule.skip else "round.rule.no_skip")
        )
    else:
        lines.append(t(f"round.rule.shares.{rule.utility}"))
        add1 = rule.completion == "add1"
        lines.append(t(f"round.rule.add1.{rule.stop}" if add1 else f"round.rule.completion.{rule.completion}"))
    if rule.threshold:
        lines.append(tn("round.rule.threshold", rule.threshold))
    if rule.compare:
        lines.append(t("round.rule.compare"))
    lines += [t("round.rule.rivals"), t(f"round.rule.ties.{'draw' if rule.ties.startswith('seed:') else rule.ties}")]
    return [_items(lines)]


def _switches(row: Round) -> Node:
    """Every switch with its value, also those that make no difference here."""
    printed, used = terms.rule_of(row).printed(), terms.useful(terms.rule_of(row))
    pairs: list[Node] = []
    for switch in SWITCHES:
        idle = "" if switch in used else t("round.switch_idle")
        pairs += [el("dt", "", switch_name(switch)), el("dd", "", value(switch, printed[switch]), " ", idle)]
    return el(
        "details", "panel", el("summary", "", t("round.switches")), el("p", "small quiet", t("round.switches_lead")),
        ["dl", {"class": "facts"}, *pairs],
    )  # fmt: skip


def _lock(row: Round) -> Node:
    if row.locked_at is None:
        return el("p", "small quiet", icon("lock_open"), " ", t("round.not_locked"))
    return el(
        "details",
        "panel",
        el("summary", "", icon("lock"), t("round.locked", at=words.moment(row.locked_at))),
        el("p", "", t("round.locked_lead")),
        el("p", "small", t("round.locked_hash"), " ", el("span", "hash", row.locked_hash)),
        el("p", "small", t("round.seed"), " ", el("span", "hash", row.seed)),
    )


def _items(lines: Iterable[str]) -> Node:
    return ["ul", {"class": "plain-list", "role": "list"}, *[el("li", "", line) for line in lines]]
