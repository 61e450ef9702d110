"""A bar on stderr for each long step of a move, when that is a terminal."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def tracked(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    """The items, counted on a bar as they pass; ``total`` is None when it is not known."""
    if not sys.stderr.isatty():
        yield from items
        return
    with tqdm(total=total, desc=what, file=sys.stderr) as bar:
        for item in items:
            yield item
            bar.update()
