"""The echo wall: public answers, newest first."""

import streamlit as st

from pages.parts import filters, frame
from pages.parts.drawn import draw, el
from pages.parts.echoes import echoes
from pages.parts.facts import empty
from pages.parts.links import pager
from portal.cases import echo
from portal.memo import for_all
from portal.words import t

frame.enter("echo.title")
draw([el("p", "lead", t("echo.lead"))], key="lead")
kind = filters.segments("kind", t("wall.kind"), ("", *echo.KINDS_HEARD), lambda k: t(f"wall.kind.{k or 'all'}"))
area = filters.area()
kinds = (kind,) if kind else echo.KINDS_HEARD
found = frame.read(for_all(echo.echoes), area, st.query_params.get("after"), kinds=kinds)
nothing = empty("echo.none", symbol="campaign", way=("/wall", "echo.wall"))
more = pager("/echo", found.next, words=(t("echo.next"), t("echo.first")))
rows = echoes(found.rows, two=True) if found.rows else nothing
draw([rows, *([more] if more else [])], key="echo")
