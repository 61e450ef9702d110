"""Whoever did not hear that a write was committed writes again: done twice is done once, by every method."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from pipeline.domain.batches import BatchState
from pipeline.domain.decisions import Action, Decision
from pipeline.domain.errors import Fenced, NotFound, PartDown
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.ports.catalog import LineCatalog, OutboxRow, Request
from storage.catalog.again import TRIES
from storage.catalog.faults import Aborted
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog
from storage.catalog.tables import metadata
from tests.contracts.catalog_values import NOW, PROFILE, arrival_of, arrived, digest, outcome, reading, receive

ONE = digest("one")
DECISION = Decision("d1", Action.SPLIT, ONE, None, (2,), None, "ana", NOW, 0, "două cereri")
ENTRY = RegistryEntry(RegistryNumber("RG", 2021, "1"), dt.date(2021, 3, 4), "Ion")
LATE = arrival_of(arrived("late"))
BROKEN = arrived("broken", state=BatchState.QUARANTINED, pages=None)

Call = Callable[[SqlCatalog, LineCatalog], object]
CALLS: dict[str, Call] = {
    "renew": lambda catalog, line: line.renew(60),
    "receive": lambda catalog, line: line.receive(arrived("late"), [3], PROFILE, LATE),
    "receive, told anew under another id": lambda catalog, line: line.receive(
        arrived("late"), [3], PROFILE, replace(LATE, id=f"again-{next(_numbers)}")
    ),
    "receive what was quarantined": lambda catalog, line: line.receive(
        arrived("broken"), [3], PROFILE, replace(LATE, id=f"broken-{next(_numbers)}", batch=digest("broken"))
    ),
    "end_arrival": lambda catalog, line: line.end_arrival("first", "hot/x/finalizate/one.pdf"),
    "next_batch": lambda catalog, line: line.next_batch(False),
    "begin": lambda catalog, line: line.begin(ONE),
    "begin_run": lambda catalog, line: line.begin_run(ONE, [1, 2, 3]),
    "charge": lambda catalog, line: line.charge(ONE, [1, 2]),
    "save_readings": lambda catalog, line: line.save_readings(ONE, iter([reading(1, "altfel"), reading(3)])),
    "commit": lambda catalog, line: line.commit(outcome("one", "s11b", asked=1), [outcome("two", "1122")]),
    "pending_index": lambda catalog, line: line.pending_index(10),
    "indexed": lambda catalog, line: line.indexed([OutboxRow(1, "x"), OutboxRow(2, "y")]),
    "open_requests": lambda catalog, line: line.open_requests(),
    "end_request": lambda catalog, line: line.end_request("r1", ONE, None),
    "import_entries": lambda catalog, line: catalog.import_entries(iter([ENTRY]), "registers/a.csv"),
    "add_request": lambda catalog, line: catalog.add_request(Request("r2", "/scan/2", "registratura")),
    "append_decision": lambda catalog, line: catalog.append_decision(DECISION),
    "commit what was decided": lambda catalog, line: line.commit(outcome("two", "1122"), (), ["waits"]),
    "refuse_decisions": lambda catalog, line: line.refuse_decisions(["waits"], "nu se poate"),
    "tell": lambda catalog, line: line.tell("[]"),
}
"""every write but three: see the tests of ``release``, ``spare`` and ``acquire_line``"""
_numbers = iter(range(10**6))


@contextmanager
def prepared(url: str, home: Path) -> Iterator[tuple[SqlCatalog, LineCatalog]]:
    with closing(open_catalog(url, home)) as catalog:
        line = catalog.acquire_line("test", 600)
        assert line is not None
        for name in ("one", "two"):
            account = arrived(name, 4)
            line.receive(account, [4], PROFILE, replace(arrival_of(account), id="first" if name == "one" else "second"))
        line.receive(BROKEN, (), PROFILE, replace(arrival_of(BROKEN), claimed="hot/broken"))
        line.commit(outcome("two", "1112"))
        line.charge(ONE, [1])
        line.save_readings(ONE, [reading(1)])
        catalog.add_request(Request("r1", "/scan/1", "registratura"))
        catalog.append_decision(replace(DECISION, id="waits", batch=digest("two"), version=1))
        yield catalog, line


def lose_answer(catalog: SqlCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next write is committed, and nobody hears of it."""
    real = catalog.database.writing

    @contextmanager
    def losing() -> Iterator[Connection]:
        with real() as connection:
            yield connection
        monkeypatch.setattr(catalog.database, "writing", real)
        raise PartDown("the answer was lost")

    monkeypatch.setattr(catalog.database, "writing", losing)


def state_of(catalog: SqlCatalog) -> dict[str, list[tuple[object, ...]]]:
    """All that matters of every row: not which numbers were skipped, nor how often the index is told."""
    volatile = {
        "outbox": ("id",),
        "lease": ("expires_at",),
        "requests": ("sequence",),
        "decisions": ("sequence",),
        "batches": ("sequence",),
        "arrivals": ("id", "sequence", "claimed"),
    }
    found = {}
    with catalog.database.reading() as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.c if column.name not in volatile.get(table.name, ())]
            rows = list(map(tuple, connection.execute(select(*columns))))
            found[table.name] = sorted(set(rows) if table.name == "outbox" else rows, key=repr)
    return found


