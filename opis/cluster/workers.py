"""Workers on other machines: tasks go to a Dask cluster through the same futures as those of this machine."""

import socket
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from opis.cluster.dispatch import Dispatcher, Order, Patience
from opis.cluster.tasks import READ, WRITE
from opis.doing import reading_of, writing_of
from opis.task_runner import Inspector, read_seconds, write_seconds
from pipeline.domain.pages import PageReading
from pipeline.domain.wire import from_json, to_json
from pipeline.domain.work import DocumentTask, PageTask, SourceFacts
from pipeline.ports.workers import Doing, StoredPdf


class ClusterWorkers:
    """``pipeline.ports.workers.Workers`` on a Dask cluster; arriving files are still opened on this machine.

    Opening raises ``PartDown`` when the scheduler does not answer, ``PartUnfit`` when versions or certificates do not
    fit. Later a scheduler that is gone ends what is under way with ``PartDown``; it is looked for until it is back.
    """

    def __init__(self, scheduler: str, scratch: Path, patience: Patience | None = None) -> None:
        self._inspector = Inspector(scratch)
        self._dispatcher = Dispatcher(scheduler, patience or Patience())
        self._dispatcher.start()
        self._machine = socket.gethostname()

    @property
    def size(self) -> int:
        return self._dispatcher.size

    def inspect(self, path: Path) -> SourceFacts:
        return self._inspector.inspect(path)

    def read_pages(self, task: PageTask) -> "Future[Sequence[PageReading]]":
        body, doing = to_json(PageTask, task), reading_of(task, self._machine)
        value = partial(from_json, list[PageReading])
        return self._dispatcher.give(Order(READ, body, "", read_seconds(task), doing, value))

    def write_pdf(self, task: DocumentTask, key: str) -> "Future[StoredPdf]":
        body, doing = to_json(DocumentTask, task), writing_of(task, key, self._machine)
        value = partial(from_json, StoredPdf)
        return self._dispatcher.give(Order(WRITE, body, key, write_seconds(task), doing, value))

    def doing(self) -> tuple[Doing, ...]:
        return self._dispatcher.doing

    def stop(self) -> None:
        self._inspector.stop()
        self._dispatcher.stop()

    def close(self) -> None:
        self.stop()
        self._dispatcher.close()
        self._inspector.close()
