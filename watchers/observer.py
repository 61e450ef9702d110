"""Events from the file system, reduced to one thing: look again."""

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.inotify import InotifyObserver
from watchdog.observers.polling import PollingObserver

from watchers.mounts import is_network_share
from watchers.naming import printable

log = logging.getLogger(__name__)

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileAttribEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
"""those that may make something ready; what our own reads and renames cause is not among them"""
_POLL_SECONDS = 2.0


class _Wake(FileSystemEventHandler):
    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._event.set()


class Observer:
    """Sets ``wake`` when something arrives in one of the folders.

    It may miss events (sub-folders, queue overflow, network shares): the line looks again at intervals, and calls
    ``refresh`` then so that folders that went and came back are watched again. Folders on network shares are polled.
    """

    def __init__(self, folders: Sequence[Path], wake: threading.Event) -> None:
        self._folders = tuple(folders)
        self._handler = _Wake(wake)
        self._observers: dict[bool, BaseObserver] = {}
        self._watched: dict[Path, tuple[tuple[int, int], BaseObserver, ObservedWatch]] = {}
        self._failed: set[Path] = set()

    def start(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Watches the folders that are there and drops the watches of those that are not."""
        for folder in self._folders:
            identity = _identity(folder)
            watched = self._watched.get(folder)
            if watched is not None and watched[0] == identity:
                continue
            if watched is not None:
                del self._watched[folder]
                watched[1].unschedule(watched[2])
            if identity is not None:
                self._watch(folder, identity)

    def stop(self) -> None:
        for observer in self._observers.values():
            observer.stop()
            observer.join()
        self._observers.clear()
        self._watched.clear()

    def _watch(self, folder: Path, identity: tuple[int, int]) -> None:
        try:
            observer = self._observer(polling=is_network_share(folder))
            watch = observer.schedule(self._handler, os.path.realpath(folder), event_filter=_EVENTS)
        except OSError as error:
            if folder not in self._failed:
                self._failed.add(folder)
                shown = printable(str(folder))
                log.warning("no events from %s, only looked at at intervals: %s", shown, error.strerror)
            return
        self._failed.discard(folder)
        self._watched[folder] = (identity, observer, watch)

    def _observer(self, polling: bool) -> BaseObserver:
        if polling not in self._observers:
            observer = PollingObserver(timeout=_POLL_SECONDS) if polling else InotifyObserver()
            observer.start()
            self._observers[polling] = observer
        return self._observers[polling]


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        seen = folder.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino
