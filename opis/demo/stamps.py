"""What a registry puts on page one: the box stamp, the printed label, the number by hand, the barcode sticker."""

import datetime as dt
from dataclasses import dataclass
from random import Random

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from opis.demo.canvas import BLUE, INK, RED, Canvas
from opis.demo.handwriting import written
from opis.demo.spec import NumberOn
from opis.demo.typefaces import typeface
from pipeline.domain.registry import RegistryNumber

LEFT = 124.0
TOP = 14.0
"""millimetres: where marks go; letters keep this corner free"""
BAND = 58.0
"""millimetres from the top that a marked page leaves to letterhead and mark"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A registration on paper."""

    kind: NumberOn
    """``STAMP`` ``LABEL`` ``HAND`` ``STICKER``"""
    number: RegistryNumber
    date: dt.date
    institution: str
    sheets: int = 1


def apply_mark(canvas: Canvas, mark: Mark, rng: Random) -> None:
    """Puts the mark into the top right corner, a little askew, as a clerk does."""
    x, y = LEFT + rng.uniform(-3, 3), TOP + rng.uniform(-2, 4)
    if mark.kind in (NumberOn.STAMP, NumberOn.HAND):
        colour = BLUE if rng.random() < 0.75 else RED
        frame, numerals = _stamp(canvas, mark, rng)
        turn = rng.uniform(-2.2, 2.2)
        canvas.stamp(_turned(_worn(frame, rng), turn), x, y, colour)
        canvas.stamp(_turned(numerals, turn), x, y, BLUE if mark.kind is NumberOn.HAND else colour)
    elif mark.kind is NumberOn.LABEL:
        _paste(canvas, _label(canvas, mark, rng), x, y, rng)
    elif mark.kind is NumberOn.STICKER:
        _paste(canvas, _sticker(canvas, mark), x, y, rng)
    else:
        raise ValueError(f"not a mark on paper: {mark.kind}")


def _stamp(canvas: Canvas, mark: Mark, rng: Random) -> tuple[Image.Image, Image.Image]:
    """Two masks of one size: the rubber's own print, and the number and date set or written into it."""
    width, height = canvas.pixels(70), canvas.pixels(34)
    frame, numerals = Image.new("L", (width, height), 0), Image.new("L", (width, height), 0)
    draw, pen = ImageDraw.Draw(frame), max(2, canvas.pixels(0.5))
    draw.rectangle((pen, pen, width - pen, height - pen), outline=255, width=pen)
    centred = [(mark.institution.upper(), 6.2), ("REGISTRATURA GENERALĂ", 12.0)]
    for text, y in centred:
        draw.text((width / 2, canvas.pixels(y)), text, font=_fitting(canvas, text, 64, 9.5), fill=255, anchor="ms")
    words = _font(canvas, 10)
    draw.text((canvas.pixels(4), canvas.pixels(20.5)), "INTRARE Nr.", font=words, fill=255, anchor="ls")
    draw.line(
        (canvas.pixels(30), canvas.pixels(21.3), canvas.pixels(66), canvas.pixels(21.3)), fill=255, width=pen // 2
    )
    fields = [
        ("Ziua", 4.0, f"{mark.date.day:02d}"),
        ("Luna", 23.0, f"{mark.date.month:02d}"),
        ("Anul", 43.0, str(mark.date.year)),
    ]
    for name, x, _ in fields:
        draw.text((canvas.pixels(x), canvas.pixels(29.5)), name, font=words, fill=255, anchor="ls")
    values = [(mark.number.number, 33.0, 20.5), *((value, x + 9.8, 29.5) for _, x, value in fields)]
    for text, x, y in values:
        if mark.kind is NumberOn.HAND:
            digits = written(text, canvas.pixels(5.4), rng)
            numerals.paste(digits, (canvas.pixels(x), canvas.pixels(y - 6.2)), digits)
        else:
            font = typeface("typewriter", max(8, round(13 / 72 * canvas.dpi)), True)
            place = (canvas.pixels(x), canvas.pixels(y))
            ImageDraw.Draw(numerals).text(place, text, font=font, fill=255, anchor="ls")
    return frame, numerals


