"""The fixed order of hits over an index that gives scores only."""

import random

import pytest

from storage.index.ranking import MARGIN, Candidate, ranked


@pytest.mark.parametrize("seed", range(5))
def test_pages_are_pieces_of_one_order(seed: int) -> None:
    dice = random.Random(seed)
    # few scores: many ties, which the index gives in an order of its own
    everything = [Candidate(dice.randrange(2), float(dice.randrange(3)), tie, tie) for tie in range(900)]
    dice.shuffle(everything)
    everything.sort(key=lambda one: (one.tier, -one.score))
    asked: list[int] = []

    def read(number: int) -> list[Candidate[int]]:
        asked.append(number)
        return everything[:number]

    pages = [one for offset in range(0, 950, 50) for one in ranked(read, offset, 50)]
    assert pages == sorted(everything, key=lambda one: (one.tier, -one.score, one.tie))
    assert max(asked) <= 4 * (900 + MARGIN)


def test_differences_that_an_engine_makes_by_chance_do_not_count() -> None:
    found = [Candidate(0, 1.00004, 2, "b"), Candidate(0, 1.00001, 1, "a"), Candidate(0, 0.9, 0, "c")]
    assert [one.address for one in ranked(lambda number: found[:number], 0, 2)] == ["a", "b"]
    assert ranked(lambda number: [], 10, 10) == []
