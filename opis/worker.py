"""Local workers: the embedded default, threads of this process that each own a warm sandboxed child."""

import datetime as dt
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from opis.doing import reading_of, writing_of
from opis.task_runner import Inspector, TaskRunner
from pipeline.domain.pages import PageReading
from pipeline.domain.work import DocumentTask, PageTask, SourceFacts
from pipeline.ports.objects import ObjectStore
from pipeline.ports.workers import Doing, StoredPdf

T = TypeVar("T")


class LocalWorkers:
    """The embedded default of ``pipeline.ports.workers.Workers``."""

    def __init__(self, objects: ObjectStore, scratch: Path, size: int = 0) -> None:
        self.size = size or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.size, thread_name_prefix="worker")
        self._runner = TaskRunner(objects, scratch)
        self._inspector = Inspector(scratch)
        self._doing: dict[str, Doing] = {}
        self._machine = socket.gethostname()

    def inspect(self, path: Path) -> SourceFacts:
        return self._inspector.inspect(path)

    def read_pages(self, task: PageTask) -> "Future[Sequence[PageReading]]":
        return self._pool.submit(
            self._shown, reading_of(task, self._machine), lambda name: self._runner.read_pages(task, name)
        )

    def write_pdf(self, task: DocumentTask, key: str) -> "Future[StoredPdf]":
        return self._pool.submit(
            self._shown, writing_of(task, key, self._machine), lambda name: self._runner.write_pdf(task, key, name)
        )

    def doing(self) -> tuple[Doing, ...]:
        return tuple(sorted(self._doing.copy().values(), key=lambda entry: entry.since))

    def stop(self) -> None:
        """Kills what is under way, from any thread; that and all that is asked for later ends with ``Stopped``."""
        self._inspector.stop()
        self._runner.stop()

    def close(self) -> None:
        self.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._runner.close()
        self._inspector.close()

    def _shown(self, doing: Doing, work: Callable[[str], T]) -> T:
        name = str(threading.get_ident())
        self._doing[name] = replace(doing, since=dt.datetime.now(dt.UTC))
        try:
            return work(name)
        finally:
            del self._doing[name]
