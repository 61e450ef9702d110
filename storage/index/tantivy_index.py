"""The embedded index on Tantivy: one process writes at a time, any number read and see each commit."""

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from pipeline.domain.query import ParsedQuery, parse
from pipeline.domain.snippets import excerpt
from pipeline.ports.index import FacetCount, IndexedDocument, SearchAnswer, SearchHit, SearchRequest
from pipeline.ports.probe import Probe
from storage.index.tantivy_faults import IndexDamaged, translated
from storage.index.tantivy_folder import GenerationFolder
from storage.index.tantivy_query import QueryBuilder
from storage.index.tantivy_ranking import Hit, newest_first, ranked
from storage.index.tantivy_schema import FACETS, LAYOUT, build_schema, facet_token, facet_value, to_tantivy, unpack

_HEAP = 64_000_000
"""bytes that a writer may hold before it writes a segment"""
_FACET_VALUES = 10_000


class TantivyIndex:
    """``Index`` in a folder. Errors: ``PartDown`` (``IndexDamaged`` when it must be rebuilt), ``StorageFull``."""

    def __init__(self, folder: Path) -> None:
        self._folder = GenerationFolder(folder, LAYOUT)
        self._opened: tuple[Path, tantivy.Index] | None = None
        self._opening = threading.Lock()
        self._schema = build_schema()

    def put(self, documents: Sequence[IndexedDocument]) -> None:
        newest: dict[str, IndexedDocument] = {}
        for document in documents:
            if document.id not in newest or newest[document.id].version <= document.version:
                newest[document.id] = document
        if not newest:
            return
        with translated("put"), self._folder.locked():
            index = self._latest() or self._begun()
            searcher = index.searcher()
            written = [made for made in newest.values() if not self._has_newer(searcher, made)]
            with _Writer(index) as writer:
                for document in written:
                    writer.delete_documents_by_term("id", document.id)
                    writer.add_document(to_tantivy(document))

    def delete(self, documents: Collection[str]) -> None:
        with translated("delete"), self._folder.locked():
            index = self._latest()
            if index is None or not documents:
                return
            with _Writer(index) as writer:
                for document in documents:
                    writer.delete_documents_by_term("id", document)

    def search(self, request: SearchRequest) -> SearchAnswer:
        began = time.perf_counter()
        with translated("search"):
            index = self._latest()
            if index is None:
                return _answer(began, 0, (), dict.fromkeys(FACETS, ()))
            return self._search(index.searcher(), request, began)

    def exists(self) -> bool:
        current = self._folder.current()
        return current is not None and current.is_dir()

    def versions(self) -> dict[str, int]:
        with translated("versions"):
            index = self._latest()
            if index is None:
                return {}
            terms = index.searcher().terms_with_prefix("id_version", "", Query.all_query())
            split = (term.rpartition(":") for term, count in terms if count)
            return {document: int(version) for document, _, version in split}

    def rebuild(self, documents: Iterable[IndexedDocument]) -> None:
        """Written beside the old one, which answers until the new one is whole."""
        with translated("rebuild"), self._folder.locked():
            generation = self._folder.new()
            index = tantivy.Index(self._schema, str(generation))
            with _Writer(index) as writer:
                for document in documents:
                    writer.delete_documents_by_term("id", document.id)
                    writer.add_document(to_tantivy(document))
            self._folder.adopt(generation)

    def probe(self) -> Probe:
        version = metadata.version("tantivy")
        try:
            with translated("probe"):
                index = self._latest()
                if index is not None:
                    index.searcher().search(Query.all_query(), limit=1)
        except IndexDamaged as error:
            return Probe("tantivy", True, version, False, error.advice)
        except Exception as error:  # noqa: BLE001 - whatever it is, doctor shows it
            return Probe("tantivy", True, version, False, f"{getattr(error, 'advice', '')} ({error})".strip())
        return Probe("tantivy", True, version, True, "")

    def _latest(self) -> tantivy.Index | None:
        """The generation that holds, with all commits so far; None when there is none."""
        with self._opening:
            for attempt in (1, 2):
                generation = self._folder.current()
                if generation is None:
                    return None
                try:
                    return self._open(generation)
                except (ValueError, FileNotFoundError):
                    self._opened = None
                    if attempt == 2 or generation == self._folder.current():
                        raise
        return None

    def _open(self, generation: Path) -> tantivy.Index:
        if not self._folder.readable(generation):
            raise IndexDamaged(f"index was written in another layout: {generation.name}, wanted {LAYOUT}")
        if self._opened is None or self._opened[0] != generation:
            index = tantivy.Index.open(str(generation))
            index.config_reader(reload_policy="manual")
            self._opened = (generation, index)
        index = self._opened[1]
        index.reload()
        return index

    def _begun(self) -> tantivy.Index:
        generation = self._folder.new()
        tantivy.Index(self._schema, str(generation))
        self._folder.adopt(generation)
        return self._open(generation)

    def _has_newer(self, searcher: tantivy.Searcher, document: IndexedDocument) -> bool:
        hits = searcher.search(self._term("id", document.id), limit=1).hits
        if not hits:
            return False
        (version,) = searcher.fast_field_values("version", [hits[0][1]])
        return version is not None and int(version) > document.version

    def _search(self, searcher: tantivy.Searcher, request: SearchRequest, began: float) -> SearchAnswer:
        query = parse(request.query)
        seen = None if request.visible is None else self._any_of("department", request.visible)
        builder = QueryBuilder(searcher, self._schema, seen)
        scored = builder.build(query)
        filters = [*self._filters(request), *builder.fields(query), *([seen] if seen is not None else [])]
        matching = _matching(scored, filters, builder.exclusions(query))
        total = _count(searcher, matching)
        offset, limit = max(0, request.offset), max(0, request.limit)
        rank = newest_first if scored is None else ranked
        hits = rank(searcher, matching, offset, limit) if limit and total else []
        answers = tuple(self._hit(searcher, hit, query, builder.widened) for hit in hits)
        return _answer(began, total, answers, _facets(searcher, matching, total))

    def _hit(self, searcher: tantivy.Searcher, hit: Hit, query: ParsedQuery, widened: Collection[str]) -> SearchHit:
        stored = unpack(searcher.doc(hit.address))
        found = excerpt(stored.pages, query, widened)
        return SearchHit(
            document=stored.id,
            page=found.page,
            snippet=found.snippet,
            marks=found.marks,
            department=stored.department,
            registry=stored.link,
            date=stored.link.date,
        )

    def _filters(self, request: SearchRequest) -> list[Query]:
        filters = []
        for name in FACETS:
            value = getattr(request, name)
            if value is not None:
                filters.append(self._term(name, facet_token(value)))
        if request.date_from or request.date_to:
            first = request.date_from.toordinal() if request.date_from else None
            last = request.date_to.toordinal() if request.date_to else None
            filters.append(Query.range_query(self._schema, "day", tantivy.FieldType.Integer, first, last))
        return filters

    def _any_of(self, field: str, values: Collection[str | None]) -> Query:
        if not values:
            return Query.empty_query()
        terms = sorted({facet_token(value) for value in values})
        return Query.boolean_query(
            [(Occur.Should, self._term(field, term)) for term in terms], minimum_number_should_match=1
        )

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value)


