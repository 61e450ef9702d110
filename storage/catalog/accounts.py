"""Writes and reads what became of a batch: fates, documents, reviews, and the outbox that the index follows."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from pipeline.domain.batches import BatchAccount, Document, Fate, PageFate, Review
from storage.catalog.rows import (
    account_row,
    batch_of,
    document_row,
    ledger_of_row,
    problems_of,
    review_row,
    value_of,
)
from storage.catalog.tables import batches, documents, outbox, page_fates, reviews


def next_sequence(connection: Connection, table: Table) -> int:
    """One more than the highest; for tables that only the line writes."""
    return int(connection.execute(select(func.coalesce(func.max(table.c.sequence), 0) + 1)).scalar_one())


def insert_all(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    found = list(rows)
    if found:
        connection.execute(insert(table), found)


def write_account(connection: Connection, batch: str, account: BatchAccount) -> None:
    """Replaces all that is known of the batch's outcome; its documents, also those it had, go into the outbox."""
    connection.execute(update(batches).where(batches.c.id == batch).values(account_row(account)))
    connection.execute(delete(page_fates).where(page_fates.c.batch == batch))
    insert_all(
        connection,
        page_fates,
        (
            {"batch": batch, "page": fate.page, "fate": fate.fate.value, "document": fate.document}
            for fate in account.fates
        ),
    )
    _write_documents(connection, batch, account.documents)
    _write_reviews(connection, batch, account.reviews)


def read_account(connection: Connection, row: Row[Any]) -> BatchAccount:
    """The account of a row of ``batches``."""
    fates = connection.execute(select(page_fates).where(page_fates.c.batch == row.id).order_by(page_fates.c.page))
    papers = connection.execute(select(documents.c.body).where(documents.c.batch == row.id).order_by(documents.c.place))
    asked = connection.execute(select(reviews.c.body).where(reviews.c.batch == row.id).order_by(reviews.c.place))
    return BatchAccount(
        batch=batch_of(row),
        fates=tuple(PageFate(fate.page, Fate(fate.fate), fate.document) for fate in fates),
        documents=tuple(value_of(Document, body) for body in papers.scalars()),
        reviews=tuple(value_of(Review, body) for body in asked.scalars()),
        problems=problems_of(row),
        ledger=ledger_of_row(row),
    )


def _write_documents(connection: Connection, batch: str, found: tuple[Document, ...]) -> None:
    before = connection.execute(select(documents.c.id).where(documents.c.batch == batch).order_by(documents.c.place))
    changed = dict.fromkeys([*before.scalars(), *(document.id for document in found)])
    connection.execute(delete(documents).where(documents.c.batch == batch))
    insert_all(connection, documents, (document_row(document, place) for place, document in enumerate(found)))
    insert_all(connection, outbox, ({"document": document} for document in changed))


def _write_reviews(connection: Connection, batch: str, found: tuple[Review, ...]) -> None:
    """A question that was open before keeps its place in the queue."""
    rows = connection.execute(select(reviews.c.id, reviews.c.sequence).where(reviews.c.batch == batch))
    asked: dict[str, int] = {row.id: row.sequence for row in rows}
    fresh = next_sequence(connection, reviews)
    connection.execute(delete(reviews).where(reviews.c.batch == batch))
    insert_all(
        connection,
        reviews,
        (review_row(review, batch, place, asked.get(review.id, fresh + place)) for place, review in enumerate(found)),
    )
