"""A small drawing board for the demo's illustrations: flat shapes, drawn twice as large and shrunk for smooth edges."""

from collections.abc import Sequence
from io import BytesIO
from math import pi, sin
from random import Random

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT, SCALE = 800, 600, 2
Colour = str | tuple[int, int, int] | tuple[int, int, int, int]
Point = tuple[float, float]

SKIES = {
    "day": ("#bfe3f2", "#fdf3dc"),
    "dusk": ("#f0b98d", "#fbe3c4"),
    "night": ("#18233f", "#34466b"),
}
HILLS = {
    "day": ("#9cc7a0", "#7fb38b"),
    "dusk": ("#a98f7a", "#8b7668"),
    "night": ("#1d2c44", "#172338"),
}


class Sketch:
    """A picture of 800 × 600 points; what is drawn later covers what was drawn before."""

    def __init__(self, ground: Colour = "#ffffff") -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        self._pen = ImageDraw.Draw(self.image)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        self._pen.rounded_rectangle(_big([(left, top), (right, bottom)]), radius * SCALE, fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: Colour, flat: float = 1.0) -> None:
        """A circle, or with `flat` below 1 one that lies on the ground."""
        high = radius * flat
        self._pen.ellipse(_big([(x - radius, y - high), (x + radius, y + high)]), fill=fill)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float = 5) -> None:
        around = _big([(x - radius, y - radius), (x + radius, y + radius)])
        self._pen.ellipse(around, outline=colour, width=int(width * SCALE))

    def shape(self, points: Sequence[Point], fill: Colour) -> None:
        self._pen.polygon(_big(points), fill=fill)

    def line(self, points: Sequence[Point], colour: Colour, width: float = 6) -> None:
        self._pen.line(_big(points), fill=colour, width=int(width * SCALE), joint="curve")

    def glow(
        self, points: Sequence[Point], colour: tuple[int, int, int], strength: int = 120, blur: float = 14
    ) -> None:
        """Light: a soft-edged shape that lets through what lies below."""
        mask = Image.new("L", self.image.size, 0)
        ImageDraw.Draw(mask).polygon(_big(points), fill=strength)
        mask = mask.reduce(4).filter(ImageFilter.GaussianBlur(blur * SCALE / 4)).resize(self.image.size)
        self.image.paste(colour, mask=mask)

    def png(self) -> bytes:
        """The finished picture."""
        buffer = BytesIO()
        self.image.reduce(SCALE).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def outdoors(rng: Random, light: str = "day", ground: Colour = "#d9cfb8", horizon: float = 400) -> Sketch:
    """Sky, the hills behind the town, a few houses, and open ground in front."""
    top, bottom = SKIES[light]
    board = Sketch()
    board.image.paste(_gradient(top, bottom, horizon), (0, 0))
    for layer, colour in enumerate(HILLS[light]):
        board.shape(_hills(rng, horizon - 90 + 45 * layer, 46 - 12 * layer, horizon), colour)
    _houses(board, rng, light, horizon)
    board.box(0, horizon, WIDTH, HEIGHT, ground)
    return board


def tree(board: Sketch, rng: Random, x: float, foot: float, size: float, leaf: Colour = "#5f9c63") -> None:
    """A round tree whose trunk stands at (x, foot)."""
    board.box(x - size * 0.07, foot - size * 0.8, x + size * 0.07, foot, "#7d5f45", 4)
    for _ in range(9):
        spread = rng.uniform(0.25, 0.36) * size
        board.disc(x + rng.uniform(-0.32, 0.32) * size, foot - size * rng.uniform(0.75, 1.2), spread, leaf)


def _hills(rng: Random, level: float, rise: float, foot: float) -> list[Point]:
    shift, waves = rng.uniform(0, 2 * pi), rng.uniform(1.2, 2.2)
    crest = [
        (x, level - rise * sin(shift + waves * 2 * pi * x / WIDTH) - rise / 3 * sin(5 * x / WIDTH + shift))
        for x in range(0, WIDTH + 1, 10)
    ]
    return [(0, foot), *crest, (WIDTH, foot)]


def _houses(board: Sketch, rng: Random, light: str, horizon: float) -> None:
    walls = ("#e9d8c3", "#dcc7b4", "#efe3d2", "#d7d4cd") if light != "night" else ("#26324c", "#2b3853", "#222d46")
    x = rng.uniform(10, 60)
    while x < WIDTH - 60:
        wide, high = rng.uniform(70, 120), rng.uniform(90, 190)
        board.box(x, horizon - high, x + wide, horizon, rng.choice(walls))
        for row in range(int(high // 34)):
            for column in range(int(wide // 26)):
                lit = light == "night" and rng.random() < 0.35
                pane = "#f3cf7a" if lit else "#1b2539" if light == "night" else "#a9c3cc"
                left, top = x + 10 + 25 * column, horizon - high + 12 + 34 * row
                board.box(left, top, left + 13, top + 18, pane, 2)
        x += wide + rng.uniform(14, 90)


def _gradient(top: str, bottom: str, horizon: float) -> Image.Image:
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), _rgb(top))
    strip.putpixel((0, 1), _rgb(bottom))
    return strip.resize((WIDTH * SCALE, int(horizon) * SCALE), Image.Resampling.BILINEAR)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _big(points: Sequence[Point]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]
