"""Brings a catalog to the revision this program knows, under a lock, in one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from pipeline.domain.errors import MissingPart
from storage.catalog.engine import Database

_SCRIPTS = Path(__file__).parent / "migrations"


class CatalogTooNew(MissingPart):
    """Written by a later version of this program."""

    advice = "Catalogul a fost scris de o versiune mai nouă de Opis. Instalați acea versiune."


def upgrade(database: Database) -> None:
    """To the newest revision; nothing when it is there. Raises ``CatalogTooNew`` when its revision is unknown."""
    if _is_current(database):
        return
    with database.opening(), database.writing() as connection:
        _refuse_unknown(_found(connection))
        command.upgrade(_config(connection), "head")


def downgrade(database: Database, to: str = "base") -> None:
    """Back to an older revision; with ``base`` nothing is left of the catalog."""
    with database.opening(), database.writing() as connection:
        command.downgrade(_config(connection), to)


def revision(database: Database) -> str | None:
    """The revision of the catalog; None when it is empty."""
    with database.reading() as connection:
        return _found(connection)


def newest() -> str:
    """The revision this program works with."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if head is None:
        raise MissingPart("the catalog's migrations are not installed")
    return head


def _is_current(database: Database) -> bool:
    with database.opening():
        return revision(database) == newest()


def _refuse_unknown(found: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if found is not None and found not in known:
        raise CatalogTooNew(f"the catalog has revision {found}, this program knows up to {newest()}")


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
