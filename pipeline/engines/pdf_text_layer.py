"""The invisible text layer of a page: each word in its box, followed by its blank, in reading order."""

from dataclasses import dataclass
from typing import Any

from pipeline.domain.pages import PageText
from pipeline.engines.pdf_glyphless_font import ADVANCE, InvisibleFont, readable
from pipeline.engines.text_baselines import StandingWord, standing_words

BLANK = " "


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Content stream operators, and the fonts that they name."""

    operators: str
    fonts: dict[str, Any]


def layer_text(text: PageText) -> str:
    """All characters that the layer of a page will use."""
    return BLANK + "".join(readable(word.text) for word in text.words)


def text_layer(text: PageText, font: InvisibleFont, width: float, height: float) -> TextLayer:
    """Lays the words on an upright page of ``width`` by ``height`` points."""
    across, down = width / text.width, height / text.height
    operators = ["BT 3 Tr"]
    fonts: dict[str, Any] = {}
    current = ""
    for standing in standing_words(text.words):
        letters = readable(standing.word.text)
        if not letters:
            continue
        face = font.face(standing.ascent, standing.descent)
        if face.name != current:
            operators.append(f"{face.name} 1 Tf")
            current, fonts[face.name] = face.name, face.font
        matrix = _matrix(standing, len(letters), across, down, height)
        operators.append(f"{matrix} Tm <{font.encode(letters + BLANK)}> Tj")
    operators.append("ET")
    return TextLayer("\n".join(operators) if fonts else "", fonts)


def _matrix(standing: StandingWord, letters: int, across: float, down: float, height: float) -> str:
    """The text matrix carries the size: the letters fill the box's width exactly, whatever their true widths."""
    stretch = max(standing.word.width, 1) * across / (letters * ADVANCE)
    values = (stretch, 0, 0, standing.size * down, standing.word.left * across, height - standing.baseline * down)
    return " ".join(_number(value) for value in values)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
