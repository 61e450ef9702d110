"""Plans over a made-up vocabulary: what is asked of an index, how often, and what comes out."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import pytest

from pipeline.domain.query import parse
from pipeline.ports.index import SearchRequest
from storage.index import plan_nodes as nodes
from storage.index.plan import Plan, by_tier, plan
from storage.index.plan_facts import MOST_NEAR, MOST_WIDENED, Counts, Pair
from storage.index.plan_nodes import AnyTerm, Constant, Extra, Node, Nothing, Phrase, Term, matching


class MadeUp:
    """An index that knows these terms of the text, each in so many of its hundred documents."""

    def __init__(self, **terms: int) -> None:
        self._terms = terms
        self.asked: list[str] = []
        self.wanted: Mapping[str, int] = {}

    def counts(self, pairs: Collection[Pair]) -> Counts:
        self.asked.append("counts")
        return Counts(100, {pair: self._terms.get(pair[1], 0) for pair in pairs if pair[0] == "text_exact"})

    def near(self, words: Mapping[str, int]) -> Mapping[str, Mapping[Pair, int]]:
        self.asked.append("near")
        self.wanted = words
        return {word: {("text_exact", term): count for term, count in self._terms.items()} for word in words}

    def any_match(self, asked: Sequence[Node]) -> list[bool]:
        self.asked.append("any")
        return [not isinstance(node, Nothing) for node in asked]


def planned(query: str, vocabulary: MadeUp, **request: object) -> Plan:
    return plan(SearchRequest(query, **request), parse(query), vocabulary)  # type: ignore[arg-type]


def inside(node: Node | None) -> Iterator[Node]:
    if node is None:
        return
    yield node
    for part in (getattr(node, "node", None), *getattr(node, "nodes", ()), *getattr(node, "more", ())):
        yield from inside(part)


def terms(found: Plan) -> set[str]:
    return {node.key for node in inside(found.scored) if isinstance(node, Term)}


def near_terms(found: Plan) -> list[tuple[str, ...]]:
    return [node.keys for node in inside(found.scored) if isinstance(node, AnyTerm)]


@pytest.mark.parametrize(
    ("query", "visible", "asked"),
    [
        ("", None, ["counts"]),
        ("groapa", None, ["counts"]),
        ("groapa strada", None, ["counts", "any"]),
        ("groapq", None, ["counts", "near"]),
        ("groapa stradx", frozenset({"A"}), ["counts", "any", "near", "any"]),
    ],
)
def test_an_index_is_asked_in_few_batches(query: str, visible: object, asked: list[str]) -> None:
    vocabulary = MadeUp(groapa=3, strada=9)
    planned(query, vocabulary, visible=visible)
    assert vocabulary.asked == asked


def test_nothing_asked_for_is_everything_newest_first() -> None:
    found = planned("", MadeUp())
    assert (found.scored, found.tiers, found.filters) == (None, (), ())


def test_a_word_that_nothing_has_is_looked_for_with_errors() -> None:
    found = planned("groapq", MadeUp(groapa=3, groaza=9, gropi=5, qroapx=1))
    assert found.widened == {"groapq"}
    assert near_terms(found) == [("groapa",)]
    assert planned("xyzzyqqq", MadeUp(groapa=3)).widened == frozenset()


def test_two_errors_are_forgiven_when_the_first_letter_is_right() -> None:
    known = MadeUp(autorizatie=5, butorizatix=1, butorizatie=1, autorizatix=2)
    assert near_terms(planned("autorizatio", known)) == [("autorizatie", "autorizatix"), ("autorizatie", "autorizatix")]
    assert near_terms(planned("autoriaztix", MadeUp(autorizatie=5))) == [("autorizatie",)]
    assert near_terms(planned("uatorizatix", MadeUp(autorizatie=5))) == []


def test_widening_is_bounded_in_words_and_terms() -> None:
    many = MadeUp(**{f"cuvant{chr(97 + n // 26)}{chr(97 + n % 26)}": n + 1 for n in range(400)})
    assert max(map(len, near_terms(planned("cuvantzz", many)))) == MOST_NEAR
    vocabulary = MadeUp(groapa=1)
    planned(" ".join(f"necunoscut{letter}" for letter in "abcdefghijkl"), vocabulary)
    assert len(vocabulary.wanted) == MOST_WIDENED


def test_all_forms_of_a_word_count_with_its_rarity() -> None:
    (rare,) = [node for node in inside(planned("groapa", MadeUp(groapa=1)).scored) if isinstance(node, Term)]
    (common,) = [node for node in inside(planned("groapa", MadeUp(groapa=90)).scored) if isinstance(node, Term)]
    assert rare.boost == common.boost == pytest.approx(1.0)


def test_counts_above_all_documents_do_no_harm() -> None:
    """Engines count documents that were replaced until they clear them away."""
    assert terms(planned("groapa", MadeUp(groapa=5_000))) == {"groapa"}


def test_the_document_of_that_number_comes_first_then_all_words() -> None:
    found = planned("RG 48213/2021", MadeUp(rg=5))
    assert [getattr(tier, "keys", None) for tier in found.tiers[:2]] == [("!=rg:48213/2021",), ("=rg:48213/2021",)]
    tiers = by_tier(found)
    assert len(tiers) == len(found.tiers) + 1
    assert [len(each.exclusions) for each in tiers] == list(range(len(tiers)))
    assert all(tier in each.filters for tier, each in zip(found.tiers, tiers, strict=False))


def test_what_may_be_seen_is_a_filter() -> None:
    assert planned("groapa", MadeUp(groapa=1), visible=frozenset()).filters == (Nothing(),)
    found = planned("groapa", MadeUp(groapa=1), visible=frozenset({"B", None}))
    assert found.filters == (AnyTerm("department", ("+B", "-")),)


def test_what_cannot_match_is_left_out() -> None:
    a, b = Term("f", "a"), Term("f", "b")
    assert nodes.best([Nothing(), a]) == a
    assert nodes.some([Nothing(), a, b]) == nodes.Some((a, b))
    assert nodes.some([Nothing(), a], 2) == Nothing()
    assert nodes.every([a, Nothing()]) == Nothing()
    assert nodes.extra(Nothing(), [a]) == Nothing()
    assert nodes.extra(a, [Nothing()]) == a


def test_matching_forgets_only_what_scores() -> None:
    a, phrase = Term("f", "a", 3.0), Phrase("f", ("x", "y"), 2)
    scored = Extra(nodes.Boost(nodes.Best((Constant(a, 2.0), phrase)), 0.3), (Term("f", "c"),))
    assert matching(scored) == nodes.Some((a, phrase))
