"""Values to rows and back."""

import json
import zlib
from typing import Any, TypeVar

from sqlalchemy import Row

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document, Ledger, Problem, Review
from pipeline.domain.pages import PageReading
from pipeline.domain.registry import RegistryEntry
from pipeline.domain.romanian.numbers import number_key
from pipeline.domain.wire import from_json, to_json, to_plain
from pipeline.ports.catalog import Arrival, Request
from storage.catalog.faults import CatalogDamaged
from storage.catalog.types import storable

T = TypeVar("T")
_LEDGER = ("received", "filed", "separators", "separator_backs", "blanks", "rejected")


def text_of(kind: Any, value: Any) -> str:
    """JSON text of a value, whatever its strings hold."""
    try:
        return to_json(kind, value).decode("utf-8")
    except ValueError:
        return storable(json.dumps(to_plain(kind, value), ensure_ascii=False, separators=(",", ":")))


def value_of(kind: type[T], text: str | bytes) -> T:
    """Raises ``CatalogDamaged`` when the text is not of that type."""
    try:
        return from_json(kind, text)
    except ValueError as error:
        raise CatalogDamaged(f"catalog: a row that cannot be read as {kind}") from error


def account_row(account: BatchAccount) -> dict[str, Any]:
    """The columns of a batch that its account decides."""
    batch = account.batch
    return {
        "source": batch.source,
        "sha256": batch.sha256,
        "profile": batch.profile,
        "state": batch.state.value,
        "pages": batch.pages,
        "received_at": batch.received_at,
        "version": batch.version,
        "originals": text_of(tuple[str, ...], batch.originals),
        "problems": text_of(tuple[Problem, ...], account.problems),
    } | {name: getattr(account.ledger, name) for name in _LEDGER}


def batch_of(row: Row[Any]) -> Batch:
    return Batch(
        id=row.id,
        source=row.source,
        sha256=row.sha256,
        profile=row.profile,
        state=BatchState(row.state),
        pages=row.pages,
        received_at=row.received_at,
        originals=value_of(tuple[str, ...], row.originals),
        version=row.version,
    )


def ledger_of_row(row: Row[Any]) -> Ledger:
    return Ledger(**{name: getattr(row, name) for name in _LEDGER})


def problems_of(row: Row[Any]) -> tuple[Problem, ...]:
    return value_of(tuple[Problem, ...], row.problems)


def document_row(document: Document, place: int) -> dict[str, Any]:
    link = document.link
    return {
        "id": document.id,
        "batch": document.batch,
        "place": place,
        "kind": document.kind.value,
        "state": document.state.value,
        "link_register": link.register,
        "link_year": link.year,
        "link_number_key": None if link.number is None else number_key(link.number),
        "link_state": link.state.value,
        "link_date": link.date,
        "department": document.filing.code,
        "body": text_of(Document, document),
    }


def review_row(review: Review, batch: str, place: int, sequence: int) -> dict[str, Any]:
    return {
        "batch": batch,
        "id": review.id,
        "place": place,
        "sequence": sequence,
        "kind": review.kind.value,
        "document": review.document,
        "body": text_of(Review, review),
    }


def entry_row(entry: RegistryEntry) -> dict[str, Any]:
    return {
        "register": entry.number.register,
        "year": entry.number.year,
        "number_key": number_key(entry.number.number),
        "date": entry.date,
        "body": text_of(RegistryEntry, entry),
    }


def packed(reading: PageReading) -> bytes:
    return zlib.compress(text_of(PageReading, reading).encode("utf-8"))


def unpacked(data: bytes) -> PageReading:
    try:
        text = zlib.decompress(data)
    except zlib.error as error:
        raise CatalogDamaged("catalog: a page reading that cannot be unpacked") from error
    return value_of(PageReading, text)


def arrival_row(arrival: Arrival) -> dict[str, Any]:
    return {name: getattr(arrival, name) for name in ("id", "batch", "profile", "source", "claimed", "at", "end")}


def arrival_of(row: Row[Any]) -> Arrival:
    return Arrival(row.id, row.batch, row.profile, row.source, row.claimed, row.at, row.end)


def request_of(row: Row[Any]) -> Request:
    return Request(row.id, row.path, row.profile, row.batch, row.refused)
