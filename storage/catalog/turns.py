"""Taking turns and telling the time, alike in every database: what SQLite's single writer gives by itself."""

import datetime as dt
from enum import IntEnum

from sqlalchemy import Connection, func, select

_OURS = 0x4F504953
"""the letters OPIS: PostgreSQL's advisory locks are numbers that all users of a database share"""


class Turn(IntEnum):
    SCHEMA = 1
    """looking at the tables and changing them"""
    IMPORT = 2
    """merging a register"""
    COPY = 3
    """filling a catalog from another one"""


def take_turn(connection: Connection, turn: Turn) -> None:
    """Waits until no other transaction has this turn; kept until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_OURS, int(turn))))


def now(connection: Connection) -> dt.datetime:
    """By the clock that all users of the catalog share: the server's; of a file, this machine's."""
    if connection.dialect.name == "postgresql":
        told: dt.datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return told.astimezone(dt.UTC)
    return dt.datetime.now(dt.UTC)
