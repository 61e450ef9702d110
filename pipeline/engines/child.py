"""The child's own side of the sandbox: takes limits upon itself, then answers calls until its stdin ends."""

import contextlib
import ctypes
import errno
import json
import os
import resource
import signal
import sys
import threading
import time
from typing import IO, Any

from pipeline.domain.errors import InputFault, MissingPart, OpisError, StorageFull
from pipeline.engines.sandbox import HEADER, read_frame

CLONE_NEWNET = 0x40000000
CLONE_NEWUSER = 0x10000000


def main() -> None:
    memory, file_size, open_files = json.loads(sys.argv[1])
    _limit(memory, file_size, open_files)
    _leave_network()
    _die_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    while True:
        try:
            head = json.loads(read_frame(requests))
            argument = read_frame(requests)
        except EOFError:
            return
        _allow_cpu(head["seconds"])
        status, body = _answer(head["call"], argument)
        _write(answers, status, body)


def _answer(name: str, argument: bytes) -> tuple[str, bytes]:
    from pipeline.engines.calls import run_call

    try:
        return "ok", run_call(name, argument)
    except InputFault as fault:
        return _told("input", fault.detail, code=fault.code, page=fault.page)
    except MissingPart as fault:
        return _told("missing", str(fault))
    except StorageFull as fault:
        return _told("full", str(fault))
    except OpisError as fault:
        return _told("worker", f"{type(fault).__name__}: {fault}")
    except MemoryError:
        return _told("worker", "out of memory")
    except OSError as fault:
        kind = "full" if fault.errno in (errno.ENOSPC, errno.EDQUOT) else "worker"
        return _told(kind, f"{type(fault).__name__}: {fault}")
    except Exception as fault:  # noqa: BLE001  a parser may raise anything on foreign bytes; the parent gets it typed
        return _told("worker", f"{type(fault).__name__}: {fault}"[:500])


def _told(kind: str, detail: str, **more: Any) -> tuple[str, bytes]:
    return "fault", json.dumps({"kind": kind, "detail": detail, **more}).encode()


def _write(stream: IO[bytes], status: str, body: bytes) -> None:
    head = status.encode("ascii")
    stream.write(HEADER.pack(len(head)) + head + HEADER.pack(len(body)) + body)
    stream.flush()


def _limit(memory: int, file_size: int, open_files: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(what)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.umask(0o077)


def _allow_cpu(seconds: float) -> None:
    """CPU time from now on: the wall limit and a little more, for this process and each program it starts."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 5
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _leave_network() -> None:
    """A network namespace of its own, where the kernel allows it; ``opis doctor`` says whether it does."""
    network_left()


def network_left() -> bool:
    """Moves this process into an empty network namespace; False where the kernel does not allow it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))


def _die_with_parent() -> None:
    """Kills its own group when the parent is gone: an orphan must not go on working."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
