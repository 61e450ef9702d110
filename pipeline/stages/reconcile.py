"""Reconciliation of a day: what the register announces against what was scanned."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.batches import Document, DocumentKind
from pipeline.domain.registry import PAPER_CHANNELS, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.numbers import number_key

NEVER_SCANNED = frozenset({"e-mail", "aplicație", "telefon"})


class ExtraReason(StrEnum):
    NOT_IN_REGISTER = "not_in_register"
    NEVER_SCANNED = "never_scanned"
    """its entry came by a channel whose papers are never scanned"""


@dataclass(frozen=True, slots=True)
class ScannedEntry:
    """An entry with the documents that claim its number, in the order given."""

    entry: RegistryEntry
    documents: tuple[str, ...]
    certain: bool
    """exactly one document, linked for certain"""


@dataclass(frozen=True, slots=True)
class ExtraDocument:
    document: str
    number: RegistryNumber | None
    date: dt.date | None
    reason: ExtraReason


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Entries in register order; every entry of the day on paper is scanned or missing."""

    day: dt.date
    scanned: tuple[ScannedEntry, ...]
    missing: tuple[RegistryEntry, ...]
    extra: tuple[ExtraDocument, ...]


def reconcile(day: dt.date, entries: Sequence[RegistryEntry], documents: Sequence[Document]) -> Reconciliation:
    """Compares the entries of a day with the documents linked to it.

    Entries of another day are left out; so are annexes, documents without a link, and documents that neither claim an
    entry of the day nor bear its date. An entry without channel counts as paper.
    """
    of_day = {_key(entry.number): entry for entry in sorted(entries, key=_order) if entry.date == day}
    claims: dict[tuple[str, int, str], list[Document]] = defaultdict(list)
    extra: list[ExtraDocument] = []
    for document in documents:
        link = document.link
        if document.kind is DocumentKind.ANNEX or link.state is LinkState.NONE:
            continue
        number = link.registry_number
        entry = of_day.get(_key(number)) if number else None
        if entry is None:
            if link.date == day:
                extra.append(ExtraDocument(document.id, number, link.date, ExtraReason.NOT_IN_REGISTER))
        elif entry.channel in NEVER_SCANNED:
            extra.append(ExtraDocument(document.id, number, link.date, ExtraReason.NEVER_SCANNED))
        else:
            claims[_key(entry.number)].append(document)
    return Reconciliation(
        day,
        tuple(_scanned(entry, claims[key]) for key, entry in of_day.items() if key in claims),
        tuple(entry for key, entry in of_day.items() if key not in claims and _on_paper(entry)),
        tuple(extra),
    )


def _scanned(entry: RegistryEntry, documents: Sequence[Document]) -> ScannedEntry:
    certain = len(documents) == 1 and documents[0].link.state is LinkState.CERTAIN
    return ScannedEntry(entry, tuple(document.id for document in documents), certain)


def _on_paper(entry: RegistryEntry) -> bool:
    """A channel written in a way we do not know is no proof that paper is to come."""
    return entry.channel is None or entry.channel in PAPER_CHANNELS


def _key(number: RegistryNumber) -> tuple[str, int, str]:
    return number.register, number.year, number_key(number.number)


def _order(entry: RegistryEntry) -> tuple[str, int, int, str]:
    """Register order: numbers by size, 9 before 10."""
    key = number_key(entry.number.number)
    return entry.number.register, entry.number.year, int(key) if key.isdigit() else 0, key
