"""A hot folder on a real file system, a clock that is set by hand, and a check that knows good bytes from bad."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.domain.errors import InputFault
from pipeline.domain.settings import Profile
from watchers.candidates import Candidate, Claimed, Scan
from watchers.hot_folder import HotFolder

PDF = b"%PDF-1.7 sound"
PNG = b"\x89PNG\r\n\x1a\n sound"
NOBODY = 65534


class Checks:
    """The check: bytes with ``BAD`` are truncated, nothing is empty; ``raises`` is raised for a name instead."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.raises: dict[str, Exception] = {}

    def __call__(self, path: Path) -> None:
        self.calls[path.name] += 1
        if path.name in self.raises:
            raise self.raises[path.name]
        data = path.read_bytes()
        if not data:
            raise InputFault("empty", "zero bytes")
        if b"BAD" in data:
            raise InputFault("truncated", "ends too early")


class Hot:
    """A hot folder under test; ``profile`` settles in 5 s and gives a broken file up after 60 s."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.checks = Checks()
        self.now = 1000.0
        self.restart()

    def restart(self) -> None:
        self.folder = HotFolder(self.root, Profile(settle_seconds=5, broken_after_seconds=60), self.checks)
        self.folder.prepare()

    def drop(self, name: str, data: bytes = PDF) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def scan(self, after: float = 0.0, limit: int = 64) -> Scan:
        self.now += after
        return self.folder.scan(self.now, limit)

    def settled(self) -> list[Candidate]:
        self.scan()
        return list(self.scan(after=5).ready)

    def claimed(self, name: str, data: bytes = PDF) -> Claimed:
        self.drop(name, data)
        self.scan()
        [candidate] = [one for one in self.scan(after=60).ready if one.path.name == name]
        claimed = self.folder.claim(candidate)
        assert claimed is not None
        return claimed

    def names(self, place: str) -> list[str]:
        return sorted(path.name for path in (self.root / place).iterdir())


@pytest.fixture
def hot(tmp_path: Path) -> Hot:
    return Hot(tmp_path / "registratura")


@pytest.fixture
def without_rights() -> Iterator[Callable[[], Hot]]:
    """Makes a hot folder that is used without the rights of root; root rights come back afterwards."""
    base = Path(tempfile.mkdtemp(prefix="opis-rights-"))
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(base, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield lambda: Hot(base / "registratura")
    finally:
        if is_root:
            os.seteuid(0)
        for path in [base, *base.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(base)
