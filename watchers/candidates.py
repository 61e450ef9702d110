"""What a hot folder hands out: candidates, refused entries, claimed items, and the state that must stay still."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pipeline.domain.errors import InputFault
from watchers.naming import display_name


@dataclass(frozen=True, slots=True)
class EntryState:
    """What must stay still of one file or folder; size and mtime of a folder are 0, its entries speak for it."""

    name: str
    """path inside the item, with ``/``; empty for the item itself"""
    kind: int
    """``stat.S_IFMT`` of the mode"""
    inode: int
    size: int
    mtime_ns: int
    links: int = field(default=1, compare=False)
    """hard links of a file; another name for the same bytes is no change of them"""

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.kind)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.kind)


ItemState = tuple[EntryState, ...]
"""the item itself first, then everything inside it by name"""


def item_mark(state: ItemState) -> str:
    return f"inode {state[0].inode}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file or sub-folder that may be claimed; with a fault it is claimed to be quarantined."""

    path: Path
    state: ItemState
    fault: InputFault | None = None

    @property
    def is_folder(self) -> bool:
        return self.state[0].is_folder

    @property
    def display(self) -> str:
        return display_name(self.path)

    @property
    def mark(self) -> str:
        """What the log calls it, where names of files may be names of persons; ``find -inum`` finds it."""
        return item_mark(self.state)


@dataclass(frozen=True, slots=True)
class Refused(Candidate):
    """A link, FIFO, socket or device; ``fault`` is set. It is claimed as it is, never followed, and quarantined."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look at a hot folder showed."""

    ready: tuple[Candidate, ...] = ()
    """those still the longest first, then natural order"""
    waiting: int = 0
    """not settled, or broken and not yet for long enough, or not checked yet: look again"""
    refused: tuple[Refused, ...] = ()
    blocked: int = 0
    """cannot be read or taken until somebody mends rights; they stay where they are"""
    absent: bool = False
    """the folder is gone or not mounted: nothing can be said of it"""
    more: bool = False
    """the limit on checks was reached: look again at once"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item inside ``.opis/claimed/``."""

    path: Path
    source: str
    """the name it arrived under, in display form"""
    state: ItemState
    fault: InputFault | None = None
    """set when it was handed out as faulty, or its kind alone makes it so"""

    @property
    def is_folder(self) -> bool:
        return self.state[0].is_folder

    @property
    def token(self) -> str:
        """Printable ASCII that names it in a journal across restarts: kind, inode and name."""
        return (
            f"{'d' if self.is_folder else 'f'}{self.state[0].inode:x}:{quote_from_bytes(os.fsencode(self.path.name))}"
        )


def parse_token(token: str) -> tuple[str, int, bool]:
    """Name, inode, and whether it is a folder; raises ``ValueError`` when it is no token."""
    head, colon, name = token.partition(":")
    if not colon or head[:1] not in ("d", "f"):
        raise ValueError(f"no token of a claimed item: {token!r}")
    return os.fsdecode(unquote_to_bytes(name)), int(head[1:], 16), head[0] == "d"
