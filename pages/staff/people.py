"""People: confirming homes, finding somebody, giving and taking duties."""

from pages.parts import filters, frame, peoplecare
from portal.words import t

PARTS = ("requests", "find", "duties")

me = frame.enter("people.title", needs=("staff", "admin"))
offered = PARTS if me.is_any("staff") else PARTS[1:]
part = filters.segments("part", t("people.part"), offered, lambda name: t(f"people.part.{name}"))
if part == "requests":
    peoplecare.requests()
elif part == "find":
    peoplecare.find(me)
else:
    peoplecare.duties()
