"""The areas of the demo town, small and large."""

import json
from typing import Any

from db.demo.draw_areas import FILE, large_features

__all__ = ["features", "large_features"]


def features() -> dict[str, Any]:
    """Anning with two streets, as a FeatureCollection for `import_geojson`."""
    collection: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return collection
