"""File names are data: which are left alone, their order, their numbered variants, and how they are shown."""

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

NAME_BYTES = 255
"""longest name that Linux file systems take"""
RESERVED = frozenset({".opis", "finalizate", "eroare"})
MARKERS = frozenset({".gata", ".done"})
"""a sub-folder with one of these is complete"""
IMAGE_EXTENSIONS = frozenset({".tif", ".tiff", ".jpg", ".jpeg", ".png"})
SUPPORTED_EXTENSIONS = IMAGE_EXTENSIONS | {".pdf"}
_IGNORED_ENDINGS = (".tmp", ".part", "~")
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_DIGITS = re.compile(r"([0-9]+)")
_NUMBER = re.compile(r"-([0-9]{1,9})$")
_LONGEST_EXTENSION = 16
"""bytes; a longer ending is part of the name"""


def is_ignored(name: str) -> bool:
    """Whether a name is left alone: dot files, temporary names, what desktops leave behind."""
    folded = name.lower()
    return folded.startswith((".", "~")) or folded.endswith(_IGNORED_ENDINGS) or folded in _IGNORED_NAMES


def extension(name: str) -> str:
    """Lower case with its dot; empty when there is none."""
    return Path(name).suffix.lower()


def natural_key(name: str) -> tuple[Any, ...]:
    """Sorts p2 before p10, without regard to case; equal names by their bytes."""
    parts = _DIGITS.split(name.casefold())
    return ([int(part) if place % 2 else part for place, part in enumerate(parts)], os.fsencode(name))


def display_name(path: Path | str) -> str:
    """The last part of a path as printable text; undecodable bytes, control and direction marks become escapes."""
    return printable(Path(path).name)


def printable(text: str) -> str:
    """Any text as valid printable UTF-8 on one line."""
    return "".join(sign if sign.isprintable() else _escape(ord(sign)) for sign in text)


def _escape(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def numbered(name: str, number: int, is_folder: bool, room: int = 0) -> str:
    """``NAME`` for 1, then ``NAME-2``, ``NAME-3``… before the extension of a file, at the end of a folder's name.

    ``room`` bytes are kept free after it; the stem is shortened where the whole would not fit.
    """
    stem, ending = _split(name, is_folder)
    if number > 1:
        ending = f"-{number}{ending}"
    return _shortened(stem, NAME_BYTES - room - len(os.fsencode(ending))) + ending


def variants(name: str, is_folder: bool, room: int = 0) -> Iterator[str]:
    """All names that an item may get where its own is taken, in order, without end."""
    return (numbered(name, number, is_folder, room) for number in count(1))


def is_variant(other: str, name: str, is_folder: bool, room: int = 0) -> bool:
    """Whether ``other`` is one of the variants of ``name``."""
    number = _NUMBER.search(_split(other, is_folder)[0])
    possible = {1, int(number[1])} if number else {1}
    return any(other == numbered(name, one, is_folder, room) for one in possible)


def _split(name: str, is_folder: bool) -> tuple[str, str]:
    ending = "" if is_folder else Path(name).suffix
    if len(os.fsencode(ending)) > _LONGEST_EXTENSION:
        ending = ""
    return name.removesuffix(ending), ending


def _shortened(stem: str, size: int) -> str:
    data = os.fsencode(stem)
    if len(data) <= size:
        return stem
    data = data[:size]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            data = data[: error.start]
    return os.fsdecode(data)
