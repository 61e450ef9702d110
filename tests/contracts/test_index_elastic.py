"""What only an index on a server has: generations behind an alias, other writers, blocks, deep pages."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.domain.errors import DocumentsRefused, PartDown, PartUnfit
from pipeline.domain.query import parse
from pipeline.domain.registry import NO_LINK
from pipeline.ports.index import Index, IndexedDocument, SearchRequest
from storage.index.elastic_address import read_address
from storage.index.elastic_bulk import Bulk, Item
from storage.index.elastic_mapping import to_elastic
from storage.index.elastic_search import HitReader
from storage.index.elastic_server import Server
from storage.index.elastic_vocabulary import ElasticVocabulary
from storage.index.faults import IndexBlocked, IndexDamaged
from storage.index.open import open_index
from storage.index.plan import plan
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import shared_server
from tests.support.elastic import index_of_its_own, indices


class Own(NamedTuple):
    server: ElasticsearchServer
    alias: str

    def open(self) -> Index:
        return open_index(self.server.index_url(self.alias), Path())


@pytest.fixture
def own() -> Iterator[Own]:
    server = shared_server(ElasticsearchServer)
    with index_of_its_own(server) as alias:
        yield Own(server, alias)


def document(key: str, text: str = "apă", version: int = 1) -> IndexedDocument:
    name = hashlib.sha256(key.encode()).hexdigest()
    return IndexedDocument(name, version, "b", "document", "filed", None, NO_LINK, None, None, (text,))


def found(index: Index, query: str) -> list[str]:
    return [hit.document for hit in index.search(SearchRequest(query)).hits]


def test_pages_past_ten_thousand_neither_overlap_nor_skip(own: Own) -> None:
    index, number = own.open(), 10_300
    ids = sorted(document(str(place)).id for place in range(number))
    first = replace(document("0"), id=ids[0])
    index.put([first])
    # analysed once: what is tried here is reading, not writing
    source = to_elastic(first)
    order = {"tie": 0, "newest": 0}
    items = (
        Item(name, 1, source | {key: sign * int(name[:10], 16) for key, sign in zip(order, (1, -1), strict=True)})
        for name in ids
    )
    bulk = Bulk(Server(read_address(own.server.index_url(own.alias))), own.alias)
    assert bulk.write(items) == number
    bulk.refresh()
    assert index.versions().keys() == set(ids)
    for query in ("apă", ""):
        assert index.search(SearchRequest(query, limit=0)).total == number
        for offset in (4_880, 9_990, 10_270):
            assert ordered(own, query, offset) == ids[offset : offset + 30]
        assert index.search(SearchRequest(query, offset=number)).hits == ()


def ordered(own: Own, query: str, offset: int) -> list[str]:
    """Ids of the hits as the index finds them: what is stored of each is the same here."""
    server = Server(read_address(own.server.index_url(own.alias)))
    (index,) = indices(own.server, own.alias)
    planned = plan(SearchRequest(query), parse(query), ElasticVocabulary(server, index))
    reader = HitReader(server, index, planned)
    reader.ask(offset, 30)
    return reader.names(offset, 30)


def test_a_rebuild_goes_on_beside_and_what_is_put_meanwhile_is_not_lost(own: Own) -> None:
    index = own.open()
    index.put([document("old"), document("kept")])
    seen: list[list[str]] = []

    def documents() -> Iterator[IndexedDocument]:
        yield document("kept", version=2)
        other = own.open()
        seen.append(found(other, "apă"))
        other.put([document("late", version=5)])
        other.delete([document("kept").id])
        seen.append(found(other, "apă"))
        yield document("late", version=4)

    index.rebuild(documents())
    kept, late, old = (document(key).id for key in ("kept", "late", "old"))
    assert seen == [sorted([kept, old]), sorted([late, old])]
    assert index.versions() == {late: 5, kept: 2}
    assert own.open().versions() == index.versions()
    assert len(indices(own.server, own.alias)) == 1


def test_a_rebuild_that_was_cut_off_is_swept_by_the_next(own: Own) -> None:
    index = own.open()
    index.put([document("a")])

    def broken() -> Iterator[IndexedDocument]:
        yield document("b")
        raise PartDown("the store is down")

    with pytest.raises(PartDown, match="the store"):
        index.rebuild(broken())
    assert found(index, "apă") == [document("a").id]
    assert len(indices(own.server, own.alias)) == 2
    index.put([document("c")])
    assert set(found(index, "apă")) == {document("a").id, document("c").id}
    index.rebuild([document("d")])
    assert index.versions() == {document("d").id: 1}
    assert len(indices(own.server, own.alias)) == 1


def test_searching_never_fails_while_rebuilds_swap(own: Own) -> None:
    index, done = own.open(), threading.Event()
    index.put([document("a")])
    faults: list[object] = []
    searches = 0

    def searching() -> None:
        nonlocal searches
        reader = own.open()
        while not done.is_set():
            try:
                hits = found(reader, "apă")
                searches += 1
                if hits != [document("a").id]:
                    faults.append(hits)
            except PartDown as fault:
                faults.append(fault)

    thread = threading.Thread(target=searching)
    thread.start()
    for version in range(2, 6):
        index.rebuild([document("a", version=version)])
    done.set()
    thread.join(60)
    assert (faults, searches > 0) == ([], True)


def test_two_that_begin_at_once_begin_the_same_index(own: Own) -> None:
    def begin(number: int) -> None:
        own.open().put([document(str(number))])

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert own.open().versions() == {document(str(number)).id: 1 for number in range(4)}
    assert len(indices(own.server, own.alias)) == 1


def test_somebody_elses_name_is_left_alone(own: Own) -> None:
    own.server.call("PUT", f"/{own.alias}", {"mappings": {"properties": {"x": {"type": "keyword"}}}})
    with pytest.raises(PartUnfit) as caught:
        own.open()
    assert own.alias in caught.value.advice
    assert list(indices(own.server, own.alias)) == [own.alias]


def test_an_alias_over_somebody_elses_index_is_left_alone(own: Own) -> None:
    own.server.call("PUT", f"/{own.alias}-v2-theirs", {"aliases": {own.alias: {}}})
    with pytest.raises(PartUnfit):
        own.open()
    assert list(indices(own.server, own.alias)) == [f"{own.alias}-v2-theirs"]


def test_another_layout_is_told_and_mended_by_a_rebuild(own: Own) -> None:
    meta = {"made_by": "opis", "for": own.alias, "layout": "v1"}
    own.server.call("PUT", f"/{own.alias}-v1-first", {"mappings": {"_meta": meta}, "aliases": {own.alias: {}}})
    index = own.open()
    for attempt in (lambda: index.search(SearchRequest("apă")), lambda: index.put([document("a")]), index.versions):
        with pytest.raises(IndexDamaged) as caught:
            attempt()
        assert f"127.0.0.1:{own.server.ports[0]}" in str(caught.value)
        assert "altă versiune de Opis" in caught.value.advice and "opis reindex" in caught.value.advice
        assert not caught.value.retry
    assert not index.probe().good
    index.rebuild([document("a")])
    assert found(index, "apă") == [document("a").id]
    assert index.probe().good


def test_a_full_disk_pauses_writing_and_searching_goes_on(own: Own) -> None:
    index = own.open()
    index.put([document("a")])
    block = {"index.blocks.read_only_allow_delete": True}
    own.server.call("PUT", f"/{own.alias}/_settings", block)
    with pytest.raises(IndexBlocked) as caught:
        index.put([document("b")])
    assert caught.value.retry
    assert "Discul" in caught.value.advice
    assert found(index, "apă") == [document("a").id]
    own.server.call("PUT", f"/{own.alias}/_settings", dict.fromkeys(block))
    index.put([document("b")])
    assert index.versions().keys() == {document("a").id, document("b").id}


def test_one_bad_item_is_named_and_the_others_are_in(own: Own) -> None:
    index = own.open()
    index.put([document("a")])
    good, bad = document("good"), document("bad", "Popescu")
    bulk = Bulk(Server(read_address(own.server.index_url(own.alias))), own.alias)
    bulk.write([Item(bad.id, 1, {**to_elastic(bad), "day": "Popescu"}), Item(good.id, 1, to_elastic(good))])
    bulk.refresh()
    with pytest.raises(DocumentsRefused) as caught:
        bulk.tell()
    assert caught.value.documents == (bad.id,)
    assert bad.id in str(caught.value)
    assert "Popescu" not in str(caught.value)
    assert index.versions().keys() == {document("a").id, good.id}


def test_what_the_server_holds_is_only_what_a_hit_is_answered_from(own: Own) -> None:
    own.open().put([document("a", "domnul Zamfirescu")])
    source = own.server.call("GET", f"/{own.alias}/_doc/{document('a').id}")["_source"]
    assert source.keys() == {"stored"}
    assert "Zamfirescu" not in json.dumps(source)
