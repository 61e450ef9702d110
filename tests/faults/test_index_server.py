"""Faults of the index server by name: busy or out of space (12), a bad document (13), writes out of order (14)."""

import random
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from pipeline.domain.errors import DocumentsRefused, PartDown
from pipeline.ports.index import IndexedDocument
from pipeline.stages.index import index_pending
from storage.catalog.open import open_catalog
from storage.index import elastic_index, elastic_mapping
from storage.index.faults import IndexBlocked
from storage.index.open import open_index
from storage.objects.open import open_objects
from tests.contracts.catalog_values import arrived, outcome, receive
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import Own, shared_server
from tests.servers.proxy import Answer, Proxy
from tests.support.index_server import HOME, SECONDS, made, total, wait_for


class CrampedElasticsearch(ElasticsearchServer):
    """One thread writes and one request may wait for it; all others are turned away."""

    name = "elasticsearch-cramped"
    settings: ClassVar[Mapping[str, str | int | bool]] = {
        "node.processors": 1,
        "thread_pool.write.queue_size": 1,
    }


class WatchfulElasticsearch(ElasticsearchServer):
    """Minds how full its disk is."""

    name = "elasticsearch-watchful"
    settings: ClassVar[Mapping[str, str | int | bool]] = {
        "cluster.routing.allocation.disk.threshold_enabled": True,
        "cluster.info.update.interval": "10s",
        "cluster.routing.allocation.disk.watermark.low": "0b",
        "cluster.routing.allocation.disk.watermark.high": "0b",
        "cluster.routing.allocation.disk.watermark.flood_stage": "0b",
    }


@pytest.fixture
def server() -> ElasticsearchServer:
    return shared_server(ElasticsearchServer)


@pytest.fixture
def url(server: ElasticsearchServer) -> str:
    """An index of the test's own on the server of all tests."""
    return server.index_url(f"faults-{uuid4().hex[:12]}")


def bulk_requests(server: ElasticsearchServer) -> int:
    """Bulk requests that the node has been sent so far."""
    (node,) = server.call("GET", "/_nodes/_local/stats/http")["nodes"].values()
    routes = node["http"]["routes"].items()
    return sum(route["requests"]["count"] for path, route in routes if path.endswith("/_bulk"))


