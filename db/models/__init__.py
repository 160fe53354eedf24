"""All tables. Importing this package fills `SQLModel.metadata`."""

from db.models import (
    accounts,
    areas,
    audit,
    cases,
    disputes,
    errands,
    files,
    helping,
    notices,
    oversight,
    rollups,
    setup,
)

__all__ = [
    "accounts", "areas", "audit", "cases", "disputes", "errands", "files", "helping", "notices", "oversight", "rollups",
    "setup",
]  # fmt: skip
