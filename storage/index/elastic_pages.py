"""Reads an index from one end to the other as it was at one moment, however many documents and however it changes."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from pipeline.domain.errors import PartDown
from storage.index.elastic_server import REQUEST_SECONDS, Server

MOST_AT_ONCE = 5_000
_KEPT = "2m"
"""how long the server keeps the moment after each page"""


def read_through(server: Server, index: str, search: dict[str, Any], most: int | None = None) -> Iterator[Any]:
    """The hits of a search that has a ``sort``, in its order, the first ``most`` or all. Errors: as ``Server.ask``."""
    return islice(_hits(server, index, search, most), most)


def _hits(server: Server, index: str, search: dict[str, Any], most: int | None) -> Iterator[Any]:
    size = MOST_AT_ONCE if most is None else min(MOST_AT_ONCE, most)
    moment = server.ask("POST", f"/{index}/_pit?keep_alive={_KEPT}")["id"]
    after: dict[str, Any] = {}
    try:
        while True:
            page = {**search, **after, "size": size, "pit": {"id": moment, "keep_alive": _KEPT}}
            page["track_total_hits"] = False
            answer = server.ask("POST", "/_search?allow_partial_search_results=false", page, REQUEST_SECONDS)
            moment = answer.get("pit_id", moment)
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < size:
                return
            after = {"search_after": hits[-1]["sort"]}
    finally:
        with suppress(PartDown):  # it lapses by itself
            server.ask("DELETE", "/_pit", {"id": moment}, accept=(404,))
