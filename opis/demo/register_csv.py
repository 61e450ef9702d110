"""Writes the demo's register as other registry systems export it: ``;``, UTF-8 with BOM, Romanian column names."""

import csv
from collections.abc import Iterable
from pathlib import Path

from pipeline.domain.registry import RegistryEntry

COLUMNS = ("registru", "an", "număr", "data", "expeditor", "subiect", "file", "direcție", "canal")


def write_register(entries: Iterable[RegistryEntry], path: Path) -> None:
    """One row an entry, unknown fields empty, dates dd.mm.yyyy."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.writer(out, delimiter=";")
        rows.writerow(COLUMNS)
        rows.writerows(_row(entry) for entry in entries)


def _row(entry: RegistryEntry) -> tuple[str, ...]:
    return (
        entry.number.register,
        str(entry.number.year),
        entry.number.number,
        entry.date.strftime("%d.%m.%Y") if entry.date else "",
        entry.sender or "",
        entry.subject or "",
        "" if entry.sheets is None else str(entry.sheets),
        entry.department or "",
        entry.channel or "",
    )
