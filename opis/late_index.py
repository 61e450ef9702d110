"""An index that is opened when it is first needed: a server that is down delays what is searched, not what is filed."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence

from pipeline.ports.index import Index, IndexedDocument, SearchAnswer, SearchRequest
from pipeline.ports.probe import Probe


class LateIndex:
    """``pipeline.ports.index.Index``; every method may raise what opening raises: ``PartDown``, ``PartUnfit``."""

    def __init__(self, opener: Callable[[], Index]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._opened: Index | None = None

    def open(self) -> Index:
        """The index itself; opened at most once, tried again each time until it is."""
        with self._lock:
            if self._opened is None:
                self._opened = self._opener()
            return self._opened

    def put(self, documents: Sequence[IndexedDocument]) -> None:
        self.open().put(documents)

    def delete(self, documents: Collection[str]) -> None:
        self.open().delete(documents)

    def search(self, request: SearchRequest) -> SearchAnswer:
        return self.open().search(request)

    def exists(self) -> bool:
        return self.open().exists()

    def versions(self) -> dict[str, int]:
        return self.open().versions()

    def rebuild(self, documents: Iterable[IndexedDocument]) -> None:
        self.open().rebuild(documents)

    def probe(self) -> Probe:
        return self.open().probe()
