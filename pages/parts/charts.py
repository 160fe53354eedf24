"""Charts: bars that follow the light and the dark theme, made of data alone; each has a list that says the same.

The specification is made by Altair once for the same figures and kept. Nothing in it comes from another host, and the
letters are those of the page.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from pages.parts.drawn import Node, el
from portal.words import t

FIRST, SECOND = "#b4573f", "#2f8796"
"""Brick and teal of a strength that stands out on light and on dark paper."""
INK = {"light": "#5b5148", "dark": "#c9beae"}
"""The letters, as in portal.css."""
LETTERS = 15
ROW, BAR, ROUND_IT = 46, 15, 84
"""Pixels that a pair of bars takes, one of them, and the axis with the legend."""
HEIGHT = 330
LABEL = 130
"""Pixels for a name beside its bars, so that they keep some room on a phone."""
Pair = tuple[str, float, float]
"""A name with two values, one for each series."""


def lying(rows: Sequence[Pair], series: tuple[str, str], *, key: str, described: str) -> None:
    """Two shares (0..1) for each name, as lying bars one below the other, in the order given."""
    st.vega_lite_chart(_lying(tuple(rows), series, described, _ink()), key=key, width="stretch")


def standing(rows: Sequence[Pair], series: tuple[str, str], *, key: str, described: str) -> None:
    """Two numbers for each name, as standing bars side by side, in the order given."""
    st.vega_lite_chart(_standing(tuple(rows), series, described, _ink()), key=key, width="stretch")


def twin(lines: Sequence[tuple[str, str]], label: str = "") -> Node:
    """What a chart shows, as a list for those who cannot see it or want the figures: (name, what is said of it)."""
    rows = [el("li", "", el("span", "", name), el("span", "told", told)) for name, told in lines]
    return el("details", "small", el("summary", "", label or t("chart.as_list")), el("ul", "compare", *rows))


@st.cache_data(show_spinner=False, max_entries=64)
def _lying(rows: tuple[Pair, ...], series: tuple[str, str], described: str, ink: str) -> dict[str, Any]:
    names = [name for name, _, _ in rows]
    base = alt.Chart(_data(rows, series), description=described, height=ROW * len(rows) + ROUND_IT)
    chart = base.mark_bar(size=BAR, cornerRadiusEnd=3).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=LABEL, ticks=False, domain=False)),
        yOffset=alt.YOffset("series:N", sort=list(series)),
        x=alt.X("value:Q", title=None, axis=alt.Axis(format="%", tickCount=5)),
        color=_colours(series),
        tooltip=_told(".1%"),
    )  # fmt: skip
    return _plain(chart, ink)


@st.cache_data(show_spinner=False, max_entries=64)
def _standing(rows: tuple[Pair, ...], series: tuple[str, str], described: str, ink: str) -> dict[str, Any]:
    names = [name for name, _, _ in rows]
    chart = alt.Chart(_data(rows, series), description=described, height=HEIGHT).mark_bar(cornerRadiusEnd=3).encode(
        x=alt.X("name:N", sort=names, title=None, axis=alt.Axis(labelAngle=0, ticks=False)),
        xOffset=alt.XOffset("series:N", sort=list(series)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=5, tickMinStep=1)),
        color=_colours(series),
        tooltip=_told(",d"),
    )  # fmt: skip
    return _plain(chart, ink)


def _data(rows: tuple[Pair, ...], series: tuple[str, str]) -> alt.Data:
    values = [
        {"name": name, "series": label, "value": value}
        for name, *both in rows
        for label, value in zip(series, both, strict=True)
    ]
    return alt.Data(values=values)


def _told(form: str) -> list[alt.Tooltip]:
    """What a bar says when it is pointed at."""
    return [
        *(alt.Tooltip(f"{of}:N", title=" ") for of in ("name", "series")),
        alt.Tooltip("value:Q", title=" ", format=form),
    ]


def _colours(series: tuple[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(series), range=[FIRST, SECOND])
    return alt.Color("series:N", scale=scale, title=None, legend=alt.Legend(orient="top", labelLimit=300))


def _ink() -> str:
    """The colour of the letters in the theme in use: that of Streamlit's own charts is too faint to read."""
    return INK.get(st.context.theme.type or "light", INK["light"])


def _plain(chart: alt.Chart, ink: str) -> dict[str, Any]:
    """The specification; of its look only the letters, the rest comes from the theme of the page."""
    letters = {"labelColor": ink, "labelFontSize": LETTERS}
    return {**chart.to_dict(), "config": {"axis": letters, "legend": letters}}
