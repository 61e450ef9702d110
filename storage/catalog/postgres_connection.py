"""A connection to PostgreSQL that never waits for ever, and what the server said when it refused one."""

import os
import re
import select
import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

T = TypeVar("T")
_POLL_SECONDS = 0.1
_ERROR_CODE = re.compile(rb'\tErrorResponse\t.*? C "([0-9A-Z]{5})"')


class PatientConnection(psycopg.Connection[Any]):
    """Gives up, and is closed, when the server says nothing for ``silence`` seconds while it is waited for.

    The server cannot keep its own limits while it is stopped, and the network sees nothing: its kernel still answers.
    """

    silence: float | None = None
    """None: for as long as it takes"""

    def wait(self, gen: Any, interval: float = _POLL_SECONDS, timeout: float | None = None) -> Any:
        return super().wait(self._heard(gen), interval, timeout)

    def _heard(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """The same steps, as long as the server's answers are not further apart than is allowed."""
        last = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    last = time.monotonic()
                elif self.silence is not None and time.monotonic() - last > self.silence:
                    gen.close()
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer for {self.silence:.0f} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer


def refusal(parameters: dict[str, Any], seconds: float) -> str | None:
    """The SQLSTATE with which the server refuses this connection; None when it does not, or does not answer.

    The message of a refusal is in the server's language, and the driver keeps the code for itself: so it is asked
    again, and the protocol is looked at. Nothing of it leaves the memory of this process.
    """
    options = {name: value for name, value in parameters.items() if name != "context"}
    trace = os.memfd_create("opis-refusal")
    try:
        _attempt(make_conninfo(**options).encode(), trace, time.monotonic() + seconds)
        found = _ERROR_CODE.findall(os.pread(trace, 2**20, 0))
    finally:
        os.close(trace)
    return found[-1].decode("ascii") if found else None


def _attempt(conninfo: bytes, trace: int, deadline: float) -> None:
    connection = pq.PGconn.connect_start(conninfo)
    try:
        connection.trace(trace)
        while time.monotonic() < deadline:
            status = connection.connect_poll()
            if status in (pq.PollingStatus.OK, pq.PollingStatus.FAILED):
                return
            reads = status == pq.PollingStatus.READING
            one = [connection.socket]
            select.select(one if reads else [], [] if reads else one, [], _POLL_SECONDS)
    except psycopg.Error:
        return
    finally:
        connection.untrace()
        connection.finish()
