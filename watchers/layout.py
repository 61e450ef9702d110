"""The reserved places inside a hot folder, and making sure that they are there."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.errors import ConfigurationError
from watchers.moves import own_errors, sync_folder


@dataclass(frozen=True, slots=True)
class Layout:
    root: Path

    @property
    def own(self) -> Path:
        return self.root / ".opis"

    @property
    def claimed(self) -> Path:
        return self.own / "claimed"

    @property
    def scratch(self) -> Path:
        """files being written, on the same file system; wiped at start"""
        return self.own / "tmp"

    @property
    def finished(self) -> Path:
        return self.root / "finalizate"

    @property
    def quarantine(self) -> Path:
        return self.root / "eroare"

    def prepare(self) -> None:
        """Makes the folder and its reserved places.

        Raises ``ConfigurationError`` when a reserved name is something else than a folder (a link to one included),
        ``PartDown`` or ``StorageFull`` when it cannot be made.
        """
        with own_errors(f"hot folder {self.root}"):
            self.root.mkdir(parents=True, exist_ok=True)
            for folder, mode in ((self.own, 0o700), (self.finished, 0o777), (self.quarantine, 0o777)):
                self._make(folder, mode)
            for folder in (self.claimed, self.scratch):
                self._make(folder, 0o700)
            sync_folder(self.own)
            sync_folder(self.root)

    def is_prepared(self) -> bool:
        """Whether all places are there; raises ``OSError`` when that cannot be told."""
        return all(is_real_folder(place) for place in (self.claimed, self.scratch, self.finished, self.quarantine))

    def _make(self, folder: Path, mode: int) -> None:
        try:
            folder.mkdir(mode)
        except FileExistsError:
            if not is_real_folder(folder):
                raise ConfigurationError(f"{folder} is reserved for Opis and is not a folder") from None


def is_real_folder(path: Path) -> bool:
    """Whether it is a folder itself, and not a link to one. Raises ``OSError``."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False
