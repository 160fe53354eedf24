"""Ballots to be printed: each with a number of its own, which stands again on a slip that the voter tears off.

The numbers are random and written down nowhere: a paper is known once it comes back.
"""

from dataclasses import dataclass
from functools import partial
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageBreak, PageTemplate, Paragraph
from reportlab.platypus import Table as Rows
from sqlmodel import Session, col, select

from db.models.ballots import Ballot, Paper
from db.models.fund import BallotType, Phase, Project, ProjectState, Round
from portal import areas, limits, words
from portal.acts import InArea, Who, demand
from portal.errors import NotFound, Refused
from portal.fund import acts, receipts, voting
from portal.words import t

FONT = "STSong-Light"
registerFont(UnicodeCIDFont(FONT))  # drawn by the reader's own machine: no font file is needed
MARGIN, SLIP = 18 * mm, 38 * mm
WIDTH = A4[0] - 2 * MARGIN
_TEXT = ParagraphStyle("text", fontName=FONT, fontSize=13, leading=18, wordWrap="CJK")
_SMALL = ParagraphStyle("small", _TEXT, fontSize=10.5, leading=15, textColor=colors.HexColor("#333333"))
_TITLE = ParagraphStyle("title", _TEXT, fontSize=20, leading=28, alignment=1)
_NAME = ParagraphStyle("name", _TEXT, alignment=1)
_ASKED = ParagraphStyle("asked", _TEXT, fontSize=14, leading=21, spaceBefore=2 * mm, spaceAfter=3 * mm)
_NUMBER = ParagraphStyle("number", _TEXT, fontSize=16, leading=20)


@dataclass(frozen=True)
class _Line:
    number: int
    title: str
    about: str


def ballots(session: Session, who: Who, round_id: int, copies: int) -> bytes:
    """So many ballots as one PDF, in the language in use, each beginning on a page of its own.

    Raises Forbidden, NotFound, and Refused `vote_early`, `vote_closed`, `no_paper`, `papers_per_batch` (most).
    """
    row = session.get(Round, round_id)
    if row is None or row.state == Phase.DRAFTING:
        raise NotFound()
    demand(who, acts.GIVE_PAPER, InArea(row.area_path))
    if not voting.is_open(session, row):
        raise Refused("vote_early" if row.state in voting.EARLY else "vote_closed")
    if not row.paper:
        raise Refused("no_paper")
    if not 1 <= copies <= limits.PAPERS_PER_BATCH:
        raise Refused("papers_per_batch", most=limits.PAPERS_PER_BATCH)
    return _document(row, _lines(session, round_id), _numbers(session, round_id, copies))


def asked(row: Round) -> str:
    """What a voter is asked to do, in one sentence: the same on paper and on the screen."""
    facts = {"least": row.min_choices, "most": row.max_choices, "points": row.points, "ranks": len(row.scores)}
    exact = row.ballot_type == BallotType.APPROVAL and row.min_choices == row.max_choices
    return t(f"ballot.asked.{'exactly' if exact else row.ballot_type}", **facts)


def _numbers(session: Session, round_id: int, copies: int) -> list[str]:
    """Numbers that no paper has which came back so far."""
    found: dict[str, None] = {}
    while len(found) < copies:
        number = receipts.new_number(round_id)
        known = select(Ballot.id).where(Ballot.receipt_hash == receipts.digest(number)).exists()
        read = select(Paper.id).where(Paper.round_id == round_id, Paper.number == number).exists()
        if not session.scalar(select(known | read)):
            found[number] = None
    return list(found)


def _lines(session: Session, round_id: int) -> list[_Line]:
    on_ballot = (Project.round_id == round_id, Project.state == ProjectState.ON_BALLOT)
    rows = session.exec(select(Project).where(*on_ballot).order_by(col(Project.number)))
    return [
        _Line(row.number or 0, row.title, " · ".join(filter(None, [words.money(row.cost_fen), _place(row)])))
        for row in rows
    ]


def _place(row: Project) -> str:
    return row.place or (areas.tree().by_id(row.cell_id).label if row.cell_id else "")


