"""The embedded index on Tantivy: one process writes at a time, any number read and see each commit."""

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Query

from pipeline.domain.query import parse
from pipeline.ports.index import IndexedDocument, SearchAnswer, SearchRequest
from pipeline.ports.probe import Probe
from storage.index import answers
from storage.index.faults import IndexDamaged, OtherLayout
from storage.index.fields import FACETS, LAYOUT, fields_of
from storage.index.plan import by_tier, plan
from storage.index.ranking import Candidate, ranked
from storage.index.tantivy_faults import translated
from storage.index.tantivy_folder import GenerationFolder
from storage.index.tantivy_render import Renderer
from storage.index.tantivy_schema import build_schema, to_tantivy, unpack
from storage.index.tantivy_vocabulary import TantivyVocabulary
from storage.index.tantivy_words import Words

_HEAP = 64_000_000
"""bytes that a writer may hold before it writes a segment"""
_FACET_VALUES = 10_000
_AT_ONCE = 500
"""documents whose words are collected before they are written"""


@dataclass(frozen=True, slots=True)
class Generation:
    folder: Path
    index: tantivy.Index
    words: Words


class TantivyIndex:
    """``Index`` in a folder. Errors: ``PartDown`` (``IndexDamaged`` when it must be rebuilt), ``StorageFull``."""

    def __init__(self, folder: Path) -> None:
        self._folder = GenerationFolder(folder, LAYOUT)
        self._opened: Generation | None = None
        self._opening = threading.Lock()
        self._schema = build_schema()
        self._renderer = Renderer(self._schema)

    def put(self, documents: Sequence[IndexedDocument]) -> None:
        newest = answers.newest_of(documents)
        if not newest:
            return
        with translated("put"), self._folder.locked():
            generation = self._latest() or self._begun()
            searcher = generation.index.searcher()
            _write(generation, [made for made in newest.values() if not self._has_newer(searcher, made)])

    def delete(self, documents: Collection[str]) -> None:
        with translated("delete"), self._folder.locked():
            generation = self._latest()
            if generation is None or not documents:
                return
            with _Writer(generation.index) as writer:
                for document in documents:
                    writer.delete_documents_by_term("id", document)

    def search(self, request: SearchRequest) -> SearchAnswer:
        began = time.perf_counter()
        with translated("search"):
            generation = self._latest()
            if generation is None:
                return answers.answer(began, 0, (), answers.no_facets())
            return self._search(generation, request, began)

    def exists(self) -> bool:
        current = self._folder.current()
        return current is not None and current.is_dir()

    def versions(self) -> dict[str, int]:
        with translated("versions"):
            generation = self._latest()
            if generation is None:
                return {}
            terms = generation.index.searcher().terms_with_prefix("id_version", "", Query.all_query())
            split = (term.rpartition(":") for term, count in terms if count)
            return {document: int(version) for document, _, version in split}

    def rebuild(self, documents: Iterable[IndexedDocument]) -> None:
        """Written beside the old one, which answers until the new one is whole."""
        with translated("rebuild"), self._folder.locked():
            generation = self._new()
            _write(generation, documents)
            self._folder.adopt(generation.folder)

    def probe(self) -> Probe:
        version = metadata.version("tantivy")
        try:
            with translated("probe"):
                generation = self._latest()
                if generation is not None:
                    generation.index.searcher().search(Query.all_query(), limit=1)
        except IndexDamaged as error:
            return Probe("tantivy", True, version, False, error.advice)
        except Exception as error:  # noqa: BLE001 - whatever it is, doctor shows it
            return Probe("tantivy", True, version, False, f"{getattr(error, 'advice', '')} ({error})".strip())
        return Probe("tantivy", True, version, True, "")

    def _latest(self) -> Generation | None:
        """The generation that holds, with all commits so far; None when there is none."""
        with self._opening:
            for attempt in (1, 2):
                folder = self._folder.current()
                if folder is None:
                    return None
                try:
                    return self._open(folder)
                except (ValueError, FileNotFoundError):
                    self._opened = None
                    if attempt == 2 or folder == self._folder.current():
                        raise
        return None

    def _open(self, folder: Path) -> Generation:
        if not self._folder.readable(folder):
            raise OtherLayout(f"index was written in another layout: {folder.name}, wanted {LAYOUT}")
        if self._opened is None or self._opened.folder != folder:
            index = tantivy.Index.open(str(folder))
            index.config_reader(reload_policy="manual")
            self._opened = Generation(folder, index, Words.open(folder))
        self._opened.index.reload()
        return self._opened

    def _new(self) -> Generation:
        folder = self._folder.new()
        return Generation(folder, tantivy.Index(self._schema, str(folder)), Words.begin(folder))

    def _begun(self) -> Generation:
        folder = self._new().folder
        self._folder.adopt(folder)
        return self._open(folder)

    def _has_newer(self, searcher: tantivy.Searcher, document: IndexedDocument) -> bool:
        hits = searcher.search(Query.term_query(self._schema, "id", document.id), limit=1).hits
        if not hits:
            return False
        (version,) = searcher.fast_field_values("version", [hits[0][1]])
        return version is not None and int(version) > document.version

    def _search(self, generation: Generation, request: SearchRequest, began: float) -> SearchAnswer:
        query, searcher = parse(request.query), generation.index.searcher()
        planned = plan(request, query, TantivyVocabulary(searcher, generation.words, self._renderer))
        wanted = self._renderer.plan(planned)
        total = _count(searcher, wanted)
        offset, limit = max(0, request.offset), max(0, request.limit)
        found: list[tantivy.DocAddress] = []
        if limit and total and planned.scored is None:
            found = _newest_first(searcher, wanted, offset, limit)
        elif limit and total:
            found = _ranked(searcher, [self._renderer.plan(each) for each in by_tier(planned)], offset, limit)
        hits = [answers.hit(unpack(searcher.doc(address)), query, planned.widened) for address in found]
        return answers.answer(began, total, hits, _facets(searcher, wanted, total))


