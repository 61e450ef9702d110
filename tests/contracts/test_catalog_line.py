"""What every catalog promises of the line's lease, across threads and processes."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.batches import Batch, BatchAccount, BatchState
from pipeline.domain.errors import Fenced
from pipeline.domain.pages import PageObservation, PageReading
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.settings import Profile
from pipeline.ports.catalog import Arrival, LineCatalog, OutboxRow
from storage.catalog.sql import SqlCatalog

ROOT = Path(__file__).parents[2]
NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
FOREVER = 1e6

_PREAMBLE = """
import sys
from pathlib import Path
from storage.catalog.open import open_catalog
catalog = open_catalog(sys.argv[1], Path(sys.argv[2]))
def ready():
    print("ready", flush=True)
    sys.stdin.readline()
"""
_HOLD = "line = catalog.acquire_line('other', 1e6); ready()"
_RACE = "ready(); print(catalog.acquire_line('other', 1e6) is not None, flush=True); ready()"
_LATE = """
from pipeline.domain.errors import Fenced
line = catalog.acquire_line("late", -1)
ready()
try:
    line.begin("x")
except Fenced as error:
    print(type(error).__name__, error.exit_code, flush=True)
"""
_IMPORT = """
from pipeline.domain.registry import RegistryEntry, RegistryNumber
ready()
for number in range(15):
    entry = RegistryEntry(RegistryNumber("RG", 2021, str(number)), subject=sys.argv[3])
    catalog.import_entries([entry], "registers/x.csv")
