"""What differs between the kinds of case, declared once: visibility, who takes it, its target, its fields.

Who may do which act to which kind stands in `portal.cases.acts`.
"""

from dataclasses import dataclass
from typing import Literal

from db.models.cases import KindName
from portal.errors import Refused

URGENCY_CLASSES = {1: "ordinary", 2: "utilities", 3: "danger"}
"""The target class of a help order by its urgency. The fourth level is a call to 110, 119 or 120, and no order."""
EMERGENCY = 4
SMALLEST = 5
"""Of what is private, no smaller group is told in public."""


@dataclass(frozen=True)
class Kind:
    """One kind of case. Its words are `kind.<name>` and `kind.<name>.<what>` in the catalogues."""

    name: str
    icon: str
    visible: Literal["public", "choice", "private"]
    """Whether anyone may read it: always once accepted, at the choice of who posts it, or never."""
    categories: str
    """The kind whose categories it uses."""
    target_class: str = ""
    """The class of its target, where neither category nor urgency decides."""
    inbox: Literal["desk", "counter", "mediation"] = "desk"
    """In which of the three rooms it waits for somebody: the staff's desk, a station's counter, the mediation room."""
    worker_role: str = "grid_worker"
    """The duty of those whom it may be dispatched to."""
    desk_role: str = "staff"
    """The duty of those who dispatch it, and who are told when it climbs to them."""
    sent_to: Literal["worker", "hall"] = "worker"
    """Where it goes once accepted, if no dispatch rule says anything else."""
    assigned: bool = True
    """Whether the clockwork gives it to the cell's worker once half of its time is gone."""
    searchable: bool = True
    """Whether its words stand in the search index."""
    board: Literal["rates", "totals"] = "rates"
    """What the public board says of it: the rates, or only totals of at least five."""

    def private(self, chosen: bool = False) -> bool:
        """Whether a case of this kind stays off every public page; `chosen` is what the person who posts it said."""
        return self.visible == "private" or (self.visible == "choice" and chosen)


WISH = Kind(KindName.WISH, "push_pin", "public", "wish")
OPINION = Kind(KindName.OPINION, "mail", "choice", "wish", assigned=False)
HELP = Kind(KindName.HELP, "sos", "private", "help", searchable=False, sent_to="hall")
ERRAND = Kind(
    KindName.ERRAND, "assignment_turned_in", "private", "errand", "complex",
    inbox="counter", searchable=False, assigned=False,
)  # fmt: skip
DISPUTE = Kind(
    KindName.DISPUTE, "handshake", "private", "dispute", "complex",
    inbox="mediation", worker_role="mediator", desk_role="mediation_head",
    searchable=False, assigned=False, board="totals",
)  # fmt: skip

KINDS = {str(kind.name): kind for kind in (WISH, OPINION, HELP, ERRAND, DISPUTE)}
AT_DESK = tuple(name for name, kind in KINDS.items() if kind.inbox == "desk")
"""The kinds that wait at the staff's desk."""


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises Refused `not_offered`."""
    found = KINDS.get(name) if isinstance(name, str) else None
    if found is None:
        raise Refused("not_offered", field="kind")
    return found
