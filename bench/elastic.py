"""``python -m bench elastic``: an index filled from the catalog's form and searched, at one size after the other.

Without ``--url`` a node of its own is started, as the tests get theirs, with the heap that is asked for.
"""

import argparse
import json
import os
import statistics
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.documents import documents, vocabulary
from bench.index_queries import searches
from pipeline.ports.index import Index, IndexedDocument
from storage.index.open import open_index

_WARM_UP = 3
"""searches of each kind before the measured ones"""
_PUTS, _PUT = 5, 200
"""the outbox is put by that many documents at once"""
_HEADINGS = (
    *("documents", "docs/s", "MB", "kB/doc", "put docs/s", "p50 ms", "p95 ms", "max ms"),
    *("client CPU ms", "server CPU ms", "load"),
)
"""CPU is the mean of a search; ``load`` is the machine's during the searches: above its cores, times are not its own"""


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds that a search took: by the clock, of the CPU in this process, of the CPU in the server's."""

    wall: float
    client: float
    server: float


@dataclass(frozen=True, slots=True)
class Growth:
    """One size of the index: rates in documents a second, sizes in bytes, times by kind of search."""

    documents: int
    rebuild_rate: float
    size: int
    put_rate: float
    times: dict[str, list[Time]]
    load: float


def main(arguments: Sequence[str]) -> None:
    options = argparse.ArgumentParser(prog="python -m bench elastic", description=__doc__)
    options.add_argument("--documents", type=int, nargs="+", default=[10_000], help="sizes, one after the other")
    options.add_argument("--each", type=int, default=40, help="searches of each kind")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--heap", type=int, default=1024, help="MB of the node that is started")
    options.add_argument(
        "--url", help="an index to be overwritten: elasticsearch+http://HOST:PORT/NAME or tantivy:PATH"
    )
    options.add_argument("--keep", action="store_true", help="search what a run before this one has put at --url")
    chosen = options.parse_args(arguments)
    vocabulary()
    with _url(chosen.url, chosen.heap) as (url, server):
        grown = []
        for count in chosen.documents:
            grown.append(_grow(url, server, count, chosen))
            _print_kinds(grown[-1])
    print(_row(_HEADINGS))
    for growth in grown:
        print(_row(_figures(growth)))


@contextmanager
def _url(given: str | None, heap: int) -> Iterator[tuple[str, psutil.Process | None]]:
    if given is not None:
        yield given, None
        return
    from tests.servers import run_folder
    from tests.servers.elasticsearch import ElasticsearchServer

    class BenchElasticsearch(ElasticsearchServer):
        heap_megabytes = heap
        jvm = ()

    server = BenchElasticsearch(run_folder.begin() / "elasticsearch")
    server.start()
    try:
        yield server.index_url("bench"), psutil.Process(server.pid)
    finally:
        server.stop()


def _grow(url: str, server: psutil.Process | None, count: int, chosen: argparse.Namespace) -> Growth:
    with TemporaryDirectory(prefix="opis-bench-") as folder:
        home = Path(folder)
        index = open_index(url, home)
        began = time.perf_counter()
        if not chosen.keep:
            index.rebuild(_told(documents(count, chosen.seed), count))
        rebuild = time.perf_counter() - began
        size = _size(url, home)
        put = 0.0 if chosen.keep else _put(index, count, chosen.seed)
        times = _search(index, server, chosen.each, count, chosen.seed)
        return Growth(count, count / rebuild, size, put, times, os.getloadavg()[0])


def _told(made: Iterator[IndexedDocument], count: int) -> Iterator[IndexedDocument]:
    began = time.perf_counter()
    for number, document in enumerate(made, 1):
        yield document
        if number % 10_000 == 0:
            rate = number / (time.perf_counter() - began)
            print(f"{number} of {count} documents, {rate:.0f} a second", file=sys.stderr)


def _put(index: Index, count: int, seed: int) -> float:
    """Documents a second by the outbox's way: known ones again, in a newer version, searchable after each put."""
    began = time.perf_counter()
    done = 0
    for first in range(0, min(count, _PUTS * _PUT), _PUT):
        newer = [replace(made, version=2) for made in documents(min(_PUT, count - first), seed, first)]
        index.put(newer)
        done += len(newer)
    return done / (time.perf_counter() - began)


def _search(index: Index, server: psutil.Process | None, each: int, count: int, seed: int) -> dict[str, list[Time]]:
    for asked in searches(_WARM_UP, count, seed + 1):
        index.search(asked.request)
    times: dict[str, list[Time]] = {}
    for asked in searches(each, count, seed):
        before = (time.perf_counter(), time.process_time(), _cpu(server))
        answer = index.search(asked.request)
        after = (time.perf_counter(), time.process_time(), _cpu(server))
        times.setdefault(asked.kind, []).append(Time(*(b - a for a, b in zip(before, after, strict=True))))
        if answer.total and not (answer.hits and answer.facets):
            raise AssertionError(f"hits or facets are missing for {asked.request}")
    return times


def _cpu(server: psutil.Process | None) -> float:
    return sum(server.cpu_times()[:2]) if server is not None else 0.0


def _size(url: str, home: Path) -> int:
    """Bytes of the index on disk."""
    if not url.startswith("elasticsearch+"):
        folder = home / url.partition(":")[2]
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    address, _, name = url.removeprefix("elasticsearch+").rpartition("/")
    path = f"/{urllib.parse.quote(name)}/_stats/store"
    with urllib.request.urlopen(address + path, timeout=60) as answer:
        return int(json.load(answer)["_all"]["primaries"]["store"]["size_in_bytes"])


def _print_kinds(growth: Growth) -> None:
    print(f"{growth.documents} documents")
    for kind, times in sorted(growth.times.items()):
        figures = dict(zip(_HEADINGS[5:-1], _times(times), strict=True))
        print(f"  {kind:14} {json.dumps(figures)}")


def _figures(growth: Growth) -> tuple[str, ...]:
    size = growth.size
    return (
        str(growth.documents),
        f"{growth.rebuild_rate:.0f}",
        f"{size / 1e6:.0f}",
        f"{size / growth.documents / 1e3:.1f}",
        f"{growth.put_rate:.0f}",
        *(str(value) for value in _times([time for times in growth.times.values() for time in times])),
        f"{growth.load:.1f}",
    )


def _times(times: Sequence[Time]) -> tuple[int, ...]:
    """Milliseconds: half and 95 of 100 searches take no longer, the longest, then the means of the CPU."""
    by_clock = statistics.quantiles([time.wall for time in times], n=100, method="inclusive")
    seconds = (by_clock[49], by_clock[94], max(time.wall for time in times))
    means = (statistics.mean(time.client for time in times), statistics.mean(time.server for time in times))
    return tuple(round(value * 1000) for value in (*seconds, *means))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
