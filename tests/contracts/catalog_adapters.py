"""The databases that a catalog may be in, by name: each gives the URL of an empty one when asked."""

import secrets
from collections.abc import Callable

from tests.servers.plugin import shared_server
from tests.servers.postgres import PostgresServer

_lent: list[str] = []


def _database() -> str:
    _lent.append(shared_server(PostgresServer).new_database())
    return _lent[-1]


def give_back() -> None:
    """After a test: its databases serve the next one."""
    while _lent:
        shared_server(PostgresServer).give_back(_lent.pop())


CATALOGS: dict[str, Callable[[], str]] = {
    "sqlite": lambda: f"sqlite:///{secrets.token_hex(4)}.db",
    "postgresql": _database,
}
