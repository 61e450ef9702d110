"""Spelling until 1993 (``hotărîre``, ``sînt``) brought to the present one, so that both give one exact key."""

from pipeline.domain.romanian.lemmas import is_lemma, lemma_key
from pipeline.domain.romanian.letters import fold
from pipeline.domain.romanian.words import word_lists

_LISTS = word_lists("old_spelling")
_PREFIXES = frozenset(_LISTS["prefixes"])
_FORMS: dict[str, str] = _LISTS["forms"]


def modern(word: str) -> str:
    """A lower-case word with marks, in present spelling: an inner ``î`` is ``â`` unless a prefix stands before it."""
    if "î" not in word[1:-1]:
        return word
    if word in _FORMS:
        return _FORMS[word]
    letters = list(word)
    for place in range(1, len(word) - 1):
        if letters[place] == "î" and not _begins_second_part(word, place):
            letters[place] = "â"
    return "".join(letters)


def known(key: str) -> bool:
    """Whether the dictionary has the folded word in any form."""
    return lemma_key(key) != key or is_lemma(key)


def _begins_second_part(word: str, place: int) -> bool:
    if fold(word[:place]) not in _PREFIXES:
        return False
    return not known(fold(f"{word[:place]}â{word[place + 1 :]}"))
