"""Settings: where cases go, wordings, the calendar, categories, targets, stations, errands."""

from pages.parts import filters, frame
from pages.parts.setup_calendar import calendar
from pages.parts.setup_errands import lines
from pages.parts.setup_kinds import kinds, targets
from pages.parts.setup_retention import keeping
from pages.parts.setup_rules import rules
from pages.parts.setup_stations import venues
from pages.parts.setup_templates import templates
from portal.cases import setting_up
from portal.words import t

PARTS = ("rules", "templates", "calendar", "categories", "targets", "stations", "errands", "retention")

me = frame.enter("page.setup", needs=("staff", "admin"))
offered = [part for part in PARTS if part != "templates" or setting_up.may(me, setting_up.TEMPLATE)]
part = filters.segments("part", t("setup.part"), offered, lambda name: t(f"setup.part.{name}"))
if part == "rules":
    rules(me)
elif part == "templates":
    templates()
elif part == "calendar":
    calendar()
elif part == "categories":
    kinds()
elif part == "targets":
    targets()
elif part == "stations":
    venues(me)
elif part == "errands":
    lines(me)
else:
    keeping()
