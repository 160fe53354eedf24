"""The acts that somebody may do to a case, as buttons; each that needs words or a choice opens its form in place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from sqlmodel import Session

from pages.parts import dial, fields, frame
from pages.parts import disputefields as asks
from pages.parts.drawn import draw
from pages.parts.fields import Field
from pages.parts.links import open_page
from pages.parts.notes import written_at
from pages.parts.plain import md
from portal import clock
from portal.acts import Act, Who, choices
from portal.cases import (
    acts,
    answering,
    appeals,
    dispatch,
    echo,
    erasing,
    errands,
    helping,
    levels,
    post,
    screening,
    work,
)
from portal.cases.disputes import agreements, mediators, parties, sittings
from portal.cases.reading import Case
from portal.words import fitting, known, t


@dataclass(frozen=True)
class Form:
    """How an act is done from its page: the domain function, what it is asked for, and when it makes sense at all."""

    do: Callable[..., Any]
    asks: tuple[Field, ...] = ()
    fits: Callable[[Case], bool] = lambda case: True


def _may_appeal(case: Case) -> bool:
    return (case.hidden or case.state == "declined") and frame.read(appeals.open_to, case)


# by the name of the act, or with a kind of case after it where the act is done in another way there
FORMS: dict[str, Form] = {
    acts.GRAB.name: Form(dispatch.grab, fits=lambda case: case.in_hall),
    acts.TAKE_ON.name: Form(work.take_on),
    acts.FINISH.name: Form(work.finish, (fields.says, fields.pictures, fields.claimed)),
    acts.ANSWER.name: Form(answering.answer, (fields.says, fields.claimed, fields.alike)),
    acts.NOTE.name: Form(work.note, (fields.says, fields.pictures)),
    acts.ASK.name: Form(work.ask, (fields.says,)),
    acts.RELEASE.name: Form(dispatch.release, (fields.says,)),
    acts.SEND_BACK.name: Form(dispatch.send_back, (fields.says,)),
    acts.ACCEPT.name: Form(screening.accept),
    acts.DISPATCH.name: Form(dispatch.dispatch, (fields.holder,)),
    acts.TO_HALL.name: Form(dispatch.to_hall, fits=lambda case: not case.in_hall),
    acts.RETURN.name: Form(screening.give_back, (fields.says,)),
    acts.DECLINE.name: Form(screening.decline, (fields.says, fields.discreet)),
    acts.REFER.name: Form(screening.refer, (fields.says,)),
    acts.MERGE.name: Form(screening.merge, (fields.into,)),
    acts.RECATEGORISE.name: Form(screening.recategorise, (fields.category,)),
    acts.ESCALATE.name: Form(levels.escalate, (fields.says,)),
    acts.HAND_DOWN.name: Form(levels.hand_down, (fields.says,), fits=levels.is_lifted),
    acts.REMARK.name: Form(screening.remark, (fields.says,)),
    acts.REVEAL.name: Form(post.reveal_contact, (fields.says,), fits=lambda case: case.contact_sealed is not None),
    acts.HIDE.name: Form(screening.hide, (fields.says,), fits=lambda case: not case.hidden),
    acts.UNHIDE.name: Form(screening.unhide, (fields.says,), fits=lambda case: case.hidden),
    acts.ANSWER_ASK.name: Form(work.answer_ask, (fields.says,)),
    acts.RATE.name: Form(echo.rate, (fields.outcome, fields.stars, fields.says)),
    acts.REOPEN.name: Form(echo.reopen, (fields.says,)),
    acts.CALL.name: Form(helping.call, fits=lambda case: case.contact_sealed is not None),
    acts.NO_SHOW.name: Form(helping.no_show, (fields.says,)),
    acts.RATE_BACK.name: Form(helping.rate_back, (fields.stars, fields.says), fits=lambda case: not case.back_stars),
    acts.SIT.name: Form(sittings.sit, (asks.starts_at, asks.sitting_place)),
    acts.MINUTES.name: Form(asks.write_minutes, (asks.sitting_held, asks.said)),
    acts.CALL_OFF.name: Form(asks.call_off, (asks.sitting_ahead, fields.says)),
    acts.OFFER.name: Form(agreements.offer, (asks.said, asks.for_party)),
    acts.WRITE_AGREEMENT.name: Form(agreements.write_agreement, (asks.agreement_text,)),
    acts.CONSENT.name: Form(asks.consent, (asks.consenting,), fits=asks.may_consent),
    acts.AGREE.name: Form(agreements.agree, (asks.follow_up_on,), fits=asks.all_agreed),
    acts.NOT_AGREED.name: Form(agreements.not_agreed, (asks.advice,)),
    acts.FOLLOW_UP.name: Form(agreements.follow_up, (fields.says, fields.outcome), fits=asks.may_follow_up),
    acts.ADD_PARTY.name: Form(parties.add_party, (asks.side,)),
    acts.OBJECT.name: Form(mediators.object_to, (fields.says,)),
    acts.RECUSE.name: Form(mediators.recuse, (fields.says,)),
    f"{acts.DISPATCH.name}.dispute": Form(dispatch.dispatch, (asks.mediator,)),
    f"{acts.REVEAL.name}.dispute": Form(asks.reveal, (asks.reachable, fields.says), fits=asks.has_phone),
    acts.APPEAL.name: Form(appeals.appeal, (fields.says,), fits=_may_appeal),
    acts.SERVE.name: Form(errands.serve),
    acts.ABSENT.name: Form(errands.absent, fits=lambda case: case.slot_at is not None and case.slot_at <= clock.now()),
    acts.WITHDRAW.name: Form(post.withdraw, (fields.says,)),
    acts.DROP_CONTACT.name: Form(erasing.drop_contact, fits=lambda case: case.contact_sealed is not None),
    acts.ERASE.name: Form(erasing.erase, fits=lambda case: not erasing.is_erased(case)),
}
ONWARD = (
    acts.GRAB, acts.TAKE_ON, acts.SERVE, acts.FINISH, acts.ACCEPT, acts.DISPATCH,
    acts.SUBMIT, acts.MEND, acts.ANSWER_ASK, acts.RATE, acts.AGREE, acts.CONSENT, acts.SIT,
)  # fmt: skip
"""The acts that bring a case forward: the first of them that is offered stands out, giving up never does."""
ELSEWHERE = {acts.SUBMIT.name, acts.MEND.name}
"""Acts whose form is a page of its own: the one on which such cases are written."""


def offer(case: Case, who: Who) -> None:
    """The buttons of what `who` may do to `case` now, and the form of the one that was pressed."""
    offered = [act for act in choices(who, case, acts.ON_PAGE) if _fits(case, act)]
    if not offered:
        return
    st.subheader(t("case.acts"), anchor=False)
    opened, told = f"act_{case.id}", ""
    with st.container(horizontal=True, key="acts"):
        onward = next((act for act in offered if act in ONWARD), None)
        for act in offered:
            kind: Literal["primary", "secondary"] = "primary" if act is onward else "secondary"
            if st.button(t(_act(case, act)), key=f"press_{case.id}_{act.name}", type=kind):
                told = _pressed(case, act, opened)
    if told:
        draw([dial.person(told)], key=f"told_{case.id}")
    for act in offered:
        if act.name == st.session_state.get(opened):
            with st.container(border=True, key="act_form"):
                _form(case, act, opened)


def _fits(case: Case, act: Act) -> bool:
    return act.name in ELSEWHERE or (act.name in FORMS and _form_of(case, act).fits(case))


def _form_of(case: Case, act: Act) -> Form:
    return FORMS.get(f"{act.name}.{case.kind}", FORMS[act.name])


def _pressed(case: Case, act: Act, opened: str) -> str:
    """Do it at once where it needs nothing more; else open its form. Gives the number that it tells, if it does."""
    if act.name in ELSEWHERE:
        open_page(written_at(case.kind, case.id or 0))
    form = _form_of(case, act)
    if form.asks or known(_act(case, act, ".sure")):
        st.session_state[opened] = act.name
    elif done := frame.act(completed(form.do), case.id, done=_act(case, act, ".done")):
        if act is acts.CALL:
            return str(done[0])
        st.rerun()
    return ""


def _form(case: Case, act: Act, opened: str) -> None:
    form, key = _form_of(case, act), f"{act.name}_{case.id}_{case.updated_at.timestamp()}"
    named, sure = t(_act(case, act)), _act(case, act, ".sure")
    st.markdown(f"**{named}**")
    if known(sure):  # what cannot be undone
        st.warning(t(sure), icon=":material/warning:")
    values = [ask(case, act, key) for ask in form.asks]
    with st.container(horizontal=True):
        go = st.button(t("form.go", act=named), type="primary", key=f"go_{key}")
        if st.button(t("form.cancel"), key=f"cancel_{key}"):
            st.session_state.pop(opened, None)
            st.rerun()
    if not go:
        return
    done = frame.act(completed(form.do), case.id, *values, done=_act(case, act, ".done"))
    if done and act is acts.REVEAL:  # shown once, in this very run, and kept nowhere
        st.info(md(t("case.contact_full", phone=done[0])), icon=":material/call:")
    elif done:
        st.session_state.pop(opened, None)
        st.rerun()


def _act(case: Case, act: Act, part: str = "") -> str:
    """The message id of an act, or of a part of its words, for this kind of case, and for who does the work in it."""
    works = case.holder_id is not None and case.holder_id == frame.who().person_id
    return fitting(fitting(f"act.{act.name}{part}", case.kind), "holder" if works else "")


def completed(do: Callable[..., Any]) -> Callable[..., tuple[Any]]:
    """`do` with its result in a tuple, so that for `frame.act` success without a result differs from a refusal."""

    def doing(session: Session, who: Who, *args: Any) -> tuple[Any]:
        return (do(session, who, *args),)

    return doing
