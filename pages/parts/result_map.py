"""Where the projects of a result are: those that are funded and those that are not, on a map and as a list."""

from dataclasses import dataclass

import streamlit as st

from pages.parts import maps
from pages.parts.drawn import Node, draw, el, link
from pages.parts.links import open_page
from pages.parts.result_top import href, where
from portal.fund.results import Decided, Entry
from portal.words import t


@dataclass(frozen=True)
class Dot:
    """A project as the map takes it; its standing only picks the sign."""

    id: int
    lon: float | None
    lat: float | None
    area_path: str
    title: str
    standing: str


def places(decided: Decided) -> None:
    """The map, once it is opened, and the list that says the same. A tap leads to the project."""
    placed = [entry for entry in decided.entries if entry.lon is not None or entry.cell_path]
    if not placed:
        return
    box = st.expander(t("result.map"), icon=":material/map:", key="result_map_box", on_change="rerun")
    if box.open:
        with box:
            names = {"solved": t("result.funded"), "declined": t("result.not_funded")}
            tapped = maps.dot_map([_dot(entry) for entry in placed], names, key="result_map")
            draw([_list(decided)], key="result_map_list")
        if tapped:
            open_page(f"/project?id={tapped}")


def _dot(entry: Entry) -> Dot:
    standing = "solved" if entry.funded else "declined"
    return Dot(entry.project_id, entry.lon, entry.lat, entry.cell_path, entry.title, standing)


def _list(decided: Decided) -> Node:
    rows = [
        el("li", "", link(href(entry), entry.title), ["br", {}], el("span", "small", _said(entry)))
        for entry in decided.entries
    ]
    return ["ul", {"class": "panels", "role": "list"}, *rows]


def _said(entry: Entry) -> str:
    state = t("result.funded" if entry.funded else "result.not_funded")
    return t("result.dot").join(filter(None, (state, where(entry))))
