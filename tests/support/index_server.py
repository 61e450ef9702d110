"""Documents, questions and a line at work for the faults of an index server."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from opis.line import Line
from opis.wiring import hot_folder, open_parts, start_workers
from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.domain.settings import Profile, Settings
from pipeline.ports.index import Index, IndexedDocument, SearchRequest
from tests.servers.elasticsearch import ElasticsearchServer
from tests.support.scans import letter

SECONDS = 120
HOME = Path("unused")


def made(key: int, text: str = "o cerere", version: int = 1) -> IndexedDocument:
    link = Link("RG", 2021, str(key), None, "ghișeu", LinkSource.SEPARATOR, LinkState.CERTAIN)
    return IndexedDocument(
        id=f"{key:064x}",
        version=version,
        batch="b" * 64,
        kind="document",
        state="filed",
        department=None,
        link=link,
        sender=None,
        subject=None,
        pages=(text,),
    )


def total(index: Index, query: str = "") -> int:
    return index.search(SearchRequest(query)).total


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def real_indices(server: ElasticsearchServer, url: str) -> list[str]:
    return sorted(server.call("GET", f"/{url.rpartition('/')[2]}*/_settings?expand_wildcards=all"))


@contextmanager
def line_at_work(home: Path, index_url: str) -> Iterator[Line]:
    """A line that works in a thread of its own; it must not end by itself."""
    settings = Settings(home=home, profiles=(Profile(settle_seconds=0),), workers=1, index_url=index_url)
    parts = open_parts(settings)
    lease = parts.catalog.acquire_line("test", 600)
    assert lease is not None
    workers = start_workers(parts, first=True)
    line = Line(parts, lease, workers)
    line.watch()
    thread = threading.Thread(target=line.run)
    thread.start()
    try:
        yield line
        assert thread.is_alive(), "the line has ended by itself"
    finally:
        line.stop.set()
        line.wake.set()
        thread.join(SECONDS)
        workers.close()
        lease.release()


def drop(line: Line, seed: int) -> None:
    path = hot_folder(line.parts.settings, "registratura") / f"{seed}.png"
    Image.fromarray(letter(150, lines=4, seed=seed)).save(path, dpi=(150, 150))


def committed(line: Line, documents: int, outbox: int) -> bool:
    """Whether so many documents are in the catalog, so many of them not yet in the index, and nothing else waits."""
    counts = line.parts.catalog.counts()
    left = counts.get("received", 0) + counts.get("working", 0)
    return (counts["documents"], counts["outbox"], left) == (documents, outbox, 0)
