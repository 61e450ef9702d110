"""The contract matrix: which check of which port runs on which adapter, out of the ids of the contract tests.

``python -m tests.servers.matrix`` writes docs/contract-matrix.md; the test run prints how many of each passed.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contract-matrix.md"
ADAPTERS = {
    "objects": ("folder", "seaweedfs", "seaweedfs-by-turns"),
    "catalog": ("sqlite", "postgresql"),
    "index": ("tantivy", "elasticsearch"),
    "workers": ("local on a folder", "local on S3", "cluster on a folder", "cluster on S3"),
    "classifier": ("rules",),
}
_ID = re.compile(r"tests/contracts/test_([a-z]+)\w*\.py::(?:\w+::)?test_(\w+)\[(.*)\]$", re.S)

Cell = tuple[str, str, str]
"""port, check, adapter"""


def cell_of(test: str) -> Cell | None:
    """Where a test id belongs; None when it is no check that all adapters of a port go through."""
    found = _ID.search(test)
    if found is None:
        return None
    port, check, parameter = found.groups()
    named = [one for one in ADAPTERS.get(port, ()) if re.match(rf"{re.escape(one)}(?=$|-(?!to-|by-))", parameter)]
    return (port, check, named[0]) if named else None


def page(tests: Iterable[str]) -> str:
    """The page: a table a port, a row a check, a column an adapter with the number of its cases."""
    cells: dict[str, dict[str, dict[str, int]]] = {}
    for cell in map(cell_of, tests):
        if cell is not None:
            port, check, adapter = cell
            row = cells.setdefault(port, {}).setdefault(check, {})
            row[adapter] = row.get(adapter, 0) + 1
    lines = [
        "# Contract matrix",
        "",
        "Each port has one suite of checks; every adapter goes through all of it. The figures are cases of a check.",
        "Written by `python -m tests.servers.matrix` from the tests themselves; a test holds it against them.",
    ]
    for port in sorted(cells):
        adapters = ADAPTERS[port]
        lines += ["", f"## {port}", "", f"| check | {' | '.join(adapters)} |", f"| --- |{' ---: |' * len(adapters)}"]
        for check, row in sorted(cells[port].items()):
            counts = " | ".join(str(row.get(adapter, "—")) for adapter in adapters)
            lines.append(f"| {check.replace('_', ' ')} | {counts} |")
        sums = " | ".join(str(sum(row.get(adapter, 0) for row in cells[port].values())) for adapter in adapters)
        lines.append(f"| **all** | {sums} |")
    return "\n".join(lines) + "\n"


def summary(passed: Iterable[str], failed: Iterable[str], skipped: Iterable[str]) -> list[str]:
    """A line an adapter: how many of its contract tests passed, failed, were skipped."""
    counts: dict[tuple[str, str], list[int]] = {}
    for place, tests in enumerate((passed, failed, skipped)):
        for cell in map(cell_of, tests):
            if cell is not None:
                counts.setdefault((cell[0], cell[2]), [0, 0, 0])[place] += 1
    return [
        f"{port:<10} {adapter:<20} {good:>4} passed {bad:>4} failed {left:>4} skipped"
        for (port, adapter), (good, bad, left) in sorted(counts.items())
    ]


def collected() -> list[str]:
    """Ids of all contract tests."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "tests/contracts",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


if __name__ == "__main__":
    PAGE.write_text(page(collected()), encoding="utf-8")
