"""The typefaces of the demo: DejaVu faces, measured the same on every machine."""

from functools import cache

from PIL import ImageFont

from pipeline.engines.fonts import SANS, SANS_BOLD, font_path

FACES = {
    "serif": ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf"),
    "sans": (SANS, SANS_BOLD),
    "typewriter": ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
}
NARROWNESS = {"serif": 0.88, "sans": 0.9, "typewriter": 0.86}
"""DejaVu is wide: the share of a nominal size at which it fills a line as office fonts do"""


@cache
def typeface(face: str, pixels: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels. ``MissingPart`` when the fonts are not installed."""
    path = font_path(FACES[face][bold])
    return ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.BASIC)
