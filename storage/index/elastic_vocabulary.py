"""What an Elasticsearch index answers to a plan that asks it: one request for each question, whatever it holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from storage.index.elastic_render import query
from storage.index.elastic_server import Server
from storage.index.fields import NUMBER, SENTINEL, spelled_fields
from storage.index.plan_facts import Counts, Pair
from storage.index.plan_nodes import Node

_SUGGESTED = 400
"""terms of one field that a misspelt word may stand for; the plan takes the best of all fields"""
_INSPECTED = 5
"""times as many are looked at"""


class ElasticVocabulary:
    """``Vocabulary`` over one index of one shard."""

    def __init__(self, server: Server, index: str) -> None:
        self._server = server
        self._index = index

    def counts(self, pairs: Collection[Pair]) -> Counts:
        """Of a document made up of the keys the server tells how often each occurs: as its own scores use it."""
        texts: dict[str, list[str]] = {NUMBER: [SENTINEL]}
        for field, key in pairs:
            texts.setdefault(field, []).append(key)
        body = {
            "doc": {field: " ".join(keys) for field, keys in texts.items()},
            "fields": sorted(texts),
            "term_statistics": True,
            "field_statistics": True,
            "positions": False,
            "offsets": False,
        }
        vectors = self._server.ask("POST", f"/{self._index}/_termvectors", body).get("term_vectors", {})
        found = {field: vector.get("terms", {}) for field, vector in vectors.items()}
        total = vectors.get(NUMBER, {}).get("field_statistics", {}).get("doc_count", 0)
        counts = {
            (field, key): int(found.get(field, {}).get(key, {}).get("doc_freq", 0)) for field, key in pairs
        }  # fmt: skip
        return Counts(max(0, int(total)), counts)

    def near(self, words: Mapping[str, int]) -> Mapping[str, Mapping[Pair, int]]:
        asked = {
            f"{number}:{field}": {"text": word, "term": _suggestion(field, edits)}
            for number, (word, edits) in enumerate(words.items())
            for field in spelled_fields()
        }
        path = f"/{self._index}/_search?allow_partial_search_results=false"
        answer = self._server.ask("POST", path, {"size": 0, "track_total_hits": False, "suggest": asked})
        found: dict[str, dict[Pair, int]] = {word: {} for word in words}
        for number, word in enumerate(words):
            for field in spelled_fields():
                for entry in answer["suggest"][f"{number}:{field}"]:
                    found[word] |= {(field, option["text"]): int(option["freq"]) for option in entry["options"]}
        return found

    def any_match(self, nodes: Sequence[Node]) -> list[bool]:
        answers = self._server.ask_many([(self._index, _whether_any(node)) for node in nodes])
        return [answer["hits"]["total"]["value"] > 0 for answer in answers]


def _suggestion(field: str, edits: int) -> dict[str, Any]:
    return {
        "field": field,
        "suggest_mode": "always",
        "max_edits": edits,
        "prefix_length": 0,
        "size": _SUGGESTED,
        "max_inspections": _INSPECTED,
        "max_term_freq": 1e9,
        "sort": "frequency",
    }


def _whether_any(node: Node) -> dict[str, Any]:
    return {"size": 0, "track_total_hits": 1, "terminate_after": 1, "query": {"bool": {"filter": [query(node)]}}}
