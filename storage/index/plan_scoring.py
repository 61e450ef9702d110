"""What is wanted, as nodes: each word by exact key, lemma and stem, numbers in any form, phrases, words side by side.

All keys of a word count with the word's own rarity, so that a rare form does not outweigh a frequent one of that word.
"""

from collections.abc import Iterable, Sequence

from pipeline.domain.matching import WIDENED
from pipeline.domain.query import Group, Item, Phrase, Thing, Word
from pipeline.domain.romanian.analysis import EXACT, LEMMA, STEM, Keys
from storage.index import plan_nodes as nodes
from storage.index.fields import CONTENT, NUMBER
from storage.index.plan_facts import Facts, long_number
from storage.index.plan_nodes import AnyTerm, Boost, Constant, Node, Nothing, Term

_FIELD_WEIGHT = {"text": 1.0, "subject": 2.0, "sender": 2.0, NUMBER: 4.0}
_NEAR = 0.6
_NEAR_SLOP = 3
_PARTS = 0.6
_NUMBER_ALONE = 0.3
_WIDENED_COUNT = 3
"""a word with a typing error counts as if so many documents had it"""


class Scoring:
    """Nodes for the parts of one query, with what is known of the index."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def group(self, group: Group) -> Node:
        return nodes.best([self._item(item) for item in group.items])

    def word(self, keys: Keys) -> Node:
        rarity = self._facts.rarity(keys)
        ways = []
        for name in CONTENT:
            for field, key, worth in (
                (f"{name}_exact", keys.exact, EXACT),
                (f"{name}_lemma", keys.lemma, LEMMA),
                (f"{name}_bag", f"s:{keys.stem}", STEM),
            ):
                ways.append(self._term(field, key, worth * _FIELD_WEIGHT[name], rarity))
        ways.append(self._term(NUMBER, keys.exact, _FIELD_WEIGHT[NUMBER], rarity))
        return nodes.best([*ways, *self._widened(keys.exact)])

    def side_by_side(self, first: Word, second: Word) -> Iterable[Node]:
        one, other = first.keys.lemma, second.keys.lemma
        if one == other:
            return
        worth = _NEAR * min(self._facts.rarity(first.keys), self._facts.rarity(second.keys))
        for name in CONTENT:
            orders = [self._sequence(f"{name}_lemma", words, _NEAR_SLOP) for words in ((one, other), (other, one))]
            yield Constant(nodes.some(orders), worth * _FIELD_WEIGHT[name])

    def excluded(self, item: Item) -> Node:
        if isinstance(item, Word):
            pairs = (("exact", item.keys.exact), ("lemma", item.keys.lemma))
            terms = [Term(f"{name}_{kind}", key) for name in CONTENT for kind, key in pairs]
            return nodes.some([*terms, Term(NUMBER, item.keys.exact)])
        if isinstance(item, Thing):
            return nodes.some(_places_of(item.value))
        return nodes.some([*self._sequences(item.words), *(_places_of(item.value) if item.value else ())])

    def _item(self, item: Item) -> Node:
        if isinstance(item, Word):
            return self.word(item.keys)
        if isinstance(item, Thing):
            return self._thing(item)
        return nodes.best([self._phrase(item), *([self._value(item.value)] if item.value else [])])

    def _thing(self, thing: Thing) -> Node:
        ways = [self._value(thing.value)]
        if thing.kind == "initials":
            spelled_out = nodes.every([self.word(keys) for keys in thing.words])
            return nodes.best([*ways, _boosted(spelled_out, _PARTS / len(thing.words))])
        ways.append(_boosted(self._phrase(Phrase(tuple(keys.exact for keys in thing.words))), _PARTS))
        if number := long_number(thing):
            ways += [self._term(field, number, _NUMBER_ALONE) for field in ("text_exact", NUMBER)]
        return nodes.best(ways)

    def _value(self, value: str) -> Node:
        ways = [self._term(NUMBER, value, _FIELD_WEIGHT[NUMBER])]
        ways += [self._term(f"{name}_bag", f"c:{value}", _FIELD_WEIGHT[name]) for name in CONTENT]
        return nodes.best(ways)

    def _term(self, field: str, key: str, worth: float, rarity: float | None = None) -> Node:
        """A term whose score uses the given rarity in place of its own; nothing when no document has it."""
        count = self._facts.count(field, key)
        if not count:
            return Nothing()
        own = self._facts.idf(count)
        return Term(field, key, worth * (own if rarity is None else rarity) / own)

    def _phrase(self, phrase: Phrase) -> Node:
        weights = (_FIELD_WEIGHT[name] for name in CONTENT)
        found = zip(self._sequences(phrase.words), weights, strict=True)
        return nodes.best([_boosted(sequence, weight) for sequence, weight in found])

    def _sequences(self, words: Sequence[str]) -> list[Node]:
        return [self._sequence(f"{name}_exact", words, 0) for name in CONTENT]

    def _sequence(self, field: str, words: Sequence[str], slop: int) -> Node:
        return Term(field, words[0]) if len(words) == 1 else nodes.Phrase(field, tuple(words), slop)

    def _widened(self, word: str) -> Iterable[Node]:
        for edits, fields in self._facts.near(word):
            worth = WIDENED * self._facts.idf(_WIDENED_COUNT) / edits
            for field, keys in fields.items():
                yield Constant(AnyTerm(field, keys), worth * _FIELD_WEIGHT[field.partition("_")[0]])


def _places_of(value: str) -> list[Node]:
    return [Term(NUMBER, value), *(Term(f"{name}_bag", f"c:{value}") for name in CONTENT)]


def _boosted(node: Node, factor: float) -> Node:
    return node if isinstance(node, Nothing) or factor == 1.0 else Boost(node, factor)
