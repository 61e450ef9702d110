"""The workers: foreign bytes in, values out, each call in a disposable child with limits."""

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.domain.pages import PageReading
from pipeline.domain.work import DocumentTask, PageTask, SourceFacts, WrittenPage
from pipeline.ports.objects import StoredObject


@dataclass(frozen=True, slots=True)
class StoredPdf:
    """A document's PDF as stored, and how each of its pages got into it."""

    stored: StoredObject
    pages: tuple[WrittenPage, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """Batch pages whose image could not be put in."""
        return tuple(page.page for page in self.pages if page.how == "missing")


@dataclass(frozen=True, slots=True)
class Doing:
    """One task under way: for whoever watches, not for decisions."""

    worker: str
    """name of the machine, or the name its worker was given"""
    kind: str
    """``pages`` (they are read) or ``document`` (its PDF is written)"""
    batch: str
    """its id"""
    pages: tuple[int, ...]
    """batch pages, from 1"""
    since: dt.datetime
    document: str | None = None
    """its id, when it is one"""


class Workers(Protocol):
    """Errors (also in the futures): ``InputFault``, ``WorkerFault``, ``MissingPart``, ``PartDown``, ``Stopped``,
    ``PartUnfit`` (a worker of a cluster that sees another object store)."""

    @property
    def size(self) -> int:
        """Tasks worked on at once, 1 at least; of a cluster it changes while workers come and go."""

    def inspect(self, path: Path) -> SourceFacts:
        """Opens a local file to its end; raises ``InputFault`` when it cannot become a batch."""

    def read_pages(self, task: PageTask) -> "Future[Sequence[PageReading]]": ...

    def write_pdf(self, task: DocumentTask, key: str) -> "Future[StoredPdf]":
        """Writes the PDF and stores it under the key; ``KeyTaken`` when it is there with other content."""

    def doing(self) -> tuple[Doing, ...]:
        """What is under way now, longest first; cheap, from any thread."""

    def stop(self) -> None:
        """From any thread: what is under way, and all that is asked for later, ends with ``Stopped``."""

    def close(self) -> None: ...
