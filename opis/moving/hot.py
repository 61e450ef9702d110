"""The hot folders of a home that moves: what waits in them, and quarantine, which goes along.

``finalizate/`` stays where it is: each file in it is in the object store. ``eroare/`` is copied, so that ``opis batch
retry`` finds it in the new home too.
"""

import filecmp
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opis.wiring import Parts
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import say
from pipeline.stages.verify import Difference
from watchers.layout import Layout
from watchers.moves import own_errors, rename_new, sync_folder
from watchers.naming import RESERVED, is_ignored, printable


@dataclass(frozen=True, slots=True)
class QuarantineCopied:
    files: int
    bytes: int
    differences: tuple[Difference, ...]


def refuse_claimed(parts: Parts) -> None:
    """A file that was taken and has not reached its end would be left behind: raises ``UsageError``."""
    taken = [arrival.claimed for arrival in parts.catalog.arrivals(open_only=True)]
    taken = [path for path in taken if not Path(path).is_absolute()]
    with own_errors("hot folders"):
        taken += [str(path) for layout in _layouts(parts.settings.home) for path in _inside(layout.claimed)]
    if taken:
        fault = UsageError(f"{printable(taken[0])} is claimed and has not reached its end")
        fault.advice = say("moving.claimed")
        raise fault


def waiting_files(home: Path) -> int:
    """Files and sub-folders that lie in the hot folders and were not taken yet."""
    with own_errors("hot folders"):
        return sum(
            path.name not in RESERVED and not is_ignored(path.name)
            for layout in _layouts(home)
            for path in _inside(layout.root)
        )


def copy_quarantine(source: Path, target: Path) -> QuarantineCopied:
    """Copies every file below ``eroare/`` to the same place in the other home; what is there with the same bytes stays.

    Errors: ``PartDown``, ``StorageFull``.
    """
    files = size = 0
    differences = []
    with own_errors("quarantine"):
        for layout in _layouts(source):
            for path in _files_below(layout.quarantine):
                copy = target / path.relative_to(source)
                _copy(path, copy)
                files += 1
                size += path.stat().st_size
                if not filecmp.cmp(path, copy, shallow=False):
                    differences.append(Difference("hot_differs", printable(str(copy))))
    return QuarantineCopied(files, size, tuple(differences))


def _layouts(home: Path) -> list[Layout]:
    return [Layout(folder) for folder in _inside(home / "hot") if folder.is_dir() and not folder.is_symlink()]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _files_below(folder: Path) -> Iterator[Path]:
    """Regular files; links are not followed."""
    for path in _inside(folder):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _files_below(path)
        elif stat.S_ISREG(mode):
            yield path


def _copy(path: Path, copy: Path) -> None:
    """Whole or not at all; what has the name already is left alone."""
    if os.path.lexists(copy):
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".opis-", suffix=".tmp", dir=copy.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, path.open("rb") as original:
            shutil.copyfileobj(original, file)
            file.flush()
            os.fsync(file.fileno())
        shutil.copystat(path, draft)
        rename_new(draft, copy)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(copy.parent)