def _label(canvas: Canvas, mark: Mark, rng: Random) -> Image.Image:
    """The *bon de înregistrare* as a thermal printer makes it, without a barcode."""
    paper = Image.new("L", (canvas.pixels(66), canvas.pixels(36)), 252)
    draw = ImageDraw.Draw(paper)
    draw.rectangle((0, 0, paper.width - 1, paper.height - 1), outline=190, width=max(1, canvas.pixels(0.15)))
    hour = f"{rng.randint(8, 15):02d}:{rng.randint(0, 59):02d}"
    lines = [
        (mark.institution, 9.0, False),
        ("BON DE ÎNREGISTRARE", 10.0, True),
        (f"Nr. înregistrare: {mark.number.number}", 11.0, True),
        (f"Data: {mark.date.strftime('%d.%m.%Y')}   Ora: {hour}", 9.5, False),
        (f"Număr file: {mark.sheets}", 9.0, False),
    ]
    y = 1.6
    for text, points, bold in lines:
        y += 6.2
        font = _fitting(canvas, text, 60, points, bold)
        draw.text((canvas.pixels(3), canvas.pixels(y)), text, font=font, fill=30, anchor="ls")
    return paper


def _sticker(canvas: Canvas, mark: Mark) -> Image.Image:
    """A Code 128 that the default ``sticker_pattern`` reads, with its text below."""
    text = f"{mark.number.register}-{mark.number.number}/{mark.number.year}"
    paper = Image.new("L", (canvas.pixels(64), canvas.pixels(24)), 255)
    code = barcode(text, "Code128", canvas.pixels(54), canvas.pixels(13))
    paper.paste(code, ((paper.width - code.width) // 2, canvas.pixels(2)))
    font = _font(canvas, 10)
    ImageDraw.Draw(paper).text((paper.width / 2, canvas.pixels(21)), text, font=font, fill=0, anchor="ms")
    return paper


def barcode(text: str, symbology: str, width: int, height: int) -> Image.Image:
    """A code (L) of whole-pixel modules, at most ``width`` wide, with its quiet zone."""
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology))
    modules = Image.fromarray(made.to_image(scale=1, add_quiet_zones=True)).convert("L")
    scale = max(1, width // modules.width)
    if symbology == "QRCode":
        return modules.resize((modules.width * scale, modules.height * scale), Image.Resampling.NEAREST)
    row = modules.crop((0, modules.height // 2, modules.width, modules.height // 2 + 1))
    return row.resize((modules.width * scale, height), Image.Resampling.NEAREST)


def _paste(canvas: Canvas, paper: Image.Image, x: float, y: float, rng: Random) -> None:
    """A piece of paper stuck on, with the thin shadow of its edge."""
    angle = rng.uniform(-1.4, 1.4)
    mask = Image.new("L", paper.size, 255).rotate(angle, Image.Resampling.BILINEAR, expand=True)
    turned = paper.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    shadow = mask.point([round(value * 0.25) for value in range(256)])
    canvas.stamp(shadow, x + 0.25, y + 0.3, INK)
    canvas.stick(turned, mask, x, y)


def _turned(mask: Image.Image, angle: float) -> Image.Image:
    return mask.rotate(angle, Image.Resampling.BICUBIC, expand=True)


def _worn(mask: Image.Image, rng: Random) -> Image.Image:
    """Uneven ink: some places print fainter."""
    patches = Image.new("L", (7, 4))
    patches.putdata([rng.randint(150, 255) for _ in range(28)])
    uneven = patches.resize(mask.size, Image.Resampling.BICUBIC)
    return Image.composite(uneven, mask, mask)


def _font(canvas: Canvas, points: float) -> ImageFont.FreeTypeFont:
    return canvas.font("sans", points, True)


def _fitting(canvas: Canvas, text: str, width: float, points: float, bold: bool = True) -> ImageFont.FreeTypeFont:
    """The largest size up to ``points`` at which the text is at most ``width`` millimetres wide."""
    while points > 5 and canvas.width_of(text, "sans", points, bold) > width:
        points -= 0.5
    return canvas.font("sans", points, bold)
