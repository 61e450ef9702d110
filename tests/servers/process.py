"""One real server program that a test starts, stops, kills, pauses and starts again on the same data."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

LOOPBACK = "127.0.0.1"
RUN_FOLDER = "OPIS_TESTS_RUN"
"""the variable that names the folder of this test run"""
_PAUSE = 0.05


class Unavailable(Exception):
    """This machine truly cannot run the server; the message says why."""


class ServerProcess:
    """A server with a private folder and ports of its own; it lives in a process group of its own.

    A kind of server says ``name``, how many ``ports`` it needs, ``prepare`` (once, before the first start),
    ``command``, ``healthy`` and ``url``. ``prepare`` raises ``Unavailable`` where it cannot be had.
    """

    name: ClassVar[str]
    port_count: ClassVar[int] = 1
    start_seconds: ClassVar[float] = 90.0
    stop_seconds: ClassVar[float] = 60.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path, ports: Sequence[int] = (), pid: int | None = None) -> None:
        self.folder = folder
        self.ports = tuple(ports) or free_ports(self.port_count)
        self.pid = pid
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What the configuration of Opis names, without credentials."""
        raise NotImplementedError

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables by which a client learns the credentials."""
        return {}

    def prepare(self) -> None:
        """Installs what is missing and makes the private folder ready."""

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def server_environment(self) -> Mapping[str, str]:
        """Variables of the server process itself, over those of the tests."""
        return {}

    def healthy(self) -> bool:
        """Whether it answers as it should; may raise ``OSError`` while it does not."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> "ServerProcess":
        """Returns when it is healthy; the first start prepares it."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, mode=0o755)
            self.prepare()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                list(self.command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
                env={**os.environ, **self.server_environment()},
            )
        self.pid = self._process.pid
        self._tell_keeper()
        self.wait_healthy()
        return self

    def _tell_keeper(self) -> None:
        with (Path(os.environ[RUN_FOLDER]) / "pids").open("a", encoding="utf-8") as file:
            file.write(f"{self.pid}\n")

    def wait_healthy(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self._process.returncode}\n{self._tail()}")
            with contextlib.suppress(OSError):
                if self.healthy():
                    return
            time.sleep(_PAUSE)
        self.kill()
        raise AssertionError(f"{self.name} was not healthy after {self.start_seconds:.0f} s\n{self._tail()}")

    def stop(self) -> None:
        """As an administrator stops it; killed when it does not end."""
        self._end(self.stop_signal, self.stop_seconds)

    def kill(self) -> None:
        """As a power cut: nothing is flushed."""
        self._end(signal.SIGKILL, 10.0)

    def pause(self) -> None:
        """It is there, keeps its connections, and says nothing: every thread has stopped when this returns."""
        self._signal(signal.SIGSTOP)
        deadline = time.monotonic() + self.stop_seconds
        while self.pid is not None and not _stopped(self.pid):
            assert time.monotonic() < deadline, f"{self.name} does not stop"
            time.sleep(_PAUSE)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """Starts again, on the same ports and data."""
        assert self.pid is None, f"{self.name} still runs"
        self.start()

    @property
    def running(self) -> bool:
        return self.pid is not None and alive(self.pid)

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self.pid is None:
            return
        self._signal(number)
        if number is not signal.SIGKILL:
            self._signal(signal.SIGCONT)
        if not self._gone(seconds):
            self._signal(signal.SIGKILL)
            assert self._gone(10.0), f"{self.name} does not die"
        self.pid = None
        self._process = None

    def _gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid is not None and alive(self.pid):
            if self._process is not None:
                self._process.poll()
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def _signal(self, number: signal.Signals) -> None:
        assert self.pid is not None, f"{self.name} does not run"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _tail(self) -> str:
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]
        except FileNotFoundError:
            return ""


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of loopback that nobody listens on now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind((LOOPBACK, 0))
        return tuple(one.getsockname()[1] for one in held)
    finally:
        for one in held:
            one.close()


def listening(port: int) -> bool:
    with socket.create_connection((LOOPBACK, port), timeout=2):
        return True


def _stopped(pid: int) -> bool:
    """Whether no thread of the process runs on: a busy machine delivers the signal to each only in its turn."""
    try:
        states = [
            path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            for path in Path(f"/proc/{pid}/task").glob("*/stat")
        ]
    except (FileNotFoundError, ProcessLookupError):  # a thread has ended meanwhile
        return False
    return all(state in "TtZX" for state in states)


def alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def install_cache() -> Path:
    """Where what servers need is kept between runs, outside the tree."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "opis-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
