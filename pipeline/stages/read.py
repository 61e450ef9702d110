"""Page tasks of a batch: runs of pages go to the workers; what fails is tried alone, three times at most."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

from pipeline.domain.batches import Batch
from pipeline.domain.errors import InputFault, MissingPart, PartDown, PartUnfit, Stopped, WorkerFault
from pipeline.domain.pages import Degradation, PageObservation, PageReading, SheetLook
from pipeline.domain.plain import plain
from pipeline.domain.work import PageRef, PageTask, ReadSettings
from pipeline.ports.catalog import Catalog, LineCatalog
from pipeline.ports.meter import UNMETERED, Meter
from pipeline.ports.workers import Workers

log = logging.getLogger(__name__)
ATTEMPTS = 3
PAGE_FAILED = "page-failed"
LONGEST_RUN = 8
"""pages of one task: enough to share one start of the engine, few enough to spread over the cores"""
SHORTEST_RUN = 2

NOT_ITS_FAULT = (Stopped, PartDown, PartUnfit, MissingPart)
"""what ends the work on a page without saying anything of the page: no attempt is charged for it"""

Progress = Callable[[int, int], None]
"""called with pages done and pages in all"""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading needs; the line alone writes."""

    catalog: Catalog
    line: LineCatalog
    workers: Workers
    lane: str = ""
    meter: Meter = UNMETERED

    def save(self, batch_id: str, readings: Sequence[PageReading]) -> None:
        self.line.save_readings(batch_id, readings)
        for reading in readings:
            self.meter.pages(self.lane, outcome_of(reading), 1)


def page_refs(page_counts: Sequence[int]) -> tuple[PageRef, ...]:
    """Batch pages 1..n over the originals, in order."""
    places = [(original, index) for original, count in enumerate(page_counts) for index in range(count)]
    return tuple(PageRef(page, original, index) for page, (original, index) in enumerate(places, start=1))


def read_batch(
    reader: Reader,
    batch: Batch,
    refs: Sequence[PageRef],
    settings: ReadSettings,
    progress: Progress,
    anew: bool = False,
) -> list[PageReading]:
    """Readings of all pages in order; those of an earlier life of the line are kept, unless all is to be read anew.

    A page whose third attempt failed gets a reading that says so. Errors: ``MissingPart``, ``PartUnfit``, ``PartDown``
    and ``Stopped``: then the pages that were under way are as if they had not been begun.
    """
    batch_id = batch.id or ""
    done = {} if anew else reader.catalog.readings(batch_id)
    suspects = reader.catalog.suspects(batch_id)
    waiting = [ref for ref in refs if ref.page not in done]
    runs = _runs([ref for ref in waiting if ref.page not in suspects], reader.workers.size)
    progress(len(done), len(refs))
    desk = _Desk(reader, batch, settings, done, lambda: progress(len(done), len(refs)))
    alone = desk.work(runs) + [ref for ref in waiting if ref.page in suspects]
    for ref in sorted(alone, key=lambda ref: ref.page):
        done[ref.page] = _alone(reader, batch, ref, settings)
        progress(len(done), len(refs))
    return [done[ref.page] for ref in refs]


@dataclass
class _Desk:
    """Keeps the workers busy with runs; gives back the pages of runs that failed."""

    reader: Reader
    batch: Batch
    settings: ReadSettings
    done: dict[int, PageReading]
    report: Callable[[], None]

    def work(self, runs: Sequence[tuple[PageRef, ...]]) -> list[PageRef]:
        failed: list[PageRef] = []
        queue = iter(runs)
        flying = {self._submit(run): run for run in _take(queue, self.reader.workers.size)}
        try:
            while flying:
                ended, _ = wait(flying, return_when=FIRST_COMPLETED)
                for future in ended:
                    failed += self._collect(future, flying[future])
                    del flying[future]
                free = self.reader.workers.size - len(flying)
                flying.update({self._submit(following): following for following in _take(queue, free)})
        except NOT_ITS_FAULT:
            for future in flying:
                future.cancel()
            self.reader.line.spare(self.batch.id or "", [ref.page for run in flying.values() for ref in run])
            raise
        return failed

    def _submit(self, run: tuple[PageRef, ...]) -> "Future[Sequence[PageReading]]":
        self.reader.line.begin_run(self.batch.id or "", [ref.page for ref in run])
        return self.reader.workers.read_pages(PageTask(self.batch.originals, run, self.settings))

    def _collect(self, future: "Future[Sequence[PageReading]]", run: tuple[PageRef, ...]) -> list[PageRef]:
        try:
            readings = future.result()
        except (WorkerFault, InputFault) as fault:
            pages = f"{run[0].page}-{run[-1].page}"
            together = "batch %.8s: pages %s failed together (%s); each is tried alone"
            log.warning(together, self.batch.id, pages, plain(fault))
            log.debug("pages %s: %s", pages, fault)
            return list(run)
        self.reader.save(self.batch.id or "", readings)
        self.done.update({reading.observation.page: reading for reading in readings})
        self.report()
        return []


