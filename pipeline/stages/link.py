"""Ties a document to its registry entry: a pure function from what was announced and read to a link and its doubts.

A separator or sticker leads (``link_announced``); without one, the stamp or label on page one does (``link_read``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.domain.batches import ReviewKind
from pipeline.domain.messages import counted
from pipeline.domain.pages import PageText
from pipeline.domain.registry import Announced, Link, LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.stamps import find_registrations
from pipeline.domain.settings import Institution, Lane
from pipeline.stages.link_announced import link_announced
from pipeline.stages.link_read import link_read
from pipeline.stages.link_values import (
    ClaimKey,
    LinkOutcome,
    LinkQuestion,
    Paper,
    RegisterLookup,
    claim_key,
)

__all__ = [
    "ClaimKey",
    "LinkOutcome",
    "LinkQuestion",
    "RegisterLookup",
    "add_claim",
    "claims_of",
    "conflict_with",
    "link_document",
    "sheets_question",
]


def link_document(
    document_id: str,
    announced: Announced | None,
    pages: Sequence[tuple[int, PageText | None]],
    lane: Lane,
    institution: Institution,
    register: RegisterLookup,
    batch_claims: Mapping[ClaimKey, Sequence[str]],
    batch: str | None = None,
) -> LinkOutcome:
    """The link of one document.

    ``pages`` are (batch page, what was read on it), in order; ``batch_claims`` are the claims within its batch (see
    ``claims_of`` and ``add_claim``). With the id of its batch given, what the register lookup knows of documents of
    that batch is taken as out of date.
    """
    paper = Paper(document_id, tuple(pages), announced)
    page, text = paper.pages[0] if paper.pages else (0, None)
    read = find_registrations(text, institution, page) if text else []
    if announced is not None:
        return link_announced(paper, announced, read, register, batch_claims, batch)
    return link_read(paper, read, lane, register, batch_claims, batch)


def claims_of(announced: Iterable[tuple[str, Announced | None]]) -> dict[ClaimKey, list[str]]:
    """Which documents of a batch (id, number announced; no annexes) claim which number by separator or sticker."""
    claims: dict[ClaimKey, list[str]] = {}
    for document_id, number in announced:
        if number is not None and number.year is not None:
            _claim(claims, RegistryNumber(number.register, number.year, number.number), document_id)
    return claims


def add_claim(claims: dict[ClaimKey, list[str]], document_id: str, link: Link) -> None:
    """Adds the claim of a document that was just linked for certain, so that the next of its batch sees it."""
    number = link.registry_number
    if number is not None and link.state is LinkState.CERTAIN:
        _claim(claims, number, document_id)


def conflict_with(link: Link) -> Link:
    """The link of a document whose number another one claims too: certain for neither."""
    return replace(link, state=LinkState.CONFLICT)


def sheets_question(entry: RegistryEntry | None, sheets: int, pages: Sequence[int] = ()) -> LinkQuestion | None:
    """A ``balance`` question when the register says how many sheets there are and the document has others."""
    if entry is None or entry.sheets is None or entry.sheets == sheets:
        return None
    values = (
        ("number", str(entry.number)),
        ("registered", counted(entry.sheets, "foi")),
        ("counted", counted(sheets, "foi")),
    )
    return LinkQuestion("sheets_unlike_register", tuple(pages), values, ReviewKind.BALANCE)


def _claim(claims: dict[ClaimKey, list[str]], number: RegistryNumber, document_id: str) -> None:
    holders = claims.setdefault(claim_key(number), [])
    if document_id not in holders:
        holders.append(document_id)