class _Writer:
    """A writer that commits at the end of its block, or rolls back."""

    def __init__(self, index: tantivy.Index) -> None:
        self._writer: Any = index.writer(_HEAP, 1)

    def __enter__(self) -> Any:
        return self._writer

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._writer.commit()
        else:
            self._writer.rollback()
        self._writer.wait_merging_threads()


def _write(generation: Generation, documents: Iterable[IndexedDocument]) -> None:
    """Replaces or adds the documents, in one commit; their words come before them."""
    coming = iter(documents)
    with _Writer(generation.index) as writer:
        while some := [(document, fields_of(document)) for document in islice(coming, _AT_ONCE)]:
            generation.words.add(fields for _, fields in some)
            for document, fields in some:
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(to_tantivy(document, fields))


def _newest_first(searcher: tantivy.Searcher, wanted: Query, offset: int, limit: int) -> list[tantivy.DocAddress]:
    found = searcher.search(wanted, limit=limit, offset=offset, count=False, order_by_field="newest")
    return [address for _, address in found.hits]


def _ranked(searcher: tantivy.Searcher, tiers: Sequence[Query], offset: int, limit: int) -> list[tantivy.DocAddress]:
    def read(number: int) -> list[Candidate[tantivy.DocAddress]]:
        found: list[Candidate[tantivy.DocAddress]] = []
        for tier, wanted in enumerate(tiers):
            if len(found) < number:
                hits = searcher.search(wanted, limit=number - len(found), count=False).hits
                ties = searcher.fast_field_values("tie", [address for _, address in hits])
                found += [
                    Candidate(tier, score, int(tie or 0), address)
                    for (score, address), tie in zip(hits, ties, strict=True)
                ]
        return found

    return [one.address for one in ranked(read, offset, limit)]


def _count(searcher: tantivy.Searcher, wanted: Query) -> int:
    found: Any = searcher.search(wanted, limit=1, count=True)
    return int(found.count)


def _facets(searcher: tantivy.Searcher, wanted: Query, total: int) -> answers.Facets:
    if not total:
        return answers.no_facets()
    asked = {name: {"terms": {"field": name, "size": _FACET_VALUES}} for name in FACETS}
    found: dict[str, Any] = searcher.aggregate(wanted, asked)
    return {
        name: answers.counted(name, ((bucket["key"], bucket["doc_count"]) for bucket in found[name]["buckets"]))
        for name in FACETS
    }
