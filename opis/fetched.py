"""Brings objects to a private folder of this machine, each once for all that need it, and wipes them again."""

import contextlib
import hashlib
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.ports.objects import ObjectStore
from watchers.moves import own_errors

KEPT_BYTES = 2**30
"""copies that nobody uses stay for the next run of pages while all together are no larger"""
CHUNK = 2**20


@dataclass(eq=False)
class _Copy:
    path: Path
    users: int = 0
    size: int = 0
    used: float = 0.0
    filled: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Fetched:
    """Local paths of objects, for several threads. The folder (0700) is made with the first copy."""

    def __init__(self, objects: ObjectStore, scratch: Path, kept_bytes: int = KEPT_BYTES) -> None:
        self._objects = objects
        self._scratch = scratch
        self._kept_bytes = kept_bytes
        self._folder: Path | None = None
        self._copies: dict[str, _Copy] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def path(self, key: str) -> Iterator[Path]:
        """A path that may be read inside the block. Errors: those of ``ObjectStore.open``; of the own disk too."""
        own = self._objects.local_path(key)
        if own is not None:
            yield own
            return
        with own_errors("copies of objects"):
            copy = self._claimed(key)
        try:
            with copy.lock, own_errors("copy of an object"):
                if not copy.filled:
                    self._fill(key, copy)
            yield copy.path
        finally:
            self._give_back(copy)

    def close(self) -> None:
        """Wipes all copies; nobody may be using one."""
        with self._lock:
            self._copies.clear()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def _claimed(self, key: str) -> _Copy:
        with self._lock:
            if self._folder is None:
                self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._folder = Path(tempfile.mkdtemp(prefix="child-objects-", dir=self._scratch))
            name = hashlib.sha256(key.encode("utf-8")).hexdigest()
            copy = self._copies.setdefault(key, _Copy(self._folder / name))
            copy.users += 1
            return copy

    def _fill(self, key: str, copy: _Copy) -> None:
        part = copy.path.with_suffix(".part")
        try:
            with self._objects.open(key) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
            copy.size = part.stat().st_size
            part.rename(copy.path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        copy.filled = True

    def _give_back(self, copy: _Copy) -> None:
        with self._lock:
            copy.users -= 1
            copy.used = time.monotonic()
            total = sum(entry.size for entry in self._copies.values())
            idle = [key for key, entry in self._copies.items() if entry.users == 0]
            for key in sorted(idle, key=lambda key: self._copies[key].used):
                if total <= self._kept_bytes and self._copies[key].filled:
                    continue
                gone = self._copies.pop(key)
                gone.path.unlink(missing_ok=True)
                total -= gone.size
