"""Whether a name (of a sender, of the institution) is among the words read on a page."""

import re
from collections.abc import Collection, Iterable

from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.likeness import read_as
from pipeline.domain.romanian.old_spelling import modern
from pipeline.domain.romanian.words import word_lists

_WORD = re.compile(r"[^\W_]+")
_ENDING = 3
"""letters that a Romanian ending may change: primăria, primăriei"""
_SHAPES = str.maketrans("l1|0", "iiio")
"""what OCR takes for one another: Ion, lon"""


def folded_words(text: str) -> list[str]:
    """Runs of letters and digits, folded, in order."""
    return _WORD.findall(fold(text))


def name_found(name: str, pages: Iterable[str]) -> bool:
    """Whether one of the pages has all significant words of a name, in any order, long ones as OCR may misread them.

    Old and present spelling are one: Pîrvu, Pârvu.
    A name that has too little to go by (initials, legal forms, one short word) is never found.
    """
    idle = word_lists("name_words")["idle"]
    wanted = {_shape(word) for word in folded_words(name) if len(word) > 1 and word not in idle}
    if not wanted or (len(wanted) == 1 and all(len(word) < 5 for word in wanted)):
        return False
    modern_name = _modern(name)
    spelt = [wanted, {_shape(word) for word in folded_words(modern_name) if len(word) > 1 and word not in idle}]
    return any(
        all(read_as(word, read) for word in words)
        for page in pages
        for words, read in zip(spelt, (_shapes(page), _shapes(_modern(page))), strict=True)
    )


def _shapes(page: str) -> set[str]:
    return {_shape(word) for word in folded_words(page)}


def _modern(text: str) -> str:
    return _WORD.sub(lambda word: modern(word.group()), comma_letters(text).lower())


def _shape(word: str) -> str:
    return word if word.isdigit() else word.translate(_SHAPES)


def institution_named(name: str, code: str, words: Collection[str]) -> bool:
    """Whether the words name the institution: by its code, or by all that tells it apart from others of its kind.

    A code that is a word of the name (``ARAD``) is the place's name, which stands in every letterhead of the town.
    """
    kinds = word_lists("name_words")["kinds"]
    parts = [word for word in folded_words(name) if len(word) > 1 or word.isdigit()]
    if len(code) > 1 and fold(code) not in parts and fold(code) in words:
        return True
    own = [part for part in parts if part not in kinds]
    if not own:
        return bool(parts) and all(_inflected(part, words) for part in parts)
    return all(_inflected(part, words) for part in own) and (
        len(own) == len(parts) or any(_inflected(part, words) for part in parts if part in kinds)
    )


def _inflected(part: str, words: Collection[str]) -> bool:
    if read_as(part, words):
        return True
    stem = part[: len(part) - _ENDING + 1]
    return len(stem) >= 5 and any(word.startswith(stem) and abs(len(word) - len(part)) < _ENDING for word in words)
