"""The one function that travels to the cluster: it finds the worker's own runner, and answers in bytes.

The scheduler imports this module too, so it is small and imports neither engines nor adapters.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opis.cluster.answers import OK, Answer, told
from pipeline.domain.errors import InputFault, OpisError, PartDown, Stopped, WorkerDied

if TYPE_CHECKING:
    from opis.task_runner import TaskRunner

READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True)
class ClusterTask:
    """Values only: no credentials and no paths."""

    name: str
    kind: str
    """``READ`` or ``WRITE``"""
    body: bytes
    """JSON of a ``PageTask`` or a ``DocumentTask``"""
    key: str
    """where the PDF goes, when it is to be written"""
    worker: str
    """the one worker, by its unique name, that it is meant for"""


def run_task(task: ClusterTask) -> Answer:
    """Called by Dask in a thread of the worker."""
    from distributed import get_worker

    runner = RUNNERS.get(task.worker)
    if runner is None or get_worker().name != task.worker:
        return told(WorkerDied("the worker it was given to is gone"))
    try:
        return OK, _answer(runner, task)
    except (OpisError, InputFault) as fault:
        return told(fault)
    except OSError as fault:
        return told(PartDown(f"{type(fault).__name__}: {fault.strerror}"))
    except Exception as fault:  # noqa: BLE001  as in the child: foreign bytes may raise anything, the line gets it typed
        return told(fault)


def _answer(runner: "TaskRunner", task: ClusterTask) -> bytes:
    from pipeline.domain.pages import PageReading
    from pipeline.domain.wire import from_json, to_json
    from pipeline.domain.work import DocumentTask, PageTask
    from pipeline.ports.workers import StoredPdf

    if task.kind == READ:
        return to_json(list[PageReading], runner.read_pages(from_json(PageTask, task.body), task.name))
    if task.kind == WRITE:
        return to_json(StoredPdf, runner.write_pdf(from_json(DocumentTask, task.body), task.key, task.name))
    raise Stopped(f"no such kind of task: {task.kind}")


RUNNERS: dict[str, Any] = {}
"""unique name of a worker of this process → its ``TaskRunner``"""
