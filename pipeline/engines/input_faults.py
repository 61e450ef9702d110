"""Why a file cannot become a batch, as a closed list of codes, and how large a page may be."""

from enum import StrEnum

from pipeline.domain.errors import InputFault

LONGEST_SIDE = 32_767
"""pixels; Tesseract takes no longer side"""
MOST_PIXELS = 250_000_000


class InputCode(StrEnum):
    """Each has its Romanian reason in ``messages_ro/input.toml``."""

    EMPTY = "empty"
    UNSUPPORTED_FORMAT = "unsupported-format"
    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    NO_PAGES = "no-pages"
    PAGE_COUNT = "page-count"
    TOO_LARGE = "too-large"
    CORRUPT_IMAGE = "corrupt-image"


def refuse(code: InputCode, detail: str, index: int | None = None) -> InputFault:
    """The fault to raise; ``index`` is the page inside the file, from 0."""
    return InputFault(code.value, detail, None if index is None else index + 1)


def check_size(width: float, height: float, index: int | None = None) -> None:
    """Refuses a raster of absurd size, before anything is decoded."""
    if width < 1 or height < 1:
        raise refuse(InputCode.CORRUPT_IMAGE, f"an image of {width:.0f} x {height:.0f} pixels", index)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise refuse(InputCode.TOO_LARGE, f"{width:.0f} x {height:.0f} pixels", index)
