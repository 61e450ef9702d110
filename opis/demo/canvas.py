"""A sheet of paper to print on: millimetres in, pixels out, and a record of what was printed."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from opis.demo.typefaces import NARROWNESS, typeface

A4 = (210.0, 297.0)
INK = (18, 18, 22)
BLUE = (38, 58, 150)
RED = (176, 34, 44)
Colour = tuple[int, int, int]
Point = tuple[float, float]


class Canvas:
    """An A4 sheet; ``y`` is the millimetre where the next block goes, ``text`` what stands on it so far."""

    def __init__(self, dpi: int = 300, colour: bool = False, top: float = 20.0) -> None:
        self.dpi = dpi
        size = (round(A4[0] / 25.4 * dpi), round(A4[1] / 25.4 * dpi))
        self.image = Image.new("RGB" if colour else "L", size, (255, 255, 255) if colour else 255)
        self._draw = ImageDraw.Draw(self.image)
        self._lines: list[str] = []
        self.y = top

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def pixels(self, millimetres: float) -> int:
        return round(millimetres / 25.4 * self.dpi)

    def font(self, face: str, points: float, bold: bool = False) -> ImageFont.FreeTypeFont:
        return typeface(face, max(6, round(points * NARROWNESS[face] / 72 * self.dpi)), bold)

    def width_of(self, text: str, face: str, points: float, bold: bool = False) -> float:
        """Millimetres."""
        return self.font(face, points, bold).getlength(text) / self.dpi * 25.4

    def put(
        self,
        x: float,
        y: float,
        text: str,
        face: str = "serif",
        points: float = 11.5,
        bold: bool = False,
        anchor: str = "ls",
    ) -> None:
        """One line at its baseline; ``anchor`` as Pillow has it."""
        if text.strip():
            self._lines.append(text.strip())
        self._ink_text(x, y, text, self.font(face, points, bold), anchor)

    def fitted(
        self,
        x: float,
        y: float,
        text: str,
        room: float,
        face: str,
        points: float,
        bold: bool = False,
        anchor: str = "ls",
    ) -> None:
        """As ``put``, smaller where the text would be wider than ``room`` millimetres."""
        while points > 6 and self.width_of(text, face, points, bold) > room:
            points -= 0.5
        self.put(x, y, text, face, points, bold, anchor)

    def _ink_text(self, x: float, y: float, text: str, font: ImageFont.FreeTypeFont, anchor: str) -> None:
        place = (self.pixels(x), self.pixels(y))
        self._draw.text(place, text, font=font, fill=self._fill(INK), anchor=anchor)

    def paragraph(
        self,
        text: str,
        face: str = "serif",
        points: float = 11.5,
        left: float = 25.0,
        right: float = 190.0,
        indent: float = 0.0,
        justify: bool = False,
        bold: bool = False,
        leading: float = 1.45,
    ) -> None:
        """Wrapped text at ``y``, which moves below it."""
        font = self.font(face, points, bold)
        step = points * leading / 72 * 25.4
        lines = wrap(text, font, self.pixels(right - left), self.pixels(indent))
        for number, words in enumerate(lines):
            self.y += step
            start = left + (indent if number == 0 else 0.0)
            self._lines.append(" ".join(words))
            if justify and number < len(lines) - 1 and len(words) > 3:
                self._spread(words, font, start, right)
            else:
                self._ink_text(start, self.y, " ".join(words), font, "ls")

    def _spread(self, words: Sequence[str], font: ImageFont.FreeTypeFont, left: float, right: float) -> None:
        lengths = [font.getlength(word) for word in words]
        gap = (self.pixels(right - left) - sum(lengths)) / (len(words) - 1)
        x = float(self.pixels(left))
        for word, length in zip(words, lengths, strict=True):
            self._draw.text((x, self.pixels(self.y)), word, font=font, fill=self._fill(INK), anchor="ls")
            x += length + gap

    def line(self, points: Sequence[Point], width: float = 0.3) -> None:
        """A polyline in millimetres."""
        path = [(self.pixels(x), self.pixels(y)) for x, y in points]
        self._draw.line(path, fill=self._fill(INK), width=max(1, self.pixels(width)), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, width: float = 0.3) -> None:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        self.line(corners, width)

    def shade(self, left: float, top: float, right: float, bottom: float, grey: int) -> None:
        place = (self.pixels(left), self.pixels(top), self.pixels(right), self.pixels(bottom))
        self._draw.rectangle(place, fill=self._fill((grey, grey, grey)))

    def stamp(self, mask: Image.Image, x: float, y: float, colour: Colour = INK) -> None:
        """Inks a mask (L, 255 = full ink) with its top left corner at x, y."""
        self.image.paste(self._fill(colour), (self.pixels(x), self.pixels(y)), mask)

    def stick(self, paper: Image.Image, mask: Image.Image, x: float, y: float) -> None:
        """Pastes a piece of paper (L) where the mask says."""
        self.image.paste(paper.convert(self.image.mode), (self.pixels(x), self.pixels(y)), mask)

    def _fill(self, colour: Colour) -> int | Colour:
        red, green, blue = colour
        return colour if self.image.mode == "RGB" else round(0.299 * red + 0.587 * green + 0.114 * blue)


def wrap(text: str, font: ImageFont.FreeTypeFont, width: float, indent: float = 0.0) -> list[list[str]]:
    """Words by line, as wide as fits; a word longer than the line stands alone."""
    lines: list[list[str]] = []
    room = 0.0
    blank = font.getlength(" ")
    for word in text.split():
        length = font.getlength(word)
        if lines and length <= room:
            lines[-1].append(word)
        else:
            room = width - (0.0 if lines else indent)
            lines.append([word])
        room -= length + blank
    return lines
