"""Writing a case of any kind down for somebody else: which kind it is, then the form of that kind."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.disputeform import dispute_fields
from pages.parts.errandform import errand_fields
from pages.parts.helpform import help_fields
from pages.parts.maps import Spot, picked
from pages.parts.opinionform import opinion_fields
from pages.parts.wishform import wish_fields
from portal import areas
from portal.acts import Who
from portal.cases.contents import CONSENTS
from portal.cases.counter import Typed
from portal.cases.kinds import DISPUTE, ERRAND, HELP, KINDS, OPINION, WISH
from portal.words import t

_FORMS: dict[str, Callable[..., Typed]] = {
    WISH.name: wish_fields,
    OPINION.name: opinion_fields,
    HELP.name: help_fields,
    ERRAND.name: errand_fields,
}
_CELL_LEVELS = ("community", "cell", "building")


def pick_kind(key: str, kinds: Sequence[str], default: str | None = None) -> str:
    """The kind chosen among `kinds`; empty while none is."""
    chosen: str | None = st.segmented_control(
        t("counter.kind"), kinds, default=default, key=f"{key}_kind", width="stretch",
        format_func=lambda name: f":material/{KINDS[name].icon}: {t(f'kind.{name}')}",
    )  # fmt: skip
    return chosen or ""


def typed_for(kind: str, key: str, who: Who, where: Spot | None, *, known: bool = False) -> Typed:
    """The form of a kind, kept under `key`, and what is in it now.

    `where` is the place to begin with; `known` says that the one for whom it is written down has an account.
    """
    picked(f"{key}_place", start=where)
    if kind == DISPUTE.name:
        return dispute_fields(key, who, own=False, known=known)
    return _FORMS[kind](key, who, own=False)


def consent(key: str) -> str:
    """How the person agreed that it is written down; empty while nothing is chosen."""
    chosen = st.segmented_control(
        t("visit.consent"), CONSENTS, key=f"{key}_consent", format_func=lambda code: t(f"consent.{code}")
    )
    return chosen or ""


def own_place(who: Who) -> Spot | None:
    """The cell or community in which `who` works, as the place to begin with."""
    return spot_of(next(iter(who.paths("grid_worker") or who.paths("staff")), ""))


def spot_of(path: str) -> Spot | None:
    """The area at `path` as a place to begin with; None where it is too wide, or where there is none."""
    place = areas.tree().by_path(path) if path else None
    return Spot(place.id, place.path) if place and place.level in _CELL_LEVELS else None
