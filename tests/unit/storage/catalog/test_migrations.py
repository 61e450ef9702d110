"""Migrations: up from nothing, down again, the same tables as the program's, nothing newer touched."""

import datetime as dt
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from pipeline.domain.errors import MissingPart, PartDown, PartUnfit
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from storage.catalog import migrate
from storage.catalog.engine import Database
from storage.catalog.open import open_catalog, open_database
from storage.catalog.tables import metadata
from tests.contracts.catalog_adapters import CATALOGS, give_back
from tests.contracts.catalog_values import arrived, digest, receive
from tests.servers.postgres import PASSWORD

URL = "sqlite:///catalog.db"
ENTRY = RegistryEntry(RegistryNumber("RG", 2021, "1"), dt.date(2021, 3, 4), "Ion")


@pytest.fixture(params=CATALOGS.values(), ids=CATALOGS.keys())
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield str(request.param())
    give_back()


def execute(url: str, home: Path, *statements: str) -> None:
    with closing(open_database(url, home)) as database, database.altering() as connection:
        for statement in statements:
            connection.execute(text(statement))


def tables_of(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def checks_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: " ".join(sql.split()) for name, sql in rows if "CHECK" in sql}


def test_up_from_nothing_down_to_nothing_and_up_again(url: str, tmp_path: Path) -> None:
    with closing(open_database(url, tmp_path)) as database:
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


def test_down_and_up_with_data_in_it(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        with closing(open_catalog(url, tmp_path)) as catalog:
            line = catalog.acquire_line("test", 600)
            assert line is not None
            assert receive(line, arrived("one"))
            catalog.import_entries([ENTRY], "x")
            assert (catalog.batch(digest("one")).pages, catalog.entry(ENTRY.number)) == (3, ENTRY)
            line.release()
            migrate.downgrade(catalog.database)
            assert tables_of(catalog.database) == set()


def test_migrations_lead_to_the_tables_of_the_program_in_a_server_too(url: str, tmp_path: Path) -> None:
    with closing(open_database(url, tmp_path)) as database:
        migrate.upgrade(database)
        with database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
            found = inspect(connection)
            checks = {name for table in metadata.tables for name in _names(found.get_check_constraints(table))}
            keys = {table: found.get_pk_constraint(table)["constrained_columns"] for table in metadata.tables}
    assert checks == {"ck_batches_ledger", "ck_page_fates_document", "ck_lease_one_row"}
    assert keys == {name: [column.name for column in table.primary_key] for name, table in metadata.tables.items()}


def _names(constraints: Sequence[Mapping[str, object]]) -> list[str]:
    return [str(constraint["name"]) for constraint in constraints]


def test_a_catalog_of_a_later_version_is_refused_and_left_as_it_is(url: str, tmp_path: Path) -> None:
    open_catalog(url, tmp_path).close()
    execute(url, tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MissingPart, match="9999") as caught:
        open_catalog(url, tmp_path)
    assert caught.value.exit_code == 3
    assert "mai nouă" in caught.value.advice
    assert PASSWORD not in str(caught.value)
    with closing(open_database(url, tmp_path)) as database:
        assert migrate.revision(database) == "9999"
        assert tables_of(database) == set(metadata.tables)


HALVES = {
    "a table is missing": (["DROP TABLE reviews"], "missing: reviews", "reviews"),
    "all tables are missing": ([f"DROP TABLE {name}" for name in reversed(metadata.sorted_tables)], "missing", "lease"),
    "an older revision and no table": (
        [
            "UPDATE alembic_version SET version_num = '0001'",
            *(f"DROP TABLE {name}" for name in reversed(metadata.sorted_tables)),
        ],
        "missing",
        "incomplet",
    ),
    "a table too many": (["CREATE TABLE extra (id INTEGER)"], "not of this revision: extra", "altă schemă"),
    "no revision": (["DELETE FROM alembic_version"], "no revision", "batches"),
    "no table of revisions": (["DROP TABLE alembic_version"], "no revision", "batches"),
    "two revisions": (["INSERT INTO alembic_version VALUES ('0000')"], "0000", "incomplet"),
}


@pytest.mark.parametrize("half", HALVES)
def test_a_half_migrated_catalog_is_refused_and_left_as_it_is(url: str, tmp_path: Path, half: str) -> None:
    open_catalog(url, tmp_path).close()
    statements, told, mend = HALVES[half]
    execute(url, tmp_path, *statements)
    with closing(open_database(url, tmp_path)) as database:
        before = tables_of(database)
        with pytest.raises(PartUnfit, match=told):
            migrate.look(database)
    with pytest.raises(PartUnfit, match=told) as caught:
        open_catalog(url, tmp_path)
    assert caught.value.exit_code == 3
    assert database.address in str(caught.value) and database.address in caught.value.advice
    assert mend in caught.value.advice
    assert PASSWORD not in f"{caught.value}{caught.value.advice}"
    with closing(open_database(url, tmp_path)) as database:
        assert tables_of(database) == before


def test_a_database_of_something_else_is_refused_and_left_as_it_is(url: str, tmp_path: Path) -> None:
    execute(url, tmp_path, "CREATE TABLE salaries (id INTEGER)")
    with pytest.raises(PartUnfit, match="salaries"):
        open_catalog(url, tmp_path)
    with closing(open_database(url, tmp_path)) as database:
        assert tables_of(database) == {"salaries"}


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_database(URL, tmp_path)) as database:
        with database.writing() as connection:
            connection.execute(text("CREATE TABLE reviews (id INTEGER)"))
        with pytest.raises(Exception, match="already exists"):
            migrate.upgrade(database)
        assert tables_of(database) == {"reviews"}
        assert migrate.revision(database) is None


def test_a_migration_that_breaks_off_is_undone_whole(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(database: object, tables: object) -> None:
        raise RuntimeError("broken off")

    with closing(open_database(url, tmp_path)) as database:
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "_refuse_half", broken)
            with pytest.raises(RuntimeError, match="broken off"):
                migrate.upgrade(database)
        assert tables_of(database) == set()
        assert migrate.revision(database) is None
        migrate.upgrade(database)
        assert tables_of(database) == set(metadata.tables)


def test_whoever_opens_waits_for_who_migrates_and_not_for_ever(url: str, tmp_path: Path) -> None:
    with closing(open_database(url, tmp_path)) as slow, slow.opening():
        with pytest.raises(PartDown, match="too long"):
            open_catalog(url, tmp_path, busy_seconds=0.2)
        opened: list[object] = []
        waiting = threading.Thread(target=lambda: opened.append(open_catalog(url, tmp_path)))
        waiting.start()
        waiting.join(0.3)
        assert opened == []
    waiting.join(30)
    assert len(opened) == 1
    opened[0].close()  # type: ignore[attr-defined]


def test_the_embedded_catalog_imports_no_driver_of_a_server(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from storage.catalog.open import open_catalog\n"
    script += "open_catalog('sqlite:///x.db', Path(sys.argv[1])).close(); print('psycopg' in sys.modules)"
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_migrations_are_inside_the_package() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()
    scripts = sorted(path.name for path in (folder / "versions").glob("*.py"))
    assert scripts == ["v0001_first.py", "v0002_decisions.py"]
