"""How long the index has been behind: the age of the oldest row of the outbox, as far as this process has seen it."""

from collections import deque

MOST_MARKS = 4096


class OutboxLag:
    """Rows carry a number that only grows and no time: which numbers there were, and when, is remembered here.

    A row that was there before this process first looked is as old as that look.
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque()
        """(highest number, when first seen), ascending"""

    def seconds(self, oldest: int | None, newest: int | None, now: float) -> float:
        """Age of row ``oldest`` in seconds; 0 when the outbox is empty. ``now`` is monotonic."""
        if oldest is None or newest is None:
            self._marks.clear()
            return 0.0
        if not self._marks or newest > self._marks[-1][0]:
            self._marks.append((newest, now))
        while self._marks[0][0] < oldest:
            self._marks.popleft()
        if len(self._marks) > MOST_MARKS:
            self._marks = deque(list(self._marks)[::2])
        return now - self._marks[0][1]
