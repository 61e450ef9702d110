"""Doing a transaction again that the database undid for another one's sake."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from storage.catalog.faults import Aborted

TRIES = 5
P = ParamSpec("P")
R = TypeVar("R")


def repeated(transaction: Callable[P, R]) -> Callable[P, R]:
    """For a function that is one whole transaction and takes nothing that can be read only once.

    Only ``Aborted`` is tried again, up to ``TRIES`` times in all: then nothing was written, for certain.
    """

    @functools.wraps(transaction)
    def tried(*arguments: P.args, **named: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return transaction(*arguments, **named)
            except Aborted:
                continue
        return transaction(*arguments, **named)

    return tried
