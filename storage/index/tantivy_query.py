"""From a parsed query to Tantivy's: each word by exact key, lemma and stem, wanted together and near each other.

All keys of a word count with the word's own rarity, so that a rare form does not outweigh a frequent one of that word.
"""

import math
from collections.abc import Iterable, Sequence

import tantivy
from tantivy import Occur, Query

from pipeline.domain.matching import WIDENED
from pipeline.domain.query import Group, Item, ParsedQuery, Thing, Word
from pipeline.domain.romanian.analysis import EXACT, LEMMA, STEM, Keys
from pipeline.domain.romanian.edits import allowed_edits
from storage.index.tantivy_schema import CONTENT, NUMBER, certain_token, pattern_token

_FIELD_WEIGHT = {"text": 1.0, "subject": 2.0, "sender": 2.0, NUMBER: 4.0}
_TIE_BREAKER = 0.2
_ALL_WORDS = 1_000.0
_THE_NUMBER = 2_000.0
_SURELY = 500.0
"""more for the document whose number it is for certain than for one that only may have it"""
_NEAR = 0.6
_NEAR_SLOP = 3
_HELPER = 0.3
_PARTS = 0.6
_NUMBER_ALONE = 0.3
_LONG_NUMBER = 4
_WANTED_SHARE = 3
"""of three words one must be there"""


