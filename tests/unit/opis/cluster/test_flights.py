"""Who gets which task: slots, order, silent and leaving workers, and what ends a flight from this side."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

import opis.cluster.flights
from opis.cluster.flights import Flight, Flights
from opis.cluster.link import Member
from pipeline.domain.errors import PartDown, WorkerDied, WorkerTimeout
from pipeline.ports.workers import Doing


def member(name: str, threads: int = 1, seen: float = 1.0, working: bool = True, differences: str = "") -> Member:
    return Member(f"{name}-id", name, f"tcp://{name}:1", threads, seen, working, differences)


def known(*members: Member) -> dict[str, Member]:
    return {entry.id: entry for entry in members}


def doing(page: int) -> Doing:
    return Doing("line", "pages", "b" * 64, (page,), dt.datetime(2026, 1, 2, tzinfo=dt.UTC))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(opis.cluster.flights.time, "monotonic", lambda: now[0])
    return now


def run(test: Callable[[Flights], Coroutine[Any, Any, None]], silent: float = 40.0) -> None:
    async def main() -> None:
        await test(Flights(silent))

    asyncio.run(main())


async def settled(*waiting: Awaitable[Flight]) -> list["asyncio.Future[Flight]"]:
    tasks = [asyncio.ensure_future(entry) for entry in waiting]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


def test_a_worker_gets_as_many_tasks_as_it_has_threads_in_the_order_asked(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(member("a", threads=2), member("b")))
        assert flights.size == 3
        tasks = await settled(*(flights.slot(doing(page)) for page in range(1, 6)))
        assert [task.done() for task in tasks] == [True, True, True, False, False]
        assert sorted(task.result().member.name for task in tasks[:3]) == ["a", "a", "b"]
        assert {entry.pages for entry in flights.doing} == {(1,), (2,), (3,)}
        flights.land(tasks[1].result())
        await asyncio.sleep(0)
        assert tasks[3].done()
        assert not tasks[4].done()
        assert (4,) in {entry.pages for entry in flights.doing}
        flights.fail_waiting(PartDown("enough"))
        with pytest.raises(PartDown):
            await tasks[4]

    run(test)


def test_the_least_busy_comes_first(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(member("a", threads=4), member("b", threads=2)))
        tasks = await settled(*(flights.slot(doing(page)) for page in range(1, 7)))
        assert [task.result().member.name for task in tasks] == ["a", "b", "a", "a", "b", "a"]

    run(test)


@pytest.mark.parametrize(
    "unfit",
    [member("x", working=False), member("x", differences="opis 1 / 2")],
    ids=["leaving", "other version"],
)
def test_who_is_not_fit_gets_nothing(clock: list[float], unfit: Member) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(unfit))
        (task,) = await settled(flights.slot(doing(1)))
        assert not task.done()
        assert flights.size == 0
        flights.know(known(unfit, member("fit")))
        assert (await task).member.name == "fit"

    run(test)


def test_who_said_that_it_leaves_gets_nothing_before_the_scheduler_knows(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(member("a")))
        (first,) = await settled(flights.slot(doing(1)))
        flights.leaving(first.result().member)
        flights.land(first.result())
        (second,) = await settled(flights.slot(doing(1)))
        flights.know(known(member("a", seen=2.0)))
        await asyncio.sleep(0)
        assert not second.done()
        second.cancel()

    run(test)


def test_a_worker_that_could_not_work_gets_nothing_while_there_is_another(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(member("a"), member("b")))
        (first,) = await settled(flights.slot(doing(1)))
        assert first.result().member.name == "a"
        flights.doubt(first.result().member)
        flights.land(first.result())
        assert flights.size == 1
        again, waiting = await settled(flights.slot(doing(1)), flights.slot(doing(2)))
        assert again.result().member.name == "b"
        assert not waiting.done()
        flights.doubt(again.result().member)
        flights.know(known(member("a", seen=2.0), member("b", seen=2.0)))
        await asyncio.sleep(0)
        assert waiting.result().member.name == "a", "when all are in doubt it is no machine's fault"
        clock[0] += opis.cluster.flights.DOUBT_SECONDS + 1
        flights.know(known(member("a", seen=3.0), member("b", seen=3.0)))
        assert flights.size == 2

    run(test)


def test_a_worker_that_is_gone_ends_its_flights_and_no_others(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(member("a"), member("b")))
        first, second = [task.result() for task in await settled(flights.slot(doing(1)), flights.slot(doing(2)))]
        flights.know(known(member("b", seen=2.0)))
        assert isinstance(first.ending.exception(), WorkerDied)
        assert not second.ending.done()

    run(test)


def test_silence_is_measured_by_our_clock_and_ends_flights(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        flights.know(known(member("a", seen=5.0), member("b", seen=5.0)))
        first, second = [task.result() for task in await settled(flights.slot(doing(1)), flights.slot(doing(2)))]
        clock[0] += 11
        flights.know(known(member("a", seen=5.0), member("b", seen=6.0)))
        assert flights.size == 1, "no new task for one that was silent for a quarter of the time"
        assert not first.ending.done()
        clock[0] += 30
        flights.know(known(member("a", seen=5.0), member("b", seen=7.0)))
        assert isinstance(first.ending.exception(), WorkerTimeout)
        assert not second.ending.done()
        flights.know(known(member("a", seen=8.0), member("b", seen=7.0)))
        assert flights.size == 2, "it is used again when it is heard"

    run(test)


def test_a_slot_that_was_given_to_somebody_who_left_is_free_again(clock: list[float]) -> None:
    async def test(flights: Flights) -> None:
        (first,) = await settled(flights.slot(doing(1)))
        flights.know(known(member("a")))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert flights.doing == ()
        (second,) = await settled(flights.slot(doing(2)))
        assert second.result().doing.pages == (2,)

    run(test)
