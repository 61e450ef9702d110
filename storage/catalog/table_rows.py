"""All rows of a table in the order of its key, in pieces, and what they come to: the same in every database."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, func, literal, select, text, tuple_

AT_ONCE = 500
"""rows; a row is a page's reading at most"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds; two tables with the same content have the same rows."""

    rows: int
    sha256: str


class Digest:
    """Counts and hashes rows that are given in the order of their key."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._rows = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            for value in row:
                field = _canonical(value)
                self._hash.update(len(field).to_bytes(8, "big") + field)
        self._rows += len(rows)

    @property
    def content(self) -> Content:
        return Content(self._rows, self._hash.hexdigest())


def pieces(connection: Connection, table: Table, at_once: int = AT_ONCE) -> Iterator[Sequence[Row[Any]]]:
    """Every row once, in the order of the key; text is ordered by its bytes in both databases."""
    key = tuple(table.primary_key)
    query = select(table).order_by(*key).limit(at_once)
    rows = connection.execute(query).all()
    while rows:
        yield rows
        last = key_of(table, rows[-1])
        rows = connection.execute(query.where(tuple_(*key) > tuple_(*_literals(key, last)))).all()


def content_of(connection: Connection, table: Table) -> Content:
    digest = Digest()
    for rows in pieces(connection, table):
        digest.add(rows)
    return digest.content


def is_empty(connection: Connection, table: Table) -> bool:
    return connection.execute(select(table.primary_key.columns[0]).limit(1)).first() is None


def first_stranger(ours: Connection, theirs: Connection, table: Table) -> tuple[Any, ...] | None:
    """Key of a row of ``theirs`` that is not among ``ours`` or is another one; None when all are ours."""
    expected = chain.from_iterable(pieces(ours, table))
    for row in chain.from_iterable(pieces(theirs, table)):
        key = key_of(table, row)
        same = next((one for one in expected if key_of(table, one) >= key), None)
        if same is None or tuple(same) != tuple(row):
            return key
    return None


def key_of(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column] for column in table.primary_key)


def numbered(table: Table) -> Column[Any] | None:
    """The column that the database numbers by itself, if there is one."""
    column = table.autoincrement_column
    return column if column is not None and column.autoincrement is True else None


def highest(connection: Connection, table: Table, column: Column[Any]) -> int:
    """The highest number ever given, as far as the database remembers; 0 when none was."""
    found = int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one())
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table, column)
        last, called = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
        return max(found, int(last) if called else 0)
    if table.dialect_options["sqlite"].get("autoincrement"):
        kept = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        return max(found, int(kept.scalar_one_or_none() or 0))
    return found


def number_from(connection: Connection, table: Table, column: Column[Any], last: int) -> None:
    """The next row gets a number above ``last``."""
    if last == 0:
        return
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table, column)
        connection.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :last)"), {"sequence": sequence, "last": last}
        )
    elif table.dialect_options["sqlite"].get("autoincrement"):
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        values = {"name": table.name, "last": last}
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)


def _sequence(connection: Connection, table: Table, column: Column[Any]) -> str:
    names = {"table": table.name, "column": column.name}
    return str(connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), names).scalar_one())


def _literals(key: Sequence[Column[Any]], values: Sequence[Any]) -> list[Any]:
    return [literal(value, column.type) for column, value in zip(key, values, strict=True)]


def _canonical(value: Any) -> bytes:
    """A value with its kind, so that no two differ in kind alone."""
    if value is None:
        return b"-"
    if isinstance(value, bytes):
        return b"b" + value
    if isinstance(value, dt.datetime):
        return b"t" + value.astimezone(dt.UTC).isoformat().encode("ascii")
    if isinstance(value, dt.date):
        return b"d" + value.isoformat().encode("ascii")
    if isinstance(value, str):
        return b"s" + value.encode("utf-8", "surrogateescape")
    return b"i" + str(int(value)).encode("ascii")