def refuse(document_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this document is sent with a field that the strict mapping of the index does not have."""
    real = elastic_mapping.to_elastic

    def to_elastic(document: IndexedDocument) -> dict[str, Any]:
        return {**real(document), **({"no_such_field": 1} if document.id == document_id else {})}

    monkeypatch.setattr(elastic_index, "to_elastic", to_elastic)


def block(server: ElasticsearchServer, url: str, on: bool) -> None:
    """The block that a server puts on every index when its disk runs full."""
    value = True if on else None
    server.call("PUT", f"/{url.rpartition('/')[2]}/_settings", {"index.blocks.read_only_allow_delete": value})


def test_12_busy_server_is_asked_again_until_it_takes_everything(own_server: Own) -> None:
    server = own_server(CrampedElasticsearch)
    assert isinstance(server, CrampedElasticsearch)
    open_index(server.url, HOME).put([made(0)])
    faults: list[PartDown] = []

    def put(part: int) -> None:
        own = open_index(server.url, HOME)
        for start in range(part * 1_000, part * 1_000 + 120, 40):
            try:
                own.put([made(key, "o cerere " * 20) for key in range(start, start + 40)])
            except PartDown as fault:
                faults.append(fault)

    threads = [threading.Thread(target=put, args=(part,)) for part in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    (node,) = server.call("GET", "/_nodes/_local/stats/thread_pool")["nodes"].values()
    assert node["thread_pool"]["write"]["rejected"] > 0
    assert faults == []
    assert total(open_index(server.url, HOME)) == 1 + 5 * 120


def test_12_too_many_requests_are_retried_when_the_whole_request_is_refused(
    server: ElasticsearchServer, url: str
) -> None:
    refusal = b'{"error":{"type":"es_rejected_execution_exception","reason":"rejected"},"status":429}'
    head = b"HTTP/1.1 429 Too Many Requests\r\nX-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\n"
    answer = head + b"content-length: %d\r\n\r\n" % len(refusal) + refusal
    with Proxy(server.ports[0]) as proxy:
        index = open_index(url.replace(str(server.ports[0]), str(proxy.port)), HOME)
        index.put([made(1)])
        bulk = f"POST /{url.rpartition('/')[2]}/_bulk".encode()
        proxy.set(Answer(when=bulk, data=answer, times=2))
        index.put([made(2)])
        assert proxy.struck == 2
        assert total(index) == 2
        proxy.set(Answer(when=bulk, data=answer))
        with pytest.raises(PartDown) as given_up:
            index.put([made(3)])
        assert given_up.value.retry
        assert 2 <= proxy.struck <= 20


def test_12_flood_stage_block_is_an_alarm_and_not_asked_again_hot(server: ElasticsearchServer, url: str) -> None:
    index = open_index(url, HOME)
    index.put([made(1, "vechi"), made(2)])
    block(server, url, True)
    before = bulk_requests(server)
    with pytest.raises(IndexBlocked) as blocked:
        index.put([made(1, "nou", version=2), made(3)])
    assert blocked.value.retry
    assert "Discul" in blocked.value.advice
    assert bulk_requests(server) - before == 1
    assert total(index, "vechi") == 1
    probe = index.probe()
    assert probe.found
    assert not probe.good
    block(server, url, False)
    index.put([made(1, "nou", version=2), made(3)])
    assert (total(index, "nou"), total(index)) == (1, 3)
    assert index.probe().good


def test_12_server_that_fills_its_disk_blocks_and_frees_the_index_itself(own_server: Own) -> None:
    server = own_server(WatchfulElasticsearch)
    assert isinstance(server, WatchfulElasticsearch)
    index = open_index(server.url, HOME)
    index.put([made(1)])

    def watermarks(value: str | None) -> None:
        names = ("low", "high", "flood_stage")
        settings = {f"cluster.routing.allocation.disk.watermark.{name}": value for name in names}
        server.call("PUT", "/_cluster/settings", {"persistent": settings})

    def refused() -> type[PartDown] | None:
        try:
            index.put([made(2)])
        except PartDown as fault:
            return type(fault)
        return None

    watermarks("9000tb")
    wait_for(lambda: refused() is IndexBlocked, "the block")
    watermarks(None)
    wait_for(lambda: refused() is None, "the end of the block")
    assert total(index) == 2


def test_13_one_bad_document_of_500_is_named_and_the_others_are_in(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(made(321).id, monkeypatch)
    index = open_index(url, HOME)
    with pytest.raises(DocumentsRefused) as refused:
        index.put([made(key) for key in range(500)])
    assert refused.value.documents == (made(321).id,)
    assert made(321).id[:8] in str(refused.value)
    assert set(index.versions()) == {made(key).id for key in range(500) if key != 321}
    assert total(index, "cerere") == 499
    with pytest.raises(DocumentsRefused):
        index.rebuild(made(key) for key in range(300, 400))
    assert set(index.versions()) == {made(key).id for key in range(300, 400) if key != 321}


def test_13_refused_document_keeps_no_other_waiting_in_the_outbox(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = outcome("batch", "1234")
    bad, *good = (document.id for document in account.documents)
    refuse(bad, monkeypatch)
    index, objects = open_index(url, HOME), open_objects("file:objects", tmp_path)
    with closing(open_catalog("sqlite:///catalog.db", tmp_path)) as catalog:
        line = catalog.acquire_line("test", 600)
        assert line is not None
        receive(line, arrived("batch", 4))
        line.commit(account)
        assert index_pending(catalog, line, objects, index) == 4
        assert catalog.counts()["outbox"] == 0
        assert index_pending(catalog, line, objects, index) == 0
    assert set(index.versions()) == set(good)
    assert any(bad in record.message for record in caplog.records if record.levelname == "ERROR")


def test_14_outbox_replayed_in_any_order_ends_with_the_newest_versions(url: str) -> None:
    rng = random.Random(14)
    versions = [made(key, f"varianta{version}", version) for key in range(40) for version in range(1, 6)]
    rng.shuffle(versions)
    chunks = [versions[start : start + 25] for start in range(0, len(versions), 25)]

    def put(mine: list[list[IndexedDocument]]) -> None:
        own = open_index(url, HOME)
        for chunk in mine:
            own.put(chunk)

    threads = [threading.Thread(target=put, args=(chunks[part::2],)) for part in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    index = open_index(url, HOME)
    assert index.versions() == {f"{key:064x}": 5 for key in range(40)}
    assert total(index, "varianta5") == 40
    assert [total(index, f"varianta{version}") for version in range(1, 5)] == [0, 0, 0, 0]
