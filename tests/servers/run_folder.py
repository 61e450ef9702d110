"""What the processes of one test run share: its folder, the servers started in it, what was not covered."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.servers.process import RUN_FOLDER, ServerProcess, Unavailable

_KEEPER = Path(__file__).with_name("keeper.py")

S = TypeVar("S", bound=ServerProcess)


def begin() -> Path:
    """Called by the process that controls the run: makes its folder, and a keeper that ends the servers after it."""
    folder = Path(tempfile.mkdtemp(prefix="opis-tests-"))
    folder.chmod(0o755)
    os.environ[RUN_FOLDER] = str(folder)
    subprocess.Popen(
        [sys.executable, str(_KEEPER), str(os.getpid()), str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return folder


def folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


def shared(kind: type[S]) -> S:
    """The one server of this kind in the run, started by whoever asks first. Raises ``Unavailable``.

    It is shared by all test processes: use a bucket, a database, an index of the test's own, and do it no harm.
    """
    state = folder() / f"{kind.name}.json"
    with _locked(kind.name):
        if not state.exists():
            state.write_text(json.dumps(_started(kind)), encoding="utf-8")
        found = json.loads(state.read_text(encoding="utf-8"))
    if "unavailable" in found:
        raise Unavailable(found["unavailable"])
    return kind(Path(found["folder"]), found["ports"], found["pid"])


def not_covered(what: str, why: str) -> None:
    with _locked("uncovered"), (folder() / "uncovered").open("a", encoding="utf-8") as file:
        file.write(f"{what}: {why}\n")


def uncovered() -> list[str]:
    """Each part once that this machine could not run, with its reason."""
    try:
        return sorted(set((folder() / "uncovered").read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        return []


def _started(kind: type[ServerProcess]) -> dict[str, object]:
    server = kind(folder() / kind.name)
    try:
        server.start()
    except Unavailable as reason:
        return {"unavailable": str(reason)}
    return {"folder": str(server.folder), "ports": server.ports, "pid": server.pid}


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with (folder() / f"{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
