"""What the one line writes: every method is one transaction that begins by locking the lease.

So the line's transactions follow one another, also those of a line that lost the lease and does not know it yet.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, insert, select, update

from pipeline.domain.batches import BatchAccount, BatchState
from pipeline.domain.decisions import Decision
from pipeline.domain.errors import NotFound
from pipeline.domain.pages import PageReading
from pipeline.domain.settings import Lane, Profile
from pipeline.ports.catalog import Arrival, OutboxRow, Request
from storage.catalog import deciding, lease
from storage.catalog.accounts import insert_all, next_sequence, write_account
from storage.catalog.again import repeated
from storage.catalog.attempts import Attempts
from storage.catalog.balance import check_outcome, check_received
from storage.catalog.engine import Database
from storage.catalog.rows import account_row, arrival_row, packed, request_of, text_of, value_of
from storage.catalog.tables import arrivals, batches, outbox, page_attempts, page_readings, requests

_TO_DO = (BatchState.RECEIVED.value, BatchState.WORKING.value)


class SqlLine:
    """``pipeline.ports.catalog.LineCatalog`` under one token. Errors: ``Fenced``, ``PartDown``, ``NotFound``."""

    def __init__(self, database: Database, token: int) -> None:
        self._database = database
        self._attempts = Attempts()
        self.token = token

    @repeated
    def renew(self, seconds: float) -> None:
        with self._fenced() as connection:
            lease.prolong(connection, seconds)

    @repeated
    def release(self) -> None:
        with self._fenced() as connection:
            lease.give_up(connection)

    @repeated
    def check(self) -> None:
        with self._fenced():
            pass

    @repeated
    def receive(self, account: BatchAccount, page_counts: Sequence[int], profile: Profile, arrival: Arrival) -> bool:
        """See the port; raises ``ValueError`` for an account that is not of a batch that has just come in."""
        batch = account.batch.id
        if batch is None or arrival.batch != batch:
            raise ValueError(f"the arrival is of batch {arrival.batch}, the account of {batch}")
        with self._fenced() as connection:
            state = connection.execute(select(batches.c.state).where(batches.c.id == batch)).scalar_one_or_none()
            new = state is None or state == BatchState.QUARANTINED
            if new:
                self._attempts.forget(batch)
                check_received(account, page_counts)
                _journal(connection, account, page_counts, profile, known=state is not None)
            _add_arrival(connection, arrival)
            return new

    @repeated
    def end_arrival(self, arrival_id: str, end: str) -> None:
        with self._fenced() as connection:
            done = connection.execute(update(arrivals).where(arrivals.c.id == arrival_id).values(end=end))
            if not done.rowcount:
                raise NotFound(f"no arrival {arrival_id}")

    @repeated
    def next_batch(self, prefer_retro: bool, aside: Collection[str] = ()) -> str | None:
        first = Lane.RETRO if prefer_retro else Lane.REGISTRY
        query = (
            select(batches.c.id)
            .where(batches.c.state.in_(_TO_DO), batches.c.id.not_in(aside))
            .order_by(case((batches.c.lane == first.value, 0), else_=1), batches.c.sequence)
            .limit(1)
        )
        with self._fenced() as connection:
            return connection.execute(query).scalar_one_or_none()

    @repeated
    def begin(self, batch_id: str) -> None:
        with self._fenced() as connection:
            _row(connection, batch_id)
            values = {"state": BatchState.WORKING.value}
            connection.execute(update(batches).where(batches.c.id == batch_id).values(values))

    def begin_run(self, batch_id: str, pages: Sequence[int]) -> None:
        self._count(batch_id, pages, 0)

    def charge(self, batch_id: str, pages: Sequence[int]) -> None:
        self._count(batch_id, pages, 1)

    @repeated
    def spare(self, batch_id: str, pages: Sequence[int]) -> None:
        with self._fenced() as connection:
            self._attempts.take_back(connection, batch_id, pages)

    def save_readings(self, batch_id: str, readings: Iterable[PageReading]) -> None:
        """The last reading of a page holds."""
        packets = {reading.observation.page: packed(reading) for reading in readings}
        self._replace_readings(batch_id, packets)

    @repeated
    def commit(self, account: BatchAccount, amended: Sequence[BatchAccount] = (), decided: Sequence[str] = ()) -> None:
        """See the port; ``NotFound`` when one of the batches was never received. Attempts are forgotten too."""
        with self._fenced() as connection:
            for place, one in enumerate((account, *amended)):
                row = _row(connection, one.batch.id)
                batch = check_outcome(one, value_of(tuple[int, ...], row.page_counts))
                write_account(connection, batch, one)
                if place == 0:
                    _forget_work(connection, batch)
                    self._attempts.forget(batch)
            deciding.end(connection, decided)

    @repeated
    def pending_decisions(self) -> list[Decision]:
        with self._fenced() as connection:
            return deciding.waiting(connection)

    @repeated
    def refuse_decisions(self, decisions: Sequence[str], reason: str) -> None:
        with self._fenced() as connection:
            deciding.end(connection, decisions, reason)

    @repeated
    def restore_decisions(self, decisions: Sequence[Decision]) -> None:
        with self._fenced() as connection:
            deciding.restore(connection, decisions)

    @repeated
    def tell(self, doing: str | None) -> None:
        with self._fenced() as connection:
            lease.tell(connection, doing)

    @repeated
    def pending_index(self, limit: int) -> list[OutboxRow]:
        """Oldest first."""
        with self._fenced() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.id).limit(limit))
            return [OutboxRow(row.id, row.document) for row in rows]

    @repeated
    def indexed(self, rows: Sequence[OutboxRow]) -> None:
        with self._fenced() as connection:
            if rows:
                done = delete(outbox).where(outbox.c.id == bindparam("done"))
                connection.execute(done, [{"done": row.id} for row in rows])

    @repeated
    def open_requests(self) -> list[Request]:
        """Oldest first."""
        unanswered = (requests.c.batch.is_(None), requests.c.refused.is_(None))
        with self._fenced() as connection:
            rows = connection.execute(select(requests).where(*unanswered).order_by(requests.c.sequence))
            return [request_of(row) for row in rows]

    @repeated
    def end_request(self, request_id: str, batch: str | None, refused: str | None) -> None:
        with self._fenced() as connection:
            values = {"batch": batch, "refused": refused}
            done = connection.execute(update(requests).where(requests.c.id == request_id).values(values))
            if not done.rowcount:
                raise NotFound(f"no request {request_id}")

    @contextmanager
    def _fenced(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            lease.check(connection, self.token)
            yield connection

    @repeated
    def _count(self, batch_id: str, pages: Sequence[int], step: int) -> None:
        with self._fenced() as connection:
            _row(connection, batch_id)
            self._attempts.add(connection, batch_id, pages, step)
        self._attempts.known(batch_id, pages)

    @repeated
    def _replace_readings(self, batch_id: str, packets: Mapping[int, bytes]) -> None:
        rows = [{"batch": batch_id, "page": page, "reading": packet} for page, packet in packets.items()]
        with self._fenced() as connection:
            _row(connection, batch_id)
            _delete_pages(connection, batch_id, packets)
            insert_all(connection, page_readings, rows)


def _journal(
    connection: Connection, account: BatchAccount, page_counts: Sequence[int], profile: Profile, known: bool
) -> None:
    """The row of a batch that has just come in; one that was quarantined is as if it had never been here."""
    batch = account.batch.id or ""
    row = account_row(account) | {
        "sequence": next_sequence(connection, batches),
        "lane": profile.lane.value,
        "profile_was": text_of(Profile, profile),
        "page_counts": text_of(tuple[int, ...], tuple(page_counts)),
    }
    if known:
        _forget_work(connection, batch)
        connection.execute(update(batches).where(batches.c.id == batch).values(row))
    else:
        connection.execute(insert(batches).values(row | {"id": batch}))


def _row(connection: Connection, batch_id: str | None) -> Row[Any]:
    row = connection.execute(select(batches).where(batches.c.id == batch_id)).one_or_none()
    if row is None:
        raise NotFound(f"no batch {batch_id}")
    return row


def _delete_pages(connection: Connection, batch_id: str, pages: Iterable[int]) -> None:
    rows = [{"of": batch_id, "at": page} for page in pages]
    if rows:
        here = (page_readings.c.batch == bindparam("of")) & (page_readings.c.page == bindparam("at"))
        connection.execute(delete(page_readings).where(here), rows)


def _forget_work(connection: Connection, batch_id: str) -> None:
    for table in (page_attempts, page_readings):
        connection.execute(delete(table).where(table.c.batch == batch_id))


def _add_arrival(connection: Connection, arrival: Arrival) -> None:
    """An arrival that is still open is the same one, told again by whoever did not hear that it was journalled."""
    known = connection.execute(select(arrivals.c.id).where(arrivals.c.id == arrival.id)).one_or_none()
    if known is not None:
        return
    row = arrival_row(arrival)
    same = [arrivals.c[name] == row[name] for name in ("batch", "profile", "source", "claimed")]
    told = connection.execute(update(arrivals).where(*same, arrivals.c.end.is_(None)).values(id=arrival.id))
    if not told.rowcount:
        connection.execute(insert(arrivals).values(row | {"sequence": next_sequence(connection, arrivals)}))
