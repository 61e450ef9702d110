"""One store into another: begun again at will, nothing overwritten, everything compared."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.domain.errors import PartDown, PartUnfit
from pipeline.ports.objects import StoredObject
from pipeline.stages.copy_objects import (
    AHEAD,
    AT_ONCE,
    Copied,
    compare_stores,
    copy_objects,
    in_order,
    read_proof,
    save_proof,
    side_by_side,
    take_stock,
)
from pipeline.stages.verify import Checked, Difference
from storage.objects.folder import FolderStore

KEYS = (
    "batches/b/original.pdf",
    "batches/b/state/1.json",
    "documents/d/c1/ș.txt",
    "documents/d/c10/x",
    "registers/r.csv",
)


class Elsewhere(FolderStore):
    """A store that no path leads into; counts what is read, and may spoil a key on its way."""

    def __init__(self, root: Path, spoil: str = "") -> None:
        super().__init__(root)
        self.spoil = spoil
        self.hashed: list[str] = []

    def local_path(self, key: str) -> Path | None:
        return None

    def open(self, key: str) -> BinaryIO:
        data = self.read_bytes(key)
        return io.BytesIO(data[:-1] + b"?" if key == self.spoil else data)

    def read_bytes(self, key: str) -> bytes:
        with super().open(key) as file:
            return file.read()

    def hash(self, key: str) -> StoredObject | None:
        self.hashed.append(key)
        return super().hash(key)


def content(key: str) -> bytes:
    return key.encode() * 1000


def filled(store: FolderStore, keys: tuple[str, ...] = KEYS) -> FolderStore:
    for key in keys:
        store.put_bytes(key, content(key))
    return store


@pytest.fixture(params=["folder", "elsewhere"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> FolderStore:
    kind = FolderStore if request.param == "folder" else Elsewhere
    return filled(kind(tmp_path / "source"))


@pytest.fixture
def target(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "target")


def listed(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def differences(source: FolderStore, target: FolderStore) -> list[Difference]:
    return [checked.difference for checked in compare_stores(source, target) if checked.difference is not None]


def test_an_empty_target_gets_everything(source, target, tmp_path):
    stock = take_stock(source, target, tmp_path / "list")
    assert (stock.total, stock.missing, stock.foreign) == (len(KEYS), len(KEYS), ())
    assert listed(tmp_path / "list") == sorted(KEYS)
    done = list(copy_objects(source, target, listed(tmp_path / "list"), tmp_path))
    assert [copied.stored for copied in done] == [
        StoredObject(key, len(content(key)), hashlib.sha256(content(key)).hexdigest()) for key in sorted(KEYS)
    ]
    assert {copied.proven for copied in done} == {isinstance(source, Elsewhere)}
    assert list(compare_stores(source, target)) == [Checked(key, len(content(key))) for key in sorted(KEYS)]
    assert [path for path in tmp_path.iterdir() if path.name.startswith("object-")] == []


def test_only_what_is_missing_is_copied(source, target, tmp_path):
    filled(target, KEYS[1:3])
    stock = take_stock(source, target, tmp_path / "list")
    assert (stock.total, stock.missing) == (len(KEYS), len(KEYS) - 2)
    assert listed(tmp_path / "list") == sorted({*KEYS} - {*KEYS[1:3]})


def test_foreign_keys_are_named(source, target, tmp_path):
    target.put_bytes("documents/other/c1/x", b"1")
    assert take_stock(source, target, tmp_path / "list").foreign == (
        Difference("object_foreign", "documents/other/c1/x"),
    )
    assert Difference("object_foreign", "documents/other/c1/x") in differences(source, target)


def test_other_content_is_neither_overwritten_nor_passed_over(source, target, tmp_path):
    target.put_bytes(KEYS[0], b"something else")
    (copied,) = copy_objects(source, target, [KEYS[0]], tmp_path)
    assert copied == Difference("object_differs", KEYS[0])
    assert target.read(KEYS[0]) == b"something else"
    filled(target, KEYS[1:])
    assert differences(source, target) == [Difference("object_differs", KEYS[0])]


def test_a_flipped_bit_and_a_lost_object_are_found(source, target, tmp_path):
    filled(target)
    path = target.local_path(KEYS[2])
    assert path is not None
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[7] ^= 1
    path.write_bytes(data)
    (tmp_path / "target" / KEYS[3]).unlink()
    assert differences(source, target) == [
        Difference("object_differs", KEYS[2]),
        Difference("object_missing", KEYS[3]),
    ]


def test_what_the_source_lost_meanwhile_is_a_difference(source, target, tmp_path):
    (copied,) = copy_objects(source, target, ["documents/gone/c1/x"], tmp_path)
    assert copied == Difference("object_missing", "documents/gone/c1/x")


def test_what_is_spoilt_on_its_way_is_never_stored(target, tmp_path):
    source = filled(Elsewhere(tmp_path / "source", spoil=KEYS[0]))
    with pytest.raises(PartDown, match="does not arrive"):
        list(copy_objects(source, target, [KEYS[0]], tmp_path))
    assert not target.exists(KEYS[0])


def test_what_was_read_twice_already_is_not_read_again(target, tmp_path):
    source = Elsewhere(tmp_path / "source")
    filled(source)
    with (tmp_path / "proof").open("w", encoding="utf-8") as file:
        for copied in copy_objects(source, target, sorted(KEYS)[1:], tmp_path):
            assert isinstance(copied, Copied) and copied.proven
            save_proof(copied.stored, file)
    filled(target, (sorted(KEYS)[0],))
    source.hashed.clear()
    compared = list(compare_stores(source, target, read_proof(tmp_path / "proof")))
    assert [checked.key for checked in compared] == sorted(KEYS)
    assert not any(checked.difference for checked in compared)
    assert source.hashed == [sorted(KEYS)[0]]


def test_a_proof_is_not_believed_of_the_target(target, tmp_path):
    source = Elsewhere(tmp_path / "source")
    filled(source, KEYS[:1])
    target.put_bytes(KEYS[0], b"other")
    right = source.hash(KEYS[0])
    assert right is not None
    (checked,) = compare_stores(source, target, iter([right]))
    assert checked.difference == Difference("object_differs", KEYS[0])


def test_lists_are_walked_side_by_side():
    assert list(side_by_side(["a", "b", "d"], ["b", "c"])) == [
        ("a", True, False),
        ("b", True, True),
        ("c", False, True),
        ("d", True, False),
    ]
    assert list(side_by_side([], [])) == []


def test_a_list_out_of_order_is_no_list():
    with pytest.raises(PartUnfit, match="after b"):
        list(side_by_side(["b", "a"], ["a"]))


def test_a_folder_lists_in_the_order_that_walking_side_by_side_needs(tmp_path):
    keys = ("a-/x", "a/x", "a.b", "a/", "ab/c", "ș/x", "z/1", "😀/1", "documents/d/c1/x", "documents/d/c10/x")
    store = filled(FolderStore(tmp_path / "s"), tuple(key for key in keys if not key.endswith("/")))
    found = list(store.keys(""))
    assert found == sorted(found)
    assert found == sorted(found, key=os.fsencode)


def test_results_come_in_order_and_little_is_begun_ahead():
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        return item * 2

    results: Iterator[int] = in_order(work, range(1000))
    assert [next(results) for _ in range(3)] == [0, 2, 4]
    assert len(begun) <= 3 + AT_ONCE * AHEAD
    assert list(results) == [item * 2 for item in range(3, 1000)]


def test_the_first_error_ends_it_and_what_was_only_handed_out_is_not_begun():
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 5:
            raise PartDown("gone")
        return item

    with pytest.raises(PartDown):
        list(in_order(work, range(10_000)))
    assert len(begun) <= 5 + 2 * AT_ONCE * AHEAD


def test_a_lost_lease_stops_the_copy(source, target, tmp_path):
    left = [2]

    def pause() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PartDown("lost")

    with pytest.raises(PartDown, match="lost"):
        list(copy_objects(source, target, sorted(KEYS), tmp_path, pause))
    assert len(list(target.keys(""))) <= 2
