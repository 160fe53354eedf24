"""The three rates with everything needed to judge them."""

from pages.parts.drawn import Node, bar, el
from portal import words
from portal.board import Rate, Rates
from portal.rollups import DURATION_BUCKETS_HOURS
from portal.words import t, tn


def rates_block(rates: Rates) -> Node:
    """Response, solved and satisfied as three cards, each with its n and how it is counted, then how long it took."""
    return el(
        "div",
        "figures",
        _rate("response", rates.response, []),
        _rate("solved", rates.solved, _others_say(rates), rates),
        _rate("content", rates.satisfied, []),
        _time(rates),
    )


def span(hours: float) -> str:
    """A length of time as people say it: hours up to two days, then days."""
    if hours < 1:
        return t("rates.under_an_hour")
    return tn("rates.hours", round(hours)) if hours < 48 else tn("rates.days", round(hours / 24))


def _rate(name: str, rate: Rate, lines: list[str], rates: Rates | None = None) -> Node:
    told = [t("rates.of", part=words.number(rate.k), n=words.number(rate.n)), *lines]
    value = el("p", "value", words.share(rate.share)) if rate.share is not None else _none()
    return el(
        "div",
        "figure",
        el("p", "name", t(f"rates.{name}")),
        value,
        bar(round((rate.share or 0) * 100)),
        *[el("p", "small quiet", line) for line in told],
        _explained(name, _beside(rates) if rates else ""),
    )


def _others_say(rates: Rates) -> list[str]:
    """How many were asked, and what others say of the same: those who handled it, and the sampled call-backs."""
    told = {"handler": rates.handler, "called": rates.called}
    beside = [
        t(f"rates.{name}", share=words.share(rate.share), n=words.number(rate.n))
        for name, rate in told.items()
        if rate.share is not None
    ]
    return [t("rates.asked", asked=rates.asked, answered=rates.answered), *beside]


def _time(rates: Rates) -> Node:
    middle, ninth = rates.median_hours, rates.p90_hours
    value = _none() if middle is None else el("p", "value", span(middle))
    line = t("rates.no_time") if ninth is None else t("rates.ninth", span=_at_most(ninth))
    return el(
        "div",
        "figure",
        el("p", "name", t("rates.time")),
        value,
        el("p", "small quiet", tn("rates.done", rates.done)),
        el("p", "small quiet", line),
        _explained("time", _left_out(rates)),
    )


def _at_most(hours: float) -> str:
    last = DURATION_BUCKETS_HOURS[-1]
    return t("rates.more_than", span=span(last)) if hours > last else span(hours)


def _none() -> Node:
    return el("p", "value none", t("rates.none"))


def _explained(name: str, more: str) -> Node:
    return el(
        "details",
        "small",
        el("summary", "", t("rates.explain")),
        el("p", "", t(f"rates.explain.{name}")),
        el("p", "quiet", more) if more else None,
    )


def _beside(rates: Rates) -> str:
    return t("rates.beside", partly=rates.partly, unanswered=rates.unanswered)


def _left_out(rates: Rates) -> str:
    counts = {"declined": rates.declined, "referred": rates.referred, "merged": rates.merged}
    counts |= {"withdrawn": rates.withdrawn}
    return t("rates.left_out") + t("rates.comma").join(t(f"rates.left_out.{k}", n=n) for k, n in counts.items())
