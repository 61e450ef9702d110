"""Turns a clean page into a scan: skew, uneven light, noise, dust, and worse, by damage level."""

import io
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

TILE = 512
"""side of the noise that is repeated over the page"""


@dataclass(frozen=True, slots=True)
class Damage:
    """How bad a scan of a level is."""

    skew: float
    """degrees, at most"""
    noise: float
    """standard deviation in grey levels"""
    shade: int
    """grey levels that light falls off by"""
    dust: int
    """specks a page, at most"""
    blur: float
    """radius in pixels at 300 dpi"""
    fade: float
    """share of the ink's darkness lost"""
    quality: int
    """of the JPEG"""
    marks: float
    """chance of punch holes, a fold, a streak; each"""


LEVELS = (
    Damage(0.0, 0.0, 0, 0, 0.0, 0.0, 90, 0.0),
    Damage(0.7, 2.5, 10, 6, 0.0, 0.05, 82, 0.15),
    Damage(1.6, 6.0, 24, 40, 0.7, 0.15, 76, 0.4),
    Damage(2.6, 11.0, 44, 160, 1.3, 0.32, 62, 0.7),
)


def scan(image: Image.Image, damage: int, rng: Random, dpi: int = 300) -> Image.Image:
    """The page (L or RGB) as a scanner would deliver it, same size and mode. Damage 0 changes nothing."""
    level = LEVELS[damage]
    if damage == 0:
        return image.copy()
    page = image
    if level.blur:
        page = page.filter(ImageFilter.GaussianBlur(level.blur * dpi / 300))
    page = _faded(page, level, rng)
    page = _worn(page, level, rng, dpi)
    white = rng.randint(243, 252)
    angle = rng.uniform(-level.skew, level.skew)
    page = page.rotate(angle, Image.Resampling.BILINEAR, fillcolor=(white,) * 3 if page.mode == "RGB" else white)
    page = ImageChops.multiply(page, _light(page, level, rng))
    return _noisy(page, level, rng)


def jpeg_quality(damage: int) -> int:
    return LEVELS[damage].quality


def show_through(front: Image.Image, rng: Random) -> Image.Image:
    """The empty back of a sheet: its front, mirrored and hardly seen, and a few specks."""
    small = front.convert("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT).reduce(4)
    soft = small.filter(ImageFilter.GaussianBlur(1.5)).resize(front.size, Image.Resampling.BILINEAR)
    seen = rng.uniform(0.02, 0.05)
    faint = soft.point([round(255 - (255 - value) * seen) for value in range(256)])
    _specks(ImageDraw.Draw(faint), faint.size, rng, rng.randint(0, 8))
    return faint


def bilevel(image: Image.Image) -> Image.Image:
    """Black and white as a fax-class scanner makes it (mode 1)."""
    return image.convert("L").point([0] * 150 + [255] * 106).convert("1")


def encoded(image: Image.Image, kind: str, dpi: int, damage: int = 1) -> bytes:
    """The page as the bytes of a ``jpeg`` or ``png`` file that states its dpi."""
    buffer = io.BytesIO()
    if kind == "jpeg":
        image.save(buffer, "JPEG", quality=jpeg_quality(damage), dpi=(dpi, dpi))
    else:
        image.save(buffer, "PNG", compress_level=2, dpi=(dpi, dpi))
    return buffer.getvalue()


def _faded(page: Image.Image, level: Damage, rng: Random) -> Image.Image:
    ink, white = round(255 * level.fade * rng.uniform(0.3, 1.0)), rng.randint(246, 253)
    curve = [round(ink + value * (white - ink) / 255) for value in range(256)]
    return page.point(curve * len(page.getbands()))


def _worn(page: Image.Image, level: Damage, rng: Random, dpi: int) -> Image.Image:
    """Dust, punch holes at the left, a fold across, a streak along the feed."""
    page = page.copy()
    draw = ImageDraw.Draw(page)
    wide, tall = page.size
    _specks(draw, page.size, rng, rng.randint(0, level.dust))
    if rng.random() < level.marks:
        radius = dpi * 0.118
        for middle in (tall / 2 - dpi * 1.575, tall / 2 + dpi * 1.575):
            x = dpi * 0.47
            draw.ellipse((x - radius, middle - radius, x + radius, middle + radius), fill=_grey(page, 110))
    if rng.random() < level.marks:
        y = tall * rng.choice([1 / 3, 1 / 2, 2 / 3]) + rng.uniform(-40, 40)
        draw.line((0, y, wide, y + rng.uniform(-12, 12)), fill=_grey(page, 205), width=2)
    if rng.random() < level.marks / 2:
        x = rng.uniform(0.03, 0.97) * wide
        draw.line((x, 0, x, tall), fill=_grey(page, 180), width=1)
    return page


def _specks(draw: ImageDraw.ImageDraw, size: tuple[int, int], rng: Random, count: int) -> None:
    for _ in range(count):
        x, y, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.5, 2.6)
        grey = rng.randint(60, 170)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(grey,) * 3 if draw.mode == "RGB" else grey)


def _light(page: Image.Image, level: Damage, rng: Random) -> Image.Image:
    """Brightness that falls off towards one corner."""
    corners = Image.new("L", (2, 2))
    for place in ((0, 0), (1, 0), (0, 1), (1, 1)):
        corners.putpixel(place, 255 - rng.randint(0, level.shade))
    light = corners.resize((page.width, page.height), Image.Resampling.BILINEAR)
    return Image.merge("RGB", (light,) * 3) if page.mode == "RGB" else light


def _noisy(page: Image.Image, level: Damage, rng: Random) -> Image.Image:
    """Grain around 128, one tile turned and repeated, added to every band alike."""
    grains = np.random.default_rng(rng.getrandbits(63)).normal(128.0, level.noise, (TILE, TILE))
    tile = np.clip(np.rint(grains), 0, 255).astype(np.uint8)
    across, down = -(-page.width // TILE), -(-page.height // TILE)
    grain = Image.fromarray(np.tile(tile, (down, across))[: page.height, : page.width])
    if page.mode == "RGB":
        grain = Image.merge("RGB", (grain,) * 3)
    return ImageChops.add(page, grain, 1.0, -128)


def _grey(page: Image.Image, value: int) -> int | tuple[int, int, int]:
    return (value, value, value) if page.mode == "RGB" else value
