"""The order in which the splitter takes pages, and the bounds of documents that it passes over."""

from collections.abc import Callable, Sequence

from pipeline.domain.decisions import PageOrder
from pipeline.domain.marks import Mark


def in_sheet_order(marks: Sequence[Mark], duplex: bool) -> list[Mark]:
    """Pages in order, but on a duplex sheet that went in reversed the separator comes before its other side."""
    if not duplex:
        return list(marks)
    ordered: list[Mark] = []
    for first in range(0, len(marks), 2):
        sheet = list(marks[first : first + 2])
        if len(sheet) == 2 and sheet[1].separator and not sheet[0].separator:
            sheet.reverse()
        ordered += sheet
    return ordered


def passed_over(sequence: Sequence[Mark], duplex: bool, aside: Callable[[Mark], bool]) -> set[int]:
    """Pages that begin nothing, since a person joined what comes after them to what was before.

    ``sequence`` is in the order of ``in_sheet_order``; pages that are ``aside`` or taken out do not end the search.
    """
    sheets = {(mark.page + 1) // 2 for mark in sequence if mark.separator} if duplex else set()
    passed: set[int] = set()
    for place, mark in enumerate(sequence):
        if mark.bound is not PageOrder.CONTINUE:
            continue
        for before in reversed(sequence[:place]):
            back = (before.page + 1) // 2 in sheets and before.order is None
            if before.separator or before.taken_out:
                passed.add(before.page)
            elif not back and not aside(before):
                break
    return passed
