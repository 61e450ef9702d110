"""The database behind the catalog: its transactions, whichever database it is, and all that is true of SQLite alone."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from pipeline.domain.errors import PartDown
from storage.catalog.faults import Translate, of_sqlite, translated

BUSY_SECONDS = 30.0
_PAUSE = 0.05
_BEGIN = "opis_begin"


class Database:
    """One catalog's connections; any number of threads and processes may use it."""

    def __init__(self, engine: Engine, reader: Engine, writer: Engine, address: str, translate: Translate) -> None:
        self.engine = engine
        self.address = address
        """for messages: the name of a file, or a URL without user and password"""
        self._reader = reader
        self._writer = writer
        self._translate = translate

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the catalog throughout, and writes nothing."""
        return self._transaction(self._reader)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that may write; rolled back when the block raises.

        In SQLite it is alone from its first statement; in PostgreSQL it is alone with what it has locked.
        """
        return self._transaction(self._writer)

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        """A writing transaction for changes of the schema, which may take as long as they take."""
        with self.writing() as connection:
            yield connection

    def opening(self) -> AbstractContextManager[None]:
        """One process at a time may look at the schema and change it. Errors: ``PartDown`` when one takes too long."""
        raise NotImplementedError

    def check(self) -> None:
        """Raises ``PartUnfit`` when the server answers but can never hold a catalog."""

    def versions(self) -> str:
        """The database program and its version."""
        raise NotImplementedError

    def facts(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """Details for ``opis doctor`` as in ``Probe``, and (Romanian, else empty) what must be mended."""
        return (), ""

    def translated(self) -> AbstractContextManager[None]:
        """Our own errors instead of the vendor's."""
        return translated(self._translate)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with self.translated(), engine.begin() as connection:
            yield connection


class SqliteDatabase(Database):
    """A catalog in a file of this machine."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": busy_seconds})
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        writer = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        super().__init__(engine, engine, writer, path.name, of_sqlite)
        self._lock = path.with_name(path.name + ".lock")
        self._busy_seconds = busy_seconds

    @contextmanager
    def opening(self) -> Iterator[None]:
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PartDown(f"catalog: {self._lock}: {error.strerror}") from error
        try:
            if not _within(self._busy_seconds, lambda: _locked(descriptor)):
                raise PartDown(f"catalog: {self._lock} is held too long by another process")
            yield
        finally:
            os.close(descriptor)

    def versions(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"


def sqlite_database(path: Path, busy_seconds: float = BUSY_SECONDS) -> Database:
    """A catalog in a file, which need not exist yet; a lock held for longer than ``busy_seconds`` is ``PartDown``."""
    return SqliteDatabase(path, busy_seconds)


def _prepare(connection: Any, record: object) -> None:
    # the driver would begin transactions late and only for some statements: ``_begin`` does it instead
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
