"""The catalog in a SQL database: what anybody may read, and the few things that anybody may write."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import Select, Table, func, select

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document, DocumentKind, Review
from pipeline.domain.decisions import Decision
from pipeline.domain.errors import NotFound, PartDown, PartUnfit
from pipeline.domain.messages import say
from pipeline.domain.pages import PageReading
from pipeline.domain.registry import LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.romanian.numbers import number_key
from pipeline.domain.settings import Profile
from pipeline.ports.catalog import Arrival, Backlog, ImportCount, LineCatalog, Request
from pipeline.ports.probe import Probe
from storage.catalog import deciding, lease, migrate
from storage.catalog import register as imported
from storage.catalog.accounts import read_account
from storage.catalog.again import repeated
from storage.catalog.backlog import read_backlog
from storage.catalog.engine import Database
from storage.catalog.find import row_of
from storage.catalog.insert import add_new
from storage.catalog.line import SqlLine
from storage.catalog.rows import arrival_of, batch_of, request_of, unpacked, value_of
from storage.catalog.tables import (
    arrivals,
    batches,
    documents,
    entries,
    outbox,
    page_attempts,
    page_readings,
    requests,
    reviews,
)

_CLAIMING = (LinkState.CERTAIN.value, LinkState.CONFLICT.value)
_COUNTED = {"documents": documents, "reviews": reviews, "entries": entries, "outbox": outbox}


class SqlCatalog:
    """``pipeline.ports.catalog.Catalog``; may be used by several threads at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """For what is not of the port: copying."""
        return self._database

    def close(self) -> None:
        self._database.close()

    @repeated
    def acquire_line(self, holder: str, seconds: float) -> LineCatalog | None:
        """At once also when the holder was killed on this machine, else when its time is over."""
        with self._database.writing() as connection:
            token = lease.take(connection, holder, seconds)
        return None if token is None else SqlLine(self._database, token)

    def line_alive(self) -> bool:
        with self._database.reading() as connection:
            return lease.held(connection)

    def batch(self, prefix: str) -> Batch:
        with self._database.reading() as connection:
            return batch_of(row_of(connection, batches, prefix, "batch"))

    def account(self, prefix: str) -> BatchAccount:
        with self._database.reading() as connection:
            return read_account(connection, row_of(connection, batches, prefix, "batch"))

    def profile_of(self, batch_id: str) -> Profile:
        with self._database.reading() as connection:
            return value_of(Profile, row_of(connection, batches, batch_id, "batch").profile_was)

    def page_counts(self, batch_id: str) -> tuple[int, ...]:
        with self._database.reading() as connection:
            return value_of(tuple[int, ...], row_of(connection, batches, batch_id, "batch").page_counts)

    def readings(self, batch_id: str) -> dict[int, PageReading]:
        query = select(page_readings).where(page_readings.c.batch == batch_id).order_by(page_readings.c.page)
        return {row.page: unpacked(row.reading) for row in self._rows(query)}

    def attempts(self, batch_id: str) -> dict[int, int]:
        begun = page_attempts.c
        query = select(page_attempts).where(begun.batch == batch_id, begun.attempts > 0).order_by(begun.page)
        return {row.page: row.attempts for row in self._rows(query)}

    def suspects(self, batch_id: str) -> set[int]:
        begun, read = page_attempts.c, page_readings.c
        reading = select(read.page).where(read.batch == begun.batch, read.page == begun.page).exists()
        return {row.page for row in self._rows(select(begun.page).where(begun.batch == batch_id, ~reading))}

    def batches(
        self, states: Sequence[BatchState] = (), profile: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Batch]:
        query = select(batches)
        if states:
            query = query.where(batches.c.state.in_([state.value for state in states]))
        if profile is not None:
            query = query.where(batches.c.profile == profile)
        return [batch_of(row) for row in self._rows(query.order_by(batches.c.sequence.desc()), limit, offset)]

    def progress(self, batch_id: str) -> tuple[int, int]:
        with self._database.reading() as connection:
            row = row_of(connection, batches, batch_id, "batch")
            read = select(func.count()).select_from(page_readings).where(page_readings.c.batch == row.id)
            pages = row.pages or 0
            ended = row.state in (BatchState.FILED, BatchState.HELD)
            return (pages if ended else connection.execute(read).scalar_one()), pages

    def document(self, prefix: str) -> Document:
        with self._database.reading() as connection:
            return value_of(Document, row_of(connection, documents, prefix, "document").body)

    def documents_claiming(self, number: RegistryNumber) -> list[Document]:
        """In the order in which they came."""
        return self._documents(
            documents.c.link_register == number.register,
            documents.c.link_year == number.year,
            documents.c.link_number_key == number_key(number.number),
            documents.c.link_state.in_(_CLAIMING),
        )

    def documents_of_day(self, day: dt.date) -> list[Document]:
        """In the order in which they came."""
        return self._documents(documents.c.link_date == day, documents.c.link_state != LinkState.NONE.value)

    def open_reviews(self, limit: int = 1000, offset: int = 0) -> list[tuple[Batch, Review]]:
        query = (
            select(batches, reviews.c.body)
            .join(reviews, reviews.c.batch == batches.c.id)
            .order_by(reviews.c.sequence, reviews.c.batch, reviews.c.place)
        )
        return [(batch_of(row), value_of(Review, row.body)) for row in self._rows(query, limit, offset)]

    def arrivals(self, open_only: bool = False, batch: str | None = None) -> list[Arrival]:
        query = select(arrivals).order_by(arrivals.c.sequence)
        if open_only:
            query = query.where(arrivals.c.end.is_(None))
        if batch is not None:
            query = query.where(arrivals.c.batch == batch)
        return [arrival_of(row) for row in self._rows(query)]

    def import_entries(self, entries: Iterable[RegistryEntry], source: str) -> ImportCount:
        return self._import(imported.prepared(entries), source)

    def entry(self, number: RegistryNumber) -> RegistryEntry | None:
        with self._database.reading() as connection:
            return imported.entry_at(connection, number)

    def entries_numbered(self, number: str, register: str | None = None) -> list[RegistryEntry]:
        with self._database.reading() as connection:
            return imported.entries_numbered(connection, number, register)

    def entries_of_day(self, day: dt.date) -> list[RegistryEntry]:
        with self._database.reading() as connection:
            return imported.entries_of_day(connection, day)

    def register_known(self, register: str, year: int) -> bool:
        with self._database.reading() as connection:
            return imported.is_known(connection, register, year)

    def add_request(self, request: Request) -> None:
        """The same id again changes nothing."""
        row = {name: getattr(request, name) for name in ("id", "path", "profile", "batch", "refused")}
        self._append(requests, row)

    def request(self, request_id: str) -> Request:
        rows = self._rows(select(requests).where(requests.c.id == request_id))
        if not rows:
            raise NotFound(f"no request {request_id}")
        return request_of(rows[0])

    def append_decision(self, decision: Decision) -> None:
        """The same id again changes nothing. Errors: ``NotFound`` (no such batch), ``StaleDecision``."""
        self._decide(decision)

    def decisions(self, batch_id: str) -> list[Decision]:
        with self._database.reading() as connection:
            return deciding.of_batch(connection, batch_id)

    def outcome_of(self, decision_id: str) -> str | None:
        """``NotFound`` when there is no such decision."""
        with self._database.reading() as connection:
            return deciding.outcome(connection, decision_id)

    def line_doing(self) -> str | None:
        with self._database.reading() as connection:
            return lease.doing(connection)

    def counts(self) -> dict[str, int]:
        with self._database.reading() as connection:
            states = connection.execute(select(batches.c.state, func.count().label("found")).group_by(batches.c.state))
            found = {state.value: 0 for state in BatchState} | {row.state: row.found for row in states}
            for name, table in _COUNTED.items():
                found[name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
            return found | {"decisions": deciding.how_many_wait(connection)}

    def has_indexed(self) -> bool:
        followed = select(documents.c.id).where(documents.c.id.not_in(select(outbox.c.document)))
        with self._database.reading() as connection:
            return bool(connection.execute(select(followed.exists())).scalar_one())

    def backlog(self) -> Backlog:
        with self._database.reading() as connection:
            return read_backlog(connection)

    def probe(self) -> Probe:
        """Of a server also how large it is, how its clock differs from this machine's, and whether it is durable."""
        library = f"SQLAlchemy {sqlalchemy.__version__}"
        address = self._database.address if "://" in self._database.address else ""
        try:
            version = f"{self._database.versions()}, {library}"
            details, mend = self._database.facts()
            found, wanted = migrate.revision(self._database), migrate.newest()
        except PartUnfit as error:
            return Probe("catalog", True, library, False, f"{error}. {error.advice}", address)
        except PartDown as error:
            code = "catalog.server_down" if address else "storage.catalog_down"
            return Probe("catalog", False, library, False, say(code, reason=error), address)
        if found != wanted:
            mend = say("storage.catalog_old", found=found, wanted=wanted)
        return Probe("catalog", True, f"{version}, revision {found}", not mend, mend, address, details)

    def _rows(self, query: Select[Any], limit: int | None = None, offset: int = 0) -> Sequence[sqlalchemy.Row[Any]]:
        if limit is not None:
            query = query.limit(limit).offset(offset)
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _documents(self, *where: sqlalchemy.ColumnElement[bool]) -> list[Document]:
        query = (
            select(documents.c.body)
            .join(batches, batches.c.id == documents.c.batch)
            .where(documents.c.kind == DocumentKind.DOCUMENT.value, *where)
            .order_by(batches.c.sequence, documents.c.place)
        )
        return [value_of(Document, row.body) for row in self._rows(query)]

    @repeated
    def _import(self, rows: Sequence[dict[str, Any]], source: str) -> ImportCount:
        with self._database.writing() as connection:
            return imported.merge(connection, rows, source)

    @repeated
    def _append(self, table: Table, row: dict[str, Any]) -> None:
        """Once for each id."""
        with self._database.writing() as connection:
            add_new(connection, table, row)

    @repeated
    def _decide(self, decision: Decision) -> None:
        with self._database.writing() as connection:
            deciding.append(connection, decision)
