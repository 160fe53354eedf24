"""The demo's photos: simple drawings of a community's small sorrows and how they look when mended.

The same seed draws the same pictures, so nothing has to be kept in the repository or fetched from anywhere.
"""

import json
from collections.abc import Callable
from math import cos, pi, sin
from pathlib import Path
from random import Random

from db.demo.sketch import Sketch, outdoors, tree

Scene = Callable[[Random], Sketch]


def draw(name: str, seed: int) -> bytes:
    """The picture `name` as PNG."""
    return _SCENES[name](Random(f"{seed}:{name.split('_')[0]}")).png()  # noqa: S311  a pair shares its background


def alt(name: str) -> str:
    """What the picture shows, in words."""
    return _ALTS[name]


def names() -> list[str]:
    """All pictures there are."""
    return sorted(_SCENES)


_ALTS: dict[str, str] = json.loads(Path(__file__).with_name("pictures.json").read_text("utf-8"))


def _lamp(lit: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = outdoors(rng, "night", "#232a38", 430)
        board.shape([(300, 430), (500, 430), (760, 600), (40, 600)], "#2d3545")
        board.line([(400, 450), (400, 478)], "#59647a", 6)
        board.line([(400, 510), (400, 560)], "#59647a", 9)
        if lit:
            board.glow([(232, 150), (300, 150), (560, 590), (20, 590)], (255, 222, 140), 130, 22)
        board.box(180, 130, 192, 540, "#7c889c", 5)
        board.line([(186, 136), (212, 112), (272, 112)], "#7c889c", 9)
        board.box(226, 108, 304, 134, "#98a3b5", 9)
        board.box(234, 128, 296, 142, "#ffe7a3" if lit else "#3b4557", 6)
        if lit:
            board.disc(265, 137, 17, "#fff3c9", 0.6)
        return board

    return scene


def _manhole(whole: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = Sketch("#8d9097")
        for _ in range(420):
            board.disc(rng.uniform(0, 800), rng.uniform(0, 600), rng.uniform(1, 3), rng.choice(("#84878e", "#979aa1")))
        board.box(0, 0, 800, 66, "#cfc6b4")
        board.box(0, 66, 800, 84, "#b3aa98")
        board.disc(400, 340, 214, "#767980")
        board.disc(400, 340, 196, "#565a63" if whole else "#4b4e56")
        board.ring(400, 340, 176, "#6f747f", 7)
        for step in range(-3, 4):
            half = (160**2 - (step * 46) ** 2) ** 0.5
            board.line([(400 - half, 340 + step * 46), (400 + half, 340 + step * 46)], "#6f747f", 7)
            board.line([(400 + step * 46, 340 - half), (400 + step * 46, 340 + half)], "#6f747f", 7)
        if whole:
            board.ring(400, 340, 206, "#e8c14e", 6)
        else:
            edge = [(400 + r * cos(a), 340 + r * sin(a)) for a, r in _ragged(rng, -0.25, 1.25, 198)]
            board.shape([(452, 372), (476, 330), *edge, (430, 420)], "#1a1c21")
            board.line([(300, 220), (372, 300), (360, 352), (452, 372)], "#34373e", 5)
        return board

    return scene


def _road(whole: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = outdoors(rng, "day", "#b9c48f", 300)
        board.shape([(310, 300), (490, 300), (860, 600), (-60, 600)], "#9a9ca1")
        for top, bottom, half in ((318, 346, 3), (372, 420, 6), (456, 530, 10)):
            board.shape([(400 - half, top), (400 + half, top), (402 + half, bottom), (398 - half, bottom)], "#f4f0e2")
        if whole:
            board.shape([(250, 452), (392, 440), (420, 520), (214, 538)], "#85888e")
            return board
        rim = [(310 + r * cos(a), 486 + r * 0.42 * sin(a)) for a, r in _ragged(rng, 0, 2 * pi, 112)]
        board.shape(rim, "#6d675f")
        board.shape([(310 + (x - 310) * 0.78, 492 + (y - 486) * 0.7) for x, y in rim], "#5b8196")
        board.line([(404, 460), (452, 436), (470, 414)], "#76787d", 4)
        board.line([(214, 510), (160, 540), (150, 566)], "#76787d", 4)
        return board

    return scene


def _bench(new: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = outdoors(rng, "day", "#a9c98c", 390)
        board.shape([(0, 520), (800, 478), (800, 600), (0, 600)], "#dccfae")
        tree(board, rng, 150, 430, 190)
        tree(board, rng, 672, 420, 150, "#74ab6d")
        wood = "#c98d4f" if new else "#8f8272"
        for x in (250, 540):
            board.box(x, 400, x + 18, 530, "#4f565f", 4)
        for row, top in enumerate((352, 378, 404)):
            board.box(222, top, 586 if new or row != 1 else 372, top + 18, wood, 5)
        board.box(206, 438, 602, 458, wood, 5)
        if new:
            board.box(206, 464, 602, 482, "#b87c41", 5)
            board.disc(690, 520, 26, "#d96d5b")
            board.box(672, 524, 708, 552, "#b9674e", 4)
        else:
            board.line([(430, 384), (476, 424)], wood, 14)
            board.shape([(206, 464), (330, 464), (360, 478), (300, 484), (206, 482)], wood)
        return board

    return scene


def _playground(new: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = outdoors(rng, "day", "#e3b98b" if new else "#cdbfa8", 420)
        tree(board, rng, 70, 440, 150)
        bright, second = ("#e4634f", "#f2b63d") if new else ("#b99a8f", "#c9bb93")
        for x in (262, 352):
            board.box(x, 190, x + 14, 520, "#5f7f9c" if new else "#8b959c", 5)
        board.shape([(240, 200), (314, 140), (388, 200)], bright)
        board.box(256, 314, 372, 332, second, 5)
        for y in range(350, 520, 34):
            board.line([(262, y), (220, y + 16)], "#5f7f9c" if new else "#8b959c", 7)
        board.line([(222, 340), (206, 524)], "#5f7f9c" if new else "#8b959c", 9)
        board.shape([(366, 318), (400, 312), (560, 486), (628, 492), (628, 520), (544, 518)], bright)
        if not new:
            board.line([(520, 454), (538, 470), (528, 484), (548, 502)], "#3d3733", 6)
            for x in (470, 676):
                board.shape([(x, 556), (x + 22, 476), (x + 44, 556)], "#ef8a3a")
                board.box(x + 9, 510, x + 35, 526, "#fff5e6", 3)
            board.box(486, 500, 700, 512, "#ef8a3a")
        else:
            for x in (690, 780):
                board.line([(x, 260), (x - 20 if x == 690 else x + 20, 520)], "#5f7f9c", 9)
            board.line([(690, 262), (780, 262)], "#5f7f9c", 9)
            board.line([(726, 264), (722, 430)], "#6b5a4a", 4)
            board.line([(756, 264), (754, 430)], "#6b5a4a", 4)
            board.box(708, 428, 768, 442, second, 5)
        return board

    return scene


def _rubbish(clean: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = Sketch("#e7dccb")
        for row in range(8):
            for column in range(-1, 9):
                left = column * 100 + (50 if row % 2 else 0)
                board.box(left + 3, row * 48 + 3, left + 97, row * 48 + 45, "#dfd0ba", 3)
        board.box(0, 384, 800, 600, "#b9b3a6")
        for x, colour in ((130, "#5b9a63"), (290, "#4f7fae"), (450, "#8d9299")):
            board.box(x, 270, x + 120, 440, colour, 10)
            board.box(x - 8, 252 if clean else 236, x + 128, 276 if clean else 262, "#3f464d", 8)
            board.box(x + 42, 330, x + 78, 366, "#f5f1e6", 18)
        if clean:
            for x in (620, 690, 750):
                board.box(x - 26, 396, x + 26, 444, "#b9674e", 5)
                board.disc(x, 376, 34, "#6ba36a")
                for angle in range(5):
                    board.disc(x + 22 * cos(angle * 1.26), 372 + 16 * sin(angle * 1.26), 7, "#ec8fa4")
            return board
        for _ in range(26):
            spot = (rng.uniform(90, 720), rng.uniform(430, 540))
            board.disc(*spot, rng.uniform(18, 46), rng.choice(("#3e4248", "#f2efe9", "#d9b26a", "#a7b9a0")), 0.7)
        return board

    return scene


def _tree(trimmed: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = outdoors(rng, "day", "#c9c5ba", 430)
        board.box(0, 470, 800, 600, "#8f9298")
        for left in range(20, 800, 130):
            board.box(left, 530, left + 70, 540, "#f4f0e2", 3)
        board.box(516, 150, 528, 472, "#5d646d", 4)
        board.box(486, 120, 558, 286, "#2f343b", 14)
        for y, colour in ((150, "#e15a4e"), (204, "#e9b84a"), (258, "#57b36a")):
            board.disc(522, y, 20, colour)
        tree(board, rng, 270, 480, 250 if trimmed else 330, "#5f9c63")
        if not trimmed:
            for _ in range(16):
                board.disc(rng.uniform(380, 560), rng.uniform(110, 300), rng.uniform(28, 54), "#568f5b")
            for x in range(10, 800, 18):
                board.line([(x, 472), (x + rng.uniform(-12, 12), 472 - rng.uniform(20, 60))], "#7fae62", 5)
        return board

    return scene


def _leak(fixed: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = Sketch("#efe6d8")
        board.box(0, 430, 800, 600, "#b7b1a4")
        board.box(560, 90, 740, 430, "#8c6f58", 6)
        board.disc(716, 270, 9, "#e3c67c")
        board.box(0, 236, 330, 272, "#8fa0ad", 6)
        board.box(306, 236, 342, 430, "#8fa0ad", 6)
        board.box(288, 226, 360, 284, "#c2963f" if fixed else "#7b6a58", 8)
        board.ring(190, 206, 24, "#c0504d", 9)
        board.box(184, 206, 196, 240, "#707c86")
        if fixed:
            return board
        for _ in range(26):
            x = rng.uniform(300, 470)
            board.line([(324, 262), ((324 + x) / 2, 280), (x, rng.uniform(400, 470))], "#7db6d8", 4)
        board.disc(420, 506, 250, "#8cc1de", 0.24)
        board.disc(400, 500, 170, "#a9d4ea", 0.2)
        return board

    return scene


def _corridor(clear: bool) -> Scene:
    def scene(rng: Random) -> Sketch:
        board = Sketch("#d8d2c4")
        board.shape([(0, 0), (250, 130), (250, 420), (0, 600)], "#cfc7b4")
        board.shape([(800, 0), (550, 130), (550, 420), (800, 600)], "#c6bda8")
        board.shape([(0, 600), (250, 420), (550, 420), (800, 600)], "#a7a295")
        board.shape([(0, 0), (250, 130), (550, 130), (800, 0)], "#f3efe4")
        board.box(340, 190, 460, 420, "#9c5d46", 4)
        board.disc(446, 310, 6, "#e8d08a")
        board.box(368, 150, 432, 176, "#3f8f5d", 4)
        board.disc(400, 70, 30, "#fff6d8", 0.4)
        if clear:
            board.glow([(300, 440), (500, 440), (620, 590), (180, 590)], (255, 250, 230), 70, 20)
            return board
        for left, top, size in ((70, 430, 120), (96, 340, 92), (176, 452, 86), (612, 436, 124), (640, 350, 88)):
            board.box(left, top, left + size, top + size * 0.82, rng.choice(("#c79a62", "#b98a54")), 4)
            board.box(left + size * 0.42, top, left + size * 0.56, top + size * 0.82, "#dcb981")
        for x in (470, 580):
            board.ring(x, 500, 48, "#3c4147", 6)
        board.line([(470, 500), (506, 420), (566, 420), (580, 500), (516, 500), (506, 420)], "#b8483e", 7)
        return board

    return scene


def _charging(rng: Random) -> Sketch:
    board = outdoors(rng, "day", "#bdb9ae", 400)
    for x in (90, 396, 700):
        board.box(x, 190, x + 14, 520, "#6e7781", 3)
    board.shape([(50, 176), (760, 130), (776, 168), (50, 214)], "#3f8f7d")
    for number, colour in enumerate(("#d65f4c", "#3f77a6", "#e2a83c", "#6a9a55")):
        x = 150 + number * 140
        board.box(x - 6, 280, x + 30, 336, "#f4f1e8", 5)
        board.disc(x + 12, 300, 7, "#48b06a")
        board.line([(x + 12, 336), (x + 20, 400), (x + 44, 430)], "#2f343b", 4)
        for wheel in (x - 4, x + 84):
            board.ring(wheel, 500, 26, "#2f343b", 9)
        board.shape([(x - 6, 492), (x + 18, 440), (x + 74, 440), (x + 88, 492)], colour)
        board.line([(x + 4, 448), (x - 8, 400), (x + 14, 394)], "#2f343b", 6)
        board.box(x + 30, 426, x + 84, 442, "#2f343b", 7)
    return board


def _books(rng: Random) -> Sketch:
    board = Sketch("#f4e8d3")
    board.box(0, 480, 800, 600, "#cfae84")
    board.box(90, 60, 710, 480, "#a87648", 8)
    colours = ("#d5604e", "#e5a93f", "#5f9c63", "#4a7ba6", "#8a6aa0", "#efe3c8", "#c98455")
    for shelf in range(3):
        top = 80 + shelf * 132
        board.box(108, top, 692, top + 116, "#8a5d37", 3)
        x = 118.0
        while x < 664:
            wide, high = rng.uniform(14, 28), rng.uniform(70, 106)
            board.box(x, top + 116 - high, x + wide, top + 116, rng.choice(colours), 2)
            x += wide + (rng.uniform(16, 40) if rng.random() < 0.12 else 2)
    board.disc(400, 540, 150, "#e7cfa6", 0.24)
    board.shape([(330, 524), (398, 512), (398, 548), (330, 556)], "#fffaf0")
    board.shape([(398, 512), (470, 524), (470, 556), (398, 548)], "#f5ead6")
    return board


def _bus_stop(rng: Random) -> Sketch:
    board = outdoors(rng, "dusk", "#c8c0b2", 420)
    board.box(0, 500, 800, 600, "#86888e")
    board.box(180, 150, 640, 178, "#3f77a6", 6)
    for x in (200, 606):
        board.box(x, 170, x + 14, 500, "#6e7781", 3)
    board.box(214, 196, 606, 420, "#d5e4e8")
    board.box(250, 226, 420, 390, "#f4f1e8", 4)
    for row in range(6):
        board.box(266, 246 + row * 22, 404 - 20 * (row % 3), 254 + row * 22, "#9fb1b8", 2)
    board.box(690, 210, 700, 500, "#6e7781", 3)
    board.disc(695, 200, 38, "#3f77a6")
    board.box(676, 186, 714, 212, "#f4f1e8", 5)
    return board


def _ragged(rng: Random, start: float, end: float, radius: float) -> list[tuple[float, float]]:
    """Angles and radii along an uneven arc."""
    return [(start + (end - start) * i / 14, radius * rng.uniform(0.9, 1.08)) for i in range(15)]


_SCENES: dict[str, Scene] = {
    "lamp_off": _lamp(False),
    "lamp_on": _lamp(True),
    "manhole_broken": _manhole(False),
    "manhole_fixed": _manhole(True),
    "road_hole": _road(False),
    "road_fixed": _road(True),
    "bench_old": _bench(False),
    "bench_new": _bench(True),
    "playground_worn": _playground(False),
    "playground_new": _playground(True),
    "rubbish": _rubbish(False),
    "clean": _rubbish(True),
    "tree_wild": _tree(False),
    "tree_trimmed": _tree(True),
    "leak": _leak(False),
    "leak_fixed": _leak(True),
    "corridor_full": _corridor(False),
    "corridor_clear": _corridor(True),
    "charging": _charging,
    "books": _books,
    "bus_stop": _bus_stop,
}
