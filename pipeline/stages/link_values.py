"""What linking is given and gives: the register as looked up, a paper to link, the outcome with its questions."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.domain.batches import Document, ReviewKind
from pipeline.domain.messages import say
from pipeline.domain.pages import PageText
from pipeline.domain.registry import NO_LINK, Announced, Link, LinkSource, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.numbers import number_key
from pipeline.domain.romanian.stamps import Registration

ClaimKey = tuple[str, int, str]
"""register, year, ``number_key`` of the number"""
CLAIMED_TWICE = ("claimed_twice", "read_claimed")
"""codes of questions that name the other documents of a number"""
SHORT_ID = 8
"""characters of a document id that staff are shown"""
SOURCE_NAMES = {
    LinkSource.SEPARATOR: "separator",
    LinkSource.STICKER: "eticheta cu cod de bare",
    LinkSource.STAMP: "ștampilă",
    LinkSource.LABEL: "bonul de înregistrare",
    LinkSource.PERSON: "separatorul numit de o persoană",
}


class RegisterLookup(Protocol):
    """What linking asks; ``pipeline.ports.catalog.Catalog`` answers it."""

    def entry(self, number: RegistryNumber) -> RegistryEntry | None: ...

    def entries_numbered(self, number: str, register: str | None = None) -> list[RegistryEntry]: ...

    def register_known(self, register: str, year: int) -> bool: ...

    def documents_claiming(self, number: RegistryNumber) -> list[Document]: ...


@dataclass(frozen=True, slots=True)
class Paper:
    """A document to be linked."""

    id: str
    pages: tuple[tuple[int, PageText | None], ...]
    """batch page and what was read on it, in order"""
    announced: Announced | None = None

    @property
    def first(self) -> tuple[int, ...]:
        """Its first page, where a question about its number is to be looked at."""
        return tuple(page for page, _ in self.pages[:1])


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """A review to open; ``code`` is a text of ``messages_ro/link.toml``."""

    code: str
    pages: tuple[int, ...]
    values: tuple[tuple[str, str], ...] = ()
    kind: ReviewKind = ReviewKind.LINK

    @property
    def reason(self) -> str:
        """Romanian, one sentence."""
        return say(f"link.{self.code}", **dict(self.values))


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """The link of a document, what is asked about it, and who else claims its number."""

    link: Link = NO_LINK
    questions: tuple[LinkQuestion, ...] = ()
    rivals: tuple[str, ...] = ()
    """ids of other documents, whose links become ``conflict`` too"""
    entry: RegistryEntry | None = None
    """the register's row, when the number is one"""


def claim_key(number: RegistryNumber) -> ClaimKey:
    return number.register, number.year, number_key(number.number)


def link_to(
    number: RegistryNumber, entry: RegistryEntry | None, source: LinkSource, date: dt.date | None = None
) -> Link:
    """A link with all that the entry knows, in state ``none`` until the caller sets it.

    ``date`` stands in where the entry has none.
    """
    known = entry.number if entry else number
    return Link(
        register=known.register,
        year=known.year,
        number=known.number,
        date=(entry.date if entry else None) or date,
        channel=entry.channel if entry else None,
        source=source,
    )


def other_claimants(
    number: RegistryNumber,
    own_id: str,
    register: RegisterLookup,
    claims: Mapping[ClaimKey, Sequence[str]],
    batch: str | None,
) -> tuple[str, ...]:
    """Ids of other documents that claim a number; what the catalog knows of this very batch is out of date."""
    earlier = [each.id for each in register.documents_claiming(number) if batch is None or each.batch != batch]
    here = claims.get(claim_key(number), ())
    return tuple(dict.fromkeys(each for each in (*here, *earlier) if each != own_id))


def document_names(ids: Sequence[str]) -> str:
    """``documentul 1a2b…`` or ``documentele 1a2b…, 3c4d…``"""
    noun = "documentul" if len(ids) == 1 else "documentele"
    return f"{noun} {', '.join(each[:SHORT_ID] for each in ids)}"


def day(date: dt.date | None) -> str:
    """``27.09.2021``; a dash for no date"""
    return date.strftime("%d.%m.%Y") if date else "—"


def registration_name(registration: Registration) -> str:
    """``RG 48213/2021``, or without the year that cannot be read."""
    year = f"/{registration.year}" if registration.year is not None else ""
    return f"{registration.register} {registration.number}{year}"
