"""What the acts of a dispute ask for, and how they are done from the page of a case."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import streamlit as st
from sqlmodel import Session

from pages.parts import frame
from pages.parts.plain import md
from portal import areas, clock, limits, words
from portal.accounts import phones
from portal.acts import Act, Who
from portal.cases.disputes import OtherSide, agreements, mediators, parties, sittings
from portal.cases.disputes.agreements import Terms
from portal.cases.disputes.mediators import Candidate
from portal.cases.disputes.parties import Side
from portal.cases.reading import Case
from portal.settings import settings
from portal.words import t

FOLLOW_UP_AFTER = timedelta(days=30)


def mediator(case: Case, act: Act, key: str) -> int:
    """Who mediates: those without an interest in it, the closest first, each with what speaks for or against them."""
    found = frame.read(mediators.candidates, case.id or 0)
    free = {one.person_id: one for one in found if not one.conflict}
    barred = [f"- {md(one.name)} · {t(f'dispute.conflict.{one.conflict}')}" for one in found if one.conflict]
    if barred:
        st.caption("\n".join([t("dispute.barred"), "", *barred]))
    if not free:
        st.info(t("dispute.mediator_none"), icon=":material/person_off:")
        return 0
    chosen: int = st.radio(
        t("dispute.mediator"), list(free), key=f"mediator_{key}", format_func=lambda number: md(free[number].name),
        captions=[_reason(one) for one in free.values()],
    )  # fmt: skip
    return chosen


def _reason(one: Candidate) -> str:
    area = areas.tree().label(one.area_path)
    parts = [t("dispute.in_charge", area=md(area)), t("dispute.in_hand", n=words.number(one.in_hand))]
    return " · ".join([*parts, *([t("dispute.lives_near")] if one.lives_near else [])])


def starts_at(case: Case, act: Act, key: str) -> datetime:
    """When the parties meet, in the town's time."""
    tomorrow = clock.day_of(clock.now()) + timedelta(days=1)
    left, right = st.columns(2)
    day = left.date_input(t("dispute.sitting_day"), tomorrow, min_value=tomorrow - timedelta(days=1), key=f"day_{key}")
    at = right.time_input(t("dispute.sitting_time"), time(9, 30), step=timedelta(minutes=15), key=f"time_{key}")
    return datetime.combine(day, at, settings().zone)


def sitting_place(case: Case, act: Act, key: str) -> str:
    """Where they meet."""
    return st.text_input(t("dispute.sitting_place"), key=f"place_{key}", max_chars=limits.TITLE_CHARS)


def sitting_held(case: Case, act: Act, key: str) -> int:
    """A sitting that began, the latest first."""
    now = clock.now()
    held = [s for s in frame.read(sittings.sittings, case.id or 0) if s.starts_at <= now and s.called_off_at is None]
    return _sitting(held[::-1], key)


def sitting_ahead(case: Case, act: Act, key: str) -> int:
    """A sitting that was neither held nor called off."""
    found = frame.read(sittings.sittings, case.id or 0)
    return _sitting([s for s in found if s.called_off_at is None and s.minutes_at is None], key)


def _sitting(found: Sequence[sittings.Sitting], key: str) -> int:
    if not found:
        st.info(t("dispute.sitting_none"), icon=":material/event_busy:")
        return 0
    named = {s.id or 0: f"{words.moment(s.starts_at)} · {md(s.place)}" for s in found}
    chosen: int = st.selectbox(t("dispute.sitting"), list(named), format_func=named.__getitem__, key=f"sitting_{key}")
    return chosen


def said(case: Case, act: Act, key: str) -> str:
    """The minutes or a proposal."""
    label = t(f"form.says.{act.name.removeprefix('case.')}")
    return st.text_area(label, key=f"said_{key}", max_chars=limits.BODY_CHARS, height=180)


def agreement_text(case: Case, act: Act, key: str) -> str:
    """The text, beginning with the one before."""
    newest = frame.read(agreements.terms, case.id or 0)
    if newest:
        st.caption(t("dispute.text_lapses", number=newest.number))
    return st.text_area(
        t("dispute.text_label"), newest.words if newest else "", 220, limits.BODY_CHARS, key=f"text_{key}",
        help=t("dispute.text_help"),
    )  # fmt: skip


