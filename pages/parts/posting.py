"""Posting what was written: from a draft or anew, and on to the case or to the slip with its code."""

from dataclasses import dataclass

from pages.parts import frame, receipts, wish, wishform
from pages.parts.actforms import completed
from pages.parts.drawn import Node, el, link
from pages.parts.links import open_page
from pages.parts.notes import href, written_at
from portal.cases import post
from portal.cases.contents import Voice
from portal.cases.post import Posted
from portal.cases.reading import Case
from portal.inputs import row_id
from portal.words import fitting, t


@dataclass(frozen=True)
class Begun:
    """The draft or returned case that the address names, how many photos it has, and what the desk asked for."""

    case: Case | None = None
    photos: int = 0
    asked: str = ""

    @property
    def returned(self) -> bool:
        return self.case is not None and self.case.state == "returned"


def begun(kind: str, address: str | None) -> Begun:
    """What the number in the `address` stands for; leaves for where it belongs if it is not to be written here."""
    wanted = row_id(address)
    if not wanted:
        return Begun()
    shown = frame.read(wish.load, wanted)
    if shown.case.state not in ("draft", "returned"):
        open_page(href(wanted))
    if shown.case.kind != kind:
        open_page(written_at(shown.case.kind, wanted))
    return Begun(shown.case, len(shown.note.photos), wish.asked_of_resident(shown))


def hints(kind: str, page: str, asked: str) -> list[Node]:
    """What happens with it, what an account adds, and what the desk wants mended. `page` is the address of the form."""
    nodes: list[Node] = [el("p", "lead narrow", t(fitting("post.lead", kind)))]
    if frame.who().person_id is None:
        onward = link(f"/signin?next={page}", t(fitting("post.sign_in", kind)))
        nodes.append(el("p", "panel small", t(fitting("post.anonymous", kind)), " ", onward))
    if asked:
        nodes.append(el("div", "panel expect", el("strong", "", t("post.returned")), el("p", "pre", asked)))
    return nodes


def send(written: Voice, start: Case | None) -> None:
    """Post it or send it in again; on success on to the case or, without an account, to the slip with its code."""
    if start is None:
        posted = frame.act(post.post, written, done=fitting("act.case.post.done", written.kind))
    else:
        act = "mend" if start.state == "returned" else "submit"
        done = fitting(f"act.case.{act}.done", written.kind)
        sent = frame.act(completed(post.submit), start.id, written, done=done)
        posted = Posted(start.id or 0) if sent else None
    if posted is None:
        return
    wishform.begin_anew(written.kind)
    if posted.receipt is not None:
        receipts.hand_over(posted.receipt, written.kind)
    open_page(href(posted.case_id))
