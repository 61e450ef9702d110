"""What the embedded index answers to a plan that asks it."""

from collections.abc import Collection, Mapping, Sequence

import tantivy

from storage.index.plan_facts import Counts, Pair
from storage.index.plan_nodes import Node
from storage.index.tantivy_render import Renderer
from storage.index.tantivy_words import Words, counted


class TantivyVocabulary:
    """``Vocabulary`` over one searcher."""

    def __init__(self, searcher: tantivy.Searcher, words: Words, renderer: Renderer) -> None:
        self._searcher = searcher
        self._words = words
        self._renderer = renderer

    def counts(self, pairs: Collection[Pair]) -> Counts:
        return Counts(self._searcher.num_docs, {pair: self._searcher.doc_freq(*pair) for pair in pairs})

    def near(self, words: Mapping[str, int]) -> Mapping[str, Mapping[Pair, int]]:
        return {word: counted(self._searcher, set(self._words.near(word, edits))) for word, edits in words.items()}

    def any_match(self, nodes: Sequence[Node]) -> list[bool]:
        return [bool(self._searcher.search(self._renderer.node(node), limit=1).hits) for node in nodes]
