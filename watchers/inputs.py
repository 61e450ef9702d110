"""What ``opis process PATH`` means: which batches a path holds, without moving or changing anything."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.errors import InputFault, UsageError
from watchers.checking import has_image_magic
from watchers.naming import (
    IMAGE_EXTENSIONS,
    RESERVED,
    SUPPORTED_EXTENSIONS,
    display_name,
    extension,
    is_ignored,
    natural_key,
    printable,
)
from watchers.safe_open import fault_of, not_regular, open_regular


@dataclass(frozen=True, slots=True)
class BatchInput:
    """One batch to be processed, or one entry that is refused (then ``fault`` is set)."""

    path: Path
    pages: tuple[Path, ...]
    """the file itself, or a folder's images in natural order; empty when refused"""
    is_folder: bool = False
    fault: InputFault | None = None

    @property
    def source(self) -> str:
        """The name in display form."""
        return display_name(self.path)


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    kind: str
    """``file``, ``folder`` or ``other``"""
    fault: InputFault | None = None


def batches_of(path: Path) -> list[BatchInput]:
    """The batches of a path, in natural order.

    A file is one. A folder of only images is one. In any other folder each file of a supported format (by its ending
    or its first bytes) is one, and its sub-folders by the same rule; links, FIFOs and devices are refused entries,
    and files of other formats are passed over. Names that hot folders leave alone are left alone inside folders.
    Raises ``UsageError`` when the path is missing.
    """
    path = path.absolute()
    if not os.path.lexists(path):
        raise UsageError(f"no such file or folder: {printable(str(path))}")
    top = _entry(path)
    if top.kind != "folder":
        return [_single(top)]
    found = _walk(top)
    return found or [_refused(path, InputFault("empty-folder", "no file of a supported format in it"), True)]


def _walk(top: _Entry) -> list[BatchInput]:
    found: list[BatchInput] = []
    ahead = [top]
    while ahead:
        entry = ahead.pop()
        if entry.kind != "folder" or entry.fault is not None:
            found.append(_single(entry))
            continue
        try:
            entries = _entries(entry.path)
        except OSError as error:
            found.append(_refused(entry.path, fault_of(error), True))
            continue
        if entries and all(_is_image(inside) for inside in entries):
            found.append(BatchInput(entry.path, tuple(inside.path for inside in entries), True))
        else:
            ahead.extend(inside for inside in reversed(entries) if _is_wanted(inside))
    return found


def _entries(folder: Path) -> list[_Entry]:
    names = [path.name for path in folder.iterdir() if not is_ignored(path.name)]
    if (folder / ".opis" / "claimed").is_dir():
        names = [name for name in names if name not in RESERVED]
    return [_entry(folder / name) for name in sorted(names, key=natural_key)]


def _entry(path: Path) -> _Entry:
    try:
        kind = stat.S_IFMT(os.lstat(path).st_mode)
    except OSError as error:
        return _Entry(path, "other", fault_of(error))
    if stat.S_ISDIR(kind):
        return _Entry(path, "folder")
    return _Entry(path, "file") if stat.S_ISREG(kind) else _Entry(path, "other", not_regular(kind))


def _single(entry: _Entry) -> BatchInput:
    fault = entry.fault
    if fault is None:
        try:
            open_regular(entry.path).close()
        except InputFault as found:
            fault = found
    return BatchInput(entry.path, (entry.path,)) if fault is None else _refused(entry.path, fault)


def _refused(path: Path, fault: InputFault, is_folder: bool = False) -> BatchInput:
    return BatchInput(path, (), is_folder, fault)


def _is_image(entry: _Entry) -> bool:
    return entry.kind == "file" and (extension(entry.path.name) in IMAGE_EXTENSIONS or _has_magic(entry.path, False))


def _is_wanted(entry: _Entry) -> bool:
    supported = extension(entry.path.name) in SUPPORTED_EXTENSIONS
    return entry.kind != "file" or supported or _has_magic(entry.path, True)


def _has_magic(path: Path, pdf_too: bool) -> bool:
    try:
        if pdf_too:
            with open_regular(path) as file:
                if b"%PDF-" in file.read(1024):
                    return True
        return has_image_magic(path)
    except (InputFault, OSError):
        return False
