"""Objects brought to this machine: once for all that need them, private, and wiped."""

import errno
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from opis.fetched import Fetched
from pipeline.domain.errors import PartDown, StorageFull


class FarStore:
    """Objects that are nowhere on this machine; counts what is asked of it."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = objects
        self.opened: list[str] = []
        self.down = False

    def local_path(self, key: str) -> Path | None:
        return None

    def open(self, key: str) -> BinaryIO:
        self.opened.append(key)
        if self.down:
            raise PartDown("no answer")
        return io.BytesIO(self.objects[key])


def fetched(store: FarStore, folder: Path, kept: int = 100) -> Fetched:
    return Fetched(store, folder / "scratch", kept)  # type: ignore[arg-type]


def test_many_threads_bring_an_object_once(tmp_path: Path) -> None:
    store = FarStore(a=b"x" * 10)
    own = fetched(store, tmp_path)
    together = threading.Barrier(8)

    def use(_: int) -> bytes:
        together.wait(10)
        with own.path("a") as path:
            return path.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(use, range(8))) == {b"x" * 10}
    assert store.opened == ["a"]


def test_copies_are_private_and_wiped(tmp_path: Path) -> None:
    own = fetched(FarStore(a=b"x"), tmp_path)
    with own.path("a") as path:
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.exists(), "the next run of pages needs it"
    own.close()
    assert not list((tmp_path / "scratch").iterdir())


def test_the_longest_unused_goes_when_they_grow_too_large(tmp_path: Path) -> None:
    store = FarStore(a=b"x" * 60, b=b"x" * 60, c=b"x" * 60)
    own = fetched(store, tmp_path)
    with own.path("a") as first, own.path("b") as second:
        assert first.exists()
        assert second.exists(), "what is in use stays, however large"
    with own.path("a"):
        pass
    assert store.opened == ["a", "b"], "the other one went when it was no longer in use"
    for _ in range(2):
        with own.path("c"):
            pass
    assert store.opened == ["a", "b", "c"]
    kept = list(first.parent.iterdir())
    assert sum(path.stat().st_size for path in kept) <= 100
    own.close()


def test_what_could_not_be_brought_is_asked_for_again(tmp_path: Path) -> None:
    store = FarStore(a=b"x")
    own = fetched(store, tmp_path)
    store.down = True
    with pytest.raises(PartDown), own.path("a"):
        pass
    store.down = False
    with own.path("a") as path:
        assert path.read_bytes() == b"x"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_full_disk_is_told_as_one_and_the_copy_is_brought_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: BinaryIO, target: BinaryIO, length: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    own = fetched(FarStore(a=b"x"), tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("opis.fetched.shutil.copyfileobj", full)
        with pytest.raises(StorageFull), own.path("a"):
            pass
    with own.path("a") as path:
        assert path.read_bytes() == b"x"


def test_what_lies_on_this_machine_is_used_where_it_is(tmp_path: Path) -> None:
    here = tmp_path / "object"
    here.write_bytes(b"x")
    store = FarStore()
    store.local_path = lambda key: here  # type: ignore[method-assign]
    own = fetched(store, tmp_path)
    with own.path("a") as path:
        assert path == here
    own.close()
    assert here.exists()
    assert store.opened == []