"""


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(catalog_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a process that opens the same catalog and runs up to its ``ready()``."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _PREAMBLE + script, catalog_url, str(tmp_path), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def arrived(name: str) -> tuple[BatchAccount, Arrival]:
    one = hashlib.sha256(name.encode()).hexdigest()
    batch = Batch(one, name, one, "registratura", BatchState.RECEIVED, 1, NOW)
    return BatchAccount(batch), Arrival(f"a-{name}", one, "registratura", name, name, NOW)


def taken(catalog: SqlCatalog, seconds: float = FOREVER) -> LineCatalog:
    line = catalog.acquire_line("here", seconds)
    assert line is not None
    return line


def test_one_line_at_a_time(catalog: SqlCatalog) -> None:
    assert not catalog.line_alive()
    line = taken(catalog)
    assert catalog.line_alive()
    assert catalog.acquire_line("second", FOREVER) is None
    line.release()
    assert not catalog.line_alive()
    assert catalog.acquire_line("second", FOREVER) is not None


def test_a_lease_that_ran_out_is_free_and_one_that_is_renewed_is_not(catalog: SqlCatalog) -> None:
    line = taken(catalog, -1)
    assert not catalog.line_alive()
    line.renew(FOREVER)
    assert catalog.line_alive()
    assert catalog.acquire_line("second", FOREVER) is None


LATE_CALLS: dict[str, Callable[[LineCatalog], object]] = {
    "renew": lambda line: line.renew(1),
    "release": lambda line: line.release(),
    "receive": lambda line: line.receive(arrived("late")[0], [1], Profile(), arrived("late")[1]),
    "end_arrival": lambda line: line.end_arrival("a-one", "x"),
    "next_batch": lambda line: line.next_batch(False),
    "begin": lambda line: line.begin(arrived("one")[1].batch),
    "begin_run": lambda line: line.begin_run(arrived("one")[1].batch, [1]),
    "charge": lambda line: line.charge(arrived("one")[1].batch, [1]),
    "spare": lambda line: line.spare(arrived("one")[1].batch, [1]),
    "save_readings": lambda line: line.save_readings(arrived("one")[1].batch, [PageReading(PageObservation(1))]),
    "commit": lambda line: line.commit(arrived("one")[0]),
    "pending_decisions": lambda line: line.pending_decisions(),
    "refuse_decisions": lambda line: line.refuse_decisions(["x"], "y"),
    "restore_decisions": lambda line: line.restore_decisions([]),
    "tell": lambda line: line.tell("[]"),
    "check": lambda line: line.check(),
    "pending_index": lambda line: line.pending_index(1),
    "indexed": lambda line: line.indexed([OutboxRow(1, "x")]),
    "open_requests": lambda line: line.open_requests(),
    "end_request": lambda line: line.end_request("x", None, "{}"),
}


@contextmanager
def unchanged(catalog: SqlCatalog) -> Iterator[None]:
    one = arrived("one")[1].batch

    def state() -> tuple[object, ...]:
        done = catalog.suspects(one), catalog.attempts(one), catalog.readings(one)
        return catalog.account(one), catalog.arrivals(), catalog.counts(), done, catalog.line_alive()

    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize("call", LATE_CALLS)
def test_a_line_that_lost_its_lease_is_fenced_and_writes_nothing(catalog: SqlCatalog, call: str) -> None:
    late = taken(catalog, -1)
    account, arrival = arrived("one")
    late.receive(account, [1], Profile(), arrival)
    successor = taken(catalog)
    with unchanged(catalog), pytest.raises(Fenced):
        LATE_CALLS[call](late)
    successor.begin(arrival.batch)


def test_the_port_has_no_call_that_is_not_fenced() -> None:
    assert set(LATE_CALLS) == {name for name in vars(LineCatalog) if not name.startswith("_")}


def test_a_released_lease_gives_no_rights(catalog: SqlCatalog) -> None:
    line = taken(catalog)
    line.release()
    with pytest.raises(Fenced):
        line.next_batch(False)


def test_of_threads_that_ask_at_once_one_is_the_line(catalog: SqlCatalog) -> None:
    together = threading.Barrier(8)

    def ask(number: int) -> bool:
        together.wait()
        return catalog.acquire_line(str(number), FOREVER) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, range(8))) == [False] * 7 + [True]


def test_of_processes_that_ask_at_once_one_is_the_line(start: Start) -> None:
    processes = [start(_RACE) for _ in range(3)]
    for process in processes:
        go_on(process)
    told = [process.stdout.readline().strip() for process in processes if process.stdout is not None]
    assert sorted(told) == ["False", "False", "True"]


def test_processes_that_open_a_new_catalog_at_once_all_get_it(catalog_url: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        _PREAMBLE + "print(catalog.counts()['entries'])",
        catalog_url,
        str(tmp_path / "new"),
    ]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0] for process in processes] == ["0\n"] * 3


def test_a_killed_line_is_replaced_at_once(catalog: SqlCatalog, start: Start) -> None:
    holder = start(_HOLD)
    assert catalog.line_alive()
    assert catalog.acquire_line("here", FOREVER) is None
    holder.kill()
    holder.communicate()
    assert not catalog.line_alive()
    taken(catalog).release()


def test_a_killed_line_that_nobody_has_buried_yet_is_replaced_too(catalog: SqlCatalog, start: Start) -> None:
    holder = start(_HOLD)
    holder.kill()
    assert os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT) is not None
    taken(catalog).release()


def test_a_line_that_slept_past_its_lease_in_another_process_is_fenced(catalog: SqlCatalog, start: Start) -> None:
    late = start(_LATE)
    successor = taken(catalog)
    go_on(late)
    assert late.stdout is not None
    assert late.stdout.readline() == "Fenced 3\n"
    successor.renew(1)


def test_readers_and_writers_of_several_threads_and_processes_get_along(catalog: SqlCatalog, start: Start) -> None:
    line = taken(catalog)
    writers = [start(_IMPORT, name) for name in ("ana", "ion")]
    for writer in writers:
        go_on(writer)
    stop = threading.Event()

    def read() -> int:
        seen = 0
        while not stop.is_set():
            entries, numbered = catalog.counts()["entries"], len(catalog.entries_numbered("14"))
            assert entries >= seen
            assert numbered <= 1
            seen = entries
        return seen

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for number in range(15):
            account, arrival = arrived(str(number))
            assert line.receive(account, [1], Profile(), arrival)
        for writer in writers:
            writer.communicate()
        stop.set()
        assert all(reader.result() <= 15 for reader in readers)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert catalog.counts()["entries"] == 15
    assert len(catalog.batches()) == 15
    held = catalog.entry(RegistryNumber("RG", 2021, "7"))
    assert held in [RegistryEntry(RegistryNumber("RG", 2021, "7"), subject=name) for name in ("ana", "ion")]


def test_pages_of_a_line_that_was_told_to_stop_are_spared(catalog: SqlCatalog) -> None:
    line = taken(catalog)
    account, arrival = arrived("one")
    three = replace(account, batch=replace(account.batch, pages=3))
    line.receive(three, [3], Profile(), arrival)
    line.begin_run(arrival.batch, [1, 2])
    line.charge(arrival.batch, [2, 3])
    line.charge(arrival.batch, [3])
    line.spare(arrival.batch, [1, 3])
    assert catalog.attempts(arrival.batch) == {2: 1, 3: 1}
    assert catalog.suspects(arrival.batch) == {2, 3}
    line.spare(arrival.batch, [2])
    assert catalog.suspects(arrival.batch) == {2, 3}


def test_a_batch_that_is_set_aside_lets_the_next_one_pass(catalog: SqlCatalog) -> None:
    line = taken(catalog)
    for name in ("one", "two"):
        account, arrival = arrived(name)
        line.receive(account, [1], Profile(), arrival)
    first = line.next_batch(False)
    assert first is not None
    second = line.next_batch(False, [first])
    assert second not in (None, first)
    assert line.next_batch(False, [first, second or ""]) is None
