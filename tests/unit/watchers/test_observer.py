"""Events wake the line; folders that went and came back are watched again."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.events import FileSystemEvent

import watchers.observer
from watchers.observer import Observer

PATIENCE = 20.0
"""seconds before an event is held not to come"""


@pytest.fixture
def wake() -> threading.Event:
    return threading.Event()


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "registratura", tmp_path / "arhiva"]
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture
def observer(folders: list[Path], wake: threading.Event) -> Iterator[Observer]:
    made = Observer(folders, wake)
    made.start()
    yield made
    made.stop()


@pytest.mark.usefixtures("observer")
@pytest.mark.parametrize("name", ["a.pdf", os.fsdecode(b"\xff\xfe.pdf"), "a\nb"], ids=ascii)
def test_arrivals_in_each_folder_wake(folders: list[Path], wake: threading.Event, name: str) -> None:
    for folder in folders:
        (folder / name).write_bytes(b"x")
        assert wake.wait(PATIENCE)
        wake.clear()


@pytest.mark.usefixtures("observer")
def test_renames_into_the_folder_wake(folders: list[Path], wake: threading.Event, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside").rename(folders[0] / "lot")
    assert wake.wait(PATIENCE)


def test_our_own_looking_does_not_wake(
    folders: list[Path], wake: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    last = threading.Event()

    def record(_: object, event: FileSystemEvent) -> None:
        seen.append(Path(os.fsdecode(event.src_path)).name)
        if seen[-1] == "last.pdf":
            last.set()

    path = folders[0] / "a.pdf"
    path.write_bytes(b"x")
    (folders[0] / "lot").mkdir()
    monkeypatch.setattr(watchers.observer._Wake, "on_any_event", record)
    observer = Observer(folders, wake)
    observer.start()
    path.read_bytes()
    assert {entry.name for entry in folders[0].iterdir()} == {"a.pdf", "lot"}
    path.rename(folders[0].parent / "claimed.pdf")
    (folders[0] / "lot").rename(folders[0].parent / "claimed")
    (folders[0] / "last.pdf").write_bytes(b"x")
    assert last.wait(PATIENCE)
    observer.stop()
    assert set(seen) == {"last.pdf"}


def test_gone_and_back(observer: Observer, folders: list[Path], wake: threading.Event, tmp_path: Path) -> None:
    folders[0].rename(tmp_path / "away")
    observer.refresh()
    observer.refresh()
    folders[0].mkdir()
    observer.refresh()
    wake.clear()
    (folders[0] / "a.pdf").write_bytes(b"x")
    assert wake.wait(PATIENCE)


def test_deleted_and_made_again(observer: Observer, folders: list[Path], wake: threading.Event) -> None:
    folders[0].rmdir()
    observer.refresh()
    folders[0].mkdir()
    observer.refresh()
    wake.clear()
    (folders[0] / "a.pdf").write_bytes(b"x")
    assert wake.wait(PATIENCE)


def test_missing_at_start(tmp_path: Path, wake: threading.Event) -> None:
    observer = Observer([tmp_path / "later"], wake)
    observer.start()
    (tmp_path / "later").mkdir()
    observer.refresh()
    (tmp_path / "later/a.pdf").write_bytes(b"x")
    assert wake.wait(PATIENCE)
    observer.stop()
    observer.stop()


def test_network_shares_are_polled(folders: list[Path], wake: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers.observer, "is_network_share", lambda folder: True)
    monkeypatch.setattr(watchers.observer, "_POLL_SECONDS", 0.05)
    observer = Observer(folders, wake)
    observer.start()
    (folders[1] / "a.pdf").write_bytes(b"x")
    assert wake.wait(PATIENCE)
    observer.stop()


def test_no_watches_left_is_one_warning_and_no_crash(
    folders: list[Path], wake: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    observer = Observer(folders[:1], wake)
    monkeypatch.setattr(watchers.observer.InotifyObserver, "schedule", full)
    observer.start()
    observer.refresh()
    monkeypatch.undo()
    assert len(caplog.records) == 1
    observer.refresh()
    (folders[0] / "a.pdf").write_bytes(b"x")
    assert wake.wait(PATIENCE)
    observer.stop()
