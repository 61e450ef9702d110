"""What one look at a hot folder hands out, and when."""

import logging
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.errors import ConfigurationError, PartDown, WorkerDied

Hot = Any
PDF = b"%PDF-1.7 sound"
PNG = b"\x89PNG\r\n\x1a\n sound"


def names(candidates: Any) -> list[str]:
    return [candidate.path.name for candidate in candidates]


def test_first_scan_only_starts_the_clock(hot: Hot) -> None:
    hot.drop("a.pdf")
    first = hot.scan()
    assert (first.ready, first.waiting) == ((), 1)
    assert hot.scan(after=4.9).waiting == 1
    assert not hot.checks.calls
    assert names(hot.scan(after=0.1).ready) == ["a.pdf"]


def test_start_up_starts_the_clock_again(hot: Hot) -> None:
    hot.drop("a.pdf")
    hot.scan()
    hot.restart()
    assert hot.scan(after=100).ready == ()
    assert names(hot.scan(after=5).ready) == ["a.pdf"]


def test_a_growing_file_waits_until_it_is_still(hot: Hot) -> None:
    path = hot.drop("a.pdf", b"%PDF")
    hot.scan()
    for _ in range(5):
        with path.open("ab") as file:
            file.write(b" more")
        assert hot.scan(after=4).waiting == 1
    assert hot.scan(after=4.9).waiting == 1
    assert names(hot.scan(after=0.1).ready) == ["a.pdf"]


def test_a_pause_longer_than_settling_leaves_a_half_file_waiting(hot: Hot) -> None:
    path = hot.drop("a.pdf", b"%PDF BAD")
    hot.scan()
    assert hot.scan(after=30).waiting == 1
    path.write_bytes(b"%PDF-1.7 complete")
    assert hot.scan(after=1).waiting == 1
    [candidate] = hot.scan(after=5).ready
    assert candidate.fault is None


