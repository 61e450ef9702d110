"""Who gets which task, without any network: slots of the workers, tasks in flight, tasks that wait for a slot."""

import asyncio
import datetime as dt
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from opis.cluster.link import Member
from pipeline.domain.errors import OpisError, WorkerDied, WorkerTimeout
from pipeline.ports.workers import Doing

DOUBT_SECONDS = 300.0
"""that a worker which could not work gets nothing while there is another"""


@dataclass(eq=False)
class Flight:
    """A task given to a worker; ``ending`` gets the error that ends it from this side."""

    member: Member
    doing: Doing
    ending: "asyncio.Future[None]"


class Flights:
    """A worker gets as many tasks as it has threads, so none waits there: what is given out is under way.

    Not for several threads; ``doing`` and ``size`` may be read from any.
    """

    def __init__(self, silent_seconds: float) -> None:
        self._silent_seconds = silent_seconds
        self._members: dict[str, Member] = {}
        self._heard: dict[str, tuple[float, float]] = {}
        """id → what it was last seen at by the scheduler's clock, and when by ours that was first told"""
        self._left: set[str] = set()
        self._doubted: dict[str, float] = {}
        """id → until when (monotonic) others are asked instead"""
        self._flying: set[Flight] = set()
        self._waiting: deque[tuple[asyncio.Future[Flight], Doing]] = deque()
        self.doing: tuple[Doing, ...] = ()
        self.size = 0
        """slots of all workers that may be given tasks"""

    def know(self, members: Mapping[str, Member]) -> None:
        """What the scheduler says now: ends flights whose worker is gone or silent, hands out free slots."""
        now = time.monotonic()
        self._members = dict(members)
        heard = {}
        for member in members.values():
            last = self._heard.get(member.id)
            same = last is not None and last[0] == member.last_seen
            heard[member.id] = last if last is not None and same else (member.last_seen, now)
        self._heard = heard
        self._left &= set(members)
        self._doubted = {one: until for one, until in self._doubted.items() if one in members and until > now}
        for flight in self._flying:
            name = flight.member.name
            if flight.member.id not in members:
                _end(flight.ending, WorkerDied(f"worker {name} is gone"))
            elif self._silence(flight.member) > self._silent_seconds:
                _end(flight.ending, WorkerTimeout(f"worker {name} was silent for {self._silent_seconds:.0f} s"))
        self.size = sum(member.threads for member in self._usable())
        self._hand_out()

    def leaving(self, member: Member) -> None:
        """It said itself that it ends: nothing more for it."""
        self._left.add(member.id)

    def doubt(self, member: Member) -> None:
        """It answered that it cannot work: its disk is full, say, or it does not reach the store."""
        self._doubted[member.id] = time.monotonic() + DOUBT_SECONDS
        self.size = sum(usable.threads for usable in self._usable())

    async def slot(self, doing: Doing) -> Flight:
        """Waits, first come first served, for a worker with a free thread; raises what ``fail_waiting`` says."""
        waiter: asyncio.Future[Flight] = asyncio.get_running_loop().create_future()
        self._waiting.append((waiter, doing))
        self._hand_out()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.land(waiter.result())
            raise

    def land(self, flight: Flight) -> None:
        """The task is over, its slot is free."""
        self._flying.discard(flight)
        self._show()
        self._hand_out()

    def fail_waiting(self, fault: OpisError) -> None:
        while self._waiting:
            waiter, _ = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(fault)

    def fail_all(self, fault: OpisError) -> None:
        self.fail_waiting(fault)
        for flight in self._flying:
            _end(flight.ending, fault)

    def forget(self) -> None:
        """The scheduler is gone: nobody is known any more."""
        self._members, self._heard, self.size = {}, {}, 0

    def _usable(self) -> Iterable[Member]:
        """Those in doubt only when there is no other."""
        fit = list(self._fit())
        return [member for member in fit if member.id not in self._doubted] or fit

    def _fit(self) -> Iterable[Member]:
        for member in self._members.values():
            fit = member.working and not member.differences and member.id not in self._left
            if fit and self._silence(member) <= self._silent_seconds / 4:
                yield member

    def _silence(self, member: Member) -> float:
        """Seconds since the scheduler last heard something new from it."""
        return time.monotonic() - self._heard[member.id][1]

    def _hand_out(self) -> None:
        while self._waiting:
            if self._waiting[0][0].done():
                self._waiting.popleft()
                continue
            member = self._freest()
            if member is None:
                return
            waiter, doing = self._waiting.popleft()
            waiter.set_result(self._fly(member, doing))

    def _freest(self) -> Member | None:
        busy: dict[str, int] = {}
        for flight in self._flying:
            busy[flight.member.id] = busy.get(flight.member.id, 0) + 1
        free = [
            (busy.get(member.id, 0) / member.threads, member.name, member.id)
            for member in self._usable()
            if busy.get(member.id, 0) < member.threads
        ]
        return self._members[min(free)[2]] if free else None

    def _fly(self, member: Member, doing: Doing) -> Flight:
        flight = Flight(member, _begun(doing, member.name), asyncio.get_running_loop().create_future())
        self._flying.add(flight)
        self._show()
        return flight

    def _show(self) -> None:
        self.doing = tuple(sorted((flight.doing for flight in self._flying), key=lambda doing: doing.since))


def _begun(doing: Doing, worker: str) -> Doing:
    return replace(doing, worker=worker, since=dt.datetime.now(dt.UTC))


def _end(ending: "asyncio.Future[None]", fault: OpisError) -> None:
    if not ending.done():
        ending.set_exception(fault)
        ending.exception()
