"""The line: claims what arrives, takes batches through the pipeline one after the other, and alone writes."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from opis.heart import Heart
from opis.intake import Incoming, Intake, private_copy, refused
from opis.logs import concerning
from opis.reception import Reception
from opis.steps import Step
from opis.wiring import Parts
from pipeline.domain.batches import Batch, BatchAccount, BatchState
from pipeline.domain.errors import (
    Fenced,
    InputFault,
    KeyTaken,
    MissingPart,
    OpisError,
    PartDown,
    PartUnfit,
    Stopped,
    WorkerFault,
)
from pipeline.domain.messages import say
from pipeline.domain.plain import plain
from pipeline.domain.settings import Profile
from pipeline.domain.wire import to_json
from pipeline.ports.catalog import Arrival, LineCatalog, Request
from pipeline.ports.meter import UNMETERED, Meter
from pipeline.ports.workers import Doing, Workers
from pipeline.run import Pipeline, carry_out, follow_index, process_batch
from pipeline.stages.read import Progress
from watchers.inputs import batches_of
from watchers.observer import Observer

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
    """One holder of the lease. Without ``watch`` it only serves requests, as ``opis process`` does."""

    parts: Parts
    lease: LineCatalog
    workers: Workers
    report: Report = lambda batch, done, total: None
    stop: threading.Event = field(default_factory=threading.Event)
    meter: Meter = UNMETERED
    wake: threading.Event = field(default_factory=threading.Event)
    _held: bool = False
    _taken: int = 0
    _aside: dict[str, tuple[int, float]] = field(default_factory=dict)
    """failures of the line itself on a batch, and when (monotonic) it is tried again"""

    _down: dict[str, float] = field(default_factory=dict)
    """batches on which a part was down, and until when (monotonic) others go before: it may be down for them alone"""

    def __post_init__(self) -> None:
        self._heart = Heart(self.lease, self.stop, self._halt, self._doing)
        self.intake = Intake(self.parts.catalog, self.lease, self.parts.objects, self.workers, self.meter)
        self.reception = Reception(self.parts, self.intake)
        self._steps = [
            Step(name, self._counted(work), RETRY_SECONDS, outlasts_unfit)
            for name, work, outlasts_unfit in (
                ("requests", self._serve_requests, False),
                ("hot folders", self.reception.scan, False),
                ("decisions", self._decide, True),
                ("batches", self._work, True),
                ("index", self._index, True),
            )
        ]
        self.pipeline = Pipeline(
            institution=self.parts.settings.institution,
            catalog=self.parts.catalog,
            line=self.lease,
            objects=self.parts.objects,
            index=self.parts.index,
            workers=self.workers,
            classifier=self.parts.classifier,
            meter=self.meter,
        )

    def watch(self) -> None:
        """Prepares the hot folders of all profiles and finishes what an earlier life left claimed."""
        self._heart.start()
        self.reception.open()

    def run(self, idle: Callable[[], bool] | None = None) -> None:
        """Works until stopped, or until nothing is left to do and ``idle`` says that this ends it.

        Raises ``Fenced`` when the lease was lost, ``MissingPart`` when a part is not there; with ``idle``, ``PartDown``
        when a part stays down.
        """
        observer = Observer([folder.root for folder in self.reception.folders], self.wake)
        observer.start()
        self._heart.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        try:
            while not self.stop.is_set() and self._heart.lost is None:
                busy = self._turn(patient=idle is None)
                observer.refresh()
                if not busy and idle is not None and idle():
                    return
                if not busy:
                    self.wake.wait(RESCAN_SECONDS if self.reception.folders else 0.2)
                    self.wake.clear()
            if self._heart.lost is not None:
                raise self._heart.lost
        finally:
            self._heart.stop()
            observer.stop()

    def _doing(self) -> str | None:
        doing = self.workers.doing()
        return to_json(list[Doing], list(doing)).decode("utf-8") if doing else None

    def _warm_up(self) -> None:
        """Loads the classifier's dictionary while the first pages are read."""
        self.parts.classifier.classify(((1, "cerere"),), None, None)

    def _halt(self) -> None:
        self.workers.stop()
        self.wake.set()

    def _turn(self, patient: bool) -> bool:
        """One round: requests, hot folders, one batch, the index. True when there may be more to do at once.

        What is down rests while the rest goes on: without the index documents are filed, without the store nothing
        is taken from the hot folders. So does what has become unfit since the line began, a machine of the cluster or
        the index; but a line that is to end does not wait for it.
        """
        busy = False
        for step in self._steps:
            try:
                busy = step.take() or busy
            except Stopped as fault:
                log.info("stopped: %s", fault)
                return False
            if step.fault is None or patient:
                continue
            if step.failures >= PATIENCE or isinstance(step.fault, PartUnfit):
                raise step.fault
        return busy

    def _counted(self, work: Callable[[], bool]) -> Callable[[], bool]:
        """The same step, whose faults are counted by their class."""

        def step() -> bool:
            try:
                return work()
            except OpisError as fault:
                self.meter.fault(type(fault).__name__)
                raise

        return step

    def _index(self) -> bool:
        indexed = follow_index(self.pipeline)
        if indexed:
            log.info("indexed, %d documents", indexed)
        return indexed > 0

    def waiting(self) -> bool:
        """Whether anything is left: in a hot folder, on request, in the catalog, in the outbox."""
        counts = self.parts.catalog.counts()
        pending = sum(counts.get(name, 0) for name in ("received", "working", "outbox", "decisions"))
        return pending > len(self.given_up) or bool(self.lease.open_requests()) or self.reception.waiting()

    @property
    def doubtful(self) -> bool:
        """Something was held, quarantined, refused or given up since the line began."""
        return self._held or self.reception.doubtful or bool(self.given_up)

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
                batch, arrival = self._taken_in(copy)
        except InputFault as fault:
            self._refuse(request, wanted.source, fault)
            return
        self.lease.end_arrival(arrival.id, request.path)
        self.lease.end_request(request.id, batch.id, None)

    def _taken_in(self, copy: Incoming) -> tuple[Batch, Arrival]:
        """As ``Intake.take``; what fails on it alone some times is held to be at fault: it must not come for ever."""
        last: OpisError | None = None
        for _ in range(TRIES):
            try:
                return self.intake.take(copy)
            except (WorkerFault, KeyTaken) as fault:
                log.error("what was asked for cannot be taken in: %s", plain(fault))
                last = fault
        raise InputFault("unreadable", f"it could not be taken in {TRIES} times") from last

    def _refuse(self, request: Request, source: str, fault: InputFault) -> None:
        account = refused(source, request.profile, fault)
        self.lease.end_request(request.id, None, to_json(BatchAccount, account).decode("utf-8"))

    def _work(self) -> bool:
        prefer_retro = self._taken % RETRO_SHARE == RETRO_SHARE - 1
        now = time.monotonic()
        aside = [batch for batch, (_, until) in self._aside.items() if until > now]
        down = [batch for batch, until in self._down.items() if until > now]
        batch_id = self.lease.next_batch(prefer_retro, [*aside, *down]) or self.lease.next_batch(prefer_retro, aside)
        if batch_id is None:
            return False
        batch = self.parts.catalog.batch(batch_id)
        try:
            with concerning(batch=batch_id):
                account = process_batch(self.pipeline, batch_id, self._reporter(batch))
        except (MissingPart, Fenced, Stopped):
            raise
        except Exception as fault:  # one batch must not end the line
            if isinstance(fault, PartDown) or (isinstance(fault, PartUnfit) and not self._is_lost(batch)):
                self._down[batch_id] = now + ASIDE_SECONDS
                raise
            self._set_aside(batch_id, fault)
            return True
        self._taken += 1
        self._down.pop(batch_id, None)
        self._held = self._held or account.batch.state is not BatchState.FILED
        self._aside.pop(batch_id, None)
        log.info(
            "batch %.8s: %s, %d documents, %d reviews",
            batch.id,
            account.batch.state.value,
            len(account.documents),
            len(account.reviews),
            extra={"batch": batch.id},
        )
        return True

    def _is_lost(self, batch: Batch) -> bool:
        """Whether an original is not in the store: then it is not the worker's fault that it does not find it."""
        return not all(map(self.parts.objects.exists, batch.originals))

    def _reporter(self, batch: Batch) -> Progress:
        return lambda done, total: self.report(batch, done, total)

    def _decide(self) -> bool:
        """Carries out what persons decided, a batch at a time; what cannot be done is refused, with its reason."""
        pending = self.lease.pending_decisions()
        for batch_id in dict.fromkeys(decision.batch for decision in pending):
            batch = self.parts.catalog.batch(batch_id)
            try:
                carry_out(self.pipeline, batch_id, self._reporter(batch))
            except (PartDown, MissingPart, Fenced, Stopped):
                raise
            except Exception as fault:  # one decision must not end the line
                if isinstance(fault, PartUnfit) and not self._is_lost(batch):
                    raise
                log.error("batch %.8s: a decision is refused: %s: %s", batch_id, type(fault).__name__, fault)
                refused = [decision.id for decision in pending if decision.batch == batch_id]
                self.lease.refuse_decisions(refused, say("decide.cannot", reason=str(fault)[:300]))
        return bool(pending)

    def _set_aside(self, batch_id: str, fault: Exception) -> None:
        failures = self._aside.get(batch_id, (0, 0.0))[0] + 1
        wait = RETRY_SECONDS if failures < TRIES else ASIDE_SECONDS
        self._aside[batch_id] = (failures, time.monotonic() + wait)
        self.meter.fault(type(fault).__name__)
        told = "batch %.8s: failure %d: %s"
        log.error(told, batch_id, failures, plain(fault), extra={"batch": batch_id})
        log.debug("failure of batch %.8s", batch_id, exc_info=fault)
