"""What is true of SQLite alone: how it is set up, and how its failures are told."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from pipeline.domain.errors import ConfigurationError, PartDown, StorageFull
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from storage.catalog.engine import sqlite_database
from storage.catalog.faults import CatalogDamaged
from storage.catalog.open import open_catalog, open_database
from storage.catalog.tables import batches

URL = "sqlite:///catalog.db"
ENTRY = RegistryEntry(RegistryNumber("RG", 2021, "1"))


def test_every_connection_is_durable_and_checked(tmp_path: Path) -> None:
    with closing(open_database(URL, tmp_path, busy_seconds=7)) as database:
        for _ in range(2):
            with database.reading() as connection:
                pragmas = {
                    name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                }
            assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 7000}
            database.engine.dispose()


def test_a_reader_sees_one_state_and_a_writer_waits_for_nobody_reading(tmp_path: Path) -> None:
    open_catalog(URL, tmp_path).close()
    with closing(open_database(URL, tmp_path)) as database:
        count = text("SELECT count(*) FROM outbox")
        with database.reading() as reader:
            assert reader.execute(count).scalar_one() == 0
            with database.writing() as writer:
                writer.execute(text("INSERT INTO outbox (document) VALUES ('x')"))
            assert reader.execute(count).scalar_one() == 0
        with database.reading() as reader:
            assert reader.execute(count).scalar_one() == 1


def test_a_block_that_raises_writes_nothing(tmp_path: Path) -> None:
    open_catalog(URL, tmp_path).close()
    with closing(open_database(URL, tmp_path)) as database:
        with pytest.raises(KeyError), database.writing() as writer:
            writer.execute(text("INSERT INTO outbox (document) VALUES ('x')"))
            raise KeyError
        with database.reading() as reader:
            assert reader.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 0


@pytest.mark.parametrize(
    ("state", "pages", "filed", "good"),
    [
        ("filed", 3, 3, True),
        ("filed", 3, 2, False),
        ("filed", None, 3, False),
        ("filed", 4, 3, False),
        ("held", 3, 2, False),
        ("held", 3, 3, True),
        ("working", 3, 0, True),
        ("quarantined", None, 0, True),
    ],
)
def test_the_database_itself_refuses_a_batch_that_does_not_balance(
    tmp_path: Path, state: str, pages: int | None, filed: int, good: bool
) -> None:
    open_catalog(URL, tmp_path).close()
    row = dict.fromkeys(["separators", "separator_backs", "blanks", "rejected", "version"], 0)
    texts = dict.fromkeys(["source", "originals", "problems", "profile_was", "page_counts"], "")
    facts = {
        "id": "x",
        "sequence": 1,
        "lane": "registry",
        "state": state,
        "pages": pages,
        "received": 3,
        "filed": filed,
    }

    def add() -> None:
        with closing(open_database(URL, tmp_path)) as database, database.writing() as connection:
            connection.execute(insert(batches).values(row | texts | facts))

    if good:
        add()
    else:
        with pytest.raises(ValueError, match="ledger"):
            add()


def test_a_catalog_locked_for_too_long_is_down(tmp_path: Path) -> None:
    with (
        closing(open_catalog(URL, tmp_path, busy_seconds=0.01)) as catalog,
        closing(open_database(URL, tmp_path)) as other,
    ):
        with other.writing(), pytest.raises(PartDown, match="locked") as caught:
            catalog.import_entries([ENTRY], "x")
        assert caught.value.retry
        assert catalog.import_entries([ENTRY], "x").new == 1


def test_a_full_disk_is_told_as_such_and_what_was_there_stays(tmp_path: Path) -> None:
    with closing(open_catalog(URL, tmp_path)) as catalog:
        catalog.import_entries([ENTRY], "x")
        many = [RegistryEntry(RegistryNumber("RG", 2021, str(number)), subject="x" * 500) for number in range(2000)]
        database = catalog._database
        with database.reading() as connection:
            connection.execute(text("PRAGMA max_page_count = 1"))
        with pytest.raises(StorageFull):
            catalog.import_entries(many, "y")
        assert catalog.counts()["entries"] == 1


def test_a_broken_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"not a database at all " * 500)
    with pytest.raises(CatalogDamaged, match="damaged") as caught:
        open_catalog(URL, tmp_path)
    assert isinstance(caught.value, PartDown)
    assert "rebuild" in caught.value.advice


def test_a_file_that_broke_later_is_told_as_such(tmp_path: Path) -> None:
    entries = [RegistryEntry(RegistryNumber("RG", 2021, str(number)), subject="x" * 300) for number in range(500)]
    with closing(open_catalog(URL, tmp_path)) as catalog:
        catalog.import_entries(entries, "x")
    path = tmp_path / "catalog.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 2))
    with closing(open_catalog(URL, tmp_path)) as catalog, pytest.raises(CatalogDamaged):
        for entry in entries:
            catalog.entry(entry.number)


def test_a_row_that_cannot_be_read_is_damage_not_a_traceback(tmp_path: Path) -> None:
    with closing(open_catalog(URL, tmp_path)) as catalog:
        catalog.import_entries([ENTRY], "x")
        with closing(sqlite3.connect(tmp_path / "catalog.db")) as connection, connection:
            connection.execute("UPDATE entries SET body = '{'")
        with pytest.raises(CatalogDamaged):
            catalog.entry(ENTRY.number)


def test_a_folder_that_cannot_be_made_or_a_file_that_is_a_folder_is_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PartDown):
        open_catalog("sqlite:///file/catalog.db", tmp_path)
    (tmp_path / "catalog.db").mkdir()
    with pytest.raises(PartDown):
        open_catalog(URL, tmp_path)
    (tmp_path / "other.db.lock").mkdir()
    with pytest.raises(PartDown, match="other"):
        open_catalog("sqlite:///other.db", tmp_path)


def test_a_number_beyond_the_database_is_a_value_error(tmp_path: Path) -> None:
    with closing(open_catalog(URL, tmp_path)) as catalog, pytest.raises(ValueError, match="too large"):
        catalog.register_known("RG", 10**30)


def test_the_path_is_relative_to_the_home_or_absolute(tmp_path: Path) -> None:
    open_catalog("sqlite:///data/ș x.db", tmp_path / "home").close()
    assert (tmp_path / "home/data/ș x.db").is_file()
    open_catalog(f"sqlite:///{tmp_path}/other.db", tmp_path / "home").close()
    assert (tmp_path / "other.db").is_file()


NO_FILES = ["", "catalog.db", "sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "sqlite+aiosqlite:///x.db"]
NO_SQLITE = [
    "postgresql://opis:secret@host/opis",
    "postgresql+psycopg2://opis:secret@host/opis",
    "mysql://host/x",
    "sqlite://host:port/x",
    "sqlite://host/x",
]


@pytest.mark.parametrize("url", [*NO_FILES, *NO_SQLITE])
def test_another_url_is_a_configuration_error_that_tells_no_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"catalog\.url") as caught:
        open_catalog(url, tmp_path)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_lost_disk_is_down_and_the_probe_says_how_to_mend_it(tmp_path: Path) -> None:
    with closing(open_catalog(URL, tmp_path)) as catalog:
        catalog.close()
        (tmp_path / "catalog.db").write_bytes(b"overwritten by something else " * 200)
        probe = catalog.probe()
        assert (probe.found, probe.good) == (False, False)
        assert "opis rebuild" in probe.mend


def test_a_connection_is_not_made_before_it_is_needed(tmp_path: Path) -> None:
    with closing(sqlite_database(tmp_path / "catalog.db")):
        assert list(tmp_path.iterdir()) == []