class _Writer:
    """A writer that commits at the end of its block, or leaves everything as it was."""

    def __init__(self, index: tantivy.Index) -> None:
        self._writer = index.writer(_HEAP, 1)

    def __enter__(self) -> tantivy.IndexWriter:
        return self._writer

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._writer.commit()
        else:
            self._writer.rollback()
        self._writer.wait_merging_threads()


def _matching(scored: Query | None, filters: Sequence[Query], exclusions: Sequence[Query]) -> Query:
    clauses = [(Occur.Must, Query.const_score_query(each, 0.0)) for each in filters]
    clauses += [(Occur.MustNot, each) for each in exclusions]
    clauses.append((Occur.Must, scored if scored is not None else Query.const_score_query(Query.all_query(), 0.0)))
    return Query.boolean_query(clauses)


def _count(searcher: tantivy.Searcher, matching: Query) -> int:
    found: Any = searcher.search(matching, limit=1, count=True)
    return int(found.count)


def _facets(searcher: tantivy.Searcher, matching: Query, total: int) -> dict[str, tuple[FacetCount, ...]]:
    if not total:
        return dict.fromkeys(FACETS, ())
    wanted = {name: {"terms": {"field": name, "size": _FACET_VALUES}} for name in FACETS}
    found: dict[str, Any] = searcher.aggregate(matching, wanted)
    return {name: _counted(name, found[name]["buckets"]) for name in FACETS}


def _counted(name: str, buckets: Sequence[dict[str, Any]]) -> tuple[FacetCount, ...]:
    counts = [FacetCount(facet_value(name, bucket["key"]), bucket["doc_count"]) for bucket in buckets]
    counts.sort(key=lambda facet: (-facet.count, facet.value is None, str(facet.value)))
    return tuple(facet for facet in counts if facet.count)


def _answer(
    began: float, total: int, hits: tuple[SearchHit, ...], facets: dict[str, tuple[FacetCount, ...]]
) -> SearchAnswer:
    return SearchAnswer(total, round((time.perf_counter() - began) * 1000, 3), hits, facets)
