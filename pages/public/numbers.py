"""How it goes, in numbers: every kind of case side by side, disputes as totals, and the draws of the call-backs."""

from pages.parts import filters, frame
from pages.parts.drawn import draw, el
from pages.parts.tables import disputes_block, draws_block, kinds_block
from portal import areas, board
from portal.cases import callbacks
from portal.memo import for_all
from portal.words import t, tn

PERIODS = ("90", "30", "365")

frame.enter("page.numbers")
draw([el("p", "lead", t("numbers.lead"))], key="numbers_lead")
period = filters.segments("days", t("numbers.period"), PERIODS, lambda days: tn("numbers.days", int(days)))
path = filters.area()
place = areas.tree().by_path(path) if path else areas.tree().root
lines = frame.read(for_all(board.table), place.id, int(period))
told = place.level in board.TOLD_OF_DISPUTES
blocks = [
    kinds_block(lines, place.label),
    disputes_block(frame.read(for_all(board.disputes), place.id) if told else None),
    draws_block(frame.read(for_all(callbacks.draws))),
]
draw(blocks, key="numbers")
