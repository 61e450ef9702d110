"""Whether two homes are alike: the same answers word for word, and whether a home was left as it was."""

import contextlib
import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opis.cli import main
from tests.support.make_home import HOMES
from tests.support.program import Program, Ran

PROFILE = "[web]\nport = 0\n[profiles.registratura]\nsettle_seconds = 0.2\nbroken_after_seconds = 0.5\n"
QUERIES = ("cerere", "certificat urbanism", "48213", "primaria", "-cerere", "cuvântinexistent", "strada județul")
SQLITE_FILES = ("catalog.db", "catalog.db-wal", "catalog.db-shm")
"""change with the lease, which a move must take; their rows are compared instead"""


@dataclass(frozen=True)
class ProgramAt(Program):
    """The program with a configuration of any name, and what it needs in its environment."""

    file: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.file

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(**self.variables, **more)


def answers(program: Program) -> dict[str, Any]:
    """All that outsiders are told of a home: batches, documents, reviews, searches; how long it took is left out.

    Asked in one process of the program, which starts but once.
    """
    config = ["--config", str(program.config)] if program.config.exists() else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.alike", "--home", str(program.home), *config],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=Path(__file__).parents[2],
        env=program.environment(),
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _tell(side: Sequence[str]) -> dict[str, Any]:
    def ask(*command: str) -> Any:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
            main(["--json", *side, *command])
        return json.loads(out.getvalue())

    batches = ask("batch", "list")
    shown = [ask("batch", "show", batch["id"]) for batch in batches]
    documents = [document["id"] for batch in shown for document in batch["documents"]]
    return {
        "list": batches,
        "show": shown,
        "documents": [ask("document", "show", document) for document in documents],
        "reviews": ask("review", "list"),
        "search": [{**ask("search", "--", query), "took_ms": None} for query in QUERIES],
    }


def good(ran: Ran) -> Ran:
    assert ran.code == 0, ran.err
    return ran


def home_print(home: Path) -> dict[str, str]:
    """SHA-256 of every file of a home but the database's own and scratch, and of every row but those of the lease."""
    files = {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name not in SQLITE_FILES and path.relative_to(home).parts[0] != "scratch"
    }
    if (home / "catalog.db").exists():
        files["catalog.db"] = hashlib.sha256("\n".join(rows(home / "catalog.db")).encode()).hexdigest()
    return files


def rows(database: Path) -> list[str]:
    """The database as statements, without the rows of the lease."""
    with closing(sqlite3.connect(database)) as connection:
        return [line for line in connection.iterdump() if not line.startswith('INSERT INTO "lease"')]


def make_lived_in(folder: Path) -> Program:
    """A home that has seen work: a batch with its documents and questions, a register, a file in quarantine."""
    program = Program(folder / "home")
    with tarfile.open(HOMES / "0.1.0.tar.gz") as tar:
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(program.home, **safely)
    (program.home / "answers.json").unlink()
    program.configure(PROFILE)
    hot = program.home / "hot" / "registratura"
    hot.mkdir(parents=True)
    (hot / "rupt.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Cat")
    assert program.run("run", "--until-idle").code == 1
    assert (hot / "eroare").is_dir()
    good(program.run("reindex"))
    return program


def copy_of(program: Program, folder: Path) -> Program:
    """The same home and configuration in another folder."""
    shutil.copytree(program.home, folder / "home")
    copy = Program(folder / "home")
    copy.configure(program.config.read_text(encoding="utf-8"))
    return copy


if __name__ == "__main__":
    print(json.dumps(_tell(sys.argv[1:])))
