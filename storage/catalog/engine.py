"""The database behind the catalog: connections, transactions, and all that is true of SQLite alone."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from pipeline.domain.errors import PartDown
from storage.catalog.faults import translated

BUSY_SECONDS = 30.0
_BEGIN = "opis_begin"


class Database:
    """One catalog's connections; any number of threads and processes may use it."""

    def __init__(self, engine: Engine, lock: Path) -> None:
        self.engine = engine
        self._writer = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._lock = lock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the catalog throughout."""
        with translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that alone may write, from its first statement; rolled back when the block raises."""
        with translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def opening(self) -> Iterator[None]:
        """One process at a time may look at the schema and change it."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PartDown(f"catalog: {self._lock}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def versions(self) -> str:
        """The database program and its version."""
        return f"SQLite {sqlite3.sqlite_version}"

    def close(self) -> None:
        self.engine.dispose()


def sqlite_database(path: Path, busy_seconds: float = BUSY_SECONDS) -> Database:
    """A catalog in a file, which need not exist yet; a lock held for longer than ``busy_seconds`` is ``PartDown``."""
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Database(engine, path.with_name(path.name + ".lock"))


def _prepare(connection: Any, record: object) -> None:
    # the driver would begin transactions late and only for some statements: ``_begin`` does it instead
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
