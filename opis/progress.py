"""A progress bar of pages on stderr, when that is a terminal."""

import sys
from collections.abc import Callable
from types import TracebackType

from tqdm import tqdm

from pipeline.domain.batches import Batch


def page_counter(what: str) -> Callable[[int, int], None]:
    """A function of (pages done, pages in all) that moves a bar; it does nothing away from a terminal."""
    if not sys.stderr.isatty():
        return lambda done, total: None
    bar = tqdm(unit="pag", desc=what, file=sys.stderr)

    def count(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return count


class PageBar:
    """One bar a batch."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._batch: str | None = None

    def report(self, batch: Batch, done: int, total: int) -> None:
        """Called from the line whenever pages were read."""
        if not sys.stderr.isatty():
            return
        if self._batch != batch.id:
            self._end()
            self._batch = batch.id
            self._bar = tqdm(total=total, unit="pag", desc=batch.source[:30], file=sys.stderr)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def __enter__(self) -> "PageBar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
