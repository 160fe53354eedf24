"""The tree of areas: what lies where, which cell a point is in, and bringing areas in from a file."""

from portal.areas.distance import metres
from portal.areas.importing import IMPORT, ImportReport, import_geojson, read_geojson
from portal.areas.tiles import tile_metres, tile_of, tiles_near
from portal.areas.tree import Place, Tree, tree
from portal.snapshots import bump

__all__ = [
    "IMPORT",
    "ImportReport",
    "Place",
    "Tree",
    "bump",
    "import_geojson",
    "metres",
    "read_geojson",
    "tile_metres",
    "tile_of",
    "tiles_near",
    "tree",
]
