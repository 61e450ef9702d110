"""Words of a page as short runs on one row, whatever order the OCR engine read them in.

A stamp often stands beside the letterhead: in text order its lines are interleaved with it, in the plane they are not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.domain.pages import PageText, Word

BREAK = 3.0
"""a gap of so many word heights ends a run"""
LEADING = 1.6
"""lines of one stamp are at most so many heights apart"""
REACH = 16.0
"""a value may stand so many heights to the right of its caption"""

SIGNS = "/-–|"
"""words of these alone are kept: they join numbers and dates, or are strokes of a digit that was not read"""
TALL = 2.5


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of words on one row; pixels of the upright page."""

    words: tuple[Word, ...]
    left: int
    top: int
    right: int
    bottom: int
    height: float
    """median height of its words"""


def segments(page: PageText) -> list[Segment]:
    """All runs of a page, from top to bottom."""
    lines: dict[int, list[Word]] = {}
    for word in page.words:
        if any(sign.isalnum() or sign in SIGNS for sign in word.text):
            lines.setdefault(word.line, []).append(word)
    lines = {number: _without_rules(line) for number, line in lines.items()}
    runs = [run for line in lines.values() for run in _runs(sorted(line, key=lambda word: word.left))]
    return sorted(_joined(runs), key=lambda run: (run.top, run.left))


def stacked(run: Segment, among: Sequence[Segment], downwards: bool, most: int) -> list[Segment]:
    """Runs straight above (or below) a run, nearest first, each close to the one before it."""
    stack: list[Segment] = []
    current = run
    while len(stack) < most:
        near = [
            other
            for other in among
            if other is not current
            and other not in stack
            and _overlap(current, other)
            and _next_to(current, other, downwards)
        ]
        if not near:
            break
        current = min(near, key=lambda other: abs(other.top - current.top))
        stack.append(current)
    return stack


def right_of(run: Segment, among: Iterable[Segment]) -> Segment | None:
    """The next run on the same row, within reach."""
    near = [other for other in among if other is not run and _same_row(run.words[-1], other.words[0])]
    near = [other for other in near if 0 <= other.left - run.right <= REACH * run.height]
    return min(near, key=lambda other: other.left, default=None)


def _without_rules(line: list[Word]) -> list[Word]:
    """Leaves out what is no letter or digit and far taller than the line: the side of a frame."""
    usual = median(word.height for word in line)
    return [word for word in line if word.height <= TALL * usual or any(sign.isalnum() for sign in word.text)]


def _runs(line: Sequence[Word]) -> list[Segment]:
    height = median(word.height for word in line)
    runs: list[list[Word]] = []
    for word in line:
        if runs and word.left - (runs[-1][-1].left + runs[-1][-1].width) <= BREAK * height:
            runs[-1].append(word)
        else:
            runs.append([word])
    return [_segment(run) for run in runs]


def _joined(runs: list[Segment]) -> list[Segment]:
    """Runs that the engine read as separate lines but that stand side by side."""
    joined: list[Segment] = []
    for run in sorted(runs, key=lambda run: run.left):
        before = next(
            (
                other
                for other in reversed(joined)
                if _same_row(other.words[-1], run.words[0])
                and -other.height / 2 <= run.left - other.right <= BREAK * min(run.height, other.height)
            ),
            None,
        )
        if before:
            joined.remove(before)
            run = _segment([*before.words, *run.words])
        joined.append(run)
    return joined


def _segment(words: Sequence[Word]) -> Segment:
    return Segment(
        words=tuple(words),
        left=min(word.left for word in words),
        top=min(word.top for word in words),
        right=max(word.left + word.width for word in words),
        bottom=max(word.top + word.height for word in words),
        height=median(word.height for word in words),
    )


def _same_row(one: Word, other: Word) -> bool:
    shared = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return 2 * shared >= min(one.height, other.height)


def _overlap(one: Segment, other: Segment) -> bool:
    shared = min(one.right, other.right) - max(one.left, other.left)
    return 2 * shared >= min(one.right - one.left, other.right - other.left)


def _next_to(run: Segment, other: Segment, downwards: bool) -> bool:
    gap = other.top - run.bottom if downwards else run.top - other.bottom
    height = max(run.height, other.height)
    return -height / 2 <= gap <= LEADING * height
