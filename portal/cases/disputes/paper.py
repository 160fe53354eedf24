"""The agreement on paper: a PDF to be signed, kept and printed.

It names a standard Chinese font, which the reader's own machine draws: no font file is needed.
"""

from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table
from sqlmodel import Session

from db.models.cases import Case, Outcome, State
from portal import areas, words
from portal.acts import Who
from portal.cases.disputes.agreements import Given, Terms, terms
from portal.cases.disputes.mediators import mediator_of
from portal.cases.disputes.parties import dispute
from portal.cases.setup import category_name
from portal.errors import NotFound
from portal.words import t

FONT = "STSong-Light"
registerFont(UnicodeCIDFont(FONT))
MARGIN = 25 * mm
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=12, leading=20, wordWrap="CJK")
_TITLE = ParagraphStyle("title", _TEXT, fontSize=20, leading=30, alignment=1, spaceAfter=4 * mm)
_NUMBER = ParagraphStyle("number", _TEXT, fontSize=10.5, leading=16, alignment=1, textColor=colors.HexColor("#444444"))
_HEADING = ParagraphStyle("heading", _TEXT, fontSize=14, leading=22, spaceBefore=6 * mm, spaceAfter=2 * mm)


def agreement_paper(session: Session, who: Who, case_id: int) -> bytes:
    """The newest text of a dispute as a PDF, with the names as `who` may read them, in the language in use.

    Raises NotFound where there is no such dispute, where `who` may not read it, and where nothing was written yet.
    """
    case, newest = dispute(session, who, case_id), terms(session, who, case_id)
    if newest is None:
        raise NotFound("case_not_found")
    mediator = mediator_of(session, who, case_id)
    file = BytesIO()
    sheet = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=t("paper.title"), author=t("paper.author"), lang=words.language(),
    )  # fmt: skip
    sheet.build(_story(case, newest, mediator), canvasmaker=_Numbered)
    return file.getvalue()


class _Numbered(Canvas):
    """A canvas that waits with its pages until it knows how many there are, and numbers them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, state in enumerate(self._kept, 1):
            self.__dict__.update(state)
            self.setFont(FONT, 9)
            self.drawCentredString(A4[0] / 2, 12 * mm, t("paper.page", n=number, of=len(self._kept)))
            super().showPage()
        super().save()


def _story(case: Case, newest: Terms, mediator: str) -> list[Flowable]:
    done = case.state in (State.DONE, State.CLOSED) and case.claimed == Outcome.SOLVED  # not where it ended otherwise
    told = [("paper.place", areas.tree().label(case.area_path)), ("paper.category", category_name(case.category))]
    if case.follow_up_on:
        told.append(("paper.follow_up", words.day(case.follow_up_on)))
    return [
        Paragraph(_plain(t("paper.title")), _TITLE),
        Paragraph(_plain(t("paper.number", id=case.id, number=newest.number)), _NUMBER),
        *([] if done else [Paragraph(_plain(t("paper.unsigned")), _NUMBER)]),
        *_part("paper.parties", [_party(given) for given in newest.consents]),
        *_part("paper.facts", [*(f"{t(name)}{value}" for name, value in told), case.title, case.body]),
        *_part("paper.text", [newest.words]),
        *_part("paper.consents", [_consent(given) for given in newest.consents]),
        KeepTogether(_signatures(newest, mediator, case.answered_at if done else None)),
    ]


def _part(heading: str, paragraphs: list[str]) -> list[Flowable]:
    return [
        Paragraph(_plain(t(heading)), _HEADING),
        *(Paragraph(_plain(text), _TEXT) for text in paragraphs),
    ]


def _party(given: Given) -> str:
    return t("paper.brought" if given.side.brought_it else "paper.other", name=given.side.name)


def _consent(given: Given) -> str:
    if given.at is None:
        return t("paper.consent_none", name=given.side.name)
    return t(f"paper.consent_{given.how}", name=given.side.name, moment=words.moment(given.at))


def _signatures(newest: Terms, mediator: str, closed_at: datetime | None) -> list[Flowable]:
    """A line for each party, the mediator, the seal and the date."""
    lines = [*(given.side.name for given in newest.consents), t("paper.mediator", name=mediator), t("paper.seal")]
    date = words.day(closed_at) if closed_at else ""
    rows = [[Paragraph(_plain(line), _TEXT), ""] for line in (*lines, t("paper.date", day=date))]
    table = Table(rows, colWidths=[75 * mm, 85 * mm])
    table.setStyle(
        [
            ("LINEBELOW", (1, 0), (1, -1), 0.5, colors.black),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("TOPPADDING", (0, 0), (-1, -1), 7 * mm),
        ]
    )
    return [Paragraph(_plain(t("paper.signatures")), _HEADING), Spacer(1, 2 * mm), table]


def _plain(text: str) -> str:
    """Typed text for a paragraph: never markup, its lines kept."""
    return escape(text).replace("\n", "<br/>")
