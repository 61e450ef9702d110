"""Whether a settled item can become a batch: its shape, and each file through the sandboxed check, once a state."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.domain.errors import InputFault, WorkerFault
from pipeline.domain.plain import plain
from watchers.candidates import EntryState, ItemState
from watchers.naming import IMAGE_EXTENSIONS, extension, is_ignored, natural_key, printable
from watchers.safe_open import fault_of, not_regular, open_regular
from watchers.settle import Tracked

log = logging.getLogger(__name__)

Check = Callable[[Path], object]
"""Opens a local file to its end; raises ``InputFault`` when it cannot become a batch."""
TRIES = 3
"""checks whose worker failed before the file is held to be at fault"""
IMAGE_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""JPEG, PNG, TIFF and BigTIFF in both byte orders"""


class Outcome(StrEnum):
    SOUND = "sound"
    FAULTY = "faulty"
    LATER = "later"
    """nothing can be said yet"""
    BLOCKED = "blocked"
    """the operating system does not let us read it"""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    fault: InputFault | None = None


SOUND, LATER, BLOCKED = (Verdict(outcome) for outcome in (Outcome.SOUND, Outcome.LATER, Outcome.BLOCKED))


class EntryFault(InputFault):
    """The fault of one file inside a sub-folder, which is the fault of the whole."""

    def __init__(self, fault: InputFault, entry: str) -> None:
        self.entry = printable(entry)
        super().__init__(fault.code, f"{self.entry}: {fault.detail}", fault.page)


def page_entries(state: ItemState) -> list[EntryState]:
    """The files of a sub-folder that are to be its pages, in natural order."""
    pages = [entry for entry in _direct(state) if entry.is_file]
    return sorted(pages, key=lambda entry: natural_key(entry.name))


def shape_fault(state: ItemState) -> InputFault | None:
    """What is wrong with an item apart from the bytes of its files: its kind, or what a sub-folder holds."""
    top = state[0]
    if not top.is_folder:
        return None if top.is_file else not_regular(top.kind)
    for entry in sorted(_direct(state), key=lambda entry: natural_key(entry.name)):
        if entry.is_folder:
            return EntryFault(InputFault("nested-folder", "a folder inside a sub-folder"), entry.name)
        if not entry.is_file:
            return EntryFault(not_regular(entry.kind), entry.name)
    return None if page_entries(state) else InputFault("empty-folder", "no page in it")


def has_image_magic(path: Path) -> bool:
    """Whether the first bytes are those of an image format that is taken. Raises ``InputFault``."""
    with open_regular(path) as file:
        return file.read(8).startswith(IMAGE_MAGIC)


def _direct(state: ItemState) -> list[EntryState]:
    return [entry for entry in state[1:] if "/" not in entry.name and not is_ignored(entry.name)]


class Checker:
    """Gives verdicts during one scan; at most ``limit`` files go through the check."""

    def __init__(self, check: Check, limit: int) -> None:
        self._check = check
        self._left = limit
        self.exhausted = False

    def verdict(self, path: Path, tracked: Tracked) -> Verdict:
        """On an item in the state last seen; other errors of the check than those of the item pass through."""
        fault = shape_fault(tracked.state)
        if fault is not None:
            return Verdict(Outcome.FAULTY, fault)
        if not tracked.state[0].is_folder:
            return self._file(path, tracked.state[0], tracked)
        for entry in page_entries(tracked.state):
            verdict = self._file(path / entry.name, entry, tracked)
            if verdict.fault is not None:
                return Verdict(Outcome.FAULTY, EntryFault(verdict.fault, entry.name))
            if verdict is not SOUND:
                return verdict
        return SOUND

    def _file(self, path: Path, entry: EntryState, tracked: Tracked) -> Verdict:
        if entry not in tracked.verdicts:
            if self._left <= 0:
                self.exhausted = True
                return LATER
            try:
                tracked.verdicts[entry] = self._look(path, entry)
            except OSError as error:
                return _passing(fault_of(error))
            except WorkerFault as error:
                return self._count_try(tracked, entry, error)
            except _Passing as passing:
                return _passing(passing.fault)
        fault = tracked.verdicts[entry]
        return SOUND if fault is None else Verdict(Outcome.FAULTY, fault)

    def _look(self, path: Path, entry: EntryState) -> InputFault | None:
        try:
            is_image = has_image_magic(path)
        except InputFault as fault:
            raise _Passing(fault) from fault
        foreign = InputFault("foreign-file-in-folder", "not a page image")
        in_folder = bool(entry.name)
        if in_folder and not is_image and extension(entry.name) not in IMAGE_EXTENSIONS:
            return foreign
        self._left -= 1
        try:
            self._check(path)
        except InputFault as fault:
            if fault.code in ("permission", "vanished"):
                raise _Passing(fault) from fault
            return fault.with_traceback(None)
        return foreign if in_folder and not is_image else None

    def _count_try(self, tracked: Tracked, entry: EntryState, error: WorkerFault) -> Verdict:
        tries = tracked.tries[entry] = tracked.tries.get(entry, 0) + 1
        log.warning("check failed (%d of %d): %s", tries, TRIES, plain(error))
        log.debug("check of %s failed: %s", printable(entry.name), error)
        if tries < TRIES:
            return LATER
        fault = InputFault("unreadable", f"its check failed {tries} times, the last time: {error}")
        tracked.verdicts[entry] = fault
        return Verdict(Outcome.FAULTY, fault)


class _Passing(Exception):
    """A fault of the moment, not of the bytes: never remembered."""

    def __init__(self, fault: InputFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def _passing(fault: InputFault) -> Verdict:
    return LATER if fault.code in ("vanished", "not-regular") else BLOCKED
