"""Keeps the link to the scheduler and gives out tasks: one asyncio loop in a thread of its own.

Dask retries and steals nothing: a task is pinned to one worker and given out only when that worker has a free thread;
what becomes of it when the worker dies is decided by the line, which counts attempts.
"""

import asyncio
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from opis.cluster.answers import FAULT, Answer, fault_of
from opis.cluster.flights import Flight, Flights
from opis.cluster.link import Link, Member, connect, mismatch
from opis.cluster.settings import plain_address
from opis.cluster.tasks import ClusterTask
from pipeline.domain.errors import (
    MissingPart,
    NotFound,
    OpisError,
    PartDown,
    PartUnfit,
    Stopped,
    WorkerDied,
    WorkerTimeout,
)
from pipeline.domain.messages import say
from pipeline.ports.workers import Doing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    connect: float = 10.0
    """until a scheduler that is not there is down"""
    answer: float = 15.0
    """until a scheduler that says nothing is down"""
    no_worker: float = 30.0
    """that a task waits while the cluster has no fit worker"""
    silent: float = 60.0
    """until what is given to a worker that the scheduler does not hear from is given up; no new task after a quarter"""
    grace: float = 120.0
    """beyond the time limit of the task itself: to bring the original, store the PDF and answer"""
    tick: float = 0.5
    """between two looks at who is there"""
    moves: int = 5
    """times that a task is moved because its worker was told to end"""


@dataclass(frozen=True, slots=True)
class Order:
    """A task with all that is needed to give it out."""

    kind: str
    body: bytes
    key: str
    seconds: float
    """limit of the task itself, on the worker"""
    doing: Doing
    value: Callable[[bytes], Any]
    """from the answer's bytes to what the future gives"""


