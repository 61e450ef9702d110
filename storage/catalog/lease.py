"""The lease of the line: one row, a holder, an end, and a token that only grows.

The end is told and judged by the catalog's own clock, and only after the row is locked.
"""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pipeline.domain.errors import Fenced
from storage.catalog.processes import Process, surely_dead, this_process
from storage.catalog.tables import lease
from storage.catalog.turns import now


def take(connection: Connection, holder: str, seconds: float) -> int | None:
    """A new token; None while another holder lives. Inside a writing transaction."""
    row = _locked(connection)
    moment = now(connection)
    if _alive(row, moment):
        return None
    process = this_process()
    connection.execute(
        update(lease).values(
            token=row.token + 1,
            holder=holder,
            expires_at=moment + dt.timedelta(seconds=seconds),
            host=process.host,
            pid=process.pid,
            started=process.started,
        )
    )
    return int(row.token) + 1


def check(connection: Connection, token: int) -> None:
    """Raises ``Fenced`` when the lease was taken by another line; it cannot be until the transaction ends."""
    row = _locked(connection)
    if row.token != token:
        raise Fenced(f"the line's lease has token {row.token} now ({row.holder or 'released'}), not {token}")


def prolong(connection: Connection, seconds: float) -> None:
    connection.execute(update(lease).values(expires_at=now(connection) + dt.timedelta(seconds=seconds)))


def give_up(connection: Connection) -> None:
    """Free at once; the token that was held is worth nothing from now on."""
    connection.execute(update(lease).values(token=lease.c.token + 1, holder=None, expires_at=None))


def held(connection: Connection) -> bool:
    """Whether a line holds the lease, and lives as far as this machine can tell."""
    return _alive(connection.execute(select(lease)).one(), now(connection))


def _locked(connection: Connection) -> Row[Any]:
    return connection.execute(select(lease).with_for_update()).one()


def _alive(row: Row[Any], moment: dt.datetime) -> bool:
    if row.holder is None or row.expires_at is None or row.expires_at <= moment:
        return False
    return not surely_dead(Process(row.host, row.pid, row.started))


def tell(connection: Connection, doing: str | None) -> None:
    """What the line is doing, for whoever watches."""
    connection.execute(update(lease).values(doing=doing))


def doing(connection: Connection) -> str | None:
    """What the line last told; None when no line lives."""
    row = connection.execute(select(lease)).one()
    told: str | None = row.doing
    return told if held(connection) else None
