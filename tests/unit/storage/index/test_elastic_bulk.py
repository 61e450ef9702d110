"""Bulk writing against a server that answers as told: pieces, statuses, room that is lacking for a while."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.domain.errors import DocumentsRefused, PartDown
from storage.index import elastic_bulk
from storage.index.elastic_address import read_address
from storage.index.elastic_bulk import ATTEMPTS, Bulk, Item
from storage.index.elastic_faults import Busy, GenerationGone
from storage.index.faults import IndexBlocked

ADDRESS = read_address("elasticsearch+http://host:9200/opis", {})
NO_ROOM = {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "full"}}

Answerer = Callable[[str, int], dict[str, Any]]
"""what an item gets, by its id and how often it was sent"""


class Told:
    """In place of a server: answers each item as told, and notes what was sent."""

    address = ADDRESS

    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self.sent: list[list[str]] = []
        self.bytes: list[int] = []

    def ask(self, method: str, path: str, body: bytes, seconds: float, accept: Any, lines: bool) -> Any:
        assert "require_alias=true" in path
        heads = [line for line in map(json.loads, body.splitlines()) if {"index", "delete"} & line.keys()]
        names = [next(iter(head.values()))["_id"] for head in heads]
        self.sent.append(names)
        self.bytes.append(len(body))
        times = [sum(name in sent for sent in self.sent) for name in names]
        return {"items": [{"index": self._answer(name, time)} for name, time in zip(names, times, strict=True)]}


def written(answer: Answerer, *names: str) -> tuple[Told, Bulk, list[float]]:
    server, pauses = Told(answer), list[float]()
    bulk = Bulk(server, "opis", pauses.append)  # type: ignore[arg-type]
    bulk.write(Item(name, 3, {"x": 1}) for name in names)
    return server, bulk, pauses


def test_each_item_goes_with_its_version() -> None:
    lines = [json.loads(line) for line in Item("a", 7, {"x": "ș"}).lines().splitlines()]
    assert lines == [{"index": {"_id": "a", "version": 7, "version_type": "external_gte"}}, {"x": "ș"}]
    (head,) = map(json.loads, Item("a", 7, None).lines().splitlines())
    assert head == {"delete": {"_id": "a", "version": 7, "version_type": "external_gte"}}


def test_a_newer_version_that_is_there_is_no_fault() -> None:
    conflict = {"status": 409, "error": {"type": "version_conflict_engine_exception"}}
    server, bulk, _ = written(lambda name, time: conflict if name == "b" else {"status": 201}, "a", "b")
    assert (server.sent, bulk.refused) == ([["a", "b"]], {})
    bulk.tell()


def test_only_what_had_no_room_is_sent_again_a_little_later() -> None:
    def answer(name: str, time: int) -> dict[str, Any]:
        return NO_ROOM if name in "bc" and time < 3 else {"status": 200}

    server, bulk, pauses = written(answer, *"abcd")
    assert server.sent == [["a", "b", "c", "d"], ["b", "c"], ["b", "c"]]
    assert len(pauses) == 2
    assert 0.2 <= pauses[0] <= 0.4 <= pauses[1] <= 0.8
    bulk.tell()


def test_it_gives_up_when_there_is_never_room() -> None:
    server = Told(lambda name, time: NO_ROOM)
    with pytest.raises(Busy) as caught:
        Bulk(server, "opis", lambda seconds: None).write([Item("a", 1, {})])  # type: ignore[arg-type]
    assert caught.value.retry
    assert len(server.sent) == ATTEMPTS


def test_a_bad_item_is_named_without_its_content_and_the_others_go_on() -> None:
    bad = {"status": 400, "error": {"type": "document_parsing_exception", "reason": "Preview: 'Popescu'"}}
    server, bulk, _ = written(lambda name, time: bad if name == "b" else {"status": 201}, "a", "b", "c")
    with pytest.raises(DocumentsRefused) as caught:
        bulk.tell()
    assert caught.value.documents == ("b",)
    assert "document_parsing_exception" in str(caught.value)
    assert "Popescu" not in str(caught.value)
    assert server.sent == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("status", "kind", "reason", "fault"),
    [
        (429, "cluster_block_exception", "blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]", IndexBlocked),
        (403, "cluster_block_exception", "blocked by: [FORBIDDEN/12/index read-only]", IndexBlocked),
        (404, "index_not_found_exception", "no such index", GenerationGone),
        (503, "unavailable_shards_exception", "primary shard is not active", PartDown),
    ],
)
def test_what_concerns_all_items_ends_the_writing(status: int, kind: str, reason: str, fault: type[PartDown]) -> None:
    error = {"status": status, "error": {"type": kind, "reason": reason}}
    with pytest.raises(fault) as caught:
        written(lambda name, time: error, "a")
    assert caught.value.retry


def test_pieces_are_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elastic_bulk, "MOST_ITEMS", 3)
    monkeypatch.setattr(elastic_bulk, "MOST_BYTES", 1_000)
    server = Told(lambda name, time: {"status": 201})
    bulk = Bulk(server, "opis")  # type: ignore[arg-type]
    sizes = [10, 10, 10, 10, 900, 900, 5_000, 10]
    assert bulk.write(Item(str(n), 1, {"x": "a" * size}) for n, size in enumerate(sizes)) == len(sizes)
    assert server.sent == [["0", "1", "2"], ["3"], ["4"], ["5"], ["6"], ["7"]]


def test_a_request_too_large_is_sent_in_single_items() -> None:
    class Narrow(Told):
        def ask(self, *args: Any, **more: Any) -> Any:
            answer = super().ask(*args, **more)
            return "too large" if self.bytes[-1] > 200 else answer

    server = Narrow(lambda name, time: {"status": 201})
    bulk = Bulk(server, "opis")  # type: ignore[arg-type]
    bulk.write([Item("a", 1, {}), Item("b", 1, {"x": "y" * 300}), Item("c", 1, {})])
    assert server.sent == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert bulk.refused == {"b": "too large"}
