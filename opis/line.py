"""The line: claims what arrives, takes batches through the pipeline one after the other, and alone writes."""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opis.heart import Heart
from opis.intake import Incoming, Intake, private_copy, refused
from opis.wiring import Parts, hot_folder
from opis.worker import LocalWorkers
from pipeline.domain.batches import Batch, BatchAccount, BatchState
from pipeline.domain.errors import Fenced, InputFault, KeyTaken, MissingPart, NotFound, PartDown, Stopped, WorkerFault
from pipeline.domain.settings import Profile
from pipeline.domain.wire import to_json
from pipeline.ports.catalog import Arrival, LineCatalog, Request
from pipeline.run import Pipeline, follow_index, process_batch
from watchers.candidates import Claimed
from watchers.hot_folder import HotFolder, pages_of
from watchers.inputs import batches_of
from watchers.observer import Observer
from watchers.reasons import reason_for

log = logging.getLogger(__name__)
RESCAN_SECONDS = 2.0
RETRY_SECONDS = 5.0
PATIENCE = 6
"""rounds that a part may be down before a line that is to end gives up"""
TRIES = 3
ASIDE_SECONDS = 600.0
"""after so many failures of the line itself on a batch, it is tried again only so often"""
RETRO_SHARE = 4
"""of so many batches one is the archive's, when it has any"""

Report = Callable[[Batch, int, int], None]
"""called with the batch being worked on, pages done and pages in all"""


