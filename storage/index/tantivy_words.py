"""All words of a generation as a small index of their own, beside the documents: it may know more, never fewer.

Words are added, durably, before the documents that bring them, and never taken out: what no document has any more is
found by its count.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import tantivy
from tantivy import Query

from storage.index.fields import Fields, spelled_fields
from storage.index.plan_facts import Pair
from storage.index.tantivy_schema import WORD, build_word_schema

_FOLDER = "words"
_HEAP = 15_000_000
_MOST_FOUND = 2_000
_SHORTEST, _LONGEST = 3, 42
"""letters of a word that may be near another: those forgiven an error have 4 to 40"""


class Words:
    """The words of one generation. Errors are Tantivy's own, for the caller to translate."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._schema = build_word_schema()

    @classmethod
    def begin(cls, generation: Path) -> "Words":
        folder = generation / _FOLDER
        folder.mkdir()
        return cls(tantivy.Index(build_word_schema(), str(folder)))

    @classmethod
    def open(cls, generation: Path) -> "Words":
        index = tantivy.Index.open(str(generation / _FOLDER))
        index.config_reader(reload_policy="manual")
        return cls(index)

    def add(self, documents: Iterable[Fields]) -> None:
        """Adds the words of documents that are not there yet; the caller holds the writer's lock."""
        self._index.reload()
        searcher = self._index.searcher()
        words = {
            word for fields in documents for name in spelled_fields() for word in fields.words[name].split()
        }  # fmt: skip
        new = [word for word in sorted(words) if _may_be_near(word) and not searcher.doc_freq(WORD, word)]
        if not new:
            return
        writer = self._index.writer(_HEAP, 1)
        for word in new:
            made = tantivy.Document()
            made.add_text(WORD, word)
            writer.add_document(made)
        writer.commit()
        writer.wait_merging_threads()

    def near(self, word: str, edits: int) -> Iterator[str]:
        """All words within so many letters left out, added, changed or swapped with their neighbour."""
        self._index.reload()
        searcher = self._index.searcher()
        query = Query.const_score_query(Query.fuzzy_term_query(self._schema, WORD, word, edits, True), 1.0)
        for _, address in searcher.search(query, limit=_MOST_FOUND, count=False).hits:
            (found,) = searcher.doc(address).get_all(WORD)
            yield str(found)


def counted(searcher: tantivy.Searcher, words: Collection[str]) -> dict[Pair, int]:
    """In how many documents each stands, by field; fields that lack it are left out."""
    pairs = ((field, word) for word in words for field in spelled_fields())
    return {pair: count for pair in pairs if (count := searcher.doc_freq(*pair))}


def _may_be_near(word: str) -> bool:
    return _SHORTEST <= len(word) <= _LONGEST and word.isalpha()
