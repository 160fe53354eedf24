"""The counter: one window for every kind of case, for the clerk who serves somebody face to face."""

import streamlit as st

from pages.parts import counter, counter_cases, counter_slip, frame, recording
from pages.parts.drawn import draw, el
from portal.accounts import reception
from portal.accounts.reception import Served
from portal.acts import Who
from portal.cases import counter as window
from portal.words import t


def at_window(turn: int) -> Served | None:
    """Who stands there; None for somebody unknown. Whoever came too long ago has to be found again."""
    served = frame.read(reception.served, turn) if turn else None
    if turn and served is None:
        counter.next_person()
        st.rerun()
    return served


def take_down(who: Who, served: Served | None) -> None:
    """A new case: its kind, the form of that kind, and the person's consent."""
    fields = counter.key()
    draw([el("h2", "", t("counter.record"))], key="counter_heading")
    kind = recording.pick_kind(fields, window.kinds_for(who))
    if not kind:
        draw([el("p", "quiet", t("counter.kind_first"))], key="counter_kind_first")
        return
    where = (recording.spot_of(served.home_path) if served else None) or recording.own_place(who)
    if served:
        st.caption(t("counter.contact", phone=served.phone))
    typed = recording.typed_for(kind, f"{fields}_{kind}", who, where, known=served is not None)
    agreed = recording.consent(fields)
    if not st.button(t("counter.send"), type="primary", icon=":material/how_to_reg:", width="stretch"):
        return
    person_id = served.person_id if served else None
    posted = frame.act(window.take_down, kind, typed, agreed, person_id, done="act.case.record.done")
    if posted:
        reached = served is not None or bool(typed.contact.strip())
        counter_slip.hand_over(posted, kind, texted=posted.receipt is not None and reached)
        counter.wipe()
        st.rerun()


me = frame.enter("page.counter", needs=("staff", "grid_worker"))
counter_slip.show()
turn = counter.whose_turn()
if turn is None:
    counter.ask_phone()
    st.stop()
person = at_window(turn)
with st.container(horizontal=True, vertical_alignment="center", key="counter_top"):
    draw(counter.card(person), key="counter_card")
    st.button(t("counter.next"), icon=":material/skip_next:", shortcut="Alt+N", on_click=counter.next_person)
left, right = st.columns([5, 6], gap="large")
with right, st.container(key="counter_record"):
    take_down(me, person)
with left, st.container(key="counter_left"):
    if person:
        counter_cases.cases(person.person_id)
    else:
        draw([el("p", "panel", t("counter.nobody_hint"))], key="counter_nobody")