@pytest.mark.parametrize("call", CALLS)
def test_a_write_whose_answer_was_lost_may_be_done_again(
    new_catalog_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with (
        prepared(new_catalog_url(), tmp_path) as (expected, undisturbed),
        prepared(new_catalog_url(), tmp_path) as (catalog, line),
    ):
        before = state_of(catalog)
        assert before == state_of(expected)
        answer = CALLS[call](expected, undisturbed)
        lose_answer(catalog, monkeypatch)
        with pytest.raises(PartDown, match="lost"):
            CALLS[call](catalog, line)
        again = CALLS[call](catalog, line)
        assert state_of(catalog) == state_of(expected)
        if call in ("next_batch", "pending_index", "open_requests"):
            assert again == answer
        elif call not in ("renew",):
            assert state_of(catalog) != before


def test_attempts_are_counted_on_after_an_answer_was_lost(
    catalog: SqlCatalog, line: LineCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(line, arrived("one"))
    line.charge(ONE, [1])
    lose_answer(catalog, monkeypatch)
    with pytest.raises(PartDown):
        line.charge(ONE, [1, 2])
    line.charge(ONE, [3])
    line.charge(ONE, [1, 2])
    assert catalog.attempts(ONE) == {1: 2, 2: 1, 3: 1}
    line.charge(ONE, [1, 2])
    assert catalog.attempts(ONE) == {1: 3, 2: 2, 3: 1}
    lose_answer(catalog, monkeypatch)
    with pytest.raises(PartDown):
        line.charge(ONE, [3])
    line.commit(outcome("one", "111"))
    line.charge(ONE, [3])
    assert catalog.attempts(ONE) == {3: 1}


def test_a_write_that_never_arrived_is_done_once_when_tried_again(
    catalog: SqlCatalog, line: LineCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(line, arrived("one"))
    line.charge(ONE, [1])
    real = catalog.database.writing

    @contextmanager
    def failing() -> Iterator[Connection]:
        with real() as connection:
            yield connection
            monkeypatch.setattr(catalog.database, "writing", real)
            raise PartDown("gone before it was committed")

    monkeypatch.setattr(catalog.database, "writing", failing)
    with pytest.raises(PartDown):
        line.charge(ONE, [1, 2])
    assert catalog.attempts(ONE) == {1: 1}
    line.charge(ONE, [1, 2])
    assert catalog.attempts(ONE) == {1: 2, 2: 1}


def test_a_release_whose_answer_was_lost_is_fenced_when_tried_again(
    catalog: SqlCatalog, line: LineCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(catalog, monkeypatch)
    with pytest.raises(PartDown):
        line.release()
    assert not catalog.line_alive()
    with pytest.raises(Fenced):
        line.release()


def test_a_lease_whose_answer_was_lost_is_free_when_its_time_is_over(
    catalog: SqlCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(catalog, monkeypatch)
    with pytest.raises(PartDown):
        catalog.acquire_line("test", 0.05)
    lines = (catalog.acquire_line("test", 60) for _ in range(10**6))
    assert next(line for line in lines if line is not None).next_batch(False) is None


def aborting(catalog: SqlCatalog, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """The database undoes the next writes for another one's sake."""
    real: Callable[[], AbstractContextManager[Connection]] = catalog.database.writing
    tried: list[int] = []

    @contextmanager
    def undone() -> Iterator[Connection]:
        with real() as connection:
            yield connection
            tried.append(len(tried))
            if len(tried) <= times:
                raise Aborted("undone")

    monkeypatch.setattr(catalog.database, "writing", undone)
    return tried


@pytest.mark.parametrize("call", ["receive", "charge", "save_readings", "commit", "import_entries", "append_decision"])
def test_what_the_database_undid_is_done_again_at_once(
    new_catalog_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with (
        prepared(new_catalog_url(), tmp_path) as (expected, undisturbed),
        prepared(new_catalog_url(), tmp_path) as (catalog, line),
    ):
        CALLS[call](expected, undisturbed)
        tried = aborting(catalog, monkeypatch, TRIES - 1)
        CALLS[call](catalog, line)
        assert len(tried) == TRIES
        assert state_of(catalog) == state_of(expected)


def test_what_is_undone_for_ever_is_down(
    catalog: SqlCatalog, line: LineCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(line, arrived("one"))
    tried = aborting(catalog, monkeypatch, 10**6)
    with pytest.raises(PartDown) as caught:
        line.charge(ONE, [1])
    assert caught.value.retry
    assert len(tried) == TRIES
    assert catalog.attempts(ONE) == {}


def test_decisions_are_read_oldest_first_and_once_each(catalog: SqlCatalog, line: LineCatalog) -> None:
    for name in ("one", "two"):
        receive(line, arrived(name))
    asked = [
        replace(DECISION, id=f"d{9 - number}", at=NOW - dt.timedelta(days=number), version=min(number, 1))
        for number in range(5)
    ]
    for decision in asked:
        catalog.append_decision(decision)
        catalog.append_decision(replace(decision, why="altceva"))
        line.commit(outcome("one", "111"), (), [decision.id])
        catalog.append_decision(decision)
    catalog.append_decision(replace(DECISION, id="other", batch=digest("two"), why="\udcff"))
    assert catalog.decisions(ONE) == asked
    assert [decision.why for decision in catalog.decisions(digest("two"))] == ["\ufffd"]
    assert catalog.decisions(digest("none")) == []
    with pytest.raises(NotFound):
        catalog.append_decision(replace(DECISION, id="lost", batch=digest("none")))
