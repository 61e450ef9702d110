"""Opening and moving what others dropped."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import watchers.moves
from pipeline.domain.errors import InputFault, PartDown, StorageFull
from watchers.mounts import is_network_share
from watchers.moves import own_errors, rename_new
from watchers.safe_open import open_regular


def _file(path: Path) -> None:
    path.write_bytes(b"content")


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_bytes(b"content")


def _link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.fixture(params=["renameat2", "link", "placeholder", "no libc call"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way of renaming that some file system needs."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    if request.param == "no libc call":
        monkeypatch.setattr(watchers.moves, "_renameat2", None)
    elif request.param != "renameat2":
        monkeypatch.setattr(watchers.moves, "_RENAME_NOREPLACE", 1 << 20)  # the kernel answers EINVAL
    if request.param == "placeholder":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("make", [_file, _folder, _link])
class TestRenameNew:
    def test_moves_the_thing_itself(self, tmp_path: Path, make: Callable[[Path], None]) -> None:
        make(tmp_path / "a")
        before = os.lstat(tmp_path / "a")
        rename_new(tmp_path / "a", tmp_path / "b")
        assert os.lstat(tmp_path / "b").st_ino == before.st_ino
        assert [path.name for path in tmp_path.iterdir()] == ["b"]

    @pytest.mark.parametrize("there", [_file, _folder, _link])
    def test_overwrites_nothing(
        self, tmp_path: Path, make: Callable[[Path], None], there: Callable[[Path], None]
    ) -> None:
        make(tmp_path / "a")
        there(tmp_path / "b")
        inodes = [os.lstat(tmp_path / name).st_ino for name in "ab"]
        with pytest.raises(FileExistsError):
            rename_new(tmp_path / "a", tmp_path / "b")
        assert [os.lstat(tmp_path / name).st_ino for name in "ab"] == inodes

    def test_a_missing_source(self, tmp_path: Path, make: Callable[[Path], None]) -> None:
        make(tmp_path / "other")
        with pytest.raises(FileNotFoundError):
            rename_new(tmp_path / "a", tmp_path / "b")
        assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize("make", [_file, _folder])
def test_a_failed_rename_gives_the_name_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "not here")

    make(tmp_path / "a")
    for owner, name in ((watchers.moves, "_renameat2"), (os, "link"), (Path, "rename")):
        monkeypatch.setattr(owner, name, None if name == "_renameat2" else refuse)
    with pytest.raises(PermissionError):
        rename_new(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, PartDown), (errno.EROFS, PartDown)],
)
def test_own_errors(code: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="there"), own_errors("there"):
        raise OSError(code, os.strerror(code))


class TestOpenRegular:
    def test_reads_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"content")
        with open_regular(tmp_path / "a") as file:
            assert file.read() == b"content"

    @pytest.mark.parametrize("kind", ["link", "fifo", "folder", "device"])
    def test_refuses_what_is_no_file(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "a"
        match kind:
            case "link":
                (tmp_path / "real").write_bytes(b"content")
                path.symlink_to("real")
            case "fifo":
                os.mkfifo(path)
            case "folder":
                path.mkdir()
            case _:
                path = Path("/dev/null")
        with pytest.raises(InputFault) as caught:
            open_regular(path)
        assert caught.value.code == "not-regular"

    def test_a_link_put_there_after_the_look_is_not_followed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "real").write_bytes(b"content")
        (tmp_path / "a").symlink_to("real")
        monkeypatch.setattr(os, "lstat", os.stat)
        with pytest.raises(InputFault) as caught:
            open_regular(tmp_path / "a")
        assert caught.value.code == "not-regular"

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputFault) as caught:
            open_regular(tmp_path / "a")
        assert caught.value.code == "vanished"


def test_network_shares_are_told_by_the_longest_mount_point(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "40 22 0:40 / /srv/scan\\040er rw shared:1 - cifs //nas/scan rw\n"
        "41 40 0:41 / /srv/scan\\040er/local rw - ext4 /dev/vdb rw\n"
        "42 22 0:42 / /mnt/ssh rw - fuse.sshfs host: rw\n"
    )
    shares = {path: is_network_share(Path(path), mounts) for path in ("/srv/scan er/hot", "/srv/scan er/local/hot")}
    assert shares == {"/srv/scan er/hot": True, "/srv/scan er/local/hot": False}
    assert is_network_share(Path("/mnt/ssh"), mounts) and not is_network_share(Path("/srv/scan erx"), mounts)
    assert not is_network_share(tmp_path, tmp_path / "missing")
    assert not is_network_share(tmp_path)
