"""A warm, disposable child process in which every parser of foreign bytes runs, with limits, and dies alone."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipeline.domain.errors import (
    InputFault,
    MissingPart,
    OpisError,
    StorageFull,
    WorkerDied,
    WorkerFault,
    WorkerTimeout,
)
from pipeline.domain.wire import from_json, to_json
from pipeline.ports.probe import Probe

HEADER = struct.Struct(">I")
LARGEST_ANSWER = 512 * 2**20
KEPT_STDERR = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use; bytes and seconds."""

    memory: int = 4 * 2**30
    """address space of the child and of each program it starts"""
    file_size: int = 2 * 2**30
    open_files: int = 256
    pages: int = 400
    """the child is replaced after so many pages"""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of ``pipeline.engines.calls`` with the types of its argument and answer."""

    name: str
    argument: Any
    answer: Any


class Sandbox:
    """One child; calls are one at a time. Not for several threads at once."""

    def __init__(self, scratch: Path, limits: Limits | None = None) -> None:
        self._scratch = scratch
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: _Tail | None = None
        self._folder: Path | None = None
        self._pages = 0
        self._killed = False

    @property
    def folder(self) -> Path:
        """The private temporary folder (0700) that the child may write to; wiped with it."""
        if self._folder is None:
            self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder = Path(tempfile.mkdtemp(prefix="child-", dir=self._scratch))
        return self._folder

    def call(self, call: Call, argument: Any, seconds: float, pages: int = 1) -> Any:
        """Runs one function in the child.

        Raises what the function raised (``InputFault``, ``MissingPart``, ``WorkerFault``), ``WorkerTimeout`` after
        ``seconds`` of wall time, ``WorkerDied`` when the child ended; in these last two the process group is killed
        and the private folder wiped.
        """
        self.make_room(pages)
        self._pages += pages
        process = self._started()
        timer = threading.Timer(seconds, _kill_group, args=(process,))
        timer.daemon = True
        timer.start()
        try:
            _send(process.stdin, call.name, to_json(call.argument, argument), seconds)
            status, body = _receive(process.stdout)
        except (OSError, EOFError, ValueError) as fault:
            raise self._post_mortem(process, not timer.is_alive(), seconds) from fault
        finally:
            timer.cancel()
        if status != "ok":
            self.close()
            raise _fault(json.loads(body))
        return from_json(call.answer, body)

    def make_room(self, pages: int) -> None:
        """Replaces a child that is spent or dead: from here to the end of the next call ``folder`` stays the same."""
        dead = self._process is not None and self._process.poll() is not None
        if dead or self._pages + pages > self._limits.pages:
            self.close()

    def kill(self) -> None:
        """Ends the child for good, from any thread: the call that is under way and each later one is ``WorkerDied``."""
        self._killed = True
        process = self._process
        if process is not None and process.returncode is None:
            _kill_group(process)

    def close(self) -> None:
        """Ends the child, its group and its folder."""
        process, self._process, self._pages = self._process, None, 0
        if process is not None:
            _kill_group(process)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    _close_quietly(stream)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        folder = str(self.folder)
        limits = json.dumps([self._limits.memory, self._limits.file_size, self._limits.open_files])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "pipeline.engines.child", limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        self._stderr = _Tail(self._process.stderr)
        if self._killed:
            _kill_group(self._process)
        return self._process

    def _post_mortem(self, process: subprocess.Popen[bytes], timed_out: bool, seconds: float) -> WorkerFault:
        _kill_group(process)
        code = process.wait()
        said = self._stderr.text() if self._stderr else ""
        self.close()
        if timed_out:
            return WorkerTimeout(f"no answer after {seconds:.0f} s")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return WorkerDied(f"the child ended with {how}: {said[-300:].strip()}")


def _environment(folder: str) -> dict[str, str]:
    """What the child needs to run programs, and nothing of ours: no credentials, no configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TESSDATA_PREFIX") if name in os.environ}
    return {
        "LANG": "C.UTF-8",
        **kept,
        "HOME": folder,
        "TMPDIR": folder,
        "OMP_THREAD_LIMIT": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class _Tail:
    """Drains a stream for ever and keeps only its end, so that a chatty parser fills neither pipe nor disk."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._kept = b""
        self._stream = stream
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        try:
            while self._stream is not None and (chunk := os.read(self._stream.fileno(), 65536)):
                self._kept = (self._kept + chunk)[-KEPT_STDERR:]
        except (OSError, ValueError):
            return

    def text(self) -> str:
        self._thread.join(timeout=1.0)
        return self._kept.decode("utf-8", "replace")


def _send(stream: IO[bytes] | None, name: str, argument: bytes, seconds: float) -> None:
    if stream is None:
        raise EOFError
    head = json.dumps({"call": name, "seconds": seconds}).encode()
    stream.write(HEADER.pack(len(head)) + head + HEADER.pack(len(argument)) + argument)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> tuple[str, bytes]:
    if stream is None:
        raise EOFError
    return read_frame(stream).decode("ascii"), read_frame(stream)


def read_frame(stream: IO[bytes]) -> bytes:
    """One length-prefixed frame; ``EOFError`` when the stream ends, ``ValueError`` when it is absurdly large."""
    header = _read_exactly(stream, HEADER.size)
    (length,) = HEADER.unpack(header)
    if length > LARGEST_ANSWER:
        raise ValueError(f"a frame of {length} bytes")
    return _read_exactly(stream, length)


def _read_exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data


def _fault(told: dict[str, Any]) -> OpisError:
    kind, detail = told["kind"], told["detail"]
    if kind == "input":
        return InputFault(told["code"], detail, told.get("page"))
    if kind == "missing":
        return MissingPart(detail)
    if kind == "full":
        return StorageFull(detail)
    return WorkerFault(detail)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return


def wipe_scratch(scratch: Path) -> None:
    """Removes what children of an earlier run left behind; for start-up, while no child runs."""
    for leftover in scratch.glob("child-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def probe_sandbox() -> Probe:
    """Whether a child starts, and whether the kernel lets it leave the network."""
    program = "from pipeline.engines.child import network_left; print(network_left())"
    try:
        run = subprocess.run(
            [sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=True
        )
    except (subprocess.SubprocessError, OSError) as fault:
        return Probe("izolare", False, None, False, f"procesul izolat nu pornește: {fault}")
    closed = run.stdout.strip() == "True"
    return Probe("izolare", True, "fără rețea" if closed else "rețeaua rămâne deschisă", True, "")
