"""The page of a document that answers a query best, a piece of its text, and the words that matched: pure functions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.matching import Match, Matcher
from pipeline.domain.query import ParsedQuery
from pipeline.domain.romanian.letters import comma_letters

LENGTH = 200
"""code points of a snippet, about"""
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Excerpt:
    page: int | None
    """from 1 inside the document; None without pages"""
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    """code-point offsets into the snippet, ascending, not overlapping"""


def excerpt(pages: Sequence[str], query: ParsedQuery, widened: Collection[str] = ()) -> Excerpt:
    """Best page, snippet and marks.

    ``widened`` are exact keys of query words that the index does not know: those match with typing errors too.
    """
    if not pages:
        return Excerpt(None, "")
    matcher = Matcher(query, widened)
    best_page, best_rank, best_matches, best_text = 0, (0.0, 0.0), list[Match](), comma_letters(pages[0])
    for number in matcher.promising(pages):
        text = comma_letters(pages[number])
        matches = matcher.matches(text)
        rank = _rank(matches)
        if rank > best_rank:
            best_page, best_rank, best_matches, best_text = number, rank, matches, text
    start, end = _window(best_text, best_matches)
    snippet, marks = _flattened(best_text, start, end, [(m.start, m.end) for m in best_matches])
    return Excerpt(best_page + 1, snippet, marks)


def marked_places(text: str, query: ParsedQuery) -> tuple[tuple[int, int], ...]:
    """Where a whole text answers a query: code-point offsets into ``comma_letters(text)``, as ``Excerpt.marks``."""
    return tuple((match.start, match.end) for match in Matcher(query, ()).matches(comma_letters(text)))


def _rank(matches: Sequence[Match]) -> tuple[float, float]:
    """How much of what is wanted is there, then how dense it lies."""
    if not matches:
        return (0.0, 0.0)
    first, last = _densest(matches)
    return (_covered(matches), _covered(matches[first : last + 1]) + 0.01 * (last - first))


def _covered(matches: Iterable[Match]) -> float:
    best: dict[int, float] = {}
    for match in matches:
        best[match.item] = max(best.get(match.item, 0.0), match.worth)
    return sum(best.values())


def _densest(matches: Sequence[Match]) -> tuple[int, int]:
    """First and last match of the run within ``LENGTH`` that covers most."""
    best, best_worth = (0, 0), -1.0
    last = 0
    for first, match in enumerate(matches[:2000]):
        last = max(last, first)
        while last + 1 < len(matches) and matches[last + 1].end - match.start <= LENGTH - 20:
            last += 1
        worth = _covered(matches[first : last + 1]) + 0.01 * (last - first)
        if worth > best_worth:
            best, best_worth = (first, last), worth
    return best


def _window(text: str, matches: Sequence[Match]) -> tuple[int, int]:
    """The piece of the text to show: the densest run in its middle, cut between words."""
    if matches:
        first, last = _densest(matches)
        start, end = matches[first].start, matches[last].end
        room = max(0, LENGTH - (end - start))
        start = max(0, start - room // 2)
    else:
        start = len(text) - len(text.lstrip())
    end = min(len(text), start + LENGTH)
    start = max(0, min(start, end - LENGTH)) if matches else start
    return _word_start(text, start, matches), _word_end(text, end, matches)


def _word_start(text: str, start: int, matches: Sequence[Match]) -> int:
    if start == 0 or text[start - 1].isspace():
        return start
    limit = min([start + 30, len(text), *(match.start for match in matches if match.end > start)])
    blank = next((place for place in range(start, limit) if text[place].isspace()), None)
    return start if blank is None else blank + 1


def _word_end(text: str, end: int, matches: Sequence[Match]) -> int:
    if end >= len(text) or text[end].isspace():
        return end
    limit = max([end - 30, 0, *(match.end for match in matches if match.start < end)])
    blank = next((place for place in range(end - 1, limit - 1, -1) if text[place].isspace()), None)
    return end if blank is None else blank


def _flattened(
    text: str, start: int, end: int, places: Sequence[tuple[int, int]]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The piece with runs of blanks and control characters as one blank, and the places inside it moved along."""
    letters = [_ELLIPSIS] if text[:start].strip() else []
    moved: dict[int, int] = {}
    for place in range(start, end):
        moved[place] = len(letters)
        letter = text[place]
        if letter.isprintable() and not letter.isspace():
            letters.append(letter)
        elif letters and letters[-1] not in (" ", _ELLIPSIS):
            letters.append(" ")
    while letters and letters[-1] == " ":
        letters.pop()
    if text[end:].strip():
        letters.append(_ELLIPSIS)
    marks = []
    for first, last in places:
        first, last = max(first, start), min(last, end)
        if first < last:
            marks.append((moved[first], moved[last - 1] + 1))
    return "".join(letters), tuple(marks)
