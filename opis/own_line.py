"""Being the line for a while: for commands that ask for work and wait until it is done."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from opis.heart import LEASE_SECONDS
from opis.line import Line
from opis.progress import PageBar
from opis.wiring import Parts, start_workers
from pipeline.domain.errors import OpisError, PartDown
from pipeline.ports.catalog import LineCatalog

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5


def work_until(
    parts: Parts,
    holder: str,
    done: Callable[[frozenset[str]], bool],
    filed: Callable[[frozenset[str]], bool],
    end: Callable[[LineCatalog], None] = lambda lease: None,
) -> None:
    """Is the line itself when there is none; else waits for the one that runs, and takes over when it dies.

    ``done`` and ``filed`` are given the batches on which the line has failed too often: ``done`` ends the work;
    when a part stays down, ``filed`` says whether all but the index was seen to. ``end`` is called with the lease.
    """
    while not done(frozenset()):
        lease = parts.catalog.acquire_line(holder, LEASE_SECONDS)
        if lease is None:
            time.sleep(POLL_SECONDS)
            continue
        if _worked(parts, lease, done, filed, end):
            return


def _worked(
    parts: Parts,
    lease: LineCatalog,
    done: Callable[[frozenset[str]], bool],
    filed: Callable[[frozenset[str]], bool],
    end: Callable[[LineCatalog], None],
) -> bool:
    """Works as the line until it is done; True when it will not become more so by trying on."""
    try:
        workers = start_workers(parts, first=True)
        try:
            with PageBar() as bar:
                line = Line(parts, lease, workers, report=bar.report)
                try:
                    line.run(idle=lambda: done(line.given_up))
                except PartDown as fault:
                    if not filed(line.given_up):
                        raise
                    log.warning("%s; what was filed is found when the index is back", fault)
                    return True
            return bool(line.given_up)
        finally:
            workers.close()
    finally:
        with suppress(OpisError):
            end(lease)
        with suppress(OpisError):
            lease.release()
