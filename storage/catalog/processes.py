"""Which process this is, and whether another one is surely dead: so that a killed line is replaced at once."""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process for good: its number alone may be given to another one later."""

    host: str | None
    """the running kernel and the name spaces that number and start count in; None where it cannot be told"""
    pid: int
    started: str | None
    """clock ticks after the kernel's start"""


def this_process() -> Process:
    pid = os.getpid()
    life = _life(pid)
    return Process(_host(), pid, life[1] if life else None)


def surely_dead(process: Process) -> bool:
    """True only when the process ran here and does not any more. What cannot be known is taken to live."""
    if process.host is None or process.started is None or process.host != _host():
        return False
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    life = _life(process.pid)
    return life is not None and (life[0] in "ZX" or life[1] != process.started)


def _host() -> str | None:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        spaces = [_PROC / "self/ns/pid"]
        clock = _PROC / "self/ns/time"
        if clock.is_symlink():
            # the start of a process is told differently in each: another one's would look like another process
            spaces.append(clock)
        return " ".join([boot, *(str(space.readlink()) for space in spaces)])
    except OSError:
        return None


def _life(pid: int) -> tuple[str, str] | None:
    """State letter and start time; None where they cannot be read."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # the name in parentheses may hold anything, blanks and parentheses too
    fields = text.rpartition(")")[2].split()
    return fields[0], fields[19]
