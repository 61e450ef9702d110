"""The directories of a TIFF, walked by ourselves: how many pages, how large, how stored, and whether all is there."""

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.engines.input_faults import InputCode, refuse

MOST_DIRECTORIES = 100_000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_ROWS, STRIP_LENGTHS = 273, 274, 277, 278, 279
PLANAR, G3_OPTIONS, PREDICTOR, TILE_OFFSETS, TILE_LENGTHS, EXTRA_SAMPLES = 284, 292, 317, 324, 325, 338
JPEG_TABLES, YCBCR_SAMPLING = 347, 530
_WANTED = frozenset(
    (
        *(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER),
        *(STRIP_OFFSETS, ORIENTATION, SAMPLES, STRIP_ROWS, STRIP_LENGTHS),
        *(PLANAR, G3_OPTIONS, PREDICTOR, TILE_OFFSETS, TILE_LENGTHS, EXTRA_SAMPLES),
        *(JPEG_TABLES, YCBCR_SAMPLING),
    )
)


@dataclass(frozen=True, slots=True)
class TiffPage:
    """One directory: whole-number tags by number (JPEG tables as bytes)."""

    tags: dict[int, tuple[int, ...]]
    jpeg_tables: bytes

    def one(self, tag: int, otherwise: int) -> int:
        values = self.tags.get(tag)
        return values[0] if values else otherwise

    @property
    def width(self) -> int:
        return self.one(WIDTH, 0)

    @property
    def height(self) -> int:
        return self.one(HEIGHT, 0)

    @property
    def strips(self) -> tuple[tuple[int, int], ...]:
        """Offset and length of each strip; empty for tiled images."""
        return tuple(zip(self.tags.get(STRIP_OFFSETS, ()), self.tags.get(STRIP_LENGTHS, ()), strict=False))

    @property
    def pieces(self) -> tuple[tuple[int, int], ...]:
        """Offset and length of each strip or tile."""
        tiles = zip(self.tags.get(TILE_OFFSETS, ()), self.tags.get(TILE_LENGTHS, ()), strict=False)
        return self.strips or tuple(tiles)


def tiff_pages(path: Path) -> tuple[TiffPage, ...]:
    """All directories in order. ``InputFault`` ``truncated``, ``unreadable`` or ``no-pages``."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        pages = _walk(data)
        for index, page in enumerate(pages):
            for offset, length in page.pieces:
                if offset + length > len(data):
                    raise refuse(InputCode.TRUNCATED, f"samples of page {index + 1} go beyond the end", index)
    if not pages:
        raise refuse(InputCode.NO_PAGES, "a TIFF without a directory")
    return pages


def tiff_page(path: Path, index: int) -> TiffPage:
    """One directory, the others only stepped over."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = _Reader(data)
        offset = reader.first
        for _ in range(index):
            offset = reader.after(offset)
            if not offset:
                raise refuse(InputCode.PAGE_COUNT, f"the TIFF has no page {index + 1}", index)
        return reader.directory(offset)[0]


def _walk(data: mmap.mmap) -> tuple[TiffPage, ...]:
    reader = _Reader(data)
    pages: list[TiffPage] = []
    seen: set[int] = set()
    offset = reader.first
    while offset:
        if offset in seen or len(pages) >= MOST_DIRECTORIES:
            raise refuse(InputCode.UNREADABLE, "the directories of the TIFF go round in a circle")
        seen.add(offset)
        page, offset = reader.directory(offset)
        pages.append(page)
    return tuple(pages)


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._order = "<" if data[:2] == b"II" else ">"
        self._big = self._unpack("H", 2)[0] == 43
        self._offset = "Q" if self._big else "I"
        (self.first,) = self._unpack(self._offset, 8 if self._big else 4)

    def directory(self, offset: int) -> tuple[TiffPage, int]:
        """The directory at an offset, and where the next one is (0: nowhere)."""
        count_letter, entry_size = ("Q", 20) if self._big else ("H", 12)
        (count,) = self._unpack(count_letter, offset)
        place = offset + struct.calcsize(count_letter)
        if place + count * entry_size > len(self._data):
            raise refuse(InputCode.TRUNCATED, "a TIFF directory goes beyond the end")
        tags: dict[int, tuple[int, ...]] = {}
        tables = b""
        for entry in range(place, place + count * entry_size, entry_size):
            tag, kind = self._unpack("HH", entry)
            if kind not in _SIZES:
                continue
            values = self._values(entry, kind, tag in _WANTED)
            if tag == JPEG_TABLES:
                tables = bytes(value & 255 for value in values)
            elif tag in _WANTED:
                tags[tag] = tuple(values)
        (following,) = self._unpack(self._offset, place + count * entry_size)
        return TiffPage(tags, tables), following

    def after(self, offset: int) -> int:
        """Where the directory after the one at an offset is (0: nowhere)."""
        count_letter, entry_size = ("Q", 20) if self._big else ("H", 12)
        (count,) = self._unpack(count_letter, offset)
        return self._unpack(self._offset, offset + struct.calcsize(count_letter) + count * entry_size)[0]

    def _values(self, entry: int, kind: int, wanted: bool) -> Sequence[int]:
        """The values of an entry, whole numbers only; refuses those of any kind that go beyond the end."""
        (count,) = self._unpack(self._offset, entry + 4)
        room = 8 if self._big else 4
        place = entry + 4 + room
        if count * _SIZES[kind] > room:
            (place,) = self._unpack(self._offset, place)
        if place + count * _SIZES[kind] > len(self._data):
            raise refuse(InputCode.TRUNCATED, "the values of a TIFF tag go beyond the end")
        letter = _LETTERS.get(kind, "B" if _SIZES[kind] == 1 else "")
        return self._unpack(f"{count}{letter}", place) if letter and wanted else ()

    def _unpack(self, letters: str, offset: int) -> tuple[int, ...]:
        form = self._order + letters
        if offset + struct.calcsize(form) > len(self._data):
            raise refuse(InputCode.TRUNCATED, "the TIFF ends where more was to come")
        return struct.unpack_from(form, self._data, offset)
