import pytest

import opis.steps
from opis.steps import Step
from pipeline.domain.errors import PartDown, PartUnfit


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(opis.steps, "time", clock)
    return clock


def test_what_is_down_rests_and_goes_on_when_it_is_back(clock: Clock) -> None:
    tries, down = [], True

    def work() -> bool:
        tries.append(clock.now)
        if down:
            raise PartDown("no answer")
        return True

    step = Step("index", work, 5.0)
    assert not step.take()
    assert step.fault is not None
    clock.now += 3
    assert not step.take()
    assert tries == [100.0]
    clock.now += 4
    down = False
    assert step.take()
    assert (step.fault, step.failures) == (None, 0)


def test_rests_grow_to_twenty_seconds_and_no_further(clock: Clock) -> None:
    def down() -> bool:
        raise PartDown("no answer")

    step = Step("index", down, 5.0)
    rests = []
    for _ in range(12):
        before = step.failures
        started = clock.now
        while step.failures == before:
            clock.now += 0.1
            step.take()
        rests.append(clock.now - started)
    assert rests[1] < 8
    assert max(rests) > 15
    assert max(rests) <= 24.2


def test_what_will_not_mend_itself_is_not_waited_for(clock: Clock) -> None:
    def unfit() -> bool:
        raise PartUnfit("wrong password")

    with pytest.raises(PartUnfit):
        Step("index", unfit, 5.0).take()


def test_what_is_put_right_while_the_others_go_on_is_waited_for(clock: Clock) -> None:
    unfit = True

    def work() -> bool:
        if unfit:
            raise PartUnfit("wrong password")
        return True

    step = Step("index", work, 5.0, outlasts_unfit=True)
    assert not step.take()
    assert isinstance(step.fault, PartUnfit)
    clock.now += 7
    unfit = False
    assert step.take()
    assert step.fault is None
