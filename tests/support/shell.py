"""Runs a program or script of the tree as a container would: none of this shell's settings of Opis and PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 120.0


def ran(*command: object, **variables: str) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("OPIS_", "PG"))}
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**plain, "PATH": path, "PYTHONPATH": str(ROOT), **variables},
    )
