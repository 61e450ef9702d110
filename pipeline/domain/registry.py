"""The institution's register: numbers, entries, and the link of a document to one of them."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

PAPER_CHANNELS = frozenset({"ghișeu", "poștă", "fax"})
"""channels whose papers are scanned; ``e-mail``, ``aplicație``, ``telefon`` never are"""


class LinkSource(StrEnum):
    SEPARATOR = "separator"
    STICKER = "sticker"
    STAMP = "stamp"
    LABEL = "label"
    PERSON = "person"


class LinkState(StrEnum):
    CERTAIN = "certain"
    PROPOSED = "proposed"
    CONFLICT = "conflict"
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class RegistryNumber:
    """Unique in this triple; the desk where it was given is no part of it."""

    register: str
    year: int
    number: str
    """as the register writes it, without blanks; compare through ``romanian.numbers.number_key``"""

    def __str__(self) -> str:
        return f"{self.register} {self.number}/{self.year}"


@dataclass(frozen=True, slots=True)
class Announced:
    """The number that a separator or a sticker names for a document; stickers may leave the year out."""

    register: str
    year: int | None
    number: str
    source: LinkSource

    def names_same(self, other: "Announced") -> bool:
        """Whether both name one number, wherever it was read."""
        return (self.register, self.year, self.number) == (other.register, other.year, other.number)


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One row of the register, as imported."""

    number: RegistryNumber
    date: dt.date | None = None
    sender: str | None = None
    subject: str | None = None
    sheets: int | None = None
    department: str | None = None
    """a department code known to the configuration, else None"""
    channel: str | None = None
    """``ghișeu`` ``poștă`` ``fax`` ``e-mail`` ``aplicație`` ``telefon``, else as written"""


@dataclass(frozen=True, slots=True)
class Link:
    """document ↔ registry entry. An unknown link is all None with state ``none``."""

    register: str | None = None
    year: int | None = None
    number: str | None = None
    date: dt.date | None = None
    channel: str | None = None
    source: LinkSource | None = None
    state: LinkState = LinkState.NONE

    @property
    def registry_number(self) -> RegistryNumber | None:
        """The triple, when all three parts are known."""
        if self.register is None or self.year is None or self.number is None:
            return None
        return RegistryNumber(self.register, self.year, self.number)


NO_LINK = Link()
