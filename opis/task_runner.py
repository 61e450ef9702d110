"""What a worker does with a task, on this machine or on another: brings objects to a warm child, and results back."""

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opis.fetched import Fetched
from pipeline.domain.errors import Stopped, WorkerFault
from pipeline.domain.pages import PageReading
from pipeline.domain.work import DocumentTask, PageRef, PageTask, SourceFacts, WrittenPdf
from pipeline.engines.calls import INSPECT, READ_PAGES, WRITE_PDF, PdfCall, path_text
from pipeline.engines.sandbox import Call, Sandbox
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import StoredPdf

INSPECT_SECONDS = 300
SECONDS_A_PAGE = 180
PDF_SECONDS_A_PAGE = 30
LEAST_SECONDS = 60


def read_seconds(task: PageTask) -> float:
    """Wall seconds after which the child that reads is killed."""
    return LEAST_SECONDS + SECONDS_A_PAGE * len(task.pages)


def write_seconds(task: DocumentTask) -> float:
    """Wall seconds after which the child that writes the PDF is killed."""
    return LEAST_SECONDS + PDF_SECONDS_A_PAGE * len(task.pages)


class Inspector:
    """Opens arriving files in a child of its own, one at a time, from any thread."""

    def __init__(self, scratch: Path) -> None:
        self._sandbox = Sandbox(scratch)
        self._one = threading.Lock()
        self._stopped = threading.Event()

    def inspect(self, path: Path) -> SourceFacts:
        """Errors: ``InputFault``, ``WorkerFault``, ``MissingPart``, ``Stopped``."""
        with self._one:
            facts = guarded(self._sandbox, INSPECT, path_text(path), INSPECT_SECONDS, 1, self._stopped.is_set)
        assert isinstance(facts, SourceFacts)
        return facts

    def stop(self) -> None:
        self._stopped.set()
        self._sandbox.kill()

    def close(self) -> None:
        self.stop()
        self._sandbox.close()


@dataclass(eq=False)
class _Job:
    """A task under way in one thread."""

    sandbox: Sandbox
    given_up: bool = False


class TaskRunner:
    """Runs tasks in the thread that calls; each thread has a warm child of its own.

    Errors: those of ``pipeline.ports.workers.Workers`` and of ``pipeline.ports.objects.ObjectStore``.
    """

    def __init__(self, objects: ObjectStore, scratch: Path) -> None:
        self._objects = objects
        self._scratch = scratch
        self._fetched = Fetched(objects, scratch)
        self._own = threading.local()
        self._sandboxes: set[Sandbox] = set()
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def read_pages(self, task: PageTask, name: str) -> Sequence[PageReading]:
        """``name`` is what ``give_up`` knows the task by."""
        with self._local(task.originals, task.pages) as paths, self._job(name) as job:
            call = replace(task, originals=_linked(job.sandbox, paths, len(task.pages)))
            readings: Sequence[PageReading] = self._call(job, READ_PAGES, call, read_seconds(task), len(task.pages))
            return [_without_folder(reading, job.sandbox.folder) for reading in readings]

    def write_pdf(self, task: DocumentTask, key: str, name: str) -> StoredPdf:
        """Also stores the PDF under ``key``."""
        with self._local(task.originals, [page.ref for page in task.pages]) as paths, self._job(name) as job:
            linked = replace(task, originals=_linked(job.sandbox, paths, 1))
            out = job.sandbox.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.pdf"
            call = PdfCall(linked, str(out))
            written: WrittenPdf = self._call(job, WRITE_PDF, call, write_seconds(task))
            try:
                return StoredPdf(self._objects.put_file(key, out), written.pages)
            finally:
                out.unlink(missing_ok=True)

    def give_up(self, name: str) -> None:
        """Kills the child of a task that nobody waits for any more; its thread takes a new one for the next."""
        with self._lock:
            job = self._jobs.get(name)
            if job is not None:
                job.given_up = True
                job.sandbox.kill()

    def stop(self) -> None:
        """From any thread: what is under way, and all that is asked for later, ends with ``Stopped``."""
        self._stopped.set()
        with self._lock:
            for sandbox in self._sandboxes:
                sandbox.kill()

    def close(self) -> None:
        """Wipes what is private; no thread may be in a task any more."""
        self.stop()
        for sandbox in self._sandboxes:
            sandbox.close()
        self._fetched.close()

    def _call(self, job: _Job, call: Call, argument: Any, seconds: float, pages: int = 1) -> Any:
        return guarded(job.sandbox, call, argument, seconds, pages, lambda: self._stopped.is_set() or job.given_up)

    @contextlib.contextmanager
    def _job(self, name: str) -> Iterator[_Job]:
        job = _Job(self._sandbox())
        with self._lock:
            self._jobs[name] = job
        try:
            yield job
        finally:
            with self._lock:
                self._jobs.pop(name, None)
                if job.given_up:
                    self._sandboxes.discard(job.sandbox)
            if job.given_up:
                job.sandbox.close()
                del self._own.sandbox

    def _sandbox(self) -> Sandbox:
        """The calling thread's own child."""
        if not hasattr(self._own, "sandbox"):
            self._own.sandbox = Sandbox(self._scratch)
            with self._lock:
                self._sandboxes.add(self._own.sandbox)
                if self._stopped.is_set():
                    self._own.sandbox.kill()
        sandbox: Sandbox = self._own.sandbox
        return sandbox

    @contextlib.contextmanager
    def _local(self, keys: Sequence[str], refs: Sequence[PageRef]) -> Iterator[tuple[str, ...]]:
        """Paths of this machine for object keys, in their places; only what the pages are in is brought.

        In the place of another original stands one of those, since the child looks at each.
        """
        if self._stopped.is_set():
            raise Stopped("not begun")
        needed = sorted({ref.original for ref in refs})
        with contextlib.ExitStack() as stack:
            paths = {place: str(stack.enter_context(self._fetched.path(keys[place]))) for place in needed}
            yield tuple(paths.get(place, paths[needed[0]]) for place in range(len(keys)))


def _linked(sandbox: Sandbox, paths: Sequence[str], pages: int) -> tuple[str, ...]:
    """Links in the child's folder for a call of so many pages, under names that are the same on every machine."""
    sandbox.make_room(pages)
    names = {path: f"original-{place}" for place, path in enumerate(dict.fromkeys(paths), start=1)}
    for path, name in names.items():
        link = sandbox.folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return tuple(names[path] for path in paths)


def _without_folder(reading: PageReading, folder: Path) -> PageReading:
    """What parsers say of a file names where it lies on this machine; what is kept of it does not."""
    if reading.degraded is None:
        return reading
    detail = reading.degraded.detail.replace(f"{folder}{os.sep}", "")
    return replace(reading, degraded=replace(reading.degraded, detail=detail))


def guarded(
    sandbox: Sandbox, call: Call, argument: Any, seconds: float, pages: int, stopped: Callable[[], bool]
) -> Any:
    """A call whose failure is ``Stopped`` when it was we who killed the child."""
    if stopped():
        raise Stopped(f"{call.name}: not begun")
    try:
        return sandbox.call(call, argument, seconds, pages)
    except WorkerFault as fault:
        if stopped():
            raise Stopped(f"{call.name}: given up") from fault
        raise
