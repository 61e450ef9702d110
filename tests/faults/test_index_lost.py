"""Faults of the index server by name: down (11), and lost, old or made anew while it is searched (15)."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import opis.line
from opis.line import Line
from pipeline.domain.errors import PartDown
from pipeline.ports.index import IndexedDocument
from storage.index.open import open_index
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import Own, shared_server
from tests.support.index_server import HOME, SECONDS, committed, drop, line_at_work, made, real_indices, total, wait_for


@pytest.fixture
def server() -> ElasticsearchServer:
    return shared_server(ElasticsearchServer)


@pytest.fixture
def url(server: ElasticsearchServer) -> str:
    """An index of the test's own on the server of all tests."""
    return server.index_url(f"faults-{uuid4().hex[:12]}")


@pytest.fixture
def line(
    own_server: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Line, ElasticsearchServer]]:
    """A line at work, on an index server of its own."""
    for name in ("RETRY_SECONDS", "RESCAN_SECONDS"):
        monkeypatch.setattr(opis.line, name, 0.05)
    server = own_server(ElasticsearchServer)
    assert isinstance(server, ElasticsearchServer)
    with line_at_work(tmp_path / "home", server.url) as at_work:
        yield at_work, server


def test_11_down_documents_are_committed_and_found_when_it_is_back(line: tuple[Line, ElasticsearchServer]) -> None:
    its, server = line
    drop(its, 1)
    wait_for(lambda: committed(its, 1, outbox=0), "the first document")
    assert total(its.parts.index, "cerere") == 1

    server.kill()
    drop(its, 2)
    wait_for(lambda: committed(its, 2, outbox=1), "the second document")
    with pytest.raises(PartDown) as searched:
        total(its.parts.index)
    assert searched.value.retry

    server.restart()
    wait_for(lambda: committed(its, 2, outbox=0), "the index to follow")
    assert total(its.parts.index, "cerere") == 2


def test_11_silent_server_is_given_up_in_time_and_used_again_when_it_speaks(own_server: Own) -> None:
    server = own_server(ElasticsearchServer)
    index = open_index(server.url, HOME)
    index.put([made(1)])
    server.pause()
    began = time.monotonic()
    with pytest.raises(PartDown) as fault:
        total(index)
    assert fault.value.retry
    assert time.monotonic() - began < SECONDS
    server.resume()
    assert total(index) == 1


def test_15_lost_index_is_noticed_and_made_anew(line: tuple[Line, ElasticsearchServer]) -> None:
    its, server = line
    drop(its, 1)
    wait_for(lambda: committed(its, 1, outbox=0), "the first document")
    before = its.parts.index.versions()
    assert len(before) == 1
    lost = real_indices(server, its.parts.settings.index_url)
    assert len(lost) == 1
    server.call("DELETE", f"/{lost[0]}")
    wait_for(lambda: its.parts.index.versions() == before, "the index to be made anew")
    assert total(its.parts.index, "cerere") == 1
    assert real_indices(server, its.parts.settings.index_url) != lost


def test_15_deleted_index_answers_with_nothing_and_takes_documents_again(server: ElasticsearchServer, url: str) -> None:
    index = open_index(url, HOME)
    index.put([made(1), made(2)])
    assert total(index) == 2
    for name in real_indices(server, url):
        server.call("DELETE", f"/{name}")
    assert not index.exists()
    assert (total(index), index.versions()) == (0, {})
    index.put([made(3)])
    assert index.versions() == {made(3).id: 1}


def test_15_index_of_another_layout_is_told_and_mended_by_a_rebuild(server: ElasticsearchServer, url: str) -> None:
    index = open_index(url, HOME)
    index.put([made(1)])
    (name,) = real_indices(server, url)
    meta = server.call("GET", f"/{name}/_mapping")[name]["mappings"]["_meta"]
    server.call("PUT", f"/{name}/_mapping", {"_meta": {**meta, "layout": "v0"}})
    later = open_index(url, HOME)
    for ask in (lambda: total(later), lambda: later.put([made(2)]), later.versions):
        with pytest.raises(PartDown) as other:
            ask()
        assert not other.value.retry
    assert not later.probe().good
    later.rebuild([made(1), made(2)])
    assert later.probe().good
    assert (total(later), total(open_index(url, HOME))) == (2, 2)


def test_15_rebuild_is_whole_when_it_is_seen_and_leaves_nothing_behind(server: ElasticsearchServer, url: str) -> None:
    index = open_index(url, HOME)
    index.put([made(key) for key in range(30)])
    stop, seen, faults = threading.Event(), set[int](), list[Exception]()

    def search() -> None:
        reader = open_index(url, HOME)
        try:
            while not stop.is_set():
                seen.add(total(reader, "cerere"))
        except Exception as fault:  # noqa: BLE001 - whatever it is fails the test
            faults.append(fault)

    reader = threading.Thread(target=search)
    reader.start()
    wait_for(lambda: 30 in seen or bool(faults), "the first answer")

    def slowly() -> Iterator[IndexedDocument]:
        for key in range(50):
            if key % 10 == 0:
                time.sleep(0.05)
            yield made(key, version=2)

    index.rebuild(slowly())
    wait_for(lambda: 50 in seen or bool(faults), "the new one")
    stop.set()
    reader.join(SECONDS)
    assert faults == []
    assert seen == {30, 50}
    assert len(real_indices(server, url)) == 1
    assert set(index.versions().values()) == {2}


def test_15_rebuild_that_is_cut_short_changes_nothing_and_the_next_one_clears_up(
    server: ElasticsearchServer, url: str
) -> None:
    index = open_index(url, HOME)
    index.put([made(1), made(2)])

    def broken() -> Iterator[IndexedDocument]:
        yield from (made(key) for key in range(5, 600))
        raise PartDown("the object store is gone")

    with pytest.raises(PartDown, match="the object store is gone"):
        index.rebuild(broken())
    assert set(index.versions()) == {f"{key:064x}" for key in (1, 2)}
    index.rebuild([made(3)])
    assert set(index.versions()) == {f"{3:064x}"}
    assert len(real_indices(server, url)) == 1


def test_15_documents_put_during_a_rebuild_are_not_lost(url: str) -> None:
    index, other = open_index(url, HOME), open_index(url, HOME)
    index.put([made(1)])

    def meanwhile() -> Iterator[IndexedDocument]:
        yield made(1)
        other.put([made(1, "mai nou", version=2), made(9)])
        yield made(2)

    index.rebuild(meanwhile())
    assert index.versions() == {f"{1:064x}": 2, f"{2:064x}": 1, f"{9:064x}": 1}
    assert total(index, "nou") == 1
