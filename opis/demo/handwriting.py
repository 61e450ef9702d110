"""Ink by hand: digits and signatures as jittered strokes, since no free handwriting font can be counted on."""

import math
from random import Random

from PIL import Image, ImageDraw

Stroke = tuple[tuple[float, float], ...]

DIGITS: dict[str, tuple[Stroke, ...]] = {
    "0": (((0.5, 0.02), (0.14, 0.25), (0.08, 0.6), (0.3, 0.96), (0.66, 0.92), (0.9, 0.55), (0.8, 0.18), (0.48, 0.02)),),
    "1": (((0.2, 0.3), (0.58, 0.02)), ((0.58, 0.02), (0.55, 0.5), (0.52, 0.98))),
    "2": (
        ((0.12, 0.24), (0.34, 0.03), (0.7, 0.1), (0.74, 0.36), (0.44, 0.7), (0.1, 0.95)),
        ((0.1, 0.95), (0.5, 0.92), (0.88, 0.96)),
    ),
    "3": (
        ((0.14, 0.1), (0.5, 0.02), (0.78, 0.18), (0.66, 0.42), (0.38, 0.48)),
        ((0.38, 0.48), (0.76, 0.56), (0.8, 0.82), (0.48, 0.99), (0.1, 0.88)),
    ),
    "4": (((0.6, 0.02), (0.3, 0.4), (0.08, 0.66)),
        ((0.08, 0.66), (0.5, 0.64), (0.94, 0.65)),
        ((0.68, 0.4), (0.64, 1.0))),
    "5": (
        ((0.84, 0.04), (0.5, 0.05), (0.24, 0.06)),
        ((0.24, 0.06), (0.18, 0.44)),
        ((0.18, 0.44), (0.52, 0.36), (0.84, 0.6), (0.7, 0.92), (0.36, 0.99), (0.1, 0.88)),
    ),
    "6": (
        ((0.7, 0.03), (0.34, 0.26), (0.12, 0.64), (0.28, 0.96), (0.66, 0.94), (0.8, 0.68), (0.56, 0.5), (0.18, 0.66)),
    ),
    "7": (((0.1, 0.08), (0.5, 0.06), (0.88, 0.06)),
        ((0.88, 0.06), (0.56, 0.5), (0.36, 0.98)),
        ((0.3, 0.52), (0.74, 0.5))),
    "8": (
        (
            (0.72, 0.16), (0.46, 0.02), (0.22, 0.18), (0.4, 0.42), (0.72, 0.64), (0.74, 0.88),
            (0.46, 0.99), (0.18, 0.84), (0.3, 0.6), (0.64, 0.4), (0.74, 0.18),
        ),
    ),
    "9": (((0.78, 0.26), (0.5, 0.03), (0.2, 0.2), (0.28, 0.46), (0.62, 0.46), (0.8, 0.22)),
        ((0.8, 0.22), (0.74, 0.98))),
    ".": (((0.16, 0.94), (0.2, 0.97)),),
    "/": (((0.8, -0.05), (0.2, 1.08)),),
}  # fmt: skip
WIDTHS = {".": 0.35, "/": 0.6, " ": 0.5}
SMOOTH = 2
"""drawn so many times larger, then reduced"""


def written(text: str, height: int, rng: Random) -> Image.Image:
    """A mask (L) of digits, dots and slashes by hand, ``height`` pixels tall; other signs are skipped."""
    tall = height * SMOOTH
    advance = tall * 0.66
    image = Image.new("L", (int(advance * (len(text) + 1)), int(tall * 1.5)), 0)
    draw = ImageDraw.Draw(image)
    pen = max(2, round(tall * rng.uniform(0.075, 0.1)))
    slant = rng.uniform(0.02, 0.16)
    x = tall * 0.2
    for sign in text:
        scale = tall * rng.uniform(0.92, 1.05)
        base = tall * (0.2 + rng.uniform(-0.03, 0.03))
        for stroke in DIGITS.get(sign, ()):
            wobbly = [(px + rng.gauss(0, 0.018), py + rng.gauss(0, 0.018)) for px, py in stroke]
            path = [(x + (px * 0.56 + slant * (1 - py)) * scale, base + py * scale) for px, py in smooth(wobbly)]
            _trace(draw, path, pen)
        x += advance * WIDTHS.get(sign, 1.0) * rng.uniform(0.95, 1.06)
    return _reduced(image.crop((0, 0, int(x + tall * 0.3), image.height)))


def signature(width: int, rng: Random) -> Image.Image:
    """A mask (L) of a scribble about ``width`` pixels wide: a capital's loop, waves, a closing flourish."""
    wide, tall = width * SMOOTH, int(width * SMOOTH * 0.42)
    image = Image.new("L", (wide, tall), 0)
    draw = ImageDraw.Draw(image)
    pen = max(2, round(wide * rng.uniform(0.006, 0.01)))
    loop = rng.uniform(0.5, 0.9)
    capital = [(0.06, 0.62), (0.12, 0.62 - loop * 0.6), (0.2, 0.16), (0.18, 0.66), (0.1, 0.72), (0.2, 0.5)]
    points = [(x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.12, 0.12)) for x, y in capital]
    waves = rng.randint(5, 10)
    for number in range(waves):
        along = 0.22 + 0.5 * number / waves
        swing = rng.uniform(0.06, 0.24) * (1 if number % 2 else -1) * (2.0 if rng.random() < 0.2 else 1.0)
        points.append((along + rng.uniform(-0.02, 0.03), 0.55 + swing))
    points += [(0.8, 0.5), (0.92, rng.uniform(0.2, 0.4)), (0.7, rng.uniform(0.7, 0.85)), (0.2, rng.uniform(0.8, 0.92))]
    _trace(draw, [(x * wide, y * tall) for x, y in smooth(points)], pen)
    return _reduced(image.rotate(rng.uniform(-4, 7), Image.Resampling.BILINEAR))


def smooth(points: list[tuple[float, float]], steps: int = 8) -> list[tuple[float, float]]:
    """Catmull-Rom curve through the points."""
    if len(points) < 3:
        return list(points)
    padded = [points[0], *points, points[-1]]
    curve = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            curve.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return [*curve, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def _trace(draw: ImageDraw.ImageDraw, path: list[tuple[float, float]], pen: int) -> None:
    draw.line(path, fill=235, width=pen, joint="curve")
    half = pen / 2
    for x, y in (path[0], path[-1]):
        draw.ellipse((x - half, y - half, x + half, y + half), fill=235)


def _reduced(image: Image.Image) -> Image.Image:
    size = (math.ceil(image.width / SMOOTH), math.ceil(image.height / SMOOTH))
    return image.resize(size, Image.Resampling.BILINEAR)