class QueryBuilder:
    """Builds one query against one searcher; ``seen`` limits what counts as known to what the person may see."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema, seen: Query | None) -> None:
        self._searcher = searcher
        self._schema = schema
        self._seen = seen
        self._total = max(1, searcher.num_docs)
        self.widened: set[str] = set()
        """exact keys of words that no document has: they were looked for with typing errors"""

    def build(self, query: ParsedQuery) -> Query | None:
        """What is looked for, with its score; None when every document answers alike."""
        clauses: list[tuple[Occur, Query]] = []
        wanted: list[tuple[Group, Query]] = [(group, self._group(group)) for group in query.groups]
        required = [made for group, made in wanted if group.required]
        optional = [made for group, made in wanted if not group.required]
        clauses += [(Occur.Must, made) for made in required]
        if optional:
            live = [made for made in optional if len(optional) == 1 or self._any(made)] or optional
            least = 0 if required else math.ceil(len(live) / _WANTED_SHARE)
            occur = Occur.Must if least else Occur.Should
            clauses.append((occur, _some(live, max(1, least))))
            if len(live) + len(required) > 1:
                clauses.append((Occur.Should, Query.const_score_query(_all(live), _ALL_WORDS)))
        if not wanted:
            return None
        clauses += [(Occur.Should, Query.boost_query(self._word(word.keys), _HELPER)) for word in query.helpers]
        clauses += [(Occur.Should, near) for pair in query.near for near in self._near(*pair)]
        if query.registry is not None:
            the_number = self._term(NUMBER, pattern_token(query.registry))
            surely = self._term(NUMBER, certain_token(query.registry))
            clauses = [
                (Occur.Should, Query.const_score_query(the_number, _THE_NUMBER)),
                (Occur.Should, Query.const_score_query(surely, _SURELY)),
                (Occur.Should, _joined(clauses)),
            ]
        return _joined(clauses)

    def exclusions(self, query: ParsedQuery) -> list[Query]:
        return [self._exclusion(item) for item in query.excluded]

    def fields(self, query: ParsedQuery) -> list[Query]:
        """``numar:``, ``an:``, ``directie:``: any value of a field, all fields."""
        numbers = [self._term(NUMBER, pattern_token(pattern)) for pattern in query.numbers]
        years = [self._term("year", f"+{year}") for year in query.years]
        departments = [self._term("department_key", key) for key in query.departments]
        return [_some(terms, 1) for terms in (numbers, years, departments) if terms]

    def _group(self, group: Group) -> Query:
        return _best([self._item(item) for item in group.items])

    def _item(self, item: Item) -> Query:
        if isinstance(item, Word):
            return self._word(item.keys)
        if isinstance(item, Thing):
            return self._thing(item)
        return _best([self._phrase(item.words), *([self._value(item.value)] if item.value else [])])

    def _word(self, keys: Keys) -> Query:
        rarity = self._rarity(keys)
        terms = self._keyed(keys, rarity)
        if not self._known(keys):
            widened = list(self._widened(keys.exact))
            if widened:
                self.widened.add(keys.exact)
                terms += widened
        return _best(terms)

    def _keyed(self, keys: Keys, rarity: float) -> list[Query]:
        terms = []
        for name in CONTENT:
            for field, key, worth in (
                (f"{name}_exact", keys.exact, EXACT),
                (f"{name}_lemma", keys.lemma, LEMMA),
                (f"{name}_bag", f"s:{keys.stem}", STEM),
            ):
                terms += self._weighed(field, key, worth * _FIELD_WEIGHT[name], rarity)
        return terms + self._weighed(NUMBER, keys.exact, _FIELD_WEIGHT[NUMBER], rarity)

    def _weighed(self, field: str, key: str, worth: float, rarity: float | None = None) -> list[Query]:
        """A term whose score uses the given rarity in place of its own; nothing when no document has it."""
        count = self._searcher.doc_freq(field, key)
        if not count:
            return []
        own = self._idf(count)
        return [Query.boost_query(self._term(field, key), worth * (rarity or own) / own)]

    def _thing(self, thing: Thing) -> Query:
        ways = [self._value(thing.value)]
        exact = tuple(keys.exact for keys in thing.words)
        if thing.kind == "initials":
            spelled_out = _all([self._word(keys) for keys in thing.words])
            return _best([*ways, Query.boost_query(spelled_out, _PARTS / len(thing.words))])
        ways.append(Query.boost_query(self._phrase(exact), _PARTS))
        if thing.kind == "number" and len(number := thing.value.partition("/")[0]) >= _LONG_NUMBER:
            for field in ("text_exact", NUMBER):
                ways += self._weighed(field, number, _NUMBER_ALONE)
        return _best(ways)

    def _value(self, value: str) -> Query:
        terms = self._weighed(NUMBER, value, _FIELD_WEIGHT[NUMBER])
        for name in CONTENT:
            terms += self._weighed(f"{name}_bag", f"c:{value}", _FIELD_WEIGHT[name])
        return _best(terms)

    def _phrase(self, words: Sequence[str], slop: int = 0, kind: str = "exact") -> Query:
        return _best(
            [Query.boost_query(self._sequence(f"{name}_{kind}", words, slop), _FIELD_WEIGHT[name]) for name in CONTENT]
        )

    def _sequence(self, field: str, words: Sequence[str], slop: int) -> Query:
        if len(words) == 1:
            return self._term(field, words[0])
        return Query.phrase_query(self._schema, field, list(words), slop=slop)

    def _near(self, first: Word, second: Word) -> Iterable[Query]:
        one, other = first.keys.lemma, second.keys.lemma
        if one == other:
            return
        worth = _NEAR * min(self._rarity(first.keys), self._rarity(second.keys))
        for name in CONTENT:
            orders = [self._sequence(f"{name}_lemma", words, _NEAR_SLOP) for words in ((one, other), (other, one))]
            yield Query.const_score_query(_some(orders, 1), worth * _FIELD_WEIGHT[name])

    def _widened(self, word: str) -> Iterable[Query]:
        most = allowed_edits(word)
        for edits in range(1, most + 1):
            worth = WIDENED * self._idf(3) / edits
            for name in CONTENT:
                for kind in ("exact", "lemma"):
                    near = Query.fuzzy_term_query(self._schema, f"{name}_{kind}", word, edits, True)
                    yield Query.const_score_query(near, worth * _FIELD_WEIGHT[name])

    def _exclusion(self, item: Item) -> Query:
        if isinstance(item, Word):
            pairs = (("exact", item.keys.exact), ("lemma", item.keys.lemma))
            terms = [self._term(f"{name}_{kind}", key) for name in CONTENT for kind, key in pairs]
            return _some([*terms, self._term(NUMBER, item.keys.exact)], 1)
        if isinstance(item, Thing):
            return self._value(item.value)
        return self._item(item)

    def _known(self, keys: Keys) -> bool:
        terms = [
            self._term(field, key)
            for field, key in self._places(keys)
            if self._searcher.doc_freq(field, key)
        ]  # fmt: skip
        return bool(terms) and (self._seen is None or self._any(_some(terms, 1)))

    def _places(self, keys: Keys) -> Iterable[tuple[str, str]]:
        for name in CONTENT:
            yield f"{name}_exact", keys.exact
            yield f"{name}_lemma", keys.lemma
        yield NUMBER, keys.exact

    def _rarity(self, keys: Keys) -> float:
        return self._idf(max(self._searcher.doc_freq(field, key) for field, key in self._places(keys)))

    def _idf(self, count: int) -> float:
        return math.log(1 + max(0.0, self._total - count + 0.5) / (count + 0.5))

    def _any(self, query: Query) -> bool:
        if self._seen is not None:
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, self._seen)])
        return bool(self._searcher.search(query, limit=1).hits)

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value)


def _best(queries: Sequence[Query]) -> Query:
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(list(queries), _TIE_BREAKER)


def _some(queries: Sequence[Query], least: int) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries], minimum_number_should_match=least)


def _all(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _joined(clauses: Sequence[tuple[Occur, Query]]) -> Query:
    return Query.boolean_query(list(clauses))
