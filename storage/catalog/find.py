"""Rows by an id or the beginning of one."""

import re
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from pipeline.domain.errors import NotFound, UsageError

SHORTEST_PREFIX = 8
_HEX = re.compile("[0-9a-f]+")
_AFTER_HEX = "g"
"""sorts behind every hex digit in any collation"""


def row_of(connection: Connection, table: Table, prefix: str, noun: str) -> Row[Any]:
    """The one row whose ``id`` is the text or begins with it.

    Errors: ``UsageError`` (shorter than 8, or several), ``NotFound``. ``noun`` says in the message what was sought.
    """
    exact = connection.execute(select(table).where(table.c.id == prefix)).one_or_none()
    if exact is not None:
        return exact
    if len(prefix) < SHORTEST_PREFIX:
        raise UsageError(f"{noun} {prefix!r}: give at least {SHORTEST_PREFIX} characters of the id")
    wanted = prefix.lower()
    if not _HEX.fullmatch(wanted):
        raise NotFound(f"no {noun} {prefix!r}")
    fits = (table.c.id >= wanted, table.c.id < wanted + _AFTER_HEX)
    rows = connection.execute(select(table).where(*fits).limit(2)).all()
    if not rows:
        raise NotFound(f"no {noun} {prefix}")
    if len(rows) > 1:
        raise UsageError(f"{noun} {prefix}: several ids begin so, give more of it")
    return rows[0]
