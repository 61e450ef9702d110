"""The values that a query plan is made of: which documents match, and what each match adds to their score.

A renderer turns them into an engine's own queries. Score of a match: ``Term`` and ``Phrase`` as BM25 (k1 1.2, b 0.75)
with the engine's own rarity of the term, times the boost; ``AnyTerm``, ``Days``, ``Everything`` only match and stand
inside ``Constant`` or where no score counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

TIE_BREAKER = 0.2
"""what the lesser ways of ``Best`` add, as a share of their score"""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class Everything:
    """All documents alike."""


@dataclass(frozen=True, slots=True)
class Term:
    field: str
    key: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """Any of the keys in one field."""

    field: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """At least two words one after the other, in a field that keeps places; ``slop`` words may lie between."""

    field: str
    words: tuple[str, ...]
    slop: int = 0


@dataclass(frozen=True, slots=True)
class Days:
    """Dated within these ordinals, both included; documents without a date are not."""

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Best:
    """Any one of them; the best way counts, the others a little."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class All:
    """Each of them; scores are added."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least ``least`` (one or more) of them; scores are added."""

    nodes: tuple["Node", ...]
    least: int = 1


@dataclass(frozen=True, slots=True)
class Extra:
    """The documents of ``node``; those that also match some of ``more`` get the scores of these in addition."""

    node: "Node"
    more: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """Every match gets the same score."""

    node: "Node"
    score: float


@dataclass(frozen=True, slots=True)
class Boost:
    """The score times a factor."""

    node: "Node"
    factor: float


Node: TypeAlias = Nothing | Everything | Term | AnyTerm | Phrase | Days | Best | All | Some | Extra | Constant | Boost


def best(nodes: Sequence[Node]) -> Node:
    """``Best`` of those that can match."""
    able = _able(nodes)
    return able[0] if len(able) == 1 else Best(able) if able else Nothing()


def some(nodes: Sequence[Node], least: int = 1) -> Node:
    """``Some`` of those that can match."""
    able = _able(nodes)
    if len(able) < least:
        return Nothing()
    return able[0] if len(able) == 1 else Some(able, least)


def every(nodes: Sequence[Node]) -> Node:
    """``All``, or nothing when one of them cannot match."""
    if any(isinstance(node, Nothing) for node in nodes):
        return Nothing()
    return nodes[0] if len(nodes) == 1 else All(tuple(nodes))


def extra(node: Node, more: Sequence[Node]) -> Node:
    """``Extra`` with those that can match."""
    able = _able(more)
    return node if isinstance(node, Nothing) or not able else Extra(node, able)


def matching(node: Node) -> Node:
    """Which documents a node matches, without what only adds to their score."""
    match node:
        case Extra(inner) | Constant(inner) | Boost(inner):
            return matching(inner)
        case Best(nodes):
            return some([matching(each) for each in nodes])
        case Some(nodes, least):
            return some([matching(each) for each in nodes], least)
        case All(nodes):
            return every([matching(each) for each in nodes])
        case _:
            return node


def _able(nodes: Sequence[Node]) -> tuple[Node, ...]:
    return tuple(node for node in nodes if not isinstance(node, Nothing))
