"""The index on an Elasticsearch server: an alias over one generation, written by version, searched by the one plan."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from pipeline.domain.errors import OpisError, PartDown
from pipeline.ports.index import IndexedDocument, SearchAnswer, SearchRequest
from pipeline.ports.probe import Probe
from storage.index import answers
from storage.index.elastic_address import read_address
from storage.index.elastic_bulk import Bulk, Item
from storage.index.elastic_facts import Details, facts_of
from storage.index.elastic_faults import CLIENT, GenerationGone
from storage.index.elastic_generations import Generations, door
from storage.index.elastic_mapping import to_elastic
from storage.index.elastic_pages import read_through
from storage.index.elastic_search import search
from storage.index.elastic_server import BULK_SECONDS, Server

log = logging.getLogger(__name__)

_ATTEMPTS = 5
"""a rebuild may take the index away between two requests"""
_IDS_AT_ONCE = 1_000

T = TypeVar("T")


def open_elastic(url: str) -> "ElasticIndex":
    """The index that ``elasticsearch+http(s)://HOST:PORT/NAME`` names (see ``read_address``).

    A server that does not answer now is no fault: the index may lag. Errors: ``ConfigurationError``, ``PartUnfit``.
    """
    index = ElasticIndex(Server(read_address(url)))
    try:
        index.check()
    except PartDown as fault:
        log.warning("%s", fault)
    return index


class ElasticIndex:
    """``Index`` on a server. Errors: ``PartDown``, ``PartUnfit``; more in ``faults`` and ``elastic_faults``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._generations = Generations(server)
        self._alias = server.address.name
        self._known: str | None = None
        self._fit = False
        self._looking = threading.Lock()

    def check(self) -> None:
        """Whether server, rights and name will do; asked again until it was answered once."""
        if not self._fit:
            self._server.version()
            self._generations.look()
            self._fit = True

    def put(self, documents: Sequence[IndexedDocument]) -> None:
        newest = answers.newest_of(documents)
        if not newest:
            return
        items = [Item(document.id, document.version, to_elastic(document)) for document in newest.values()]
        self._write(lambda alias: items)

    def delete(self, documents: Collection[str]) -> None:
        """Takes out what is there now; a newer version that comes meanwhile stays."""
        if documents and self.exists():
            self._write(lambda alias: self._removals(alias, list(documents)))

    def search(self, request: SearchRequest) -> SearchAnswer:
        began = time.perf_counter()
        self.check()

        def ask(index: str) -> SearchAnswer:
            return search(self._server, index, request, began)

        return self._reading(ask, answers.answer(began, 0, (), answers.no_facets()))

    def exists(self) -> bool:
        self.check()
        return self._generations.look().current is not None

    def versions(self) -> dict[str, int]:
        self.check()
        wanted = {"sort": ["_shard_doc"], "_source": False, "version": True}

        def ask(index: str) -> dict[str, int]:
            return {hit["_id"]: int(hit["_version"]) for hit in read_through(self._server, index, wanted)}

        return self._reading(ask, {})

    def rebuild(self, documents: Iterable[IndexedDocument]) -> None:
        """Written beside; what is put meanwhile goes into both. Removes what an earlier one that was cut off left."""
        self.check()
        self._generations.remove(self._generations.look().building)
        generation = self._generations.build()
        ids: set[str] = set()
        bulk = Bulk(self._server, door(generation))
        bulk.write(_noted(documents, ids))
        bulk.refresh()
        count = int(self._server.ask("GET", f"/{generation}/_count", seconds=BULK_SECONDS)["count"])
        if count < len(ids) - len(bulk.refused):
            raise PartDown(f"index at {self._server.address.shown}: {count} of {len(ids)} documents are there")
        self._generations.adopt(generation)
        bulk.tell()

    def probe(self) -> Probe:
        version, where = None, self._server.address.shown
        details: Details = ()
        try:
            version = self._server.version() or f"client {CLIENT}"
            details, mend = facts_of(self._server)
            self._generations.check()
        except OpisError as fault:
            mend = f"{fault.advice} ({fault})"
            return Probe("elasticsearch", version is not None, version, False, mend, where, details)
        return Probe("elasticsearch", True, version, not mend, mend, where, details)

    def _write(self, items: Callable[[str], Iterable[Item]]) -> None:
        """First into generations under way, then into the one that holds: whichever holds in the end has it."""
        self.check()
        for attempt in range(_ATTEMPTS):
            standing = self._generations.look()
            try:
                if standing.usable is None:
                    self._generations.begin()
                for generation in standing.building:
                    self._write_beside(generation, items)
                bulk = Bulk(self._server, self._alias)
                bulk.write(items(self._alias))
                bulk.refresh()
                bulk.tell()
                return
            except GenerationGone:
                if attempt == _ATTEMPTS - 1:
                    raise

    def _write_beside(self, generation: str, items: Callable[[str], Iterable[Item]]) -> None:
        alias = door(generation)
        try:
            Bulk(self._server, alias).write(items(alias))
        except GenerationGone:
            log.info("the generation %s is no longer under way", generation)

    def _removals(self, alias: str, documents: Sequence[str]) -> Iterator[Item]:
        for first in range(0, len(documents), _IDS_AT_ONCE):
            wanted = {"ids": documents[first : first + _IDS_AT_ONCE]}
            path = f"/{alias}/_mget?_source=false&filter_path=docs._id,docs._version,docs.found"
            found = self._server.ask("POST", path, wanted).get("docs", [])
            yield from (Item(one["_id"], int(one["_version"]), None) for one in found if one.get("found"))

    def _reading(self, ask: Callable[[str], T], nothing: T) -> T:
        """Asks the index that holds; when it was replaced meanwhile, the one that holds now."""
        for _ in range(_ATTEMPTS):
            index = self._current()
            if index is None:
                return nothing
            try:
                return ask(index)
            except GenerationGone as fault:
                gone = fault
                self._known = None
        raise gone

    def _current(self) -> str | None:
        with self._looking:
            if self._known is None:
                self._known = self._generations.look().usable
            return self._known


def _noted(documents: Iterable[IndexedDocument], ids: set[str]) -> Iterator[Item]:
    for document in documents:
        ids.add(document.id)
        yield Item(document.id, document.version, to_elastic(document))
