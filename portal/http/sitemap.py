"""Which screens there are, under which address, and who is offered them. Streamlit-free, so that routes know it too."""

from dataclasses import dataclass
from pathlib import Path

from portal.acts import Who
from portal.settings import ROOT


@dataclass(frozen=True)
class Screen:
    """One page: `name` gives its title `page.<name>`, `section` its menu `section.<section>` (empty: top level)."""

    name: str
    audience: str
    icon: str
    section: str = ""
    needs: tuple[str, ...] = ()
    """Roles to which the menu offers it, `member` for anybody signed in; empty offers it to all."""
    in_menu: bool = True
    url_path: str | None = None

    @property
    def path(self) -> str:
        """The path below the root; empty for the start page."""
        return self.name if self.url_path is None else self.url_path

    @property
    def file(self) -> Path:
        return ROOT / "pages" / self.audience / f"{self.name}.py"


SCREENS = (
    Screen("home", "public", "home", url_path=""),
    Screen("help", "resident", "sos"),
    Screen("wall", "public", "sticky_note_2"),
    Screen("post", "resident", "edit_square"),
    Screen("opinion", "resident", "mail"),
    Screen("errands", "resident", "assignment_turned_in"),
    Screen("dispute", "resident", "handshake"),
    Screen("echo", "public", "campaign"),
    Screen("fund", "public", "savings", "fund"),
    Screen("round", "public", "event_note", in_menu=False),
    Screen("propose", "resident", "edit_document", "fund", needs=("member",)),
    Screen("project", "public", "savings", in_menu=False),
    Screen("mine", "resident", "person_pin", needs=("member",)),
    Screen("hall", "volunteer", "volunteer_activism", needs=("volunteer",)),
    Screen("counter", "staff", "support_agent", "staff", needs=("staff", "grid_worker")),
    Screen("station", "staff", "storefront", "staff", needs=("staff", "grid_worker")),
    Screen("desk", "staff", "inbox", "staff", needs=("staff", "grid_worker")),
    Screen("rounds", "staff", "event_note", "staff", needs=("staff", "admin", "finance")),
    Screen("assess", "staff", "fact_check", "staff", needs=("staff", "reviewer")),
    Screen("review", "staff", "gavel", "staff", needs=("staff", "mediation_head")),
    Screen("field", "staff", "record_voice_over", "staff", needs=("staff", "grid_worker")),
    Screen("treasury", "staff", "account_balance_wallet", "staff", needs=("finance", "staff", "auditor")),
    Screen("callbacks", "staff", "phone_in_talk", "staff", needs=("staff",)),
    Screen("mediation", "staff", "balance", "staff", needs=("mediation_head", "mediator")),
    Screen("paper", "staff", "ballot", "staff", needs=("staff",)),
    Screen("people", "staff", "group", "staff", needs=("staff", "admin")),
    Screen("setup", "staff", "tune", "staff", needs=("staff", "admin")),
    Screen("vote", "resident", "how_to_vote", "fund"),
    Screen("result", "public", "emoji_events", "fund"),
    Screen("box", "public", "inventory_2", "fund"),
    Screen("money", "public", "account_balance", "fund"),
    Screen("works", "staff", "construction", "staff", needs=("staff", "finance", "auditor")),
    Screen("receipt", "public", "receipt_long", "books"),
    Screen("numbers", "public", "monitoring", "books"),
    Screen("privacy", "public", "shield_person", "books"),
    Screen("trail", "public", "verified_user", "books"),
    Screen("case", "public", "article", in_menu=False, url_path="wish"),
    Screen("signin", "account", "login", in_menu=False),
    Screen("me", "account", "account_circle", in_menu=False),
)

BY_PATH = {screen.path: screen for screen in SCREENS}


def offered(who: Who) -> frozenset[str]:
    """Names of the screens that the menu shows to `who`. A menu is no right: each page and each act asks again."""
    return frozenset(
        screen.name
        for screen in SCREENS
        if screen.in_menu
        and (not screen.needs or who.is_any(*screen.needs) or ("member" in screen.needs and who.person_id is not None))
    )