def _document(row: Round, lines: list[_Line], numbers: list[str]) -> bytes:
    file = BytesIO()
    sheet = BaseDocTemplate(file, pagesize=A4, title=row.name, author=t("ballot.paper.title"), lang=words.language())
    high = A4[1] - 2 * MARGIN
    story: list[Flowable] = []
    for number in numbers:
        first = Frame(MARGIN, MARGIN + SLIP, WIDTH, high - SLIP, 0, 0, 0, 0)
        rest = Frame(MARGIN, MARGIN, WIDTH, high, 0, 0, 0, 0)
        sheet.addPageTemplates(
            [
                PageTemplate(f"first {number}", [first], onPage=partial(_slip, row=row, number=number)),
                PageTemplate(f"rest {number}", [rest], onPage=partial(_corner, number=number)),
            ]
        )
        # the template of a page counts from its start: the first of all has it by its place in the list
        story += [NextPageTemplate(f"first {number}"), PageBreak()] if story else []
        story += [NextPageTemplate(f"rest {number}"), *_ballot(row, lines)]
    sheet.build(story)
    return file.getvalue()


def _ballot(row: Round, lines: list[_Line]) -> list[Flowable]:
    width = 18 * mm if row.ballot_type in (BallotType.POINTS, BallotType.RANKING) else 11 * mm
    cells = [[Paragraph(str(line.number), _NUMBER), _Box(width), _about(line)] for line in lines]
    boxes = Rows(cells, colWidths=[14 * mm, width + 4 * mm, WIDTH - width - 18 * mm])
    boxes.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEABOVE", (0, 0), (-1, -1), 0.4, colors.HexColor("#888888")),
            ("TOPPADDING", (0, 0), (-1, -1), 1.2 * mm),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8 * mm),
        ]
    )
    return [
        Paragraph(escape(t("ballot.paper.title")), _TITLE),
        Paragraph(escape(f"{row.name} · {areas.tree().label(row.area_path)}"), _NAME),
        Paragraph(escape(asked(row)), _ASKED),
        Paragraph(escape(t(f"ballot.paper.how.{row.ballot_type}")), _SMALL),
        boxes,
    ]


def _about(line: _Line) -> list[Flowable]:
    return [Paragraph(escape(line.title), _TEXT), Paragraph(escape(line.about), _SMALL)]


class _Box(Flowable):
    """Where the voter puts a tick, a place or points."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self.width, self.height = width, 9 * mm

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.canv.setLineWidth(1.2)
        self.canv.rect(0, 0, self.width, self.height)


def _slip(canvas: Canvas, _sheet: object, *, row: Round, number: str) -> None:
    """The foot of a ballot's first page: what the voter tears off and keeps."""
    _corner(canvas, _sheet, number=number)
    canvas.saveState()
    canvas.setDash(3, 3)
    canvas.line(0, MARGIN + SLIP - 5 * mm, A4[0], MARGIN + SLIP - 5 * mm)
    canvas.setDash()
    canvas.setFont(FONT, 9)
    canvas.drawCentredString(A4[0] / 2, MARGIN + SLIP - 9.5 * mm, t("ballot.paper.cut"))
    canvas.setFont(FONT, 20)
    canvas.drawString(MARGIN, MARGIN + SLIP - 20 * mm, receipts.grouped(number))
    canvas.setFont(FONT, 11)
    canvas.drawRightString(A4[0] - MARGIN, MARGIN + SLIP - 19 * mm, row.name)
    hint = Paragraph(escape(t("ballot.paper.keep")), _SMALL)
    _, tall = hint.wrap(WIDTH, SLIP)
    hint.drawOn(canvas, MARGIN, MARGIN + SLIP - 24 * mm - tall)
    canvas.restoreState()


def _corner(canvas: Canvas, _sheet: object, *, number: str) -> None:
    """The number on every page of a ballot."""
    canvas.saveState()
    canvas.setFont(FONT, 11)
    canvas.drawRightString(A4[0] - MARGIN, A4[1] - 12 * mm, t("ballot.paper.number", number=receipts.grouped(number)))
    canvas.restoreState()
