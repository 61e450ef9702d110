"""The text of a few runs of words with the way back from its offsets to the words, cue words put right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.domain.pages import Word
from pipeline.domain.romanian.edits import within_edits
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.likeness import tolerance
from pipeline.domain.romanian.names import folded_words
from pipeline.domain.romanian.segments import Segment
from pipeline.domain.romanian.words import word_lists

_LEADERS = re.compile(r"[._…·]{2,}|[~*\"'„”“«»‘’=]")
_STROKES = re.compile(r"[|\[\]{}()]")
_CORE = re.compile(r"[a-z]+")
_LETTERS_FOR_DIGITS = str.maketrans("015680", "OISGBO")
_GROUP = re.compile(r"\d{1,3}", re.ASCII)
_THOUSAND = re.compile(r"\d{3}(?!\d)", re.ASCII)
_HAS_DIGIT = re.compile(r"\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class StampText:
    """Lines of words as one text; offsets are code points."""

    text: str
    places: tuple[tuple[int, int, Word], ...]

    def confidence(self, start: int, end: int) -> float:
        """The least confidence of the words with digits between two offsets, 0 to 1; 0 when there are none."""
        return min(
            (
                word.confidence
                for first, last, word in self.places
                if first < end and last > start and _HAS_DIGIT.search(word.text)
            ),
            default=0.0,
        )

    def height(self, start: int, end: int) -> int:
        """Height in pixels of the tallest word between two offsets; 0 when there is none."""
        return max((word.height for first, last, word in self.places if first < end and last > start), default=0)


def stamp_text(lines: Sequence[Sequence[Segment]], register: str) -> StampText:
    """The text of rows of runs, a line each, with leaders and frames left out."""
    text = ""
    places = []
    for line in lines:
        words = [word for run in line for word in run.words]
        for place, word in enumerate(words):
            after = words[place + 1].text if place + 1 < len(words) else ""
            piece = " ".join(_cleaned(_put_right(comma_letters(word.text), after, register)).split())
            if piece:
                if place and _one_number(words[place - 1], word):
                    text = text.rstrip(" ")
                places.append((len(text), len(text) + len(piece), word))
                text += piece + " "
        text = text.rstrip(" ") + "\n"
    return StampText(text.rstrip("\n"), tuple(places))


def _one_number(first: Word, second: Word) -> bool:
    """Whether two groups of digits are one number that was read in two: ``86 795``."""
    if not (_GROUP.fullmatch(first.text) and _THOUSAND.match(second.text)):
        return False
    return second.left - first.left - first.width <= second.height / 2


def cue_words(runs: Sequence[Segment]) -> list[str]:
    """The folded words of some runs, cues put right."""
    return folded_words(stamp_text([runs], "").text)


def _cleaned(text: str) -> str:
    """A word without leaders, quotes and frames; a stroke beside digits stays, for it may have been one."""
    bare = _LEADERS.sub(" ", text)
    return bare if _HAS_DIGIT.search(text) or not any(sign.isalpha() for sign in text) else _STROKES.sub(" ", bare)


def _put_right(text: str, after: str, register: str) -> str:
    """A word with its cues as they are spelt; digits are never touched."""
    if _HAS_DIGIT.search(text):
        misread = len(register) > 1 and text != register and text.translate(_LETTERS_FOR_DIGITS) == register
        return register if misread and _HAS_DIGIT.search(after) else text
    folded = fold(text)
    return _CORE.sub(lambda core: _cue(core.group()) or text[core.start() : core.end()], folded)


@cache
def _cue(core: str) -> str | None:
    lists = word_lists("stamp_words")
    if len(core) < 5 or core in lists["unlike"]:
        return None
    return next((cue for cue in lists["cues"] if within_edits(cue, core, tolerance(cue))), None)
