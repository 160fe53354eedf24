"""Column types that both databases must treat alike."""

from typing import Any

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine


class PathText(TypeDecorator[str]):
    """An area path. Compared byte by byte everywhere, so that a prefix is a range of the index."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(collation="C"))
        return dialect.type_descriptor(String())


def below(path: str) -> tuple[str, str]:
    """The half-open range of paths that begin with `path` (which ends in `/`)."""
    return path, path[:-1] + "0"  # "0" follows "/" in ASCII
