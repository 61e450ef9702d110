"""What is true of objects in a folder alone: durability step by step, links, leftovers, full disks."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.errors import ConfigurationError, KeyTaken, NotFound, PartDown, StorageFull
from storage.objects.folder import FolderStore
from storage.objects.open import open_objects

ROOT = Path(__file__).parents[4]

_WRITER = """
import sys
from pathlib import Path
from storage.objects.folder import FolderStore

class Slow:
    def read(self, size):
        print("writing", flush=True)
        return sys.stdin.buffer.readline()

store = FolderStore(Path(sys.argv[1]))
print(store._put("a/b", Slow()).sha256, flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


def drafts(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".tmp").iterdir())


def failing(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, fail)


def test_a_stored_file_is_read_only_and_has_one_name(store: FolderStore, root: Path) -> None:
    store.put_bytes("a/b/c.txt", b"x")
    facts = (root / "a/b/c.txt").stat()
    assert stat.S_IMODE(facts.st_mode) == 0o444
    assert facts.st_nlink == 1
    assert drafts(root) == []
    assert store.local_path("a/b/c.txt") == root / "a/b/c.txt"


def test_the_bytes_are_durable_before_the_name_and_the_name_before_the_answer(
    store: FolderStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, link = os.fsync, os.link

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append("draft" if path.parent.name == ".tmp" else str(path.relative_to(root)))
        sync(descriptor)

    def linked(*arguments: Any, **options: Any) -> None:
        steps.append("named")
        link(*arguments, **options)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", linked)
    store.put_bytes("a/b/c.txt", b"x")
    assert steps == ["draft", "named", "a/b", "a", "."]


def test_the_same_bytes_again_are_durable_too(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put_bytes("a/b", b"x")
    failing(monkeypatch, "fsync", errno.EIO)
    with pytest.raises(PartDown):
        store.put_bytes("a/b", b"x")


@pytest.mark.parametrize("step", ["write", "fsync", "fchmod", "link", "mkdir"])
@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, PartDown)]
)
def test_an_error_at_any_step_is_typed_and_leaves_nothing(
    store: FolderStore, root: Path, step: str, number: int, error: type[PartDown]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        failing(patch, step, number)
        with pytest.raises(error) as caught:
            store.put_bytes("new/b", b"x" * 1000)
    assert type(caught.value) is error
    assert drafts(root) == []
    assert list(store.keys("")) == []
    assert store.put_bytes("new/b", b"x" * 1000).size == 1000


def test_an_unsynced_folder_is_no_success_but_the_next_try_is(store: FolderStore, root: Path) -> None:
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "I/O error")
        sync(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(PartDown):
            store.put_bytes("a/b", b"x")
    assert drafts(root) == []
    assert store.put_bytes("a/b", b"x").size == 1


def test_bytes_that_read_back_differently_are_withdrawn(store: FolderStore, root: Path) -> None:
    write = os.write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, b"?" * len(data)))
        with pytest.raises(PartDown, match="reads back differently"):
            store.put_bytes("a/b", b"one")
    assert not store.exists("a/b")
    assert drafts(root) == []
    assert store.put_bytes("a/b", b"one").size == 3


def test_without_hard_links_a_key_is_still_created_once(store: FolderStore, root: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        failing(patch, "link", errno.EPERM)
        store.put_bytes("a/b", b"one")
        assert store.put_bytes("a/b", b"one").size == 3
        with pytest.raises(KeyTaken):
            store.put_bytes("a/b", b"two")
        patch.setattr(store, "hash", lambda key: None)
        with pytest.raises(KeyTaken):
            store.put_bytes("a/b", b"two")
    assert store.read("a/b") == b"one"
    assert drafts(root) == ["publish.lock"]
    assert store.sweep() == 0


def test_links_below_the_root_are_never_followed(store: FolderStore, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    for key in ("folder/secret", "file"):
        assert not store.exists(key)
        assert store.local_path(key) is None
        with pytest.raises(NotFound):
            store.read(key)
    assert list(store.keys("")) == []
    assert list(store.keys("folder/")) == []
    with pytest.raises(PartDown):
        store.put_bytes("folder/new", b"x")
    with pytest.raises(KeyTaken):
        store.put_bytes("file", b"secret")
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]


def test_a_fifo_or_a_folder_in_the_place_of_a_key_is_no_object(store: FolderStore, root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    for key in ("pipe", "folder"):
        assert store.hash(key) is None
        with pytest.raises(KeyTaken):
            store.put_bytes(key, b"x")
    with pytest.raises(NotFound):
        store.put_file("a/b", root / "pipe")


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "objects").symlink_to(tmp_path / "disk")
    FolderStore(tmp_path / "objects").put_bytes("a/b", b"x")
    assert (tmp_path / "disk/a/b").read_bytes() == b"x"


def test_foreign_names_in_the_folder_are_not_listed(store: FolderStore, root: Path) -> None:
    store.put_bytes("a/b", b"x")
    (root / "a" / ".hidden").write_bytes(b"x")
    (root / "a" / "back\\slash").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(root / "a") + b"/\xff")).write_bytes(b"x")
    assert list(store.keys("")) == ["a/b"]


def test_a_store_whose_disk_is_not_mounted_is_down_not_empty(store: FolderStore, root: Path, tmp_path: Path) -> None:
    store.put_bytes("a/b", b"x")
    root.rename(tmp_path / "elsewhere")
    root.mkdir()
    with pytest.raises(PartDown):
        store.exists("a/b")
    with pytest.raises(PartDown):
        list(store.keys(""))
    with pytest.raises(PartDown):
        store.put_bytes("a/c", b"x")
    assert not store.probe().good
    assert "scris" in store.probe().mend


def test_what_a_killed_writer_left_is_swept_and_a_living_one_is_left_alone(store: FolderStore, root: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(root)]
    writers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
    killed, living = writers
    assert len(drafts(root)) == 2
    assert store.sweep() == 0
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert store.sweep() == 1
    assert drafts(root)[0].startswith(f"{living.pid}-")
    living.communicate("text\n")
    assert store.read("a/b") == b"text\n"
    assert drafts(root) == []


def test_opening_sweeps(root: Path, tmp_path: Path) -> None:
    FolderStore(root)
    (root / ".tmp" / "1-left").write_bytes(b"x")
    open_objects("file:objects", tmp_path)
    assert drafts(root) == []


@pytest.mark.parametrize("form", ["file:{}", "file://{}"])
def test_a_folder_may_be_anywhere(tmp_path: Path, form: str) -> None:
    open_objects(form.format(tmp_path / "disk" / "ș x%20"), tmp_path / "home").put_bytes("a/b", b"x")
    assert (tmp_path / "disk/ș x%20/a/b").exists()


@pytest.mark.parametrize("url", ["", "objects", "file:", "file://", "file://host/x", "s3://bucket", "ftp:x"])
def test_another_url_is_a_configuration_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"objects\.url"):
        open_objects(url, tmp_path)


def test_a_root_that_cannot_be_made_is_down(tmp_path: Path) -> None:
    (tmp_path / "objects").write_bytes(b"a file")
    with pytest.raises(PartDown):
        open_objects("file:objects", tmp_path)
