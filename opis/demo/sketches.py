"""Plans and sketches: much line, little text."""

import math
from random import Random
from typing import Any

from opis.demo.canvas import Canvas
from opis.demo.people import Facts


def draw_plan(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random) -> None:
    """Parcels along a street, or the rooms of a house; a north arrow and a title block."""
    canvas.put(105, canvas.y, rng.choice(form["scales"]), "sans", 9.0, anchor="ms")
    if rng.random() < 0.6:
        _parcels(canvas, facts, rng)
    else:
        _rooms(canvas, form["rooms"], rng)
    _north(canvas, 182.0, 58.0)
    canvas.box(120, 252, 192, 284)
    for number, line in enumerate((facts["firm"], f"Beneficiar: {facts['name']}", f"Planșa {rng.randint(1, 12)}")):
        canvas.fitted(122, 260 + number * 9, line, 68, "sans", 9.0)


def _parcels(canvas: Canvas, facts: Facts, rng: Random) -> None:
    x, top, street = 24.0, 84.0, 190.0
    while x < 168:
        width = rng.uniform(22, 36)
        right, back = x + width, top + rng.uniform(-8, 8)
        canvas.line([(x, street), (x, back), (right, back + rng.uniform(-3, 3)), (right, street)], 0.35)
        canvas.put(x + width / 2, (top + street) / 2, str(rng.randint(100, 2900)), "sans", 8.0, anchor="ms")
        house = street - rng.uniform(18, 40)
        canvas.box(x + 4, house, right - 5, house + rng.uniform(9, 15), 0.6)
        x = right
    for offset in (0.0, 14.0):
        canvas.line([(20, street + offset), (x + 8, street + offset)], 0.5)
    for step in range(20, int(x), 8):
        canvas.line([(step, street + 7), (step + 4, street + 7)], 0.2)
    canvas.put(96, street + 11.5, facts["street"], "sans", 9.0, anchor="ms")


def _rooms(canvas: Canvas, names: list[str], rng: Random) -> None:
    left, top, right, bottom = 36.0, 78.0, 172.0, 226.0
    canvas.box(left, top, right, bottom, 1.1)
    across, down = left + rng.uniform(50, 80), top + rng.uniform(50, 90)
    canvas.line([(across, top), (across, bottom)], 0.7)
    canvas.line([(left, down), (right, down)], 0.7)
    corners = ((left, top), (across, top), (left, down), (across, down))
    for (x, y), name in zip(corners, rng.sample(names, 4), strict=True):
        canvas.put(x + 8, y + 16, name, "sans", 9.0)
        canvas.put(x + 8, y + 22, f"S = {rng.randint(4, 28)},{rng.randint(10, 95)} mp", "sans", 8.0)
        sweep = [(x + 10 + 9 * math.cos(a / 10), y + 40 + 9 * math.sin(a / 10)) for a in range(16)]
        canvas.line(sweep, 0.2)
    canvas.line([(left, bottom + 8), (right, bottom + 8)], 0.2)
    canvas.put(
        (left + right) / 2, bottom + 14, f"{rng.randint(8, 14)},{rng.randint(10, 95)} m", "sans", 8.0, anchor="ms"
    )


def _north(canvas: Canvas, x: float, y: float) -> None:
    canvas.line([(x, y + 16), (x, y), (x - 3, y + 6), (x + 3, y + 6), (x, y)], 0.4)
    canvas.put(x, y - 2, "N", "sans", 10.0, True, "ms")