def test_same_size_and_time_but_replaced_starts_again(hot: Hot) -> None:
    path = hot.drop("a.pdf")
    seen = path.stat()
    hot.scan()
    other = hot.drop("b.tmp")
    os.utime(other, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    other.replace(path)
    assert hot.scan(after=5).waiting == 1
    assert names(hot.scan(after=5).ready) == ["a.pdf"]


@pytest.mark.parametrize("when", [0, 1, 4_000_000_000])
def test_wall_clock_times_do_not_matter(hot: Hot, when: int) -> None:
    os.utime(hot.drop("a.pdf"), (when, when))
    assert hot.scan().waiting == 1
    assert names(hot.scan(after=5).ready) == ["a.pdf"]


def test_broken_for_long_is_handed_out_with_its_fault_and_checked_once(hot: Hot) -> None:
    hot.drop("a.pdf", b"%PDF BAD")
    hot.scan()
    for _ in range(11):
        assert hot.scan(after=5).waiting == 1
    [candidate] = hot.scan(after=5).ready
    assert candidate.fault is not None and candidate.fault.code == "truncated"
    assert hot.checks.calls == {"a.pdf": 1}


def test_a_sound_file_that_is_not_claimed_is_checked_once(hot: Hot) -> None:
    hot.drop("a.pdf")
    hot.scan()
    for _ in range(3):
        assert names(hot.scan(after=5).ready) == ["a.pdf"]
    assert hot.checks.calls == {"a.pdf": 1}


@pytest.mark.parametrize(
    "name",
    [".a.pdf", "a.pdf.tmp", "a.PART", "a.pdf~", "~$a.pdf", "Thumbs.db", "THUMBS.DB", "desktop.ini", "Desktop.INI"],
)
def test_names_left_alone(hot: Hot, name: str) -> None:
    hot.drop(name)
    (hot.root / f".link{name}").symlink_to("nowhere")
    hot.scan()
    scan = hot.scan(after=100)
    assert (scan.ready, scan.refused, scan.waiting, scan.blocked) == ((), (), 0, 0)


def test_reserved_folders_are_never_taken(hot: Hot) -> None:
    for place in ("finalizate", "eroare", ".opis/claimed"):
        (hot.root / place / "a.pdf").write_bytes(PDF)
    hot.scan()
    scan = hot.scan(after=100)
    assert (scan.ready, scan.waiting) == ((), 0)


def test_links_fifos_sockets_and_devices_are_refused_unread(hot: Hot, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(PDF)
    (hot.root / "link.pdf").symlink_to(secret)
    (hot.root / "loop.pdf").symlink_to("loop.pdf")
    (hot.root / "folder-link").symlink_to(tmp_path)
    os.mkfifo(hot.root / "fifo.pdf")
    expected = {"link.pdf", "loop.pdf", "folder-link", "fifo.pdf", "socket.pdf"}
    if os.geteuid() == 0:
        os.mknod(hot.root / "null.pdf", 0o20666, os.makedev(1, 3))
        expected.add("null.pdf")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(hot.root, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/socket.pdf")
        os.close(here)
        scan = hot.scan()
    assert {one.path.name for one in scan.refused} == expected
    assert {one.fault.code for one in scan.refused} == {"not-regular"}
    assert not hot.checks.calls
    for one in scan.refused:
        assert hot.folder.claim(one) is not None
    assert set(hot.names(".opis/claimed")) == expected
    assert (hot.root / ".opis/claimed/link.pdf").is_symlink() and secret.read_bytes() == PDF


def test_a_burst_is_checked_in_portions_and_handed_out_in_natural_order(hot: Hot) -> None:
    for number in range(2000):
        hot.drop(f"scan{number}.pdf")
    assert hot.scan().waiting == 2000
    taken: list[str] = []
    looks = 0
    after = 5.0
    while True:
        scan = hot.scan(after=after, limit=500)
        looks += 1
        after = 0.0
        assert len(scan.ready) + scan.waiting + len(taken) == 2000
        for candidate in scan.ready:
            assert hot.folder.claim(candidate) is not None
        taken += names(scan.ready)
        if not scan.more:
            break
    assert taken == [f"scan{number}.pdf" for number in range(2000)]
    assert looks == 4 and set(hot.checks.calls.values()) == {1}
    assert hot.scan().waiting == 0


def test_a_check_whose_worker_dies_is_repeated_then_the_file_is_at_fault(hot: Hot) -> None:
    hot.drop("a.pdf")
    hot.drop("b.pdf")
    hot.checks.raises["a.pdf"] = WorkerDied("signal 9")
    hot.scan()
    for _ in range(5):
        assert names(hot.scan(after=10).ready) == ["b.pdf"]
    assert hot.checks.calls["a.pdf"] == 3
    [first, _] = hot.scan(after=10).ready
    assert first.fault is not None and first.fault.code == "unreadable" and "3 times" in first.fault.detail


def test_a_part_that_is_down_is_not_the_fault_of_the_file(hot: Hot) -> None:
    hot.drop("a.pdf")
    hot.checks.raises["a.pdf"] = PartDown("no workers")
    hot.scan()
    with pytest.raises(PartDown):
        hot.scan(after=5)
    hot.checks.raises.clear()
    assert names(hot.scan(after=5).ready) == ["a.pdf"]


def test_vanished_during_the_check_is_forgotten(hot: Hot) -> None:
    path = hot.drop("a.pdf")
    hot.scan()
    hot.checks.raises["a.pdf"] = FileNotFoundError(2, "gone")
    assert hot.scan(after=5).waiting == 1
    path.unlink()
    assert hot.scan().waiting == 0


class TestSubFolders:
    def test_settles_as_a_whole_and_restarts_with_a_late_page(self, hot: Hot) -> None:
        hot.drop("lot/p1.png", PNG)
        hot.scan()
        hot.scan(after=4)
        hot.drop("lot/p2.png", PNG)
        assert hot.scan(after=1).waiting == 1
        [candidate] = hot.scan(after=5).ready
        assert candidate.is_folder and candidate.fault is None
        assert hot.checks.calls == {"p1.png": 1, "p2.png": 1}

    def test_a_late_page_does_not_repeat_the_checks_of_the_others(self, hot: Hot) -> None:
        hot.drop("lot/p1.png", PNG)
        assert names(hot.settled()) == ["lot"]
        hot.drop("lot/p2.png", PNG)
        assert names(hot.settled()) == ["lot"]
        assert hot.checks.calls == {"p1.png": 1, "p2.png": 1}

    @pytest.mark.parametrize("marker", [".gata", ".done"])
    def test_a_marker_makes_it_ready_at_once(self, hot: Hot, marker: str) -> None:
        hot.drop("lot/p1.png", PNG)
        hot.drop(f"lot/{marker}", b"")
        assert names(hot.scan().ready) == ["lot"]

    @pytest.mark.parametrize(
        ("name", "data", "code"),
        [
            ("citeste.txt", b"text", "foreign-file-in-folder"),
            ("p2.pdf", PDF, "foreign-file-in-folder"),
            ("p2.png", PDF, "foreign-file-in-folder"),
            ("p2.png", b"", "empty"),
            ("p2.png", PNG + b"BAD", "truncated"),
        ],
    )
    def test_one_bad_file_is_the_fault_of_the_whole(self, hot: Hot, name: str, data: bytes, code: str) -> None:
        hot.drop("lot/p1.png", PNG)
        hot.drop(f"lot/{name}", data)
        hot.scan()
        assert hot.scan(after=59).waiting == 1
        [candidate] = hot.scan(after=1).ready
        assert candidate.fault is not None and candidate.fault.code == code
        assert candidate.fault.entry == name and name in candidate.fault.detail

    def test_nested_folders_links_and_nothing_at_all(self, hot: Hot) -> None:
        hot.drop("nested/p1.png", PNG)
        (hot.root / "nested/more").mkdir()
        hot.drop("nested/more/p2.png", PNG)
        hot.drop("linked/p1.png", PNG)
        (hot.root / "linked/p2.png").symlink_to("p1.png")
        (hot.root / "nothing").mkdir()
        hot.drop("ignored/Thumbs.db", b"x")
        hot.scan()
        faults = {one.path.name: one.fault.code for one in hot.scan(after=60).ready}
        assert faults == {
            "nested": "nested-folder",
            "linked": "not-regular",
            "nothing": "empty-folder",
            "ignored": "empty-folder",
        }
        assert not hot.checks.calls

    def test_names_left_alone_are_no_fault_but_must_be_still(self, hot: Hot) -> None:
        hot.drop("lot/p1.png", PNG)
        hot.drop("lot/p2.png.part", b"half")
        hot.scan()
        hot.drop("lot/p2.png.part", b"half and more")
        assert hot.scan(after=5).waiting == 1
        assert names(hot.scan(after=5).ready) == ["lot"]

    def test_an_image_is_known_by_its_bytes(self, hot: Hot) -> None:
        hot.drop("lot/p1.scan", PNG)
        [candidate] = hot.settled()
        assert candidate.fault is None


class TestFolderGone:
    def test_gone_and_back(self, hot: Hot, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        hot.drop("a.pdf")
        hot.scan()
        away = hot.root.rename(tmp_path / "away")
        with caplog.at_level(logging.INFO, "watchers"):
            assert hot.scan(after=5).absent and hot.scan(after=5).absent
            away.rename(hot.root)
            back = hot.scan(after=5)
        assert not back.absent and back.waiting == 1
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
        assert names(hot.scan(after=5).ready) == ["a.pdf"]

    def test_made_anew_by_hand(self, hot: Hot) -> None:
        shutil.rmtree(hot.root)
        assert hot.scan().absent
        hot.root.mkdir()
        hot.drop("a.pdf")
        assert names(hot.settled()) == ["a.pdf"]
        assert hot.names(".opis") == ["claimed", "tmp"]

    def test_an_empty_mount_point_is_not_the_share(self, hot: Hot, monkeypatch: pytest.MonkeyPatch) -> None:
        shutil.rmtree(hot.root)
        hot.root.mkdir()
        monkeypatch.setattr(hot.folder, "_device", -1)
        assert hot.scan().absent
        assert list(hot.root.iterdir()) == []

    def test_a_reserved_name_that_is_no_folder(self, hot: Hot, tmp_path: Path) -> None:
        (hot.root / "eroare").rmdir()
        (hot.root / "eroare").symlink_to(tmp_path)
        with pytest.raises(ConfigurationError, match="eroare"):
            hot.folder.prepare()
        assert hot.scan().absent


class TestRights:
    def test_unreadable_file_stays_with_one_alarm_and_is_taken_when_mended(
        self, without_rights: Callable[[], Hot], caplog: pytest.LogCaptureFixture
    ) -> None:
        hot = without_rights()
        path = hot.drop("a.pdf")
        path.chmod(0)
        hot.scan()
        for _ in range(20):
            scan = hot.scan(after=10)
            assert (scan.ready, scan.waiting, scan.blocked) == ((), 0, 1)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        path.chmod(0o600)
        assert names(hot.scan(after=1).ready) == ["a.pdf"]

    def test_unreadable_sub_folder_stays_with_one_alarm(
        self, without_rights: Callable[[], Hot], caplog: pytest.LogCaptureFixture
    ) -> None:
        hot = without_rights()
        hot.drop("lot/p1.png", PNG)
        (hot.root / "lot").chmod(0)
        assert [hot.scan(after=10).blocked for _ in range(5)] == [1] * 5
        assert len(caplog.records) == 1
        (hot.root / "lot").chmod(0o700)
        assert names(hot.settled()) == ["lot"]

    def test_read_only_folder_keeps_its_files_with_one_alarm(
        self, without_rights: Callable[[], Hot], caplog: pytest.LogCaptureFixture
    ) -> None:
        hot = without_rights()
        hot.drop("a.pdf")
        [candidate] = hot.settled()
        hot.root.chmod(0o500)
        offered = 0
        for _ in range(20):
            for candidate in hot.scan(after=10).ready:
                offered += 1
                assert hot.folder.claim(candidate) is None
        assert 1 < offered < 10
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        hot.root.chmod(0o700)
        [candidate] = hot.scan(after=30).ready
        assert hot.folder.claim(candidate) is not None

    def test_a_folder_that_may_not_be_listed_is_absent(self, without_rights: Callable[[], Hot]) -> None:
        hot = without_rights()
        hot.root.chmod(0)
        assert hot.scan().absent
        hot.root.chmod(0o700)
        assert not hot.scan().absent
