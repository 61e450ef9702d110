"""Scans made for tests: letters, stickers, sheets, and what scanners do to them. Lengths in mm, images grey."""

import random
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from pipeline.engines.fonts import SANS, SANS_BOLD, font_path
from pipeline.ports.engines import GreyImage

PAPER, INK = 250, 25
_TEXT = (
    "subsemnatul domiciliat în comuna strada județul vă rog să aprobați cererea privind eliberarea certificatului de "
    "urbanism pentru construirea unei locuințe conform legii către direcția impozite și taxe locale având în vedere "
    "adresa dumneavoastră înregistrată sub numărul prin care solicitați vă comunicăm următoarele documentația depusă "
    "este incompletă lipsind planul cadastral extrasul de carte funciară actualizat"
)
WORDS = tuple(_TEXT.split())


def px(mm: float, dpi: int) -> int:
    return round(mm / 25.4 * dpi)


def blank(dpi: int = 200, paper: int = PAPER) -> GreyImage:
    return np.full((px(297, dpi), px(210, dpi)), paper, np.uint8)


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path(SANS_BOLD if bold else SANS)), size)


def words(page: GreyImage, x: float, y: float, text: str, size: float, dpi: int = 200, bold: bool = False) -> GreyImage:
    image = Image.fromarray(page)
    ImageDraw.Draw(image).text((px(x, dpi), px(y, dpi)), text, font=_font(px(size, dpi), bold), fill=INK)
    return np.array(image)


def letter(dpi: int = 200, lines: int = 30, seed: int = 0, head: bool = True, points: float = 11) -> GreyImage:
    """Romanian running text between margins of 25 mm, paragraphs of six lines; cut off at the foot."""
    chance = random.Random(seed)
    image = Image.fromarray(blank(dpi))
    draw = ImageDraw.Draw(image)
    font = _font(round(points / 72 * dpi))
    top = 25.0
    if head:
        draw.text((px(25, dpi), px(top, dpi)), "Către: Primăria Comunei Exemplu", font=font, fill=INK)
        draw.text((px(90, dpi), px(top + 12, dpi)), "CERERE", font=font, fill=INK)
        top += 26
    for place in range(lines):
        last = place == lines - 1 or place % 6 == 5
        room = px(chance.uniform(60, 140) if last else 160, dpi)
        text = ""
        while draw.textlength(f"{text} {(word := chance.choice(WORDS))}", font=font) <= room:
            text = f"{text} {word}".strip()
        if top < 275:
            draw.text((px(25, dpi), px(top, dpi)), text.capitalize(), font=font, fill=INK)
        top += points / 72 * 25.4 * 1.35
    return np.array(image)


def code(text: str, kind: str = "QRCode", width: float = 20, height: float = 12, dpi: int = 200) -> GreyImage:
    """A symbol without quiet zone; ``kind`` is a format name of zxing-cpp."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat[kind])
    drawn = np.array(zxingcpp.write_barcode_to_image(symbol, scale=1 if kind == "QRCode" else 16))
    dark = np.argwhere(drawn < 128)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    drawn = drawn[top : bottom + 1, left : right + 1]
    if kind == "QRCode":
        height = width
    else:
        drawn = drawn[:1]
    return cv2.resize(
        drawn,
        (px(width, dpi), px(height, dpi)),
        interpolation=cv2.INTER_AREA if kind != "QRCode" else cv2.INTER_NEAREST,
    )


def put(page: GreyImage, part: GreyImage, x: float, y: float, dpi: int = 200, quiet: float = 3) -> GreyImage:
    """The page with the part on it, on a white patch."""
    page = page.copy()
    left, top, edge = px(x, dpi), px(y, dpi), px(quiet, dpi)
    page[max(0, top - edge) : top + part.shape[0] + edge, max(0, left - edge) : left + part.shape[1] + edge] = 255
    target = page[top : top + part.shape[0], left : left + part.shape[1]]
    target[:] = part[: target.shape[0], : target.shape[1]]
    return page


def disc(page: GreyImage, x: float, y: float, radius: float, grey: int, dpi: int = 200) -> GreyImage:
    page = page.copy()
    cv2.circle(page, (px(x, dpi), px(y, dpi)), max(1, px(radius, dpi)), grey, -1, cv2.LINE_AA)
    return page


def line(
    page: GreyImage, start: tuple[float, float], end: tuple[float, float], grey: int, thick: float, dpi: int = 200
) -> GreyImage:
    page = page.copy()
    places = [(px(x, dpi), px(y, dpi)) for x, y in (start, end)]
    cv2.line(page, places[0], places[1], grey, max(1, px(thick, dpi)), cv2.LINE_AA)
    return page


def skewed(page: GreyImage, degrees: float, beyond: int = PAPER) -> GreyImage:
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=beyond)


def turned(page: GreyImage, quarters: int) -> GreyImage:
    """Quarter turns against the clock."""
    return np.ascontiguousarray(np.rot90(page, quarters))


def faded(page: GreyImage, contrast: float) -> GreyImage:
    return (PAPER - (255 - page.astype(float)) * contrast * PAPER / 255).clip(0, 255).astype(np.uint8)


def noisy(page: GreyImage, sigma: float, seed: int = 0) -> GreyImage:
    noise = np.random.default_rng(seed).normal(0, sigma, page.shape)
    return np.clip(page + noise, 0, 255).astype(np.uint8)


def bitonal(page: GreyImage, threshold: int = 160) -> GreyImage:
    return np.where(page < threshold, 0, 255).astype(np.uint8)


def jpeg(page: GreyImage, quality: int) -> GreyImage:
    return cv2.imdecode(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def shining_through(page: GreyImage, contrast: float, dpi: int = 200) -> GreyImage:
    """The back of a sheet whose front is the page."""
    back = cv2.GaussianBlur(np.ascontiguousarray(page[:, ::-1]), (0, 0), dpi / 150)
    return noisy(faded(back, contrast), 5)


def rendered(pdf: Path, dpi: int) -> list[GreyImage]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", str(pdf), f"{folder}/p"], check=True)
        return [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in sorted(Path(folder).glob("*.pgm"))]
