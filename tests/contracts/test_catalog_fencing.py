"""Two Opis on one catalog, as real processes: one is the line, what the other writes stays, a late one is refused."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.ports.catalog import LineCatalog
from storage.catalog.sql import SqlCatalog
from tests.contracts.catalog_values import arrived, digest, outcome, receive

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
_PREAMBLE = """
import sys
from pathlib import Path
from storage.catalog.open import open_catalog
catalog = open_catalog(sys.argv[1], Path(sys.argv[2]))
def ready(word="ready"):
    print(word, flush=True)
    sys.stdin.readline()
"""
_LATE = """
from pipeline.domain.errors import Fenced
from pipeline.ports.catalog import OutboxRow
from tests.contracts.catalog_values import PROFILE, arrival_of, arrived, digest, outcome, reading
one = digest("one")
line = catalog.acquire_line("late", 0.2)
calls = [
    lambda: line.renew(600),
    lambda: line.receive(arrived("new"), [3], PROFILE, arrival_of(arrived("new"))),
    lambda: line.begin(one),
    lambda: line.charge(one, [1]),
    lambda: line.begin_run(one, [2]),
    lambda: line.spare(one, [1]),
    lambda: line.save_readings(one, [reading(1)]),
    lambda: line.commit(outcome("one", "123")),
    lambda: line.indexed([OutboxRow(1, "x")]),
    lambda: line.end_arrival("first", "x"),
    lambda: line.end_request("r1", None, "{}"),
    lambda: line.release(),
]
ready()
for call in calls:
    try:
        call()
        print("written", flush=True)
    except Fenced:
        print("fenced", flush=True)
"""
_APPEND = """
import datetime as dt
from pipeline.domain.decisions import Action, Decision
from pipeline.domain.errors import StaleDecision
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.ports.catalog import Request
from tests.contracts.catalog_values import digest
name = sys.argv[3]
ready()
new = won = 0
def decide(identity, batch):
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    catalog.append_decision(Decision(identity, Action.SPLIT, digest(batch), None, (2,), None, name, at, 0))
for number in range(12):
    for who in (name, "both"):
        catalog.add_request(Request(f"{who}-{number}", f"/scan/{number}", "registratura"))
    decide(f"both-{number}", f"both {number}")
    try:
        decide(f"{name}-{number}", f"one of two {number}")
        won += 1
    except StaleDecision:
        pass
    found = [RegistryEntry(RegistryNumber("RG", 2021, str(n)), subject="x") for n in range(20 * number + 20)]
    new += catalog.import_entries(found, "registers/x.csv").new
print(new, won, flush=True)
"""
_FIGHT = """
import time
ready()
taken = 0
while taken < 10:
    held = catalog.acquire_line(sys.argv[3], 60)
    if held is None:
        time.sleep(0.005)
        continue
    taken += 1
    print("begin", sys.argv[3], held.token, flush=True)
    held.renew(60)
    print("end", sys.argv[3], held.token, flush=True)
    held.release()
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(catalog_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a process that opens the same catalog and runs up to its ``ready()``."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, *arguments: str) -> "subprocess.Popen[str]":
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


def go_on(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def taken_over(catalog: SqlCatalog) -> LineCatalog:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        line = catalog.acquire_line("successor", 600)
        if line is not None:
            return line
        time.sleep(0.02)
    raise AssertionError("the lease of a line that does not renew it is never free")


def test_a_line_that_was_stopped_past_its_lease_has_every_write_refused(catalog: SqlCatalog, start: Start) -> None:
    first = catalog.acquire_line("before", 600)
    assert first is not None
    receive(first, arrived("one"))
    first.release()
    late = start(_LATE)
    late.send_signal(signal.SIGSTOP)
    successor = taken_over(catalog)
    successor.charge(digest("one"), [1])
    before = catalog.account(digest("one")), catalog.attempts(digest("one")), catalog.counts(), catalog.arrivals()
    late.send_signal(signal.SIGCONT)
    go_on(late)
    told = late.communicate()[0].split()
    assert told == ["fenced"] * 12
    assert (
        catalog.account(digest("one")),
        catalog.attempts(digest("one")),
        catalog.counts(),
        catalog.arrivals(),
    ) == before
    assert catalog.line_alive()
    successor.commit(outcome("one", "123"))


def test_what_two_processes_append_and_import_at_once_is_there_once(
    catalog: SqlCatalog, line: LineCatalog, start: Start
) -> None:
    for number in range(12):
        receive(line, arrived(f"both {number}"))
        receive(line, arrived(f"one of two {number}"))
    processes = [start(_APPEND, name) for name in ("ana", "ion")]
    for process in processes:
        go_on(process)
    for number in range(15):
        receive(line, arrived(f"batch {number}"))
    told = [[int(count) for count in process.communicate()[0].split()] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [sum(counts) for counts in zip(*told, strict=True)] == [240, 12], "entries new, decisions that were first"
    assert catalog.counts()["entries"] == 240
    asked = [request.id for request in line.open_requests()]
    assert sorted(asked) == sorted(f"{who}-{number}" for who in ("ana", "ion", "both") for number in range(12))
    for number in range(12):
        (same,) = catalog.decisions(digest(f"both {number}"))
        (first,) = catalog.decisions(digest(f"one of two {number}"))
        assert same.id == f"both-{number}"
        assert first.id in (f"ana-{number}", f"ion-{number}")
    assert catalog.entry(RegistryNumber("RG", 2021, "7")) == RegistryEntry(RegistryNumber("RG", 2021, "7"), subject="x")
    assert len(catalog.batches()) == 15 + 24


def test_of_two_processes_that_fight_for_the_lease_one_holds_it_at_a_time(start: Start, catalog: SqlCatalog) -> None:
    processes = [start(_FIGHT, name) for name in ("ana", "ion")]
    for process in processes:
        go_on(process)
    told = [line.split() for process in processes for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in processes] == [0, 0]
    tokens = [int(token) for word, _, token in told if word == "begin"]
    assert len(tokens) == len(set(tokens)), "a token was given twice"
    assert sorted(tokens) == sorted(int(token) for word, _, token in told if word == "end"), "a holder was fenced"
    assert {name for _, name, _ in told} == {"ana", "ion"}
    assert not catalog.line_alive()
