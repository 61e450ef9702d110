"""Brings a catalog to the revision this program knows, under a lock, in one transaction."""

from collections.abc import Collection
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from pipeline.domain.errors import MissingPart, PartUnfit
from pipeline.domain.messages import say
from storage.catalog.engine import Database
from storage.catalog.tables import metadata

_SCRIPTS = Path(__file__).parent / "migrations"
_REVISION_TABLE = "alembic_version"


class CatalogTooNew(MissingPart):
    """Written by a later version of this program."""

    advice = "Catalogul a fost scris de o versiune mai nouă de Opis. Instalați acea versiune."


class HalfMigrated(PartUnfit):
    """Its tables are not those of its revision, or belong to something else."""


def upgrade(database: Database) -> None:
    """To the newest revision; nothing when it is there.

    Errors: ``CatalogTooNew`` when its revision is unknown, ``HalfMigrated``; the catalog is left as it was.
    """
    database.check()
    if _is_current(database):
        return
    with database.opening(), database.altering() as connection:
        _refuse_unfit(database, connection)
        command.upgrade(_config(connection), "head")
        _refuse_half(database, _tables(connection))


def look(database: Database) -> None:
    """Raises what ``upgrade`` would refuse; changes nothing."""
    database.check()
    with database.opening(), database.reading() as connection:
        _refuse_unfit(database, connection)


def downgrade(database: Database, to: str = "base") -> None:
    """Back to an older revision; with ``base`` nothing is left of the catalog."""
    with database.opening(), database.altering() as connection:
        command.downgrade(_config(connection), to)


def revision(database: Database) -> str | None:
    """The revision of the catalog; None when it is empty. Errors: ``HalfMigrated`` when it has several."""
    with database.reading() as connection:
        return _found(connection, database.address)


def newest() -> str:
    """The revision this program works with."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if head is None:
        raise MissingPart("the catalog's migrations are not installed")
    return head


def _is_current(database: Database) -> bool:
    with database.opening(), database.reading() as connection:
        if _found(connection, database.address) != newest():
            return False
        _refuse_half(database, _tables(connection))
        return True


def _refuse_unfit(database: Database, connection: Connection) -> None:
    """Which tables an older revision had is not known any more: it must have some."""
    found, tables = _found(connection, database.address), set(_tables(connection))
    _refuse_unknown(database, found)
    if found is None:
        _refuse_strangers(database, tables)
    elif found == newest() or tables <= {_REVISION_TABLE}:
        _refuse_half(database, tables)


def _refuse_unknown(database: Database, found: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if found is not None and found not in known:
        raise CatalogTooNew(
            f"catalog: {database.address}: it has revision {found}, this program knows up to {newest()}"
        )


def _refuse_strangers(database: Database, tables: Collection[str]) -> None:
    found = sorted(set(tables) - {_REVISION_TABLE})
    if found:
        names = ", ".join(found)
        raise HalfMigrated(
            f"catalog: {database.address}: it has no revision, yet a table already exists: {names}",
            say("catalog.strangers", where=database.address, tables=names),
        )


def _refuse_half(database: Database, tables: Collection[str]) -> None:
    missing = sorted(set(metadata.tables) - set(tables))
    extra = sorted(set(tables) - set(metadata.tables) - {_REVISION_TABLE})
    if missing:
        names = ", ".join(missing)
        raise HalfMigrated(
            f"catalog: {database.address}: half-migrated, tables are missing: {names}",
            say("catalog.half", where=database.address, tables=names),
        )
    if extra:
        names = ", ".join(extra)
        raise HalfMigrated(
            f"catalog: {database.address}: tables that are not of this revision: {names}",
            say("catalog.strangers", where=database.address, tables=names),
        )


def _tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


def _found(connection: Connection, address: str) -> str | None:
    heads = MigrationContext.configure(connection).get_current_heads()
    if len(heads) > 1:
        raise HalfMigrated(
            f"catalog: {address}: half-migrated, it has the revisions {', '.join(sorted(heads))}",
            say("catalog.half", where=address, tables=_REVISION_TABLE),
        )
    return heads[0] if heads else None


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
