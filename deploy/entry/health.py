#!/usr/bin/env python
"""Health checks of the containers; exit 0 when healthy, 1 with one line on stderr when not.

``http URL``: it answers with 200. ``line``: the catalog knows a line that is alive. ``worker``: the worker in this
container answers, and is connected to the scheduler that ``OPIS_WORK__SCHEDULER`` names.
"""

import http.client
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

SECONDS = 4.0
ESTABLISHED, LISTENING = "01", "0A"
LOOPBACK = "0100007F"
"""127.0.0.1 as /proc/net/tcp writes it"""


def answers(url: str) -> str | None:
    """Why ``url`` is not healthy, or None."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return None if answer.status == 200 else f"{url}: {answer.status}"
    except (OSError, ValueError, http.client.HTTPException) as fault:
        return f"{url}: {type(fault).__name__}"


def line() -> str | None:
    """Why no line is alive, or None. One that stands by is content with the one that works."""
    from opis.config import load_settings
    from pipeline.domain.errors import OpisError
    from storage.catalog.open import open_catalog

    try:
        settings = load_settings(None, None)
        alive = open_catalog(settings.catalog_url, settings.home).line_alive()
    except OpisError as fault:
        return f"{type(fault).__name__}: {fault}"
    return None if alive else "no line holds the lease of this catalog"


def worker(sockets: Path = Path("/proc/net")) -> str | None:
    """Why the worker is not healthy, or None. Its own health page is on a loopback port that it chose itself."""
    scheduler = urlsplit(os.environ.get("OPIS_WORK__SCHEDULER", "")).port
    rows = list(connections(sockets))
    if scheduler not in [there for state, _, _, there in rows if state == ESTABLISHED]:
        return "no connection to the scheduler"
    faults = [
        answers(f"http://127.0.0.1:{port}/health")
        for state, host, port, _ in rows
        if (state, host) == (LISTENING, LOOPBACK)
    ]
    return None if None in faults else "; ".join(filter(None, faults)) or "nobody listens"


def connections(sockets: Path) -> Iterator[tuple[str, str, int, int]]:
    """State, own address, own port, port of the other side, of each TCP socket of this network namespace."""
    for table in ("tcp", "tcp6"):
        try:
            rows = (sockets / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            _, own, other, state, *_ = row.split()
            host, port = own.split(":")
            yield state, host, int(port, 16), int(other.rpartition(":")[2], 16)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["http", url]:
            fault = answers(url)
        case ["line"]:
            fault = line()
        case ["worker"]:
            fault = worker()
        case _:
            fault = "usage: health.py http URL | line | worker"
    if fault is not None:
        print(fault, file=sys.stderr)
    return 0 if fault is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
