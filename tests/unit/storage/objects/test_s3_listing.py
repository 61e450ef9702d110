"""Names come in the order of their text, each once, whatever order they are found in."""

import random

import pytest

from storage.objects.s3_listing import in_order

NAMES = ["a-b/x", "a.txt", "a/1", "a/10", "a/2/z", "a/2.json", "b/ă", "b/😀", "b/～", *(f"n/{n}" for n in range(500))]


@pytest.mark.parametrize("run", [1, 2, 7, 10_000])
def test_any_number_of_runs(run: int):
    found = NAMES * 2
    random.Random(4).shuffle(found)
    assert list(in_order(iter(found), run)) == sorted(NAMES)


def test_nothing():
    assert list(in_order(iter(()))) == []
