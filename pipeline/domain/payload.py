"""The payload of Opis' own separators: parse, check, make.

``OPIS1:<kind>:<institution>:<register>:<year>:<number>:<count>:<check>``, upper-case ASCII, at most 40 characters;
``<check>`` is ISO 7064 MOD 37,36 over the letters and digits of all fields from kind to count.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

from pipeline.domain.registry import RegistryNumber

MAX_LENGTH = 40
OURS = re.compile(r"(?i)OPIS\d*(?::|$)")
"""a payload that begins so claims to be ours, sound or not"""
_PATTERN = re.compile(
    r"OPIS1:(?P<kind>[DABE]):(?P<institution>[A-Z0-9-]{1,12}):"
    r"(?:(?P<register>[A-Z0-9-]{1,12}):(?P<year>\d{4}):(?P<number>[A-Z0-9./-]{1,24}):(?P<count>\d{0,5})|:::)"
    r":(?P<check>[0-9A-Z])",
    re.ASCII,
)


class PayloadKind(StrEnum):
    DOCUMENT = "D"
    ANNEX = "A"
    BATCH_SLIP = "B"
    BATCH_END = "E"


@dataclass(frozen=True, slots=True)
class Payload:
    """A sound payload; ``number`` and ``count`` are None where the separator does not know them."""

    kind: PayloadKind
    institution: str
    number: RegistryNumber | None
    count: int | None
    """D, A: physical sheets of the document; B, E: documents of the batch"""


def claims_to_be_ours(text: str) -> bool:
    return OURS.match(text) is not None


def parse_payload(text: str) -> Payload | None:
    """The payload, or None when the text does not fit the pattern or fails its check."""
    match = _PATTERN.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None or match["check"] != _check_character(text[len("OPIS1:") : -2]):
        return None
    number = None
    if match["number"] is not None:
        number = RegistryNumber(match["register"], int(match["year"]), match["number"])
    count = int(match["count"]) if match["count"] else None
    return Payload(PayloadKind(match["kind"]), match["institution"], number, count)


def make_payload(
    kind: PayloadKind, institution: str, number: RegistryNumber | None = None, count: int | None = None
) -> str:
    """The text to print.

    Raises ``ValueError`` when a part does not fit the pattern or the whole is longer than 40 characters.
    """
    if number is None and count is not None:
        raise ValueError("a count needs a number")
    middle = (
        ":::"
        if number is None
        else f"{number.register}:{number.year:04d}:{number.number}:{'' if count is None else count}"
    )
    body = f"{kind}:{institution}:{middle}"
    text = f"OPIS1:{body}:{_check_character(body)}"
    if parse_payload(text) is None:
        raise ValueError(f"does not fit a separator payload: {text}")
    return text


def _check_character(body: str) -> str:
    letters = "".join(sign for sign in body if sign.isascii() and sign.isalnum())
    try:
        return str(mod_37_36.calc_check_digit(letters))
    except (ValueError, ValidationError):
        return ""
