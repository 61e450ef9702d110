"""Runs the real program in a process of its own, as outsiders do."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Program:
    """``opis`` with a home, and a configuration beside it if one was written."""

    home: Path

    def configure(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    @property
    def config(self) -> Path:
        return self.home.parent / f"{self.home.name}.toml"

    def command(self, *arguments: object) -> list[str]:
        config = ["--config", str(self.config)] if self.config.exists() else []
        return [sys.executable, "-m", "opis", *map(str, arguments), "--home", str(self.home), *config]

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **more}

    def run(self, *arguments: object, **more: str) -> Ran:
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=600,
            cwd=self.home.parent,
            env=self.environment(**more),
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, **more: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.home.parent,
            env=self.environment(**more),
        )
