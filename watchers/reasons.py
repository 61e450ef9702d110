"""Why something is in quarantine: a paragraph for a clerk and the same for a program, written before the move."""

import datetime as dt
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.domain.errors import InputFault
from pipeline.domain.messages import codes, say
from watchers.checking import EntryFault
from watchers.layout import Layout
from watchers.moves import sync_folder
from watchers.naming import printable

TEXT_SUFFIX = ".motiv.txt"
DATA_SUFFIX = ".reason.json"
SUFFIX_ROOM = len(DATA_SUFFIX)
"""bytes that a quarantined name keeps free for the longer of the two"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is quarantined."""

    code: str
    stage: str
    """``intake``, ``inspect`` …: where it was found out"""
    detail: str
    """English, for the log"""
    attempts: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    """part → version"""
    sha256: str | None = None
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    entry: str | None = None
    """the file inside a sub-folder that is at fault, in display form"""

    @property
    def message(self) -> str:
        """Romanian: what happened."""
        return reason_text(self.code)


def reason_for(
    fault: InputFault,
    stage: str = "intake",
    attempts: int = 1,
    versions: dict[str, str] | None = None,
    sha256: str | None = None,
    at: dt.datetime | None = None,
) -> Reason:
    """The reason for a fault; ``at`` defaults to now, in UTC."""
    entry = fault.entry if isinstance(fault, EntryFault) else None
    when = at or dt.datetime.now(dt.UTC)
    return Reason(fault.code, stage, fault.detail, attempts, versions or {}, sha256, when, entry)


def reason_text(code: str) -> str:
    """What happened, in Romanian, by the code of a fault; a general sentence for a code that no catalogue has."""
    for area in ("intake", "input"):
        if code in codes(area):
            with suppress(KeyError, IndexError):
                return say(f"{area}.{code}")
    return say("motiv.general")


def paragraph(reason: Reason, source: str, is_folder: bool) -> str:
    """One Romanian paragraph: what happened to ``source``, and what to do next."""
    sentences = [say("motiv.folder" if is_folder else "motiv.file", name=source), reason.message]
    if reason.entry is not None:
        sentences.append(say("motiv.entry", name=reason.entry))
    advice = f"next-{reason.code}"
    sentences.append(say(f"motiv.{advice if advice in codes('motiv') else 'next'}"))
    return " ".join(sentences)


def write_reason_files(layout: Layout, final_name: str, reason: Reason, source: str, is_folder: bool) -> None:
    """Writes both files beside the place where the item will be, durably. Raises ``OSError``."""
    data = {
        "code": reason.code,
        "stage": reason.stage,
        "message": reason.message,
        "detail": printable(reason.detail),
        "attempts": reason.attempts,
        "versions": reason.versions,
        "sha256": reason.sha256,
        "source": source,
        "at": reason.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    _write(layout, final_name + DATA_SUFFIX, text)
    _write(layout, final_name + TEXT_SUFFIX, paragraph(reason, source, is_folder) + "\n")
    sync_folder(layout.quarantine)


def is_free(folder: Path, name: str) -> bool:
    """Whether a quarantined item may take a name: neither it nor another item stands where its files would be.

    Reason files whose item is gone (never arrived, or was taken out by a clerk) may be written over.
    """
    if os.path.lexists(folder / name):
        return False
    beside = (folder / (name + suffix) for suffix in (TEXT_SUFFIX, DATA_SUFFIX))
    return all(not os.path.lexists(file) or _is_reason_file(file) for file in beside)


def _is_reason_file(path: Path) -> bool:
    """An item of that name would have a reason of its own."""
    return path.is_file() and not path.is_symlink() and not os.path.lexists(f"{path}{DATA_SUFFIX}")


def _write(layout: Layout, name: str, text: str) -> None:
    scrap = layout.scratch / f"reason-{os.getpid()}"
    with scrap.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scrap.replace(layout.quarantine / name)
