"""Squares of about 200 m, numbered, so that "near me" is a look-up by key and not a measurement of every row."""

from math import asinh, cos, floor, pi, radians, tan

SIDE_M = 240
"""In metres of the Mercator projection; on the ground 228 m in the south of China, 218 m in Yunnan, 170 m up north."""
_EARTH_M = 6_378_137.0
_COLUMNS, _ROWS = 65_536, 32_768


def tile_of(lon: float, lat: float) -> int:
    """The number of the square that holds the point.

    Numbers repeat every 15,700 km from west to east and every 7,800 km from south to north, which keeps them within
    a 32-bit integer and tells the squares of one town apart all the same.
    """
    return _number(*_square(lon, lat))


def tiles_near(lon: float, lat: float, ring: int) -> list[int]:
    """The squares of the given ring round the point: ring 0 is its own square, ring k the 8 k squares k steps away."""
    x, y = _square(lon, lat)
    steps = range(-ring, ring + 1)
    return [_number(x + dx, y + dy) for dx in steps for dy in steps if max(abs(dx), abs(dy)) == ring]


def tile_metres(lat: float) -> float:
    """How long the side of a square is on the ground there, rounded down a little."""
    return SIDE_M * cos(radians(lat)) * 0.995


def _square(lon: float, lat: float) -> tuple[int, int]:
    lat = min(max(lat, -85.0), 85.0)
    return floor(_EARTH_M * radians(lon) / SIDE_M), floor(_EARTH_M * asinh(tan(lat * pi / 180)) / SIDE_M)


def _number(x: int, y: int) -> int:
    return (y % _ROWS) * _COLUMNS + x % _COLUMNS
