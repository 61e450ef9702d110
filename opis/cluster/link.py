"""A connection to the Dask scheduler: who works there, and a task given to one worker; Dask's errors become ours."""

import asyncio
import contextlib
import re
import ssl
import warnings
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import asdict, dataclass
from typing import Any

from opis.cluster.answers import Answer
from opis.cluster.settings import plain_address, security_of, settle_dask
from opis.cluster.tasks import ClusterTask, run_task
from opis.cluster.versions import Versions, differences, own_versions, told_versions
from pipeline.domain.errors import OpisError, PartDown, PartUnfit, WorkerDied
from pipeline.domain.messages import say


@dataclass(frozen=True, slots=True)
class Member:
    """A worker as the scheduler knows it."""

    id: str
    """unique: a worker that is started again has another"""
    name: str
    address: str
    threads: int
    last_seen: float
    """by the scheduler's clock, seconds"""
    working: bool
    """takes tasks: is not about to leave"""
    differences: str
    """between its versions and ours; empty when it may be given tasks"""


class Link:
    """For one asyncio loop. Errors of all methods: ``PartDown`` when the scheduler does not answer."""

    def __init__(self, address: str, client: Any, answer_seconds: float) -> None:
        self.address = address
        self._client = client
        self._answer_seconds = answer_seconds
        self._own = own_versions()

    async def members(self) -> dict[str, Member]:
        """All workers of the cluster, by their ids."""
        if self._client.status != "running":
            raise self._down("connection lost")
        try:
            told = await asyncio.wait_for(self._client.scheduler.identity(n_workers=-1), self._answer_seconds)
        except (OSError, AttributeError) as fault:
            raise self._down(type(fault).__name__) from fault
        found = [_member(address, worker, self._own) for address, worker in told["workers"].items()]
        return {member.id: member for member in found}

    async def ask(self, member: Member, task: ClusterTask) -> Answer:
        """The task's answer. When the caller is cancelled, the task is given up on the worker too."""
        future = self._client.submit(
            run_task, task, key=task.name, pure=False, retries=0, workers=[member.address], allow_other_workers=False
        )
        try:
            answer: Answer = await future.result()
        except CancelledError as fault:
            if self._client.status != "running":
                raise self._down("connection lost") from fault
            raise WorkerDied(f"worker {member.name}: the task was lost") from fault
        except OpisError:
            raise
        except Exception as fault:
            kind = type(fault).__name__
            if kind != "KilledWorker" and self._client.status != "running":
                raise self._down(kind) from fault
            raise WorkerDied(f"worker {member.name}: {kind}") from fault
        finally:
            future.release()
        return answer

    async def close(self, seconds: float = 2.0) -> None:
        """Gives up what is under way, waits a little for the scheduler to hear of it."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._client.close(timeout=seconds), 2 * seconds)

    def _down(self, why: str) -> PartDown:
        return scheduler_down(self.address, why)


def scheduler_down(address: str, why: str) -> PartDown:
    fault = PartDown(f"the Dask scheduler at {address} does not answer ({why})")
    fault.advice = say("cluster.scheduler_down", address=address)
    return fault


async def connect(scheduler: str, connect_seconds: float, answer_seconds: float) -> Link:
    """A link to a scheduler of our own version.

    Errors: ``PartDown`` (not there), ``PartUnfit`` (certificates, no Opis or another version on it).
    """
    settle_dask()
    from distributed import Client

    address, security = plain_address(scheduler), security_of(scheduler)
    client = Client(  # type: ignore[no-untyped-call]
        address, asynchronous=True, security=security, set_as_default=False, timeout=connect_seconds, name="opis"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await asyncio.wait_for(_opened(client), connect_seconds + 1)
        await _check_scheduler(client, address, answer_seconds)
    except BaseException as fault:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(client.close(timeout=1), 2)  # type: ignore[no-untyped-call]
        if _is_about_certificates(fault):
            raise PartUnfit(f"{address}: {type(fault).__name__}", say("cluster.certificates")) from fault
        if isinstance(fault, OSError):
            raise scheduler_down(address, type(fault).__name__) from fault
        raise
    return Link(address, client, answer_seconds)


def _is_about_certificates(fault: BaseException) -> bool:
    """Dask wraps what TLS says; the words are OpenSSL's."""
    while not isinstance(fault, ssl.SSLError) and not re.search(r"(?i)ssl|certificate", str(fault)):
        if fault.__cause__ is None:
            return False
        fault = fault.__cause__
    return True


async def _opened(client: Any) -> None:
    await client


async def _check_scheduler(client: Any, address: str, seconds: float) -> None:
    """The scheduler unpickles what is sent through it: it must be able to import the same Opis."""
    own = own_versions()
    try:
        told = await asyncio.wait_for(client.run_on_scheduler(told_versions), seconds)
    except OSError:  # also ``TimeoutError`` and what Dask raises of connections
        raise
    except Exception as fault:
        raise PartUnfit(
            f"scheduler {address}: {type(fault).__name__}: no Opis of version {own.opis} there",
            say("cluster.no_opis_on_scheduler"),
        ) from fault
    if unequal := differences(own, told):
        raise mismatch({f"scheduler {address}": unequal})


def mismatch(unequal: Mapping[str, str]) -> PartUnfit:
    """``unequal``: who → what differs, ours / theirs."""
    told = "; ".join(f"{who}: {what}" for who, what in sorted(unequal.items()))
    return PartUnfit(
        f"versions in the cluster differ (ours / theirs): {told}", say("cluster.versions", differences=told)
    )


def _member(address: str, told: Mapping[str, Any], own: Versions) -> Member:
    info: Mapping[str, Any] = told.get("opis") or {}
    state: Mapping[str, Any] = (told.get("metrics") or {}).get("opis") or {}
    versions = {name: info[name] for name in asdict(own) if name in info}
    return Member(
        id=str(told["name"]),
        name=str(info.get("name") or told["name"]),
        address=address,
        threads=int(told["nthreads"]),
        last_seen=float(told["last_seen"]),
        working=told.get("status") == "running" and not state.get("leaving"),
        differences=differences(own, versions),
    )
