"""Tasks as they are shown to whoever watches: which worker, which batch, which pages, since when."""

import datetime as dt

from pipeline.domain.work import DocumentTask, PageTask
from pipeline.ports.workers import Doing


def reading_of(task: PageTask, worker: str) -> Doing:
    """A page task as it is shown; ``since`` is now."""
    pages = tuple(ref.page for ref in task.pages)
    return Doing(worker, "pages", _id_in(task.originals[0]), pages, dt.datetime.now(dt.UTC))


def writing_of(task: DocumentTask, key: str, worker: str) -> Doing:
    """A document task as it is shown; ``key`` is where its PDF goes."""
    pages = tuple(page.ref.page for page in task.pages)
    return Doing(worker, "document", _id_in(task.originals[0]), pages, dt.datetime.now(dt.UTC), _id_in(key))


def _id_in(key: str) -> str:
    """``batches/<batch>/…``, ``documents/<document>/…``"""
    return key.split("/")[1] if key.count("/") > 1 else key