class Dispatcher:
    """``start`` raises ``PartDown`` or ``PartUnfit``; so do the futures later, when it comes to that."""

    def __init__(self, scheduler: str, patience: Patience) -> None:
        self._scheduler = scheduler
        self._patience = patience
        self._flights = Flights(patience.silent)
        self._link: Link | None = None
        self._trouble: tuple[float, OpisError] | None = None
        """since when nothing can be given out, and why"""
        self._told: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._gate = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        self._thread.start()
        try:
            self._opened.result()
        except BaseException:
            self._thread.join()
            raise

    @property
    def size(self) -> int:
        return max(1, self._flights.size)

    @property
    def doing(self) -> tuple[Doing, ...]:
        return self._flights.doing

    def give(self, order: Order) -> "Future[Any]":
        """Cancelling the future gives the task up, also while a worker is at it."""
        with self._gate:
            if not self._stopped:
                return asyncio.run_coroutine_threadsafe(self._carry_out(order), self._loop)
        refused: Future[Any] = Future()
        refused.set_exception(Stopped(f"{order.doing.kind}: not begun"))
        return refused

    def stop(self) -> None:
        """From any thread: everything given and to be given ends with ``Stopped``."""
        with self._gate:
            self._stopped = True
            self._soon(self._flights.fail_all, Stopped("given up"))

    def close(self) -> None:
        self.stop()
        if self._thread.is_alive():
            self._soon(self._ending.set)
            self._thread.join()

    def _soon(self, call: Callable[..., None], *values: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(call, *values)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
            with self._gate:
                self._stopped = True
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        try:
            await self._open()
        except BaseException as fault:  # noqa: BLE001  told to whoever waits in ``start``
            if self._link is not None:
                await self._link.close()
            self._opened.set_exception(fault)
            return
        self._opened.set_result(None)
        ending = asyncio.ensure_future(self._ending.wait())
        while not ending.done():
            looking = asyncio.ensure_future(self._look())
            await asyncio.wait((looking, ending), return_when=asyncio.FIRST_COMPLETED)
            if not looking.done():
                looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await asyncio.wait((ending,), timeout=self._patience.tick)
        self._flights.fail_all(Stopped("given up"))
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._link is not None:
            await self._link.close()

    async def _open(self) -> None:
        self._link = await connect(self._scheduler, self._patience.connect, self._patience.answer)
        members = await self._link.members()
        if unequal := _unequal(members):
            raise mismatch(unequal)
        self._heed(members)

    async def _look(self) -> None:
        """Refreshes what is known; loses the link, or finds it again."""
        try:
            if self._link is None:
                self._link = await connect(self._scheduler, self._patience.connect, self._patience.answer)
                log.info("scheduler %s is back", self._link.address)
            self._heed(await self._link.members())
        except OpisError as fault:
            await self._lose(fault)
        except Exception as fault:  # noqa: BLE001  whatever Dask raises: tasks must end, the line must go on
            await self._lose(PartDown(f"cluster {plain_address(self._scheduler)}: {type(fault).__name__}"))

    async def _lose(self, fault: OpisError) -> None:
        if self._link is not None:
            log.warning("%s", fault)
        link, self._link = self._link, None
        self._flights.forget()
        self._trouble = (-float("inf"), fault)
        self._flights.fail_all(fault)
        if link is not None:
            await link.close()

    def _heed(self, members: dict[str, Member]) -> None:
        self._flights.know(members)
        unequal = _unequal(members)
        for who in unequal.keys() - self._told:
            log.error("%s; it gets no task", mismatch({who: unequal[who]}))
        self._told = set(unequal)
        if self._flights.size:
            self._trouble = None
            return
        if self._trouble is None or self._trouble[0] < 0:
            self._trouble = (time.monotonic(), _no_worker(self._link, unequal))
        since, fault = self._trouble
        if time.monotonic() - since > self._patience.no_worker:
            self._flights.fail_waiting(fault)

    async def _carry_out(self, order: Order) -> Any:
        own = asyncio.current_task()
        assert own is not None
        self._tasks.add(own)
        try:
            for _ in range(self._patience.moves):
                member, answer = await self._fly(order)
                status, body = answer
                if status != FAULT:
                    return order.value(body)
                fault = fault_of(body)
                if isinstance(fault, Stopped):
                    self._flights.leaving(member)
                    continue
                if isinstance(fault, PartDown | PartUnfit | MissingPart | NotFound):
                    self._flights.doubt(member)
                raise _told_by(member, fault)
            raise WorkerDied(f"{self._patience.moves} workers in turn ended while they worked on it")
        finally:
            self._tasks.discard(own)

    async def _fly(self, order: Order) -> tuple[Member, Answer]:
        """One worker's answer, or the error that ended the flight from this side."""
        if self._stopped:
            raise Stopped(f"{order.doing.kind}: not begun")
        if self._link is None and self._trouble is not None:
            raise self._trouble[1]
        flight = await self._flights.slot(order.doing)
        try:
            return flight.member, await self._answer(flight, order)
        finally:
            self._flights.land(flight)

    async def _answer(self, flight: Flight, order: Order) -> Answer:
        link, member = self._link, flight.member
        if link is None:
            raise WorkerDied(f"worker {member.name} is out of reach")
        task = ClusterTask(f"opis-{uuid.uuid4().hex}", order.kind, order.body, order.key, member.id)
        asking = asyncio.ensure_future(link.ask(member, task))
        limit = order.seconds + self._patience.grace
        try:
            both: tuple[asyncio.Future[Any], ...] = (asking, flight.ending)
            await asyncio.wait(both, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if flight.ending.done():
                flight.ending.result()
            if not asking.done():
                raise WorkerTimeout(f"worker {member.name}: no answer after {limit:.0f} s")
            return asking.result()
        finally:
            if not asking.done():
                asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


def _unequal(members: dict[str, Member]) -> dict[str, str]:
    return {f"worker {member.name}": member.differences for member in members.values() if member.differences}


def _no_worker(link: Link | None, unequal: dict[str, str]) -> PartDown:
    where = link.address if link else "?"
    others = f"; not fit: {mismatch(unequal)}" if unequal else ""
    fault = PartDown(f"no worker is ready at the Dask scheduler {where}{others}")
    fault.advice = say("cluster.no_worker")
    return fault


def _told_by(member: Member, fault: OpisError) -> OpisError:
    """What is wrong with a machine names it; what is wrong with a page reads as it does on the line."""
    told = f"worker {member.name}: {fault}"
    if isinstance(fault, NotFound):
        return PartUnfit(told, say("cluster.other_store", worker=member.name))
    if isinstance(fault, PartUnfit | MissingPart):
        return PartUnfit(told, fault.advice)
    if isinstance(fault, PartDown):
        return type(fault)(told)
    return fault
