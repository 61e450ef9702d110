"""The imported register: entries in, entries found."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.romanian.numbers import number_key
from pipeline.ports.catalog import ImportCount
from storage.catalog.rows import entry_row, value_of
from storage.catalog.tables import entries
from storage.catalog.turns import Turn, take_turn

_AT_ONCE = 500
"""entries looked up by one statement; a database may take no more than 999 values"""


def prepared(found: Iterable[RegistryEntry]) -> list[dict[str, Any]]:
    """Rows to import; of two entries with the same number the later one holds."""
    rows = {(row["register"], row["year"], row["number_key"]): row for row in map(entry_row, found)}
    return list(rows.values())


def merge(connection: Connection, rows: Sequence[dict[str, Any]], source: str) -> ImportCount:
    """Adds what is new and replaces what differs; ``source`` is kept with both. One import at a time."""
    take_turn(connection, Turn.IMPORT)
    new = changed = 0
    for (register, year), chunk in _chunks(rows):
        known = _bodies(connection, register, year, [row["number_key"] for row in chunk])
        fresh = [row | {"source": source} for row in chunk if row["number_key"] not in known]
        differing = [row for row in chunk if known.get(row["number_key"], row["body"]) != row["body"]]
        if fresh:
            connection.execute(insert(entries), fresh)
        for row in differing:
            values = {"date": row["date"], "body": row["body"], "source": source}
            connection.execute(update(entries).where(*_at(register, year, row["number_key"])).values(values))
        new += len(fresh)
        changed += len(differing)
    return ImportCount(new, changed, len(rows) - new - changed)


def entry_at(connection: Connection, number: RegistryNumber) -> RegistryEntry | None:
    where = _at(number.register, number.year, number_key(number.number))
    body = connection.execute(select(entries.c.body).where(*where)).scalar_one_or_none()
    return None if body is None else value_of(RegistryEntry, body)


def entries_numbered(connection: Connection, number: str, register: str | None) -> list[RegistryEntry]:
    query = select(entries.c.body).where(entries.c.number_key == number_key(number))
    if register is not None:
        query = query.where(entries.c.register == register)
    return _entries(connection, query)


def entries_of_day(connection: Connection, day: dt.date) -> list[RegistryEntry]:
    return _entries(connection, select(entries.c.body).where(entries.c.date == day))


def is_known(connection: Connection, register: str, year: int) -> bool:
    query = select(entries.c.year).where(entries.c.register == register, entries.c.year == year).limit(1)
    return connection.execute(query).one_or_none() is not None


def _entries(connection: Connection, query: Select[Any]) -> list[RegistryEntry]:
    """By register and year; numbers as they count up."""
    key = entries.c.number_key
    ordered = query.order_by(entries.c.register, entries.c.year, func.length(key), key)
    return [value_of(RegistryEntry, body) for body in connection.execute(ordered).scalars()]


def _at(register: str, year: int, key: str) -> tuple[Any, ...]:
    return entries.c.register == register, entries.c.year == year, entries.c.number_key == key


def _bodies(connection: Connection, register: str, year: int, keys: Sequence[str]) -> dict[str, str]:
    here = entries.c.register == register, entries.c.year == year, entries.c.number_key.in_(keys)
    found = connection.execute(select(entries.c.number_key, entries.c.body).where(*here))
    return {row.number_key: row.body for row in found}


def _chunks(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[str, int], list[dict[str, Any]]]]:
    """Rows of one register and year, so many that one statement can ask for them."""
    by_year: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        by_year.setdefault((row["register"], row["year"]), []).append(row)
    for year, found in by_year.items():
        for start in range(0, len(found), _AT_ONCE):
            yield year, found[start : start + _AT_ONCE]
