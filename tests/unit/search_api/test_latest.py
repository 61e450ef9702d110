"""An answer that may hang is asked for off the path of who wants it, once, and kept for a while."""

import threading
import time

from search_api.latest import Latest


class Asked:
    """Counts how often it is asked; hangs while ``gate`` is closed."""

    def __init__(self) -> None:
        self.times = 0
        self.gate = threading.Event()
        self.gate.set()
        self.fault: Exception | None = None

    def __call__(self) -> int:
        self.times += 1
        self.gate.wait(30)
        if self.fault is not None:
            raise self.fault
        return self.times


def test_a_fresh_answer_is_not_asked_for_again() -> None:
    asked = Asked()
    latest = Latest(asked, "x", fresh=60)
    assert [latest.get().value for _ in range(3)] == [1, 1, 1]
    assert asked.times == 1


def test_a_stale_answer_is_asked_for_again() -> None:
    latest = Latest(Asked(), "x", fresh=0)
    assert [latest.get().value for _ in range(3)] == [1, 2, 3]


def test_a_fault_is_an_answer() -> None:
    asked = Asked()
    asked.fault = ValueError("broken")
    reply = Latest(asked, "x").get()
    assert (reply.value, reply.fault, reply.hanging) == (None, asked.fault, None)


def test_what_hangs_is_given_up_once_and_then_told_at_once() -> None:
    asked = Asked()
    latest = Latest(asked, "x", fresh=0, patience=0.2)
    asked.gate.clear()
    first = latest.get()
    assert first.hanging is not None and first.hanging >= 0.2
    begun = time.monotonic()
    for _ in range(20):
        assert latest.get().hanging is not None
    assert time.monotonic() - begun < 4, "twenty looks at what hangs must not wait twenty times"
    assert asked.times == 1
    asked.gate.set()
    deadline = time.monotonic() + 30
    while latest.get().value is None:
        assert time.monotonic() < deadline


def test_many_who_want_to_know_ask_once() -> None:
    asked = Asked()
    asked.gate.clear()
    latest = Latest(asked, "x", fresh=60, patience=30)
    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(latest.get().value)) for _ in range(16)]
    for thread in threads:
        thread.start()
    asked.gate.set()
    for thread in threads:
        thread.join(30)
    assert found == [1] * 16
    assert asked.times == 1
