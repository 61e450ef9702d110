"""Copies a whole catalog into another one, of the same or the other database, and proves that both are the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from pipeline.domain.errors import Fenced, OpisError, PartUnfit
from pipeline.domain.messages import say
from storage.catalog import lease, migrate
from storage.catalog.engine import Database
from storage.catalog.insert import add_missing
from storage.catalog.sql import SqlCatalog
from storage.catalog.table_rows import (
    Content,
    Digest,
    content_of,
    first_stranger,
    highest,
    is_empty,
    number_from,
    numbered,
    pieces,
)
from storage.catalog.tables import lease as lease_table
from storage.catalog.tables import metadata

LEASE_SECONDS = 120.0
"""how long the target stays reserved after a copy that was cut off on another machine"""

Progress = Callable[[str, int], None]
"""called with a table's name and how many of its rows are there"""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table that is the same on both sides."""

    name: str
    rows: int
    sha256: str
    """of all values in the order of the key"""


class CopyDiffers(PartUnfit):
    """The target holds what the source does not, or both differ after the copy; ``table`` says where."""

    def __init__(self, message: str, mend: str, table: str, foreign: bool) -> None:
        super().__init__(message, mend)
        self.table = table
        self.foreign = foreign
        """found before anything was written"""


@dataclass(frozen=True, slots=True)
class HeldTokens:
    """Leases that the caller itself holds and renews; a side that is None is reserved, or looked at, here."""

    source: int | None = None
    target: int | None = None


def copy_catalog(
    source: SqlCatalog | Database,
    target: SqlCatalog | Database,
    progress: Progress = lambda table, rows: None,
    held: HeldTokens = HeldTokens(),
) -> tuple[CopiedTable, ...]:
    """Copies every row of every table but the lease; gives what is the same on both sides, table by table.

    The source is read in one transaction and not written. The target may be empty (its tables are made) or hold what an
    earlier copy of the same source left: that is kept and the rest is added; while it goes on the target's lease is
    taken, so that no line starts there, and it is free afterwards. Rows are committed in pieces: a copy may be ended at
    any moment and begun again.

    Errors: ``Fenced`` when a line lives on either side, or worked on the source meanwhile; ``PartUnfit`` when the
    source is not at this program's revision; ``CopyDiffers`` when the target holds anything that the source does not
    (nothing is written then), or when both differ afterwards; ``PartDown``, ``StorageFull``, ``ValueError`` (a value
    that the target's database cannot hold).
    """
    old, new = _database(source), _database(target)
    _check_revision(old)
    migrate.upgrade(new)
    with old.reading() as reading:
        token = _no_line(old, reading, held.source)
        _refuse_foreign(reading, new)
        with _reserved(new, held.target) as reserved:
            copied = {table.name: _copy_table(reading, new, reserved, table, progress) for table in _tables()}
            _compare(old, new, copied)
    with old.reading() as reading:
        if _no_line(old, reading, held.source) != token:
            raise Fenced(f"catalog: {old.address}: a line worked on it while it was copied; copy again")
    return tuple(CopiedTable(name, content.rows, content.sha256) for name, content in copied.items())


def refuse_foreign(source: SqlCatalog | Database, target: SqlCatalog | Database) -> None:
    """Raises ``CopyDiffers`` when the target holds anything that the source does not: before long work is begun."""
    with _database(source).reading() as reading:
        _refuse_foreign(reading, _database(target))


def _copy_table(reading: Connection, new: Database, token: int, table: Table, progress: Progress) -> Content:
    digest = Digest()
    for rows in pieces(reading, table):
        digest.add(rows)
        _add(new, token, table, rows)
        progress(table.name, digest.content.rows)
    column = numbered(table)
    if column is not None:
        last = highest(reading, table, column)
        with new.writing() as writing:
            lease.check(writing, token)
            number_from(writing, table, column, max(last, highest(writing, table, column)))
    return digest.content


def _add(new: Database, token: int, table: Table, rows: Sequence[Row[Any]]) -> None:
    with new.writing() as writing:
        lease.check(writing, token)
        lease.prolong(writing, LEASE_SECONDS)
        add_missing(writing, table, [dict(row._mapping) for row in rows])


def _refuse_foreign(reading: Connection, new: Database) -> None:
    with new.reading() as there:
        for table in _tables():
            if is_empty(there, table):
                continue
            stranger = first_stranger(reading, there, table)
            if stranger is not None:
                raise CopyDiffers(
                    f"catalog: {new.address}: the table {table.name} holds what the source does not",
                    say("catalog.copy_strange", where=new.address, table=table.name),
                    table.name,
                    foreign=True,
                )


def _compare(old: Database, new: Database, copied: dict[str, Content]) -> None:
    with new.reading() as there:
        for table in _tables():
            if content_of(there, table) != copied[table.name]:
                raise CopyDiffers(
                    f"catalog: the table {table.name} differs between {old.address} and {new.address}",
                    say("catalog.copy_differs", table=table.name, source=old.address, target=new.address),
                    table.name,
                    foreign=False,
                )


@contextmanager
def _reserved(new: Database, mine: int | None) -> Iterator[int]:
    """The token of the target's lease, kept from any line; ``mine`` when the caller has it already."""
    if mine is not None:
        yield mine
        return
    with new.writing() as writing:
        token = lease.take(writing, "copy", LEASE_SECONDS)
    if token is None:
        raise _line_lives(new)
    try:
        yield token
    finally:
        with suppress(OpisError), new.writing() as writing:
            lease.check(writing, token)
            lease.give_up(writing)


def _no_line(database: Database, reading: Connection, mine: int | None) -> int:
    """The token of a lease that nobody holds, or that is ``mine``."""
    token = int(reading.execute(select(lease_table.c.token)).scalar_one())
    if token != mine and lease.held(reading):
        raise _line_lives(database)
    return token


def _line_lives(database: Database) -> Fenced:
    fault = Fenced(f"catalog: {database.address}: a line holds the lease")
    fault.advice = say("catalog.copy_line", where=database.address)
    return fault


def _check_revision(database: Database) -> None:
    found, wanted = migrate.revision(database), migrate.newest()
    if found != wanted:
        raise PartUnfit(
            f"catalog: {database.address}: revision {found}, not {wanted}",
            say("storage.catalog_old", found=found, wanted=wanted),
        )


def _tables() -> list[Table]:
    """Those that are copied, a table after those that it refers to."""
    return [table for table in metadata.sorted_tables if table is not lease_table]


def _database(catalog: SqlCatalog | Database) -> Database:
    return catalog.database if isinstance(catalog, SqlCatalog) else catalog
