"""The line at the hot folders: claims what is ready, journals it, and moves it to one of its two ends."""

import datetime as dt
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from opis.intake import FINISHED, Incoming, Intake
from opis.wiring import Parts, hot_folder
from pipeline.domain.batches import Batch, BatchState
from pipeline.domain.errors import InputFault, KeyTaken, NotFound, PartDown, WorkerFault
from pipeline.domain.plain import plain
from pipeline.ports.catalog import Arrival
from pipeline.run import note_duplicates
from watchers.candidates import Claimed, item_mark
from watchers.hot_folder import HotFolder, pages_of
from watchers.reasons import reason_for

log = logging.getLogger(__name__)


@dataclass
class Reception:
    """The hot folders of one line. Errors of all methods: ``PartDown``, ``Fenced``, ``Stopped``."""

    parts: Parts
    intake: Intake
    folders: Sequence[HotFolder] = field(default=(), init=False)
    doubtful: bool = field(default=False, init=False)
    """something was quarantined or refused"""
    _unsettled: bool = field(default=False, init=False)
    """something claimed could not be journalled or moved: the same is due as at a start"""

    def open(self) -> None:
        """Prepares the hot folders of all profiles and finishes what an earlier life left claimed."""
        self.folders = [
            HotFolder(hot_folder(self.parts.settings, profile.name), profile, self._check)
            for profile in self.parts.settings.profiles
        ]
        for folder in self.folders:
            folder.prepare()
        self._recover()

    def waiting(self) -> bool:
        """Whether anything in the folders is still to be taken."""
        if self._unsettled:
            return True
        now = time.monotonic()
        looks = [folder.scan(now) for folder in self.folders]
        return any(look.ready or look.waiting or look.refused or look.more for look in looks)

    def scan(self) -> bool:
        """Takes what is ready; True when there may be more at once."""
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

    def _check(self, path: Path) -> None:
        self.intake.inspect(path)

    def _take(self, folder: HotFolder, claimed: Claimed) -> None:
        """Journals a claimed item, then moves it to its end; what fails on it alone is told and left for later."""
        with self._alone(claimed):
            self._take_one(folder, claimed)

    @contextmanager
    def _alone(self, claimed: Claimed) -> Iterator[None]:
        """What is wrong with this item keeps no other from being taken."""
        try:
            yield
        except PartDown:
            self._unsettled = True
            raise
        except (KeyTaken, NotFound, WorkerFault) as fault:
            log.error(
                "%s: %s; left in %s until the next start", item_mark(claimed.state), plain(fault), claimed.path.parent
            )

    def _take_one(self, folder: HotFolder, claimed: Claimed) -> None:
        files = pages_of(claimed)
        if claimed.fault is not None and not (files and claimed.fault.code != "not-regular"):
            self.doubtful = True
            self.intake.meter.fault(claimed.fault.code)
            log.warning("%s: refused, %s", item_mark(claimed.state), plain(claimed.fault))
            folder.quarantine(claimed, reason_for(claimed.fault))
            return
        incoming = Incoming(files, claimed.is_folder, claimed.source, folder.profile, claimed.token, claimed.fault)
        try:
            batch, arrival = self.intake.take(incoming)
        except InputFault as fault:
            log.warning("%s: %s; put back", item_mark(claimed.state), plain(fault))
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
            if batch.state in FINISHED:
                note_duplicates(self.intake.catalog, self.intake.line, self.intake.objects, batch.id or "")
            end = folder.finish(claimed, dt.datetime.now().date())
        self.intake.line.end_arrival(arrival.id, self._told(end))

    def _told(self, end: Path | None) -> str:
        """An end as the journal has it: relative to the home."""
        return "unknown" if end is None else str(end.relative_to(self.parts.settings.home))

    def _recover(self) -> None:
        """Ends what was journalled but not moved; takes in what was claimed but not journalled."""
        by_profile = {folder.profile.name: folder for folder in self.folders}
        for arrival in self.parts.catalog.arrivals(open_only=True):
            folder = by_profile.get(arrival.profile)
            if arrival.claimed.startswith("/"):
                self.intake.line.end_arrival(arrival.id, arrival.claimed)
            elif folder is not None:
                self._recover_arrival(folder, arrival)
        for folder in self.folders:
            for claimed in folder.claimed_leftovers():
                self._take(folder, claimed)
        self._unsettled = False

    def _recover_arrival(self, folder: HotFolder, arrival: Arrival) -> None:
        claimed = folder.recall(arrival.claimed)
        if claimed is not None:
            with self._alone(claimed):
                self._end(folder, claimed, self.parts.catalog.batch(arrival.batch), arrival)
            return
        self.intake.line.end_arrival(arrival.id, self._told(folder.find_end(arrival.claimed)))
