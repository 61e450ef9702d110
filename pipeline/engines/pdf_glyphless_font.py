"""The font of the invisible text layer: one empty glyph for every character, and a table back to Unicode.

Words are never seen, so the font has no shapes: each character used in a document gets a code, all codes lead to one
blank glyph half an em wide, and ToUnicode says which character the code stands for. That is all PDF/A-2u asks.
"""

import struct
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pikepdf

ADVANCE = 0.5
"""width of every character, in em"""
STEP = 0.1
"""ascents and descents are rounded to this, in em"""
_UNITS = 1000
_NAME = "OpisInvisible"
_BLOCK = 100
"""entries that a CMap block may hold"""
_MOST_CODES = 0xFFFE
_FORBIDDEN = {0xFEFF, 0xFFFE, 0xFFFF}


def readable(text: str) -> str:
    """In composed letters, without what ToUnicode may not name: controls, lone surrogates, byte order marks."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if unicodedata.category(letter) not in ("Cc", "Cs") and ord(letter) not in _FORBIDDEN
    )


@dataclass(frozen=True, slots=True)
class Face:
    """The font under one ascent and descent: what readers take for the height of its words."""

    name: str
    """in the resources of a page"""
    font: Any


class InvisibleFont:
    """The font in a PDF for a set of characters, with as many faces as asked for. The same use gives the same bytes."""

    def __init__(self, pdf: pikepdf.Pdf, characters: Iterable[str]) -> None:
        letters = sorted(set(characters))[:_MOST_CODES]
        program = font_program()
        self._pdf = pdf
        self._codes = {letter: f"{code:04X}" for code, letter in enumerate(letters, 1)}
        self._file = pdf.make_stream(zlib.compress(program, 9), Filter=pikepdf.Name.FlateDecode, Length1=len(program))
        self._glyphs = _flate(pdf, b"\0\0" + b"\0\1" * len(letters))
        self._to_unicode = _flate(pdf, _to_unicode(letters))
        self._faces: dict[tuple[int, int], Face] = {}

    def encode(self, text: str) -> str:
        """Hexadecimal string of a text; characters that the font was not made for are left out."""
        return "".join([self._codes.get(letter, "") for letter in text])

    def face(self, ascent: float, descent: float) -> Face:
        """The face for boxes that go so far above and below the baseline, in em."""
        steps = (max(1, round(ascent / STEP)), max(0, round(descent / STEP)))
        if steps not in self._faces:
            self._faces[steps] = Face(f"/T{len(self._faces)}", self._made(*steps))
        return self._faces[steps]

    def _made(self, ascent_steps: int, descent_steps: int) -> Any:
        ascent, descent = round(ascent_steps * STEP * _UNITS), -max(1, round(descent_steps * STEP * _UNITS))
        descriptor = pikepdf.Dictionary(
            Type=pikepdf.Name.FontDescriptor,
            FontName=pikepdf.Name("/" + _NAME),
            Flags=5,
            FontBBox=[0, descent, round(ADVANCE * _UNITS), ascent],
            ItalicAngle=0,
            Ascent=ascent,
            Descent=descent,
            CapHeight=ascent,
            StemV=80,
            FontFile2=self._file,
        )
        descendant = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.CIDFontType2,
            BaseFont=pikepdf.Name("/" + _NAME),
            CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=self._pdf.make_indirect(descriptor),
            DW=round(ADVANCE * _UNITS),
            CIDToGIDMap=self._glyphs,
        )
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=pikepdf.Name("/" + _NAME),
            Encoding=pikepdf.Name("/Identity-H"),
            DescendantFonts=[self._pdf.make_indirect(descendant)],
            ToUnicode=self._to_unicode,
        )
        return self._pdf.make_indirect(font)


def _flate(pdf: pikepdf.Pdf, data: bytes) -> Any:
    return pdf.make_stream(zlib.compress(data, 9), Filter=pikepdf.Name.FlateDecode)


def _to_unicode(letters: list[str]) -> bytes:
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    for start in range(0, len(letters), _BLOCK):
        block = letters[start : start + _BLOCK]
        lines.append(f"{len(block)} beginbfchar")
        for code, letter in enumerate(block, start + 1):
            lines.append(f"<{code:04X}> <{letter.encode('utf-16-be').hex().upper()}>")
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end", ""]
    return "\n".join(lines).encode("ascii")


def font_program() -> bytes:
    """A TrueType file of two empty glyphs, each half an em wide."""
    glyphs, advance = 2, round(ADVANCE * _UNITS)
    ascent, descent = _UNITS, 0
    tables = {
        b"glyf": b"\0\0\0\0",
        b"head": struct.pack(
            *(">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _UNITS, 0, 0),
            *(0, descent, advance, ascent, 0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(">IhhhHhhhhhh8xhH", 0x10000, ascent, descent, 0, advance, 0, 0, 0, 1, 0, 0, 0, glyphs),
        b"hmtx": struct.pack(">Hh", advance, 0) * glyphs,
        b"loca": struct.pack(">H", 0) * (glyphs + 1),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, glyphs, *([0] * 4), 2, *([0] * 8)),
    }
    count = len(tables)
    power = count.bit_length() - 1
    header = struct.pack(">IHHHH", 0x10000, count, 16 << power, power, 16 * count - (16 << power))
    offset, directory, body = len(header) + 16 * count, b"", b""
    for tag, data in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, _checksum(data), offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    program = header + directory + body
    head = program.index(b"head") + 8
    (place,) = struct.unpack_from(">I", program, head)
    adjustment = (0xB1B0AFBA - _checksum(program)) & 0xFFFFFFFF
    return program[: place + 8] + struct.pack(">I", adjustment) + program[place + 12 :]


def _checksum(data: bytes) -> int:
    padded = data + b"\0" * (-len(data) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
