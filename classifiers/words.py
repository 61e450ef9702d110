"""A text as the rules see it: words brought to their roots, with line, sentence and paragraph of each."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from pipeline.domain.romanian.lemmas import is_lemma, lemma_key
from pipeline.domain.romanian.letters import comma_letters

_WORD = re.compile(r"[^\W\d_]+|\d+")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n[ \t]*(?=[a-zăâîșț])")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_BREAK = re.compile(r"(?P<paragraph>\n\s*\n)|(?P<sentence>[.!?;](?=\s|$)|\n\s*[-–•*](?=\s))|(?P<line>\n)")
_ABBREVIATION = 3
"""letters of a word up to which a full stop after it ends no sentence"""


@dataclass(frozen=True, slots=True)
class WordList:
    """Parallel lists, one place a word."""

    text: str
    keys: list[str]
    starts: list[int]
    """offset of the word in ``text``"""
    lines: list[int]
    sentences: list[int]
    paragraphs: list[int]


def prepared(text: str) -> str:
    """Comma letters, words joined that a line end divided, dotted initials (``A.N.L.``) written together."""
    joined = _HYPHENATED.sub("", comma_letters(text))
    return _DOTTED.sub(lambda match: match.group().replace(".", ""), joined)


@lru_cache(maxsize=100_000)
def root(word: str) -> str:
    """Key of a word that long infinitive and participle share with their verb: toaletarea, toaletat → toaleta."""
    key = lemma_key(word)
    if key in _kept():
        return key
    for ending, cut in (("are", 2), ("ere", 2), ("ire", 2), ("at", 1), ("it", 1), ("ut", 1)):
        if key.endswith(ending) and len(key) > len(ending) + 2 and is_lemma(key[:-cut]):
            return key[:-cut]
    return key


@cache
def _kept() -> frozenset[str]:
    text = (resources.files("classifiers") / "data" / "context.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["roots"]["keep"])


def keys_of(phrase: str) -> tuple[str, ...]:
    """Roots of all words of a phrase."""
    return tuple(root(match.group()) for match in _WORD.finditer(prepared(phrase)))


def words_of(text: str) -> WordList:
    """The words of a prepared text."""
    words = WordList(text, [], [], [], [], [])
    line = sentence = paragraph = end = 0
    previous = ""
    for match in _WORD.finditer(text):
        for gap in _BREAK.finditer(text, end, match.start()):
            line += gap.group().count("\n")
            paragraph += gap.lastgroup == "paragraph"
            sentence += gap.lastgroup == "paragraph" or (
                gap.lastgroup == "sentence" and (gap.group()[0] != "." or len(previous) > _ABBREVIATION)
            )
        previous, end = match.group(), match.end()
        words.keys.append(root(previous))
        words.starts.append(match.start())
        words.lines.append(line)
        words.sentences.append(sentence)
        words.paragraphs.append(paragraph)
    return words
