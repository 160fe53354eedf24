"""All tables. Importing this package fills `SQLModel.metadata`."""

from db.models import (
    accounts,
    areas,
    audit,
    ballots,
    cases,
    disputes,
    errands,
    files,
    fund,
    helping,
    ledger,
    notices,
    oversight,
    rollups,
    setup,
    works,
)

__all__ = [
    "accounts", "areas", "audit", "ballots", "cases", "disputes", "errands", "files", "fund", "helping", "ledger",
    "notices", "oversight", "rollups", "setup", "works",
]  # fmt: skip
