"""Where the words of a page stand: one size and one baseline a line, and how far each word's box goes up and down.

Readers put lines together by size and baseline, so words whose boxes alone were taken (a dash, an ``a``, a ``Ț``)
would fall out of their lines; the boxes themselves are kept as each word's own ascent and descent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from pipeline.domain.pages import Word

_HANGING = frozenset("gjpqyțșţşQ,;()[]{}|@/\\$_„‚§çµ")
"""letters that go below the baseline"""
_HANGS = 0.22
"""by so much of the size"""
_TALL_SHARE = 0.8
"""the size of a line is that of its word at this place, from the lowest to the tallest"""
_LEAST = 0.1
"""least ascent, in sizes"""
_MOST = 1.8
"""most ascent and descent, in sizes; a box beyond that stands for itself"""
_SHORTEST_SLOPE_LINE = 4


@dataclass(frozen=True, slots=True)
class StandingWord:
    """A word on its baseline; pixels, y downwards."""

    word: Word
    size: float
    baseline: float
    ascent: float
    """in sizes, above the baseline to the top of the box"""
    descent: float
    """in sizes, below the baseline to its bottom; 0 or more"""


def standing_words(words: Sequence[Word]) -> list[StandingWord]:
    """The words in the same order."""
    lines = [list(line) for _, line in groupby(words, key=lambda word: (word.block, word.line))]
    slope = _slope(lines)
    return [standing for line in lines for standing in _stand(line, slope)]


def _slope(lines: Sequence[Sequence[Word]]) -> float:
    """How much baselines fall a pixel across: the skew of the page, as most long lines have it."""
    slopes: list[float] = []
    for line in lines:
        firm = [word for word in line if _firm(word)]
        if len(firm) >= _SHORTEST_SLOPE_LINE and (across := _middle(firm[-1]) - _middle(firm[0])) > 0:
            slopes.append((_bottom(firm[-1]) - _bottom(firm[0])) / across)
    return median(slopes) if slopes else 0.0


def _stand(line: Sequence[Word], slope: float) -> list[StandingWord]:
    heights = sorted(max(1, word.height) for word in line)
    size = float(heights[min(len(heights) - 1, int(len(heights) * _TALL_SHARE))])
    firm = [word for word in line if _firm(word)]
    if firm:
        start = median(_bottom(word) - slope * _middle(word) for word in firm)
    else:
        start = median(_bottom(word) - _hang(word) * size - slope * _middle(word) for word in line)
    return [_on_line(word, size, start + slope * _middle(word)) for word in line]


def _on_line(word: Word, size: float, baseline: float) -> StandingWord:
    top, bottom = float(word.top), _bottom(word)
    baseline = max(min(baseline, bottom), top + _LEAST * size)
    ascent, descent = (baseline - top) / size, max(0.0, bottom - baseline) / size
    if max(ascent, descent) > _MOST or bottom - top < _LEAST * size / 4:
        return StandingWord(word, bottom - top, bottom, 1.0, 0.0)
    return StandingWord(word, size, baseline, ascent, descent)


def _firm(word: Word) -> bool:
    """Stands on the baseline with its last pixel."""
    return any(letter.isalnum() for letter in word.text) and not _HANGING.intersection(word.text)


def _hang(word: Word) -> float:
    return _HANGS if _HANGING.intersection(word.text) else 0.0


def _bottom(word: Word) -> float:
    return float(word.top + max(1, word.height))


def _middle(word: Word) -> float:
    return word.left + word.width / 2
