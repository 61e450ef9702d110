"""The age of the oldest row of the outbox, from numbers alone."""

import opis.outbox_lag
from opis.outbox_lag import OutboxLag


def test_empty_is_no_lag() -> None:
    assert OutboxLag().seconds(None, None, 100.0) == 0.0


def test_a_row_ages_from_when_it_was_first_seen() -> None:
    lag = OutboxLag()
    assert lag.seconds(7, 7, 100.0) == 0.0
    assert lag.seconds(7, 9, 130.0) == 30.0
    assert lag.seconds(8, 9, 160.0) == 30.0, "8 and 9 came between the looks at 100 and 130"
    assert lag.seconds(9, 12, 161.0) == 31.0
    assert lag.seconds(10, 12, 170.0) == 9.0
    assert lag.seconds(None, None, 171.0) == 0.0
    assert lag.seconds(13, 13, 200.0) == 0.0


def test_memory_is_bounded_and_the_oldest_is_kept(monkeypatch) -> None:
    monkeypatch.setattr(opis.outbox_lag, "MOST_MARKS", 8)
    lag = OutboxLag()
    for step in range(1000):
        assert lag.seconds(1, 1 + step, float(step)) == float(step)
    assert len(lag._marks) <= 9
