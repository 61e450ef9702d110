"""Adding rows unless they are there: one statement, safe whoever else adds them at the same time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def add_new(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Does nothing when a row with this ``id`` is there, also one that is being added in this moment."""
    insert = _insert(connection)(table).values(row)
    connection.execute(insert.on_conflict_do_nothing(index_elements=[table.c.id]))


def add_missing(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Adds those whose primary key is not there."""
    if rows:
        insert = _insert(connection)(table).on_conflict_do_nothing(index_elements=list(table.primary_key))
        connection.execute(insert, list(rows))


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
