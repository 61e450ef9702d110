"""The folder of the embedded index: generations beside each other, a pointer to the one that holds, one writer's lock.

``CURRENT`` names the generation; it is replaced atomically, so readers see the old index or the new one, whole.
The lock is the operating system's: it falls with the process that held it.
"""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.domain.errors import PartDown

_POINTER = "CURRENT"
_LOCK = "writer.lock"
_PAUSE = 0.05


class GenerationFolder:
    def __init__(self, root: Path, layout: str, patience: float = 20.0) -> None:
        """``layout`` marks generations that this program can read; ``patience`` in seconds for the lock."""
        self.root = root
        self._layout = layout
        self._patience = patience

    def current(self) -> Path | None:
        """Folder of the generation that holds; None when nothing was ever written."""
        try:
            name = (self.root / _POINTER).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise PartDown(f"index pointer unreadable: {error}") from error
        return self.root / Path(name).name

    def readable(self, generation: Path) -> bool:
        """Whether it was written with the layout of this program."""
        return generation.name.startswith(f"{self._layout}-")

    def new(self) -> Path:
        """An empty generation that does not hold yet."""
        folder = self.root / f"{self._layout}-{uuid.uuid4().hex[:12]}"
        folder.mkdir(parents=True)
        return folder

    def adopt(self, generation: Path) -> None:
        """Lets a written generation hold, durably, and removes all others."""
        pointer = self.root / f"{_POINTER}.new"
        with pointer.open("w", encoding="utf-8") as file:
            file.write(generation.name)
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self.root / _POINTER)
        _fsync_folder(self.root)
        for other in self.root.iterdir():
            if other.is_dir() and other != generation:
                shutil.rmtree(other, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the writer's lock; ``PartDown`` when another process keeps it for longer than the patience."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / _LOCK).open("a") as file:
            deadline = time.monotonic() + self._patience
            while not _taken(file.fileno()):
                if time.monotonic() > deadline:
                    raise PartDown("another process is writing the index")
                time.sleep(_PAUSE)
            yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