def _alone(reader: Reader, batch: Batch, ref: PageRef, settings: ReadSettings) -> PageReading:
    """One page by itself: an attempt is charged to it before the work."""
    batch_id = batch.id or ""
    attempts = reader.catalog.attempts(batch_id).get(ref.page, 0)
    last: WorkerFault | InputFault | None = None
    while attempts < ATTEMPTS:
        reader.line.charge(batch_id, [ref.page])
        attempts += 1
        try:
            (reading,) = reader.workers.read_pages(PageTask(batch.originals, (ref,), settings)).result()
        except (WorkerFault, InputFault) as fault:
            last = fault
            alone = "batch %.8s: page %d failed, attempt %d of %d: %s"
            log.warning(alone, batch.id, ref.page, attempts, ATTEMPTS, plain(fault))
            log.debug("page %d: %s", ref.page, fault)
            continue
        except NOT_ITS_FAULT:
            reader.line.spare(batch_id, [ref.page])
            raise
        reader.save(batch_id, [reading])
        return reading
    failed = failed_reading(ref.page, str(last or "the line ended while the page was worked on"))
    if last is not None:
        failed = _without_text(reader, batch, ref, settings, failed)
    reader.save(batch_id, [failed])
    return failed


def _without_text(
    reader: Reader, batch: Batch, ref: PageRef, settings: ReadSettings, failed: PageReading
) -> PageReading:
    """The failed reading with what can be seen of the page: when it is the engine that fails, codes still count."""
    reader.line.charge(batch.id or "", [ref.page])
    looked = PageTask(batch.originals, (ref,), replace(settings, read_text=False))
    try:
        (reading,) = reader.workers.read_pages(looked).result()
    except (WorkerFault, InputFault) as fault:
        log.warning("batch %.8s: page %d: not even looked at: %s", batch.id, ref.page, plain(fault))
        return failed
    except NOT_ITS_FAULT:
        reader.line.spare(batch.id or "", [ref.page])
        raise
    return replace(reading, degraded=reading.degraded or failed.degraded)


def outcome_of(reading: PageReading) -> str:
    """One of ``pipeline.ports.meter.OUTCOMES``."""
    if reading.degraded is not None:
        return "failed" if reading.degraded.code == PAGE_FAILED else "degraded"
    return "text" if reading.text is not None and reading.text.words else "no_text"


def failed_reading(page: int, detail: str) -> PageReading:
    """A page that could not be worked on: not blank, not without codes, just unknown."""
    observation = PageObservation(page, look=SheetLook.UNKNOWN, codes_failed=True)
    return PageReading(observation, None, Degradation(PAGE_FAILED, detail[:300]))


def _runs(refs: Sequence[PageRef], workers: int) -> list[tuple[PageRef, ...]]:
    """Runs of neighbouring pages: long ones first, shorter towards the end, so that no worker is left waiting."""
    runs: list[tuple[PageRef, ...]] = []
    start = 0
    while start < len(refs):
        share = -(-(len(refs) - start) // (2 * workers))
        length = max(SHORTEST_RUN, min(LONGEST_RUN, share))
        runs.append(tuple(refs[start : start + length]))
        start += length
    return runs


def _take(queue: Iterator[tuple[PageRef, ...]], number: int) -> Iterator[tuple[PageRef, ...]]:
    for _ in range(number):
        following = next(queue, None)
        if following is not None:
            yield following
