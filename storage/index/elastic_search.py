"""One search on Elasticsearch: what the plan has to know, then hits and facets in one request, then what is shown."""

import base64
from collections.abc import Sequence
from typing import Any

from pipeline.domain.query import parse
from pipeline.ports.index import SearchAnswer, SearchRequest
from storage.index import answers
from storage.index.elastic_faults import fault_of
from storage.index.elastic_pages import MOST_AT_ONCE, read_through
from storage.index.elastic_render import matched, scored
from storage.index.elastic_server import Server
from storage.index.elastic_vocabulary import ElasticVocabulary
from storage.index.faults import IndexDamaged
from storage.index.fields import FACETS
from storage.index.plan import Plan, by_tier, plan
from storage.index.ranking import MARGIN, Candidate, ranked
from storage.index.stored import Stored, unpacked

_FACET_VALUES = 10_000
_BY_SCORE = [{"_score": "desc"}, {"tie": "asc"}]
_BY_DATE = [{"newest": "desc"}, {"tie": "asc"}]


def search(server: Server, index: str, request: SearchRequest, began: float) -> SearchAnswer:
    """``began`` is of ``time.perf_counter``. Errors: as ``Server.ask``; ``GenerationGone`` when the index went."""
    query = parse(request.query)
    planned = plan(request, query, ElasticVocabulary(server, index))
    offset, limit = max(0, request.offset), max(0, request.limit)
    reader = HitReader(server, index, planned)
    total, facets = reader.ask(offset, limit)
    names = reader.names(offset, limit) if limit and total else []
    hits = [answers.hit(stored, query, planned.widened) for stored in _stored(server, index, names)]
    return answers.answer(began, total, hits, facets)


class HitReader:
    """Reads the best hits of one plan; those of the first tier come together with the facets."""

    def __init__(self, server: Server, index: str, planned: Plan) -> None:
        self._server = server
        self._index = index
        self._matched = matched(planned)
        self._by_score = planned.scored is not None
        queries = [scored(each) for each in by_tier(planned)] if self._by_score else [self._matched]
        sort = _BY_SCORE if self._by_score else _BY_DATE
        self._tiers = [{"query": query, "sort": sort, "_source": False, "track_total_hits": False} for query in queries]
        self._pages: dict[int, tuple[int, list[Any]]] = {}
        """by tier how many hits were asked for, and those that came"""

    def ask(self, offset: int, limit: int) -> tuple[int, answers.Facets]:
        """Total and facets, exact."""
        wanted = {name: {"terms": {"field": name, "size": _FACET_VALUES}} for name in FACETS}
        counting = {"query": self._matched, "size": 0, "track_total_hits": True, "aggs": wanted}
        size = min(MOST_AT_ONCE, offset + limit + MARGIN)
        counted, *hits = self._server.ask_many(
            [(self._index, counting), *([self._page(0, size)] if limit else [])],
        )
        if hits:
            self._pages[0] = (size, hits[0]["hits"]["hits"])
        facets = {
            name: answers.counted(name, ((b["key"], b["doc_count"]) for b in counted["aggregations"][name]["buckets"]))
            for name in FACETS
        }
        return int(counted["hits"]["total"]["value"]), facets

    def names(self, offset: int, limit: int) -> list[str]:
        """Ids of the hits wanted, in their order."""
        if self._by_score:
            return [one.address for one in ranked(self._read, offset, limit)]
        return [hit["_id"] for hit in self._tier(0, offset + limit)[offset:]]

    def _read(self, number: int) -> list[Candidate[str]]:
        found: list[Candidate[str]] = []
        for tier in range(len(self._tiers)):
            if len(found) < number:
                hits = self._tier(tier, number - len(found))
                found += [Candidate(tier, hit["sort"][0], hit["sort"][1], hit["_id"]) for hit in hits]
        return found

    def _tier(self, tier: int, number: int) -> list[Any]:
        """The best hits of a tier; when it has to ask, it asks for those of the later ones too."""
        asked, hits = self._pages.get(tier, (0, []))
        if number > asked and len(hits) == asked:
            if number > MOST_AT_ONCE:
                return list(read_through(self._server, self._index, self._tiers[tier], number))
            wanted = [tier, *(later for later in range(tier + 1, len(self._tiers)) if later not in self._pages)]
            answered = self._server.ask_many([self._page(each, number) for each in wanted])
            for each, answer in zip(wanted, answered, strict=True):
                self._pages[each] = (number, answer["hits"]["hits"])
        return self._pages[tier][1][:number]

    def _page(self, tier: int, size: int) -> tuple[str, dict[str, Any]]:
        return self._index, {**self._tiers[tier], "size": size}


def _stored(server: Server, index: str, names: Sequence[str]) -> list[Stored]:
    """What each hit is answered from; a document that was just taken out is left out."""
    if not names:
        return []
    path = f"/{index}/_mget?realtime=false&filter_path=docs._id,docs.found,docs._source,docs.error"
    found = server.ask("POST", path, {"ids": list(names)})["docs"]
    for one in found:
        if "error" in one:
            raise fault_of(server.address, "read hits", 503, one)
    try:
        return [unpacked(base64.b64decode(one["_source"]["stored"])) for one in found if one.get("found")]
    except (ValueError, KeyError, OSError) as fault:
        raise IndexDamaged(f"index {index}: what is stored of a hit cannot be read") from fault
