"""One fixed order of hits, so that pages of results neither overlap nor skip: by score or date, ties by document id."""

from dataclasses import dataclass

import tantivy
from tantivy import Query

_DIGITS = 3
"""decimals of a score that count: smaller differences come from how the index happens to be cut into segments"""
_MARGIN = 100


@dataclass(frozen=True, slots=True)
class Hit:
    address: tantivy.DocAddress


def newest_first(searcher: tantivy.Searcher, query: Query, offset: int, limit: int) -> list[Hit]:
    found = searcher.search(query, limit=limit, offset=offset, count=False, order_by_field="newest")
    return [Hit(address) for _, address in found.hits]


def ranked(searcher: tantivy.Searcher, query: Query, offset: int, limit: int) -> list[Hit]:
    """Best first. Reads on until the last score wanted is followed by a lower one, so that all its ties are there."""
    wanted = offset + limit
    reach = wanted + _MARGIN
    while True:
        found = searcher.search(query, limit=reach, count=False).hits
        whole = len(found) < reach
        if whole or _score(found[-1][0]) < _score(found[wanted - 1][0]):
            break
        reach *= 4
    ties = searcher.fast_field_values("tie", [address for _, address in found])
    order = sorted(range(len(found)), key=lambda place: (-_score(found[place][0]), ties[place]))
    return [Hit(found[place][1]) for place in order[offset:wanted]]


def _score(score: float) -> float:
    return round(score, _DIGITS)
