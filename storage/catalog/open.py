"""Opens the catalog that a URL of the configuration names, brought to this program's revision."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from pipeline.domain.errors import ConfigurationError, PartDown
from storage.catalog.engine import BUSY_SECONDS, Database, sqlite_database
from storage.catalog.migrate import upgrade
from storage.catalog.sql import SqlCatalog


def open_catalog(url: str, home: Path, busy_seconds: float = BUSY_SECONDS) -> SqlCatalog:
    """``sqlite:///PATH`` (relative to the home), ``sqlite:////PATH`` or ``postgresql+psycopg://…``.

    The tables are made when missing, migrated when old; a server's database must be there. Errors:
    ``ConfigurationError`` (another database, no file), ``PartDown`` (``CatalogDamaged``, ``StorageFull`` among them),
    ``PartUnfit`` (credentials, database, version; ``HalfMigrated``), ``MissingPart`` (``CatalogTooNew``: written by a
    later version). ``busy_seconds``: how long another's lock is waited for.
    """
    database = open_database(url, home, busy_seconds)
    try:
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return SqlCatalog(database)


def open_database(url: str, home: Path, busy_seconds: float = BUSY_SECONDS) -> Database:
    """The database alone, at whatever revision it is."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("catalog.url: not a database URL") from None
    if parsed.drivername == "postgresql+psycopg":
        from storage.catalog.postgres import Limits, postgres_database

        return postgres_database(parsed, Limits(lock=busy_seconds))
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigurationError(
            f"catalog.url: the catalog is kept in sqlite or postgresql+psycopg, not in {parsed.drivername}"
        )
    if not parsed.database or parsed.database == ":memory:" or parsed.host or parsed.query:
        raise ConfigurationError("catalog.url: sqlite needs the path of a file and nothing else")
    path = home.absolute() / parsed.database
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PartDown(f"catalog: {path.parent}: {error.strerror}") from error
    return sqlite_database(path, busy_seconds)
