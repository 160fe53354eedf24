"""The open books: the audit chain's head, what it means, and how to check it oneself."""

import streamlit as st

from pages.parts import frame, ledger
from pages.parts.drawn import draw, el
from pages.parts.links import pager
from portal import books, words
from portal.words import t

frame.enter("trail.title")
lead, head = el("p", "lead", t("trail.lead")), ledger.head_panel(frame.read(books.head))
draw([lead, head, ledger.money_line(*frame.read(books.check_money))], key="head")
if st.button(t("trail.check", n=words.number(books.CHECKED)), icon=":material/fact_check:"):
    verdict = frame.read(books.check_newest)
    if verdict.ok:
        st.success(t("trail.check_good", n=words.number(verdict.rows)), icon=":material/verified:")
    else:
        st.error(t("trail.check_bad", seq=verdict.bad_seq), icon=":material/report:")
st.caption(t("trail.check_hint"))
rows, key = frame.read(books.newest, st.query_params.get("after"))
more = pager("/trail", key, words=(t("trail.next"), t("trail.first")))
blocks = [ledger.downloads(), ledger.days(frame.read(books.published)), ledger.links(rows), *([more] if more else [])]
draw(blocks, key="links")
