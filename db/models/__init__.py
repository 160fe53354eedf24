"""All tables. Importing this package fills `SQLModel.metadata`."""

from db.models import accounts, areas, audit, cases, files, notices, rollups

__all__ = ["accounts", "areas", "audit", "cases", "files", "notices", "rollups"]