def for_party(case: Case, act: Act, key: str) -> int | None:
    """For whom the mediator writes a proposal down; parties speak for themselves."""
    if _speaks_for_self(case):
        return None
    found = {side.id: side.name for side in frame.read(parties.sides, case.id or 0)}
    return st.selectbox(
        t("dispute.offer_by"), [None, *found], key=f"by_{key}",
        format_func=lambda number: found[number] if number else t("dispute.mediator_own"),
    )  # fmt: skip


def consenting(case: Case, act: Act, key: str) -> tuple[int, int | None]:
    """Which text is agreed to, and for whom: a party for themselves, the mediator for one who signed on paper."""
    newest = frame.read(agreements.terms, case.id or 0)
    if newest is None:
        return 0, None
    if _speaks_for_self(case):
        st.markdown(t("dispute.consent_own", number=newest.number))
        return newest.id, None
    left = _missing(newest)
    chosen = st.selectbox(
        t("dispute.consent_for"), list(left), format_func=lambda number: left[number].name, key=f"for_{key}"
    )
    return newest.id, chosen


def may_consent(case: Case) -> bool:
    """Whether somebody for whom the reader speaks has not agreed to the newest text."""
    newest = frame.read(agreements.terms, case.id or 0)
    if newest is None:
        return False
    return any(side.mine or not _speaks_for_self(case) for side in _missing(newest).values())


def all_agreed(case: Case) -> bool:
    """Whether nothing is left but to close it."""
    newest = frame.read(agreements.terms, case.id or 0)
    return newest is not None and not newest.missing


def follow_up_on(case: Case, act: Act, key: str) -> date:
    """When to ask whether it is kept."""
    today = clock.day_of(clock.now())
    return st.date_input(
        t("dispute.follow_up_label"), today + FOLLOW_UP_AFTER, min_value=today + timedelta(days=1),
        max_value=today + timedelta(days=limits.FOLLOW_UP_DAYS), key=f"follow_{key}", help=t("dispute.follow_up_help"),
    )  # fmt: skip


def may_follow_up(case: Case) -> bool:
    """Whether the day has come."""
    return case.follow_up_on is not None and case.follow_up_on <= clock.day_of(clock.now())


def advice(case: Case, act: Act, key: str) -> str:
    """What both sides can do now, to be written on from the routes there are."""
    return st.text_area(
        t("dispute.advice_label"), t("dispute.advice_text"), 240, limits.BODY_CHARS, key=f"advice_{key}"
    )


def side(case: Case, act: Act, key: str) -> OtherSide:
    """One more party."""
    left, right = st.columns(2)
    name = left.text_input(t("dispute.party_name"), key=f"name_{key}", max_chars=limits.NAME_CHARS)
    phone = right.text_input(t("dispute.party_phone"), key=f"phone_{key}", max_chars=phones.TYPED_CHARS)
    return OtherSide(name, phone)


def reachable(case: Case, act: Act, key: str) -> int:
    """The party whose phone is asked for."""
    found = {one.id: f"{one.name} {one.phone_mask}" for one in _with_phone(case)}
    chosen: int = st.selectbox(t("dispute.phone_of"), list(found), format_func=found.__getitem__, key=f"of_{key}")
    return chosen


def has_phone(case: Case) -> bool:
    """Whether any party left a phone."""
    return bool(_with_phone(case))


def write_minutes(session: Session, who: Who, case_id: int, sitting_id: int, text: str) -> None:
    """As `sittings.write_minutes`, for a form of a case."""
    sittings.write_minutes(session, who, sitting_id, text)


def call_off(session: Session, who: Who, case_id: int, sitting_id: int, says: str) -> None:
    """As `sittings.call_off`, for a form of a case."""
    sittings.call_off(session, who, sitting_id, says)


def consent(session: Session, who: Who, case_id: int, given: tuple[int, int | None]) -> None:
    """As `agreements.consent`, for a form of a case."""
    agreements.consent(session, who, *given)


def reveal(session: Session, who: Who, case_id: int, party_id: int, says: str) -> str:
    """As `parties.reveal_phone`, for a form of a case."""
    return parties.reveal_phone(session, who, party_id, says)


def _speaks_for_self(case: Case) -> bool:
    return case.holder_id != frame.who().person_id


def _missing(newest: Terms) -> dict[int, Side]:
    return {given.side.id: given.side for given in newest.consents if given.at is None}


def _with_phone(case: Case) -> list[Side]:
    return [one for one in frame.read(parties.sides, case.id or 0) if one.phone_mask]
