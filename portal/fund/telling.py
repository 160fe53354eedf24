"""A result in sentences that need no knowledge of voting rules: why a project was funded or not, what would have been
enough, how ties were broken."""

from collections.abc import Mapping

from portal import words
from portal.fund.results import Decided, Entry, Tie
from portal.words import money, number, t, tn

YUAN = 100
NAMED = 3
"""So many of the projects that supporters paid for are named in a sentence; the rest is a sum."""


def headline(decided: Decided, budget_fen: int) -> str:
    """What was decided, in one sentence."""
    n, facts = len(decided.winners), {"money": money(decided.cost_fen), "budget": money(budget_fen)}
    return tn("result.headline", n, **facts) if n else t("result.headline.none", budget=facts["budget"])


def turnout(decided: Decided) -> str:
    """How many voted, of how many."""
    voted, could = number(decided.voters), number(decided.roster)
    return t("result.turnout", voted=voted, could=could, share=words.share(decided.turnout))


def why(decided: Decided, entry: Entry) -> str:
    """Why a project was funded or not, in one sentence."""
    if entry.funded:
        return _why_funded(decided, entry)
    facts = {"cost": money(entry.cost_fen), "n": number(entry.votes)}
    if entry.reason == "supporters_spent":
        return _spent(decided, entry)
    if entry.reason == "not_enough_at_start":
        return tn(
            "result.why.not_enough_at_start", entry.votes, cost=facts["cost"], had=money(_whole(entry.start_fen or 0))
        )
    if entry.reason == "below_threshold":
        return t("result.why.below_threshold", needed=number(entry.needed or 0), got=number(entry.points))
    if entry.reason == "did_not_fit":
        return t("result.why.did_not_fit", cost=facts["cost"], left=money(entry.money_fen or 0))
    if entry.reason in ("excluded_by_rival", "lost_tie", "ended_before"):
        return t(f"result.why.{entry.reason}", other=_called(decided, entry.by))
    return t(f"result.why.{entry.reason}")


def enough(decided: Decided, entry: Entry) -> str:
    """What would have funded a project that was not; empty where that means nothing for it."""
    if entry.funded or entry.reason == "withdrawn":
        return ""
    more, cost = entry.more_voters, money(_floor(entry.lower_cost_fen)) if entry.lower_cost_fen else ""
    if more and cost:
        return tn("result.enough.both", more, cost=cost)
    if more:
        return tn("result.enough.voters", more)
    return t("result.enough.cost", cost=cost) if cost else t("result.enough.neither")


def effective(decided: Decided, entry: Entry) -> str:
    """What the effective votes of a project say."""
    n = number(float(entry.effective), 1)
    if not decided.by_shares:
        return t("result.effective.greedy", n=n)
    if entry.funded and not entry.completed:
        return t("result.effective.bought", n=n, votes=number(entry.votes))
    return t("result.effective.left", n=n) if entry.effective else t("result.effective.none")


def tie(decided: Decided, met: Tie) -> str:
    """One tie, and how it was broken."""
    tied = t("result.and").join(_called(decided, number) for number in met.tied)
    return t("result.tie", place=number(met.place), tied=tied, chosen=_called(decided, met.chosen))


def differences(decided: Decided, named: Mapping[int, str]) -> list[str]:
    """Which projects the two rules fund differently, a sentence each way; empty where they agree."""
    greedy, shares = set(decided.greedy.winners), set(decided.shares.winners)
    told = {"result.only_shares": sorted(shares - greedy), "result.only_greedy": sorted(greedy - shares)}
    return [
        t(key, projects=t("result.and").join(_quoted(named[n]) for n in found)) for key, found in told.items() if found
    ]


def _why_funded(decided: Decided, entry: Entry) -> str:
    if not decided.by_shares:
        left = money(entry.money_fen or 0)
        part = entry.award_fen < entry.cost_fen
        return t("result.why.greedy_part" if part else "result.why.greedy", points=number(entry.points), left=left)
    if entry.completed:
        return t("result.why.completed", left=money(entry.money_fen or 0))
    return tn("result.why.bought", entry.votes, paid=money(entry.award_fen))


def _spent(decided: Decided, entry: Entry) -> str:
    """Where the money of its supporters went, and what was missing then; in whole yuan, which is exact enough here."""
    left, missing = entry.left_fen or 0, entry.missing_fen or 0
    if missing >= YUAN:
        left = _whole(left)
        missing = entry.cost_fen - left
    facts = {"left": money(left), "missing": money(missing), "cost": money(entry.cost_fen)}
    if not entry.spent_fen:
        return tn("result.why.supporters_spent.nothing", entry.votes, **facts)
    named = [_sum(_called(decided, other), fen) for other, fen in entry.spent_fen[:NAMED]]
    rest = sum(fen for _, fen in entry.spent_fen[NAMED:])
    if rest:
        named.append(_sum(t("result.others"), rest))
    return tn("result.why.supporters_spent", entry.votes, sums=t("result.and").join(named), **facts)


def _sum(project: str, fen: int) -> str:
    return t("result.sum", project=project, money=money(_whole(fen)))


def _whole(fen: int) -> int:
    """The nearest whole yuan; less than one stays as it is."""
    return round(fen / YUAN) * YUAN or fen


def _floor(fen: int) -> int:
    """The whole yuan below; less than one stays as it is."""
    return fen // YUAN * YUAN or fen


def _called(decided: Decided, number: int | None) -> str:
    return _quoted(decided.title(number or 0))


def _quoted(title: str) -> str:
    return t("result.quoted", title=title)
