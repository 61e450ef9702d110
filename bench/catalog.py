"""``python -m bench catalog``: the same synthetic batches through SQLite and PostgreSQL in turn, side by side."""

import argparse
import datetime as dt
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.domain.batches import Batch, BatchAccount, BatchState, Document, Fate, PageFate, ledger_of
from pipeline.domain.filing import Filing
from pipeline.domain.ids import document_id
from pipeline.domain.pages import PageObservation, PageReading, PageText, Word
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.settings import Profile
from pipeline.ports.catalog import Arrival, LineCatalog
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog

PAGES, SHEETS, RUN, WORDS = 40, 4, 8, 250
NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
LEASE_SECONDS = 3600.0


@dataclass
class Times:
    """Seconds of each call, by what was done."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def of(self, what: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        self.taken.setdefault(what, []).append(time.perf_counter() - began)


def main(arguments: Sequence[str]) -> None:
    options = argparse.ArgumentParser(prog="python -m bench catalog", description=__doc__)
    options.add_argument("--batches", type=int, default=50)
    options.add_argument("--rounds", type=int, default=3, help="parts that the batches come in, taken in turn")
    options.add_argument("--postgres", help="URL of an empty database; else a server of the tests is started")
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="opis-bench-") as name:
        home = Path(name)
        server = chosen.postgres or _started()
        with (
            closing(open_catalog("sqlite:///catalog.db", home)) as embedded,
            closing(open_catalog(server, home)) as served,
        ):
            catalogs = {"SQLite": embedded, "PostgreSQL": served}
            times = {what: Times() for what in catalogs}
            for part in range(chosen.rounds):
                for what, catalog in catalogs.items():
                    _work(catalog, range(part, chosen.batches, chosen.rounds), times[what])
                    print(f"part {part + 1} of {chosen.rounds}: {what}", file=sys.stderr)
            versions = {what: catalog.probe().version for what, catalog in catalogs.items()}
    _print(times, versions, chosen.batches)


def _started() -> str:
    from tests.servers import run_folder
    from tests.servers.postgres import PostgresServer

    run_folder.begin()
    return run_folder.shared(PostgresServer).new_database()


def _work(catalog: SqlCatalog, numbers: range, times: Times) -> None:
    line = catalog.acquire_line("bench", LEASE_SECONDS)
    assert line is not None, "the catalog is in use"
    for number in numbers:
        _batch(catalog, line, number, times)
    entries = [_entry(number) for number in range(numbers.start * 1000, numbers.start * 1000 + 1000)]
    times.of("import of 1,000 entries", lambda: catalog.import_entries(entries, "registers/bench.csv"))
    line.release()


def _batch(catalog: SqlCatalog, line: LineCatalog, number: int, times: Times) -> None:
    """What the line does with a batch, call by call, and what the web asks meanwhile."""
    account = _account(number)
    one = account.batch.id or ""
    arrived = BatchAccount(Batch(one, f"{number}.pdf", one, "registratura", BatchState.RECEIVED, PAGES, NOW))
    arrival = Arrival(f"a{number}", one, "registratura", f"{number}.pdf", f"hot/{number}", NOW)
    began = time.perf_counter()
    times.of("receive", lambda: line.receive(arrived, [PAGES], Profile(), arrival))
    for first in range(1, PAGES + 1, RUN):
        pages = range(first, first + RUN)
        times.of("begin a run", lambda pages=pages: line.begin_run(one, pages))  # type: ignore[misc]
        readings = [_reading(page) for page in pages]
        times.of("save 8 readings", lambda readings=readings: line.save_readings(one, readings))  # type: ignore[misc]
    times.of("commit 40 pages", lambda: line.commit(account))
    rows = line.pending_index(PAGES)
    times.of("outbox", lambda: line.indexed(rows))
    times.taken.setdefault("a batch, all writes", []).append(time.perf_counter() - began)
    times.of("account", lambda: catalog.account(one))
    times.of("document", lambda: catalog.document(account.documents[0].id))
    times.of("list of 50", lambda: catalog.batches(limit=50))


def _account(number: int) -> BatchAccount:
    one = hashlib.sha256(f"batch {number}".encode()).hexdigest()
    runs = [tuple(range(first, first + SHEETS)) for first in range(1, PAGES + 1, SHEETS)]
    papers = [Document(document_id(one, pages), one, pages, filing=Filing("URB", (), 0.9)) for pages in runs]
    fates = [PageFate(page, Fate.DOCUMENT, paper.id) for paper in papers for page in paper.pages]
    batch = Batch(one, f"{number}.pdf", one, "registratura", BatchState.FILED, PAGES, NOW)
    return BatchAccount(batch, tuple(fates), tuple(papers), ledger=ledger_of(PAGES, fates))


def _reading(page: int) -> PageReading:
    words = tuple(Word(f"cuvânt{place}", place * 7, page * 9, 40, 12, 0.9, place // 10) for place in range(WORDS))
    text = " ".join(word.text for word in words)
    return PageReading(PageObservation(page), PageText(2480, 3508, 300.0, 0, words, text, text, 0.9, "bench"))


def _entry(number: int) -> RegistryEntry:
    day = dt.date(2021, 1, 1) + dt.timedelta(days=number % 365)
    return RegistryEntry(RegistryNumber("RG", 2021, str(number)), day, f"Ion {number}", "Cerere", 2, "URB", "ghișeu")


def _print(times: dict[str, Times], versions: dict[str, str | None], batches: int) -> None:
    for what, version in versions.items():
        print(f"{what:12} {version}")
    print(f"{batches} batches of {PAGES} pages; milliseconds, median (95th of 100)")
    embedded, served = times["SQLite"].taken, times["PostgreSQL"].taken
    for what in embedded:
        row = {name: _told(times[name].taken[what]) for name in times}
        ratio = statistics.median(served[what]) / statistics.median(embedded[what])
        print(f"{what:24} {json.dumps(row)} ratio {ratio:.2f}")


def _told(seconds: Sequence[float]) -> str:
    ranked = sorted(seconds)
    return f"{statistics.median(ranked) * 1000:.1f} ({ranked[int(len(ranked) * 0.95) - 1] * 1000:.1f})"
