"""A worker of the cluster: Dask's worker inside, and in each of its threads the same warm child as on the line."""

import asyncio
import logging
import os
import signal
import socket
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from opis.cluster.settings import plain_address, security_of, settle_dask
from opis.cluster.tasks import RUNNERS
from opis.cluster.versions import told_versions
from opis.task_runner import TaskRunner

log = logging.getLogger(__name__)
AGAIN_SECONDS = 2.0
"""until a scheduler that is not there is tried again"""
TELL_SECONDS = 10.0
"""until the log says that the scheduler does not answer"""
NOTICE_SECONDS = 1.5
"""until the line has heard that this worker leaves: what it was just given is handed back, not lost"""
FAREWELL_SECONDS = 5.0
"""that a worker told to end stays, so that its last answers are fetched"""


class ClusterWorker:
    """Serves one scheduler until told to end; looks for it while it is gone.

    ``name`` is shown to people; towards Dask it is made unique, so that a dead namesake does not stand in the way.
    """

    def __init__(self, scheduler: str, runner: Callable[[], TaskRunner], folder: Path, name: str, threads: int) -> None:
        self._scheduler = scheduler
        self._make_runner = runner
        self._folder = folder
        self._name = name or socket.gethostname()
        self._threads = threads or os.cpu_count() or 1
        self._leaving = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises ``PartUnfit`` when certificates are missing or do not fit."""
        settle_dask()
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        ending = asyncio.ensure_future(stop.wait())
        while not stop.is_set():
            try:
                await self._life(stop)
            except OSError as fault:
                address = plain_address(self._scheduler)
                log.warning("worker %s: scheduler %s: %s; tried again", self._name, address, fault)
            await asyncio.wait((ending,), timeout=AGAIN_SECONDS)

    async def _life(self, stop: asyncio.Event) -> None:
        """From one registration at the scheduler to its end. Raises ``OSError`` when it is not there."""
        unique = f"{self._name}-{uuid.uuid4().hex[:8]}"
        runner = self._make_runner()
        worker: Any = None
        try:
            worker = self._worker(unique, runner)
            RUNNERS[unique] = runner
            if await self._registered(worker, stop):
                log.info("worker %s: %d threads at %s", self._name, self._threads, plain_address(self._scheduler))
                await self._until_over(worker, stop, runner)
        finally:
            RUNNERS.pop(unique, None)
            runner.stop()
            if worker is not None:
                await worker.close(timeout=1, nanny=False, reason="opis-worker-ends")
            runner.close()

    async def _registered(self, worker: Any, stop: asyncio.Event) -> bool:
        """Waits until the scheduler knows the worker (True), or until told to end. Dask itself tries for ever."""
        starting = asyncio.ensure_future(_started(worker))
        ending = asyncio.ensure_future(stop.wait())
        both: tuple[asyncio.Future[Any], ...] = (starting, ending)
        done, _ = await asyncio.wait(both, timeout=TELL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            log.warning("scheduler %s does not answer; waiting", plain_address(self._scheduler))
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if starting not in done:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return False
        try:
            starting.result()
        except RuntimeError as fault:
            raise ConnectionError(str(fault.__cause__ or fault)) from fault
        return True

    async def _until_over(self, worker: Any, stop: asyncio.Event, runner: TaskRunner) -> None:
        told_to_end = asyncio.ensure_future(stop.wait())
        finished = asyncio.ensure_future(worker.finished())
        both: tuple[asyncio.Future[Any], ...] = (told_to_end, finished)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        told_to_end.cancel()
        if finished.done():
            log.warning("worker %s: the scheduler is gone", self._name)
            return
        finished.cancel()
        log.info("worker %s: told to end", self._name)
        self._leaving = True
        runner.stop()
        clock = asyncio.get_running_loop().time
        begun = clock()
        await worker.heartbeat()
        while clock() - begun < (FAREWELL_SECONDS if worker.state.tasks else NOTICE_SECONDS):
            await asyncio.sleep(0.05)

    def _worker(self, unique: str, runner: TaskRunner) -> Any:
        from distributed import Worker

        host = urlsplit(self._scheduler).hostname or ""
        return Worker(
            plain_address(self._scheduler),
            name=unique,
            nthreads=self._threads,
            host=_own_address(host, urlsplit(self._scheduler).port or 0),
            security=security_of(self._scheduler),
            local_directory=str(self._folder),
            memory_limit=0,
            dashboard=False,
            dashboard_address="127.0.0.1:0",
            startup_information={"opis": lambda _: {**told_versions(), "name": self._name}},
            metrics={"opis": lambda _: {"leaving": self._leaving}},
            plugins=(_give_up_plugin(runner),),
        )


async def _started(worker: Any) -> None:
    await worker


def _give_up_plugin(runner: TaskRunner) -> Any:
    """Ends the child of a task that was cancelled while it ran: the line gave it up, or is gone."""
    from distributed import WorkerPlugin

    class GiveUp(WorkerPlugin):
        name = "opis-give-up"

        def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
            if start == "executing" and finish == "released":
                runner.give_up(str(key))

        def teardown(self, worker: Any) -> None:
            """Dask closes a worker that lost its scheduler, and waits for the threads."""
            runner.stop()

    return GiveUp()


def _own_address(host: str, port: int) -> str:
    """The address of this machine that the scheduler sees: the worker listens there and nowhere else.

    Raises ``OSError`` when the scheduler's name cannot be resolved or its network cannot be reached.
    """
    family, kind, protocol, _, there = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(there)
        return str(probe.getsockname()[0])
