"""What is kept of people and for how long, and what they can do about it."""

from pages.parts import frame
from pages.parts.drawn import draw, el, icon, link
from pages.parts.keeping import kept_for, last_runs, points
from portal.cases import retention
from portal.memo import for_all
from portal.words import t

KEPT = ("phone", "words", "place", "visits", "books")
RIGHTS = ("take", "phone", "words", "leave")

me = frame.enter("page.privacy")
own = "/me?part=data" if me.person_id else "/signin?next=/me?part=data"
kept = [(t(f"privacy.kept.{what}"), t(f"privacy.kept.{what}.how")) for what in KEPT]
rights = [(t(f"privacy.right.{right}"), t(f"privacy.right.{right}.how")) for right in RIGHTS]
blocks = [
    el("p", "lead", t("privacy.lead")),
    el("section", "part stack", el("h2", "", t("privacy.kept")), points(kept)),
    kept_for(frame.read(for_all(retention.months))),
    last_runs(frame.read(for_all(retention.runs))),
    el(
        "section",
        "part stack",
        el("h2", "", t("privacy.rights")),
        points(rights),
        el("p", "row", link(own, icon("folder_shared"), t("privacy.to_mine"), css="button main")),
    ),
]
draw(blocks, key="privacy")
