"""The order in which the splitter takes pages, and the separators that it passes over."""

from collections.abc import Sequence

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


def passed_over(marks: Sequence[Mark], duplex: bool) -> set[int]:
    """Separators that start nothing, since a person joined what comes after them to what was before."""
    passed: set[int] = set()
    for mark in marks:
        if mark.order is not PageOrder.CONTINUE:
            continue
        page = mark.page - 1
        while page >= 1:
            before = marks[page - 1]
            back = duplex and page % 2 == 0 and marks[page - 2].separator
            if not before.separator and not back:
                break
            if before.separator:
                passed.add(page)
            page -= 1
    return passed
