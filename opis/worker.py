"""Local workers: threads that each own a warm sandboxed child, and bring objects to it and results back."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.domain.errors import Stopped, WorkerFault
from pipeline.domain.pages import PageReading
from pipeline.domain.work import DocumentTask, PageTask, SourceFacts, WrittenPdf
from pipeline.engines.calls import (
    INSPECT,
    READ_PAGES,
    WRITE_PDF,
    PdfCall,
    path_text,
)
from pipeline.engines.sandbox import Call, Sandbox
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import StoredPdf

INSPECT_SECONDS = 300
SECONDS_A_PAGE = 180
PDF_SECONDS_A_PAGE = 30
LEAST_SECONDS = 60


class LocalWorkers:
    """The embedded default of ``pipeline.ports.workers.Workers``."""

    def __init__(self, objects: ObjectStore, scratch: Path, size: int = 0) -> None:
        self.size = size or os.cpu_count() or 1
        self._objects = objects
        self._scratch = scratch
        self._pool = ThreadPoolExecutor(self.size, thread_name_prefix="worker")
        self._own = threading.local()
        self._sandboxes: list[Sandbox] = []
        self._lock = threading.Lock()
        self._inspector = Sandbox(scratch)
        self._inspecting = threading.Lock()
        self._stopped = threading.Event()

    def inspect(self, path: Path) -> SourceFacts:
        with self._inspecting:
            facts = self._call(self._inspector, INSPECT, path_text(path), INSPECT_SECONDS)
        assert isinstance(facts, SourceFacts)
        return facts

    def read_pages(self, task: PageTask) -> "Future[Sequence[PageReading]]":
        return self._pool.submit(self._read_pages, task)

    def write_pdf(self, task: DocumentTask, key: str) -> "Future[StoredPdf]":
        return self._pool.submit(self._write_pdf, task, key)

    def stop(self) -> None:
        """Kills what is under way, from any thread; that and all that is asked for later ends with ``Stopped``."""
        self._stopped.set()
        with self._lock:
            for sandbox in (*self._sandboxes, self._inspector):
                sandbox.kill()

    def close(self) -> None:
        self.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for sandbox in (*self._sandboxes, self._inspector):
            sandbox.close()

    def _read_pages(self, task: PageTask) -> Sequence[PageReading]:
        with self._local(task.originals) as paths:
            seconds = LEAST_SECONDS + SECONDS_A_PAGE * len(task.pages)
            call = replace(task, originals=paths)
            readings: Sequence[PageReading] = self._call(self._sandbox(), READ_PAGES, call, seconds, len(task.pages))
        return readings

    def _write_pdf(self, task: DocumentTask, key: str) -> StoredPdf:
        with self._local(task.originals) as paths:
            sandbox = self._sandbox()
            out = sandbox.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.pdf"
            seconds = LEAST_SECONDS + PDF_SECONDS_A_PAGE * len(task.pages)
            call = PdfCall(replace(task, originals=paths), str(out))
            written: WrittenPdf = self._call(sandbox, WRITE_PDF, call, seconds)
            try:
                return StoredPdf(self._objects.put_file(key, out), written.pages)
            finally:
                out.unlink(missing_ok=True)

    def _call(self, sandbox: Sandbox, call: Call, argument: Any, seconds: float, pages: int = 1) -> Any:
        if self._stopped.is_set():
            raise Stopped(f"{call.name}: not begun")
        try:
            return sandbox.call(call, argument, seconds, pages)
        except WorkerFault as fault:
            if self._stopped.is_set():
                raise Stopped(f"{call.name}: given up") from fault
            raise

    def _sandbox(self) -> Sandbox:
        """The calling thread's own child."""
        if not hasattr(self._own, "sandbox"):
            self._own.sandbox = Sandbox(self._scratch)
            with self._lock:
                self._sandboxes.append(self._own.sandbox)
                if self._stopped.is_set():
                    self._own.sandbox.kill()
        sandbox: Sandbox = self._own.sandbox
        return sandbox

    @contextlib.contextmanager
    def _local(self, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Paths of this machine for object keys; copies where the store has none, wiped afterwards."""
        known = [self._objects.local_path(key) for key in keys]
        if all(known):
            yield tuple(str(path) for path in known)
            return
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix="child-objects-", dir=self._scratch) as folder:
            yield tuple(str(self._fetch(key, Path(folder) / f"{place:04d}")) for place, key in enumerate(keys))

    def _fetch(self, key: str, path: Path) -> Path:
        with self._objects.open(key) as source, path.open("xb") as target:
            shutil.copyfileobj(source, target, 2**20)
        return path
