"""The latest answer of something that may hang: asked in a thread of its own, so that who wants to know never hangs."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
FRESH_SECONDS = 3.0
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Reply(Generic[T]):
    """What is known now: a value, or the fault that came instead of it, or for how long there has been no answer."""

    value: T | None = None
    fault: Exception | None = None
    hanging: float | None = None
    """seconds that the question has been open, once that is longer than the patience; the rest is then empty"""


class Latest(Generic[T]):
    """Asks again when its answer is no longer fresh; at most one question is open, however many want to know."""

    def __init__(
        self,
        ask: Callable[[], T],
        name: str,
        fresh: float = FRESH_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """``fresh``: seconds an answer is good for; ``patience``: seconds that ``get`` waits for one at most."""
        self._ask = ask
        self._name = name
        self._fresh = fresh
        self._patience = patience
        self._changed = threading.Condition()
        self._reply: Reply[T] | None = None
        self._answered = 0.0
        self._begun: float | None = None

    def get(self) -> Reply[T]:
        """Within the patience; at once while the answer is fresh, or while a question has been open for too long."""
        with self._changed:
            if self._begun is None and not self._is_fresh():
                self._begun = time.monotonic()
                threading.Thread(target=self._answer, name=f"asks {self._name}", daemon=True).start()
            while self._begun is not None:
                waited = time.monotonic() - self._begun
                if waited >= self._patience:
                    return Reply(hanging=waited)
                self._changed.wait(self._patience - waited)
            assert self._reply is not None
            return self._reply

    def _is_fresh(self) -> bool:
        return self._reply is not None and time.monotonic() - self._answered < self._fresh

    def _answer(self) -> None:
        try:
            reply: Reply[T] = Reply(value=self._ask())
        except Exception as fault:  # noqa: BLE001  whatever it is, it is the answer
            reply = Reply(fault=fault)
        with self._changed:
            self._reply, self._answered, self._begun = reply, time.monotonic(), None
            self._changed.notify_all()
