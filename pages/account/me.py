"""One's own account."""

from pages.parts import datacare, filters, frame, selfcare
from pages.parts.drawn import draw, el
from portal.words import t

PARTS = ("news", "profile", "home", "safety", "data")

me = frame.enter("me.title", needs="member")
draw([el("p", "lead narrow", t("me.hello", name=me.name))], key="hello")
part = filters.segments("part", t("me.part"), PARTS, lambda name: t(f"me.part.{name}"))
if part == "news":
    selfcare.news()
elif part == "profile":
    selfcare.profile()
elif part == "home":
    selfcare.home()
elif part == "safety":
    selfcare.safety(me)
else:
    datacare.my_data()
