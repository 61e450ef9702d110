"""A kept home is whole; whatever is done to it is named."""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.ids import folder_batch_id
from pipeline.stages.index import indexed_document, rebuild_index
from pipeline.stages.verify import Difference, accounts, check_catalog, check_index, check_objects
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog
from storage.index.tantivy_index import TantivyIndex
from storage.objects.folder import FolderStore

ARCHIVE = Path(__file__).parents[3] / "data" / "homes" / "0.1.0.tar.gz"
BATCH = "batches/9dfef524753a0f2b788e85e5b689e7768d55c79c71cdef36059c6bb5ddd3c6ab"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as tar:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(tmp_path / "home", **safely)
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> FolderStore:
    return FolderStore(home / "objects")


@pytest.fixture
def catalog(home: Path) -> Iterator[SqlCatalog]:
    with closing(open_catalog("sqlite:///catalog.db", home)) as catalog:
        yield catalog


def wrong(store: FolderStore) -> list[Difference]:
    return [checked.difference for checked in check_objects(store) if checked.difference is not None]


def overwrite(store: FolderStore, key: str, data: bytes) -> None:
    path = store.local_path(key)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_kept_home_is_whole(store, catalog, home):
    checked = list(check_objects(store))
    assert sorted(each.key for each in checked) == list(store.keys(""))
    assert [each for each in checked if each.difference] == []
    assert sum(each.size for each in checked) == sum(len(store.read(key)) for key in store.keys(""))
    assert list(check_catalog(catalog, store)) == []
    index = TantivyIndex(home / "index")
    rebuild_index(catalog, store, index)
    assert list(check_index(catalog, index)) == []


def test_one_flipped_bit_in_any_content_is_found(store):
    content = [key for key in store.keys("") if not key.endswith(".json")]
    assert len(content) == 10
    for key in content:
        whole = store.read(key)
        place = len(whole) // 2
        overwrite(store, key, whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert wrong(store) == [Difference("object_differs", key)]
        overwrite(store, key, whole)
    assert wrong(store) == []


def test_a_lost_object_is_named_by_its_manifest(store, catalog):
    lost = [key for key in store.keys("documents/") if "/c1/" in key]
    for key in lost:
        path = store.local_path(key)
        assert path is not None
        path.unlink()
    assert {each.subject for each in wrong(store)} == set(lost)
    assert {each.code for each in wrong(store)} == {"object_missing"}
    named = {each.subject for each in check_catalog(catalog, store)}
    assert named == {key for key in lost if not key.endswith("text.raw.txt")}


@pytest.mark.parametrize("damage", [b"", b"[]", b"{", b'{"manifest": 2, "state": 2}', b'{"manifest": 1, "objects": 3}'])
def test_a_manifest_that_cannot_be_one(store, damage):
    key = next(key for key in store.keys("documents/") if "/manifest/" in key)
    overwrite(store, key, damage)
    found = wrong(store)
    assert Difference("record_damaged", key) in found
    assert {each.code for each in found} == {"record_damaged", "object_unknown"}


def test_a_record_that_says_something_else_than_the_catalog(store, catalog):
    manifest = next(key for key in store.keys("documents/") if "/manifest/" in key)
    state = f"{BATCH}/state/1.json"
    for key, change in ((manifest, {"version": 9}), (state, {"pages": 99})):
        record = json.loads(store.read(key))
        overwrite(store, key, json.dumps({**record, "value": {**record["value"], **change}}).encode())
    assert {(each.code, each.subject) for each in check_catalog(catalog, store)} == {
        ("record_differs", manifest),
        ("record_differs", state),
    }


def test_what_nobody_named_is_told(store):
    strange = ("documents/x/c1/text.txt", "elsewhere/1", "registers/list.csv", "top")
    for key in strange:
        store.put_bytes(key, b"1")
    assert set(wrong(store)) == {Difference("object_unknown", key) for key in strange}


def test_a_batch_of_page_files_is_named_by_all_of_them(tmp_path):
    pages = [b"one", b"two", b"three"]
    batch = folder_batch_id([hashlib.sha256(page).hexdigest() for page in pages])
    store = FolderStore(tmp_path / "s")
    for number, page in enumerate(pages, start=1):
        store.put_bytes(f"batches/{batch}/original/{number:04}.png", page)
    assert wrong(store) == []
    key = f"batches/{batch}/original/0002.png"
    overwrite(store, key, b"twp")
    assert Difference("object_differs", key) in wrong(store)


def test_parts_together_are_the_whole(store):
    whole = {each.key for each in check_objects(store)}
    parts = [{each.key for each in check_objects(store, part, 3)} for part in (1, 2, 3)]
    assert all(parts)
    assert set.union(*parts) == whole
    assert sum(map(len, parts)) == len(whole)


def test_an_index_that_lags_or_knows_too_much(store, catalog, tmp_path):
    first, second = (document for account in accounts(catalog) for document in account.documents)
    known = indexed_document(first, catalog, store)
    index = TantivyIndex(tmp_path / "index")
    index.put([replace(known, version=known.version + 1), replace(known, id="f" * 64)])
    assert set(check_index(catalog, index)) == {
        Difference("index_version", first.id),
        Difference("index_lacks", second.id),
        Difference("index_foreign", "f" * 64),
    }