@dataclass
class Line:
    """One holder of the lease. ``folders`` is empty for ``opis process``, which only serves requests."""

    parts: Parts
    lease: LineCatalog
    workers: LocalWorkers
    report: Report = lambda batch, done, total: None
    stop: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    folders: Sequence[HotFolder] = ()
    doubtful: bool = False
    """something was held, quarantined or refused since the line began"""
    _taken: int = 0
    _down: int = 0
    _unsettled: bool = False
    """something claimed could not be journalled or moved: the same is due as at a start"""
    _retry_at: float = 0.0
    _aside: dict[str, tuple[int, float]] = field(default_factory=dict)
    """failures of the line itself on a batch, and when (monotonic) it is tried again"""

    def __post_init__(self) -> None:
        self._heart = Heart(self.lease, self.stop, self._halt)
        self.intake = Intake(self.parts.catalog, self.lease, self.parts.objects, self.workers)
        self.pipeline = Pipeline(
            institution=self.parts.settings.institution,
            catalog=self.parts.catalog,
            line=self.lease,
            objects=self.parts.objects,
            index=self.parts.index,
            workers=self.workers,
            classifier=self.parts.classifier,
        )

    def watch(self) -> None:
        """Prepares the hot folders of all profiles and finishes what an earlier life left claimed."""
        self._heart.start()
        self.folders = [
            HotFolder(hot_folder(self.parts.settings, profile.name), profile, self._check)
            for profile in self.parts.settings.profiles
        ]
        for folder in self.folders:
            folder.prepare()
        self._recover()

    def run(self, idle: Callable[[], bool] | None = None) -> None:
        """Works until stopped, or until nothing is left to do and ``idle`` says that this ends it.

        Raises ``Fenced`` when the lease was lost, ``MissingPart`` when a part is not there; with ``idle``, ``PartDown``
        when a part stays down.
        """
        observer = Observer([folder.root for folder in self.folders], self.wake)
        observer.start()
        self._heart.start()
        try:
            while not self.stop.is_set():
                busy = self._turn(patient=idle is None)
                observer.refresh()
                if not busy and idle is not None and idle():
                    return
                if not busy:
                    self.wake.wait(RESCAN_SECONDS if self.folders else 0.2)
                    self.wake.clear()
            if self._heart.lost is not None:
                raise self._heart.lost
        finally:
            self._heart.stop()
            observer.stop()

    def _halt(self) -> None:
        self.workers.stop()
        self.wake.set()

    def _turn(self, patient: bool) -> bool:
        """One round: requests, hot folders, one batch, the index. True when there may be more to do at once."""
        busy = False
        down: PartDown | None = None
        for step in (self._serve_requests, self._scan, self._work, self._index):
            try:
                busy = step() or busy
            except Stopped as fault:
                log.info("stopped: %s", fault)
                return False
            except PartDown as fault:
                down = fault
        self._down = self._down + 1 if down else 0
        if down is None:
            return busy
        if self._down >= PATIENCE and not patient:
            raise down
        log.warning("%s; waiting (%s)", down, down.advice)
        self.stop.wait(RETRY_SECONDS)
        return False

    def _index(self) -> bool:
        indexed = follow_index(self.pipeline)
        if indexed:
            log.info("indexed, %d documents", indexed)
        return indexed > 0

    def waiting(self) -> bool:
        """Whether anything is left: in a hot folder, on request, in the catalog, in the outbox."""
        counts = self.parts.catalog.counts()
        pending = counts.get("received", 0) + counts.get("working", 0) + counts.get("outbox", 0)
        if self._unsettled or pending > len(self.given_up) or self.lease.open_requests():
            return True
        now = time.monotonic()
        looks = [folder.scan(now) for folder in self.folders]
        return any(look.ready or look.waiting or look.refused or look.more for look in looks)

    @property
    def given_up(self) -> frozenset[str]:
        """Batches on which the line itself failed too often; they are as they were and tried again now and then."""
        return frozenset(batch for batch, (failures, _) in self._aside.items() if failures >= TRIES)

    def _serve_requests(self) -> bool:
        requests = self.lease.open_requests()
        for request in requests:
            self._serve(request)
        return bool(requests)

    def _serve(self, request: Request) -> None:
        found = batches_of(Path(request.path))
        wanted = next((entry for entry in found if str(entry.path) == request.path), None)
        profile = self.parts.settings.profile(request.profile) or Profile(name=request.profile)
        if wanted is None or wanted.fault is not None:
            fault = (wanted.fault if wanted else None) or InputFault("vanished", "no longer there")
            self._refuse(request, Path(request.path).name, fault)
            return
        incoming = Incoming(wanted.pages, wanted.is_folder, wanted.source, profile, request.path)
        try:
            with private_copy(incoming, self.parts.scratch) as copy:
                batch, arrival = self.intake.take(copy)
        except InputFault as fault:
            self._refuse(request, wanted.source, fault)
            return
        self.lease.end_arrival(arrival.id, request.path)
        self.lease.end_request(request.id, batch.id, None)

    def _refuse(self, request: Request, source: str, fault: InputFault) -> None:
        account = refused(source, request.profile, fault)
        self.lease.end_request(request.id, None, to_json(BatchAccount, account).decode("utf-8"))

    def _check(self, path: Path) -> None:
        self.workers.inspect(path)

    def _scan(self) -> bool:
        if self._unsettled:
            self._recover()
        busy = False
        for folder in self.folders:
            look = folder.scan(time.monotonic())
            for candidate in (*look.ready, *look.refused):
                claimed = folder.claim(candidate)
                if claimed is not None:
                    self._take(folder, claimed)
            busy = busy or bool(look.ready) or bool(look.refused) or look.more
        return busy

    def _take(self, folder: HotFolder, claimed: Claimed) -> None:
        """Journals a claimed item, then moves it to its end; what fails on it alone is told and left for later."""
        try:
            self._take_one(folder, claimed)
        except PartDown:
            self._unsettled = True
            raise
        except (KeyTaken, NotFound, WorkerFault) as fault:
            log.error("%s: %s; left in %s until the next start", claimed.source, fault, claimed.path.parent)

    def _take_one(self, folder: HotFolder, claimed: Claimed) -> None:
        files = pages_of(claimed)
        if claimed.fault is not None and not (files and claimed.fault.code != "not-regular"):
            self.doubtful = True
            folder.quarantine(claimed, reason_for(claimed.fault))
            return
        incoming = Incoming(files, claimed.is_folder, claimed.source, folder.profile, claimed.token, claimed.fault)
        try:
            batch, arrival = self.intake.take(incoming)
        except InputFault as fault:
            log.warning("%s: %s; put back", claimed.source, fault)
            folder.release(claimed)
            return
        self._end(folder, claimed, batch, arrival)

    def _end(self, folder: HotFolder, claimed: Claimed, batch: Batch, arrival: Arrival) -> None:
        if batch.state is BatchState.QUARANTINED:
            problem = self.parts.catalog.account(batch.id or "").problems[0]
            fault = claimed.fault or InputFault(problem.code, problem.message)
            self.doubtful = True
            end = folder.quarantine(claimed, reason_for(fault, "inspect", sha256=batch.sha256))
        else:
            end = folder.finish(claimed, dt.datetime.now().date())
        self.lease.end_arrival(arrival.id, self._told(end))

    def _told(self, end: Path | None) -> str:
        """An end as the journal has it: relative to the home."""
        return "unknown" if end is None else str(end.relative_to(self.parts.settings.home))

    def _recover(self) -> None:
        """Ends what was journalled but not moved; takes in what was claimed but not journalled."""
        by_profile = {folder.profile.name: folder for folder in self.folders}
        for arrival in self.parts.catalog.arrivals(open_only=True):
            folder = by_profile.get(arrival.profile)
            if arrival.claimed.startswith("/"):
                self.lease.end_arrival(arrival.id, arrival.claimed)
            elif folder is not None:
                self._recover_arrival(folder, arrival)
        for folder in self.folders:
            for claimed in folder.claimed_leftovers():
                self._take(folder, claimed)
        self._unsettled = False

    def _recover_arrival(self, folder: HotFolder, arrival: Arrival) -> None:
        claimed = folder.recall(arrival.claimed)
        if claimed is not None:
            self._end(folder, claimed, self.parts.catalog.batch(arrival.batch), arrival)
            return
        self.lease.end_arrival(arrival.id, self._told(folder.find_end(arrival.claimed)))

    def _work(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        prefer_retro = self._taken % RETRO_SHARE == RETRO_SHARE - 1
        now = time.monotonic()
        aside = [batch for batch, (_, until) in self._aside.items() if until > now]
        batch_id = self.lease.next_batch(prefer_retro, aside)
        if batch_id is None:
            return False
        batch = self.parts.catalog.batch(batch_id)
        try:
            account = process_batch(self.pipeline, batch_id, lambda done, total: self.report(batch, done, total))
        except PartDown:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            raise
        except (MissingPart, Fenced, Stopped):
            raise
        except Exception as fault:  # noqa: BLE001  one batch must not end the line
            self._set_aside(batch_id, fault)
            return True
        self._taken += 1
        self.doubtful = self.doubtful or account.batch.state is not BatchState.FILED
        self._aside.pop(batch_id, None)
        log.info(
            "batch %.8s: %s, %d documents, %d reviews",
            batch.id,
            account.batch.state.value,
            len(account.documents),
            len(account.reviews),
        )
        return True

    def _set_aside(self, batch_id: str, fault: Exception) -> None:
        failures = self._aside.get(batch_id, (0, 0.0))[0] + 1
        wait = RETRY_SECONDS if failures < TRIES else ASIDE_SECONDS
        self._aside[batch_id] = (failures, time.monotonic() + wait)
        log.error("batch %.8s: failure %d: %s: %s", batch_id, failures, type(fault).__name__, fault)
