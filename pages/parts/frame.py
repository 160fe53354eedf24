"""What every screen stands in: who is here, reading, acting, refusals, messages, leaving for another address.

The person is found from the cookie and the database on every run; nothing about a person outlives a run. The
memo below lives from the start of a body to its end.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar
from urllib.parse import urlencode

import streamlit as st
from sqlmodel import Session
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

from db.engine import reading
from pages.parts.plain import md
from pages.parts.turn import aside, turn
from portal import audit, words
from portal.accounts import sessions, totp
from portal.acts import Who
from portal.errors import Refused
from portal.http import sitemap
from portal.http.client import client_of
from portal.http.paths import local
from portal.words import t

P = ParamSpec("P")
R = TypeVar("R")

_WAITING = "frame_waiting"
"""Key in the session state of messages (kind, message id, facts) that wait for the next run."""


class _Run(threading.local):
    active = False
    ends: ExitStack
    who: Who | None = None
    session: Session | None = None
    """One for all reads of the run: to begin and end one costs as much as a small query."""


_run = _Run()


def cookie(name: str) -> str | None:
    """A cookie as it was when the browser connected."""
    return st.context.cookies.get(name)


def here() -> str:
    """The address of the page in use, with its query: where to come back to."""
    context = get_script_run_ctx()
    page = context.pages_manager.get_pages().get(context.page_script_hash) if context else None
    query = urlencode(st.query_params.to_dict())
    return f"/{page['url_pathname'] if page else ''}{f'?{query}' if query else ''}"


@contextmanager
def body() -> Iterator[None]:
    """The frame of one run of a script or dialog: its turn, its language, its messages."""
    if _run.active:
        yield
        return
    with turn(), ExitStack() as _run.ends:
        _run.active, _run.who = True, None
        words.use(cookie("portal_lang"))
        try:
            _show_waiting()
            yield
            _show_waiting()
        except StopException:
            _show_waiting()
            raise
        finally:
            _run.active, _run.who, _run.session = False, None, None


def who() -> Who:
    """Who is here, from the cookie and the database; asked once per run, and never kept longer."""
    if _run.who is not None:
        return _run.who
    with _reading() as session:
        found = _identify(session)
    if _run.active:
        _run.who = found
    return found


def act(fn: Callable[..., R], *args: Any, done: str = "", **kwargs: Any) -> R | None:
    """Do `fn` in one transaction. A refusal is shown in place and gives None; what was typed stays.

    `done` is the message shown on success; it survives `st.rerun`.
    """
    words.use(cookie("portal_lang"))
    _end_reading()
    try:
        with aside():
            with reading() as session:
                me = _identify(session)
            with audit.transaction() as session:  # locks with its first statement, so pictures are decoded before
                result = fn(session, me, *args, **kwargs)
    except Refused as refusal:
        _refuse(refusal)
        return None
    _run.who = None
    if done:
        _wait("done", done)
    return result


def read(fn: Callable[Concatenate[Session, Who, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `fn` finds for the person here. A refusal is shown in place and ends the page."""
    me = who()
    try:
        with _reading() as session:
            return fn(session, me, *args, **kwargs)
    except Refused as refusal:
        _refuse(refusal)
        st.stop()


def enter(title_id: str, *, needs: tuple[str, ...] | str | None = None) -> Who:
    """Begin a page: its heading, and its door. `needs` is `"member"` or the roles to one of which it opens.

    Somebody else gets a friendly sentence and a way to sign in, and the page ends there.
    """
    st.title(t(title_id), anchor=False)
    me = who()
    roles = (needs,) if isinstance(needs, str) else needs or ()
    if not roles or me.is_any(*roles) or ("member" in roles and me.person_id is not None):
        return me
    if me.person_id is None:
        st.info(t("frame.sign_in_first"), icon=":material/login:")
        st.page_link(
            sitemap.BY_PATH["signin"].file,
            label=t("frame.sign_in"),
            icon=":material/login:",
            query_params={"next": here()},
        )
    elif read(totp.is_due):
        st.warning(t("frame.prove_first"), icon=":material/lock_clock:")
        st.page_link(
            sitemap.BY_PATH["me"].file,
            label=t("frame.prove"),
            icon=":material/verified_user:",
            query_params={"part": "safety"},
        )
    else:
        st.warning(t("frame.not_for_you"), icon=":material/lock:")
    st.stop()


def go(url: str) -> NoReturn:
    """Leave for `url`, a path of this portal, with a full page load. Ends the run."""
    _leave(key="frame_leave", height=1, data={"url": local(url)})
    st.stop()


def sign_in_with(ticket: str, next_url: str) -> NoReturn:
    """Hand the one-use ticket to the route that sets the cookie, then go to `next_url`. Ends the run."""
    _redeem(
        key="frame_redeem",
        data={"ticket": ticket, "url": local(next_url), "failed": t("frame.sign_in_failed")},
    )
    st.stop()


@contextmanager
def _reading() -> Iterator[Session]:
    """The run's session for reads, begun with the first of them; outside a run one for the block alone."""
    if not _run.active:
        with reading() as session:
            yield session
        return
    if _run.session is None:
        _run.session = _run.ends.enter_context(reading())
    yield _run.session


def _end_reading() -> None:
    """Let go of what was read: an act may wait for others, and what it changes is to be seen afterwards."""
    if _run.active:
        _run.ends.close()
        _run.session = None


def _identify(session: Session) -> Who:
    token = cookie("portal_session")
    return sessions.who_from(session, token, client_of(st.context.ip_address), words.language(), writes=aside)


def _refuse(refusal: Refused) -> None:
    if _run.active:
        st.error(md(words.say(refusal)), icon=":material/error:")
    else:  # a callback: it runs before the page, so the page shows it
        _wait("refused", refusal.message_id, **refusal.facts)


def _wait(kind: str, message_id: str, **facts: object) -> None:
    st.session_state.setdefault(_WAITING, []).append((kind, message_id, facts))


def _show_waiting() -> None:
    for kind, message_id, facts in st.session_state.pop(_WAITING, ()):
        if kind == "done":
            st.toast(md(t(message_id, **facts)), icon=":material/check_circle:")
        else:
            sentence = md(words.say(Refused(message_id, **facts)))
            st.error(sentence, icon=":material/error:")
            st.toast(sentence, icon=":material/error:")  # whoever clicked may be far down the page


_leave = st.components.v2.component(
    "portal.leave",
    js="""
export default function ({ data }) {
  window.location.assign(data.url)
}
""",
)

_redeem = st.components.v2.component(
    "portal.redeem",
    js="""
export default async function ({ data, parentElement }) {
  if (parentElement.dataset?.done === data.ticket) return
  if (parentElement.dataset) parentElement.dataset.done = data.ticket
  const answer = await fetch('/account/session', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Portal-Ticket': data.ticket },
  }).catch(() => null)
  if (answer?.ok) window.location.replace(data.url)
  else parentElement.textContent = data.failed
}
""",
    isolate_styles=False,
)
