"""One fixed order of hits, so that pages of results neither overlap nor skip: by tier and score, ties by id."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

DIGITS = 3
"""decimals of a score that count: smaller differences come from how an index happens to be cut into segments"""
MARGIN = 100

A = TypeVar("A")


class Candidate(NamedTuple, Generic[A]):
    tier: int
    """lower ones come first"""
    score: float
    tie: int
    """ascending, as the ids"""
    address: A
    """by which its index finds it again"""


def ranked(read: Callable[[int], Sequence[Candidate[A]]], offset: int, limit: int) -> list[Candidate[A]]:
    """Best first, ``limit`` of them from ``offset`` on; ``read(n)`` gives the best n by tier and score, best first.

    Reads on until the last score wanted is followed by a lower one, so that all its ties are there.
    """
    wanted = offset + limit
    reach = wanted + MARGIN
    while True:
        found = read(reach)
        whole = len(found) < reach
        if whole or _rank(found[-1]) > _rank(found[wanted - 1]):
            break
        reach *= 4
    return sorted(found, key=lambda one: (*_rank(one), one.tie))[offset:wanted]


def _rank(one: Candidate[A]) -> tuple[int, float]:
    return one.tier, -round(one.score, DIGITS)
