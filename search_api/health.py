"""How the parts are: by name, in which state, in words, since when; a part that hangs is down and hangs nobody."""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.domain.addresses import without_password
from pipeline.domain.errors import OpisError, PartDown
from pipeline.domain.messages import say
from pipeline.ports.probe import Probe
from search_api.latest import FRESH_SECONDS, PATIENCE_SECONDS, Latest, Reply

log = logging.getLogger(__name__)
NEEDED = ("objects", "catalog")
"""without these nothing can be shown"""
LONGEST_DETAIL = 500


class State(StrEnum):
    OK = "ok"
    DOWN = "down"
    """it does not answer, or not in time"""
    UNFIT = "unfit"
    """it answers, and cannot be used as it is"""
    UNKNOWN = "unknown"
    """cannot be told from here"""


BAD = (State.DOWN, State.UNFIT)


@dataclass(frozen=True, slots=True)
class PartHealth:
    state: State
    detail: str
    """Romanian, for the administrator; without names of persons, without passwords"""
    since: dt.datetime
    """when this process first saw the part in this state"""


@dataclass(frozen=True, slots=True)
class Health:
    parts: Mapping[str, PartHealth]

    @property
    def status(self) -> str:
        """``ready``; ``degraded``: what is not needed for showing is bad; ``down``: a needed part is not good."""
        if any(self.parts[name].state is not State.OK for name in NEEDED if name in self.parts):
            return "down"
        return "degraded" if any(part.state in BAD for part in self.parts.values()) else "ready"


Check = Callable[[], PartHealth | Probe]
"""Asks one part; raises ``OpisError`` where the part does. ``since`` of its answer is not looked at"""


class HealthDesk:
    """Asks every part at most every few seconds, each in a thread of its own, and remembers since when it is so."""

    def __init__(
        self, checks: Mapping[str, Check], fresh: float = FRESH_SECONDS, patience: float = PATIENCE_SECONDS
    ) -> None:
        """``fresh`` and ``patience`` in seconds, as of ``Latest``."""
        self._latest = {name: Latest(check, name, fresh, patience) for name, check in checks.items()}
        self._known: dict[str, PartHealth] = {}
        self._lock = threading.Lock()

    def now(self) -> Health:
        """Within the patience of one part, whatever hangs."""
        waiting = [threading.Thread(target=latest.get, daemon=True) for latest in self._latest.values()]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        return Health({name: self._noted(name, _told(name, latest.get())) for name, latest in self._latest.items()})

    def _noted(self, name: str, found: PartHealth) -> PartHealth:
        with self._lock:
            known = self._known.get(name)
            if known is not None and known.state is found.state:
                found = replace(found, since=known.since)
            elif known is not None or found.state in BAD:
                level = logging.WARNING if found.state in BAD else logging.INFO
                log.log(level, "health: %s is %s: %s", name, found.state.value, found.detail)
            self._known[name] = found
            return found


def part_health(state: State, detail: str) -> PartHealth:
    """As seen now; the detail without secrets, on one line, cut where it is too long."""
    plain = " ".join(without_password(detail).split())
    return PartHealth(state, plain[:LONGEST_DETAIL], dt.datetime.now(dt.UTC).replace(microsecond=0))


def _told(name: str, reply: Reply[PartHealth | Probe]) -> PartHealth:
    if reply.hanging is not None:
        return part_health(State.DOWN, say("monitoring.hanging", seconds=round(reply.hanging)))
    if isinstance(reply.fault, PartDown):
        return part_health(State.DOWN, f"{reply.fault}. {reply.fault.advice}")
    if isinstance(reply.fault, OpisError):
        return part_health(State.UNFIT, f"{reply.fault}. {reply.fault.advice}")
    if reply.fault is not None:
        return part_health(State.DOWN, say("monitoring.failed", fault=type(reply.fault).__name__))
    if isinstance(reply.value, Probe):
        return _of_probe(reply.value)
    return reply.value or part_health(State.UNKNOWN, name)


def _of_probe(probe: Probe) -> PartHealth:
    if probe.good:
        return part_health(State.OK, " ".join(filter(None, (probe.version, _promise(probe)))))
    return part_health(State.UNFIT if probe.found else State.DOWN, probe.mend)


def _promise(probe: Probe) -> str:
    return next((f"({value})" for name, value in probe.details if name == "promise"), "")
