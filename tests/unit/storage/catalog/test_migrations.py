"""Migrations: up from nothing, down again, the same tables as the program's, nothing newer touched."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from pipeline.domain.errors import MissingPart
from storage.catalog import migrate
from storage.catalog.engine import Database
from storage.catalog.open import open_catalog, open_database
from storage.catalog.tables import metadata

URL = "sqlite:///catalog.db"


def tables_of(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def checks_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: " ".join(sql.split()) for name, sql in rows if "CHECK" in sql}


def test_up_from_nothing_down_to_nothing_and_up_again(tmp_path: Path) -> None:
    with closing(open_database(URL, tmp_path)) as database:
        assert migrate.revision(database) is None
        for _ in range(2):
            migrate.upgrade(database)
            assert migrate.revision(database) == migrate.newest()
            assert tables_of(database) == set(metadata.tables)
            migrate.downgrade(database)
            assert migrate.revision(database) is None
            assert tables_of(database) == set()


def test_migrations_lead_to_the_tables_of_the_program(tmp_path: Path) -> None:
    with closing(open_database(URL, tmp_path)) as database:
        migrate.upgrade(database)
        with database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    with closing(open_database("sqlite:///fresh.db", tmp_path)) as fresh, fresh.writing() as connection:
        metadata.create_all(connection)
    migrated, created = checks_of(tmp_path / "catalog.db"), checks_of(tmp_path / "fresh.db")
    assert set(migrated) == set(created) == {"batches", "page_fates", "lease"}
    for name, sql in created.items():
        assert sql.split("CHECK")[1].split(",")[0] == migrated[name].split("CHECK")[1].split(",")[0]


def test_a_catalog_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    open_catalog(URL, tmp_path).close()
    with closing(open_database(URL, tmp_path)) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MissingPart, match="9999") as caught:
        open_catalog(URL, tmp_path)
    assert caught.value.exit_code == 3
    assert "mai nouă" in caught.value.advice
    with closing(open_database(URL, tmp_path)) as database:
        assert migrate.revision(database) == "9999"
        assert tables_of(database) == set(metadata.tables)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_database(URL, tmp_path)) as database:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE reviews (id INTEGER)"))
        with pytest.raises(Exception, match="already exists"):
            migrate.upgrade(database)
        assert tables_of(database) == {"reviews"}
        assert migrate.revision(database) is None


def test_the_migrations_are_inside_the_package() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()
    assert [path.name for path in (folder / "versions").glob("*.py")] == ["v0001_first.py"]
