"""The two ends of a claimed item, ``finalizate/<day>/`` and ``eroare/``: each may be repeated after a kill."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.domain.errors import NotFound
from watchers.candidates import Claimed, item_mark
from watchers.layout import Layout, is_real_folder
from watchers.moves import move_new, own_errors, rename_new, sync_folder
from watchers.naming import is_variant, variants
from watchers.reasons import SUFFIX_ROOM, Reason, is_free, write_reason_files


def finish(layout: Layout, claimed: Claimed, day: dt.date) -> Path:
    """Moves it to ``finalizate/<day>/``; where it already has an end, that is the answer.

    Raises ``NotFound`` when it is in none of our places, ``StorageFull``, ``PartDown`` (also when our places are gone:
    they are made by ``scan`` and never here, where a share may just be unmounted).
    """
    with own_errors(f"finalizate: {item_mark(claimed.state)}"):
        folder = layout.finished / day.isoformat()
        if not is_real_folder(folder):
            folder.mkdir()
            sync_folder(layout.finished)
        try:
            return move_new(claimed.path, folder, claimed.path.name, claimed.is_folder)
        except FileNotFoundError:
            return _known_end(layout, claimed)


def quarantine(layout: Layout, claimed: Claimed, reason: Reason) -> Path:
    """Moves it to ``eroare/``, after its two reason files; where it already has an end, that is the answer.

    Raises as ``finish``.
    """
    with own_errors(f"eroare: {item_mark(claimed.state)}"):
        for name in variants(claimed.path.name, claimed.is_folder, SUFFIX_ROOM):
            if not os.path.lexists(claimed.path):
                return _known_end(layout, claimed)
            if not is_free(layout.quarantine, name):
                continue
            write_reason_files(layout, name, reason, claimed.source, claimed.is_folder)
            try:
                rename_new(claimed.path, layout.quarantine / name)
            except FileExistsError:
                continue
            sync_folder(layout.quarantine)
            sync_folder(layout.claimed)
            return layout.quarantine / name
    raise AssertionError("variants are without end")


def find_end(layout: Layout, name: str, inode: int, is_folder: bool) -> Path | None:
    """Where the item that was claimed under that name has gone, the newest days first; None when it is nowhere."""
    with own_errors("ends"):
        days = sorted((day for day in layout.finished.iterdir() if day.is_dir()), reverse=True)
        for folder, room in [(layout.quarantine, SUFFIX_ROOM), *((day, 0) for day in days)]:
            for path in _variants_in(folder, name, is_folder, room):
                if path.lstat().st_ino == inode:
                    return path
    return None


def _variants_in(folder: Path, name: str, is_folder: bool, room: int) -> Iterator[Path]:
    return (path for path in folder.iterdir() if is_variant(path.name, name, is_folder, room))


def _known_end(layout: Layout, claimed: Claimed) -> Path:
    end = find_end(layout, claimed.path.name, claimed.state[0].inode, claimed.is_folder)
    if end is None:
        raise NotFound(f"neither claimed nor finished nor quarantined: {item_mark(claimed.state)}")
    return end
