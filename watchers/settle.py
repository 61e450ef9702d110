"""Stillness: what a file or sub-folder looks like now, and since when it has looked so (monotonic seconds)."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.domain.errors import InputFault
from watchers.candidates import EntryState, ItemState
from watchers.naming import MARKERS


def state_of(path: Path) -> ItemState:
    """State of an item and of everything inside it; links are looked at, not followed. Raises ``OSError``.

    An entry that vanishes while it is being listed is left out: the next look differs and the clock starts again.
    """
    top = os.lstat(path)
    states = [_entry("", top)]
    folders = [""] if stat.S_ISDIR(top.st_mode) else []
    while folders:
        inside = folders.pop()
        with os.scandir(path / inside) as entries:
            for entry in entries:
                name = f"{inside}/{entry.name}" if inside else entry.name
                try:
                    state = _entry(name, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue
                states.append(state)
                if state.is_folder:
                    folders.append(name)
    return (states[0], *sorted(states[1:], key=lambda state: state.name))


def is_marked_complete(state: ItemState) -> bool:
    """Whether a sub-folder holds ``.gata`` or ``.done``."""
    return any(entry.is_file and entry.name in MARKERS for entry in state[1:])


@dataclass(slots=True)
class Tracked:
    """An item in the state last seen, and what is known of that state."""

    state: ItemState
    since: float
    """monotonic seconds"""
    verdicts: dict[EntryState, InputFault | None] = field(default_factory=dict)
    """outcome of the check of each file in its state; None: sound"""
    tries: dict[EntryState, int] = field(default_factory=dict)
    """checks that failed for reasons that may be the machine's"""
    retry_at: float = 0.0
    """not offered again before"""


class SettleClock:
    """Remembers each item of one hot folder by name."""

    def __init__(self) -> None:
        self._items: dict[str, Tracked] = {}

    def observe(self, name: str, state: ItemState, now: float) -> Tracked:
        """Starts the clock when the item is new or has changed; what is known of unchanged files inside is kept."""
        tracked = self._items.get(name)
        if tracked is None:
            tracked = self._items[name] = Tracked(state, now)
        elif tracked.state != state:
            there = set(state)
            tracked = self._items[name] = Tracked(
                state,
                now,
                {entry: fault for entry, fault in tracked.verdicts.items() if entry in there},
                {entry: number for entry, number in tracked.tries.items() if entry in there},
            )
        return tracked

    def get(self, name: str) -> Tracked | None:
        return self._items.get(name)

    def forget(self, name: str) -> None:
        self._items.pop(name, None)

    def keep_only(self, names: set[str]) -> None:
        for name in self._items.keys() - names:
            del self._items[name]


def _entry(name: str, seen: os.stat_result) -> EntryState:
    kind = stat.S_IFMT(seen.st_mode)
    if stat.S_ISDIR(kind):
        return EntryState(name, kind, seen.st_ino, 0, 0)
    return EntryState(name, kind, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_nlink)
