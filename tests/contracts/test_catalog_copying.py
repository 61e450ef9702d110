"""A catalog copied between any two databases is the same one: every row, in pieces, again after an interruption."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from pipeline.domain.batches import BatchState
from pipeline.domain.decisions import Action, Decision
from pipeline.domain.errors import Fenced, PartUnfit
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.ports.catalog import Request
from storage.catalog import copying, migrate, table_rows
from storage.catalog.copying import copy_catalog
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog
from storage.catalog.table_rows import content_of, first_stranger
from storage.catalog.tables import batches, metadata
from storage.catalog.tables import lease as lease_table
from tests.contracts.catalog_adapters import CATALOGS
from tests.contracts.catalog_values import NOW, RETRO, arrived, digest, link, outcome, reading, receive

PAIRS = {f"{one}-to-{other}": (CATALOGS[one], CATALOGS[other]) for one, other in product(CATALOGS, repeat=2)}
DECISION = Decision("d1", Action.SPLIT, digest("one"), None, (2,), None, "ana", NOW, 1, "două cereri")
ENTRIES = [
    RegistryEntry(RegistryNumber(register, 2021, str(number)), dt.date(2021, 3, 4), f"Țîrlea {number} \udcff")
    for register in ("RG", "rg", "ȘT", "Z-1", "Z1")
    for number in range(13)
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table_rows.pieces

    def pieces(connection: Connection, table: object, at_once: int = 20) -> Iterator[object]:
        return whole(connection, table, at_once)  # type: ignore[arg-type]

    for module in (copying, table_rows):
        monkeypatch.setattr(module, "pieces", pieces)


@pytest.fixture(params=PAIRS)
def each_pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlCatalog, SqlCatalog]]:
    yield from _opened(request.param, tmp_path)


@pytest.fixture(params=[name for name, (one, other) in PAIRS.items() if one is not other])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlCatalog, SqlCatalog]]:
    yield from _opened(request.param, tmp_path)


def _opened(name: str, tmp_path: Path) -> Iterator[tuple[SqlCatalog, SqlCatalog]]:
    one, other = (make() for make in PAIRS[name])
    with closing(open_catalog(one, tmp_path)) as source, closing(open_catalog(other, tmp_path)) as target:
        yield source, target


def fill(catalog: SqlCatalog) -> None:
    """Something in every table, and nobody at work."""
    line = catalog.acquire_line("test", 60)
    assert line is not None
    for name in ("one", "two", "three"):
        receive(line, arrived(name, 4, source=f"scan {name} \udcff.pdf"), RETRO)
    line.commit(outcome("one", "s11b", [link("7", day=dt.date(2021, 3, 4))], asked=2))
    line.indexed(line.pending_index(10))
    line.commit(outcome("two", "1122"))
    line.begin(digest("three"))
    line.charge(digest("three"), [1, 2])
    line.save_readings(digest("three"), [reading(1, "ședință"), reading(2)])
    for number in range(3):
        catalog.add_request(Request(f"r{number}", f"/scan/{number}\udcff", "registratura"))
    line.end_request("r0", digest("one"), None)
    catalog.append_decision(DECISION)
    catalog.import_entries(ENTRIES, "registers/a.csv")
    line.release()


def rows_of(catalog: SqlCatalog) -> dict[str, list[tuple[object, ...]]]:
    with catalog.database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def test_every_row_of_every_table_arrives_and_the_source_is_left_alone(
    each_pair: tuple[SqlCatalog, SqlCatalog],
) -> None:
    source, target = each_pair
    fill(source)
    before, told = rows_of(source), dict[str, int]()
    assert all(before.values()), "a table without a row would prove nothing"
    copied = copy_catalog(source, target, lambda table, rows: told.update({table: rows}))
    after = rows_of(target)
    assert rows_of(source) == before
    moved = {name for name in before if name != "lease"}
    assert {name: after[name] for name in moved} == {name: before[name] for name in moved}
    assert {table.name: table.rows for table in copied} == {name: len(before[name]) for name in moved}
    assert told == {table.name: table.rows for table in copied}
    assert target.account(digest("one")) == source.account(digest("one"))
    assert target.decisions(digest("one")) == [DECISION]
    assert not target.line_alive()


def test_numbers_go_on_after_the_highest_ever_given(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)
    copy_catalog(source, target)
    numbers = []
    for catalog in pair:
        line = catalog.acquire_line("test", 60)
        assert line is not None
        catalog.add_request(Request("new", "/scan/new", "registratura"))
        line.refuse_decisions(["d1"], "nu se poate")
        catalog.append_decision(replace(DECISION, id="d2"))
        assert [request.id for request in line.open_requests()] == ["r1", "r2", "new"]
        assert [decision.id for decision in catalog.decisions(digest("one"))] == ["d2"]
        line.indexed(line.pending_index(100))
        line.commit(outcome("one", "1111"))
        numbers.append(min(row.id for row in line.pending_index(100)))
    assert numbers[0] == numbers[1]


def test_a_copy_that_was_cut_off_is_finished_by_the_next_one(each_pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = each_pair
    fill(source)

    class Cut(Exception):
        pass

    def cut(table: str, rows: int) -> None:
        if table == "entries" and rows > 25:
            raise Cut

    with pytest.raises(Cut):
        copy_catalog(source, target, cut)
    begun = rows_of(target)
    assert 25 < len(begun["entries"]) < len(ENTRIES)
    assert not target.line_alive()
    copied = copy_catalog(source, target)
    assert copy_catalog(source, target) == copied
    assert {table.name: table.rows for table in copied}["entries"] == len(ENTRIES)


def test_a_target_with_other_data_is_refused_and_left_as_it_is(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)
    target.import_entries([RegistryEntry(RegistryNumber("RG", 1999, "1"))], "registers/other.csv")
    before = rows_of(target)
    with pytest.raises(PartUnfit, match="entries") as caught:
        copy_catalog(source, target)
    assert "entries" in caught.value.advice
    assert rows_of(target) == before


@pytest.mark.parametrize("state", [BatchState.RECEIVED, BatchState.WORKING])
def test_a_row_that_is_another_one_under_the_same_key_is_other_data(
    pair: tuple[SqlCatalog, SqlCatalog], state: BatchState
) -> None:
    source, target = pair
    fill(source)
    copy_catalog(source, target)
    with target.database.writing() as connection:
        other = "x" if state is BatchState.RECEIVED else "y"
        connection.execute(update(batches).where(batches.c.id == digest("three")).values(source=other))
    before = rows_of(target)
    with pytest.raises(PartUnfit, match="batches"):
        copy_catalog(source, target)
    assert rows_of(target) == before


def test_no_line_may_live_on_either_side(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)
    for catalog in pair:
        line = catalog.acquire_line("test", 60)
        assert line is not None
        with pytest.raises(Fenced, match="line") as caught:
            copy_catalog(source, target)
        assert "Opriți-o" in caught.value.advice
        line.release()
    assert all(not rows for name, rows in rows_of(target).items() if name != "lease")


def test_no_line_can_start_on_the_target_meanwhile(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)
    asked: list[object] = []
    copy_catalog(source, target, lambda table, rows: asked.append(target.acquire_line("late", 60)))
    assert asked
    assert set(asked) == {None}
    assert target.acquire_line("after", 60) is not None


def test_a_line_that_worked_on_the_source_meanwhile_is_told(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)

    def work(table: str, rows: int) -> None:
        line = source.acquire_line("sneaky", 60)
        if line is not None:
            line.release()

    with pytest.raises(Fenced, match="while it was copied"):
        copy_catalog(source, target, work)


def test_a_difference_that_came_up_while_copying_is_told(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)

    def meddle(table: str, rows: int) -> None:
        if table == "requests":
            target.import_entries([RegistryEntry(RegistryNumber("RG", 1999, "1"))], "registers/other.csv")

    with pytest.raises(PartUnfit, match=r"entries|requests|reviews"):
        copy_catalog(source, target, meddle)
    assert not target.line_alive()


def test_an_empty_database_gets_its_tables_and_an_old_source_is_refused(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    fill(source)
    migrate.downgrade(target.database)
    copied = copy_catalog(source.database, target.database)
    assert sum(table.rows for table in copied) > len(ENTRIES)
    migrate.downgrade(source.database)
    with pytest.raises(PartUnfit, match="revision None"):
        copy_catalog(source, target)


def test_the_content_of_a_table_tells_values_apart(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    table, seen = metadata.tables["entries"], set()
    rows: list[dict[str, object]] = [
        {"date": None, "source": "a", "body": "b"},
        {"date": dt.date(2021, 1, 2), "source": "a", "body": "b"},
        {"date": None, "source": "ab", "body": ""},
        {"date": None, "source": "", "body": "ab"},
    ]
    for catalog in pair:
        for row in rows:
            with catalog.database.writing() as connection:
                connection.execute(table.delete())
                connection.execute(insert(table).values(register="RG", year=1, number_key="1", **row))
                seen.add(content_of(connection, table))
    assert len(seen) == len(rows)


def test_the_first_stranger_is_found_wherever_it_is(pair: tuple[SqlCatalog, SqlCatalog]) -> None:
    source, target = pair
    table = metadata.tables["entries"]
    source.import_entries(ENTRIES, "a")
    for key in ("0", "15", "999"):
        target.import_entries([*ENTRIES[:40], RegistryEntry(RegistryNumber("A", 2021, key))], "a")
        with source.database.reading() as ours, target.database.reading() as theirs:
            assert first_stranger(ours, theirs, table) == ("A", 2021, key)
            assert first_stranger(theirs, theirs, table) is None
        with target.database.writing() as connection:
            connection.execute(table.delete())
    assert lease_table.name not in {found.name for found in copying._tables()}
