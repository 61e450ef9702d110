"""Splits a batch at its separators: a pure function from page observations to fates, documents and doubts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.domain.batches import DocumentKind, Fate, ReviewKind
from pipeline.domain.decisions import NO_ORDERS, Orders, PageOrder
from pipeline.domain.marks import Mark, SplitRules, is_slip, ordered, recognise, repeats
from pipeline.domain.pages import PageObservation, SheetLook
from pipeline.domain.payload import Payload, PayloadKind
from pipeline.domain.registry import Announced
from pipeline.domain.settings import Blanks
from pipeline.stages.split_order import in_sheet_order, passed_over
from pipeline.stages.split_values import Doubt, Draft, Split

BACKS = (SheetLook.BLANK, SheetLook.CONTENT)
"""looks of a raster that can be trusted when its ink is weighed"""


def split_pages(observations: Sequence[PageObservation], rules: SplitRules, orders: Orders = NO_ORDERS) -> Split:
    """Splits pages 1..n, given in order, as they are seen and as persons have decided.

    Raises ``ValueError`` when the observations are not pages 1..n.
    """
    if [observation.page for observation in observations] != list(range(1, len(observations) + 1)):
        raise ValueError("observations must be pages 1..n in order")
    walk = _Walk(rules, {observation.page: observation for observation in observations})
    marks = [
        ordered(
            recognise(seen, rules),
            orders.pages.get(seen.page),
            orders.numbers.get(seen.page),
            orders.bounds.get(seen.page),
        )
        for seen in observations
    ]
    sequence = in_sheet_order(marks, rules.duplex)
    walk.passed_over = passed_over(sequence, rules.duplex, walk.aside)
    for mark in sequence:
        walk.step(mark)
    return walk.finish(marks)


@dataclass
class _Open:
    """The document being collected."""

    by: Mark | None
    kind: DocumentKind = DocumentKind.DOCUMENT
    parent: int | None = None
    announced: Announced | None = None
    count: int | None = None
    pages: list[int] = field(default_factory=list)
    sheets: set[int] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def numbered(self) -> bool:
        return self.by is not None and self.by.separator and self.announced is not None


@dataclass
class _Slip:
    """A batch slip, or the start of what a batch end counts."""

    page: int | None
    announced: int | None
    documents: int = 0


class _Walk:
    """Goes through the pages once; all state of a split is here."""

    def __init__(self, rules: SplitRules, observations: dict[int, PageObservation]) -> None:
        self.rules = rules
        self.observations = observations
        self.fates: dict[int, Fate] = {}
        self.drafts: list[Draft] = []
        self.doubts: list[Doubt] = []
        self.open: _Open | None = None
        self.main: int | None = None
        self.slip = _Slip(None, None)
        self.separator_sheets: set[int] = set()
        self.passed_over: set[int] = set()

    def step(self, mark: Mark) -> None:
        if mark.taken_out:
            self._taken_out(mark)
        elif mark.page in self.passed_over:
            self.fates[mark.page] = Fate.SEPARATOR
            self.separator_sheets.add(self._sheet(mark.page))
        elif mark.order is PageOrder.START:
            self._start(mark)
        elif mark.order is PageOrder.CONTINUE:
            self._content(mark)
        elif mark.separator:
            self._separator(mark)
        elif self._back_of_separator(mark) and mark.order is None:
            self._back(mark)
        elif self.aside(mark):
            self.fates[mark.page] = Fate.BLANK
            if self.open is not None:
                self.open.sheets.add(self._sheet(mark.page))
        elif mark.sticker:
            self._sticker(mark)
        else:
            self._content(mark)

    def finish(self, marks: Sequence[Mark]) -> Split:
        self._close(None)
        self._count_documents(None)
        pages = len(marks)
        if self.rules.duplex and pages % 2:
            self.doubts.append(Doubt(ReviewKind.BALANCE, "odd_pages", (pages,), None, (("pages", str(pages)),)))
        expected = bool(self.rules.separators) and bool(self.drafts)
        begun = any(
            mark.sticker or mark.order is PageOrder.START or (mark.separator and not is_slip(mark)) for mark in marks
        )
        if expected and not begun and not any(doubt.kind is ReviewKind.SPLIT for doubt in self.doubts):
            self.doubts.append(Doubt(ReviewKind.SPLIT, "no_separator", (), 0))
        fates = tuple(self.fates[page] for page in range(1, pages + 1))
        return Split(fates, tuple(self.drafts), tuple(self.doubts))

    def _sheet(self, page: int) -> int:
        return (page + 1) // 2 if self.rules.duplex else page

    def _separator(self, mark: Mark) -> None:
        self.fates[mark.page] = Fate.SEPARATOR
        self.separator_sheets.add(self._sheet(mark.page))
        payload = mark.payload
        if payload is not None and payload.kind in (PayloadKind.BATCH_SLIP, PayloadKind.BATCH_END):
            self._close(None)
            self._batch_sheet(mark.page, payload)
            return
        inherited = self._close(mark)
        opened = _Open(by=mark, announced=mark.announced, count=payload.count if payload else None)
        opened.doubts += inherited
        if payload is not None and payload.kind is PayloadKind.ANNEX:
            if self.main is None:
                opened.doubts.append(Doubt(ReviewKind.SPLIT, "annex_without_document", (mark.page,)))
            else:
                opened.kind, opened.parent = DocumentKind.ANNEX, self.main
        self.open = opened

    def _batch_sheet(self, page: int, payload: Payload) -> None:
        self.main = None
        if payload.kind is PayloadKind.BATCH_SLIP:
            self._count_documents(None)
            self.slip = _Slip(page, payload.count)
        else:
            self._count_documents((page, payload.count))
            self.slip = _Slip(None, None)

    def _back_of_separator(self, mark: Mark) -> bool:
        return self.rules.duplex and self._sheet(mark.page) in self.separator_sheets

    def _back(self, mark: Mark) -> None:
        seen = self.observations[mark.page]
        empty = seen.look is SheetLook.BLANK or (seen.nearly_blank and seen.look in BACKS)
        if empty and mark.doubt is None and not mark.sticker:
            self.fates[mark.page] = Fate.SEPARATOR_BACK
            return
        opened = self._opened()
        self._take(opened, mark, own_sheet=False)
        opened.doubts.append(Doubt(ReviewKind.SPLIT, "back_with_content", (mark.page,)))

    def _start(self, mark: Mark) -> None:
        """A document starts here because a person says so; right after a separator it is the one announced there."""
        self._begin(mark)
        self._take(self._opened(), mark)

    def _begin(self, mark: Mark) -> None:
        fresh = self.open is not None and self.open.by is not None and not self.open.pages
        if not fresh:
            self._close(mark)
            self.open = _Open(by=mark, announced=mark.announced)

    def _taken_out(self, mark: Mark) -> None:
        """The page goes; what it said of where documents begin stays, or two of them would become one in silence."""
        if mark.page in self.passed_over:
            if mark.separator:
                self.separator_sheets.add(self._sheet(mark.page))
        elif mark.separator:
            self._separator(mark)
        elif mark.bound is PageOrder.START or (mark.sticker and mark.bound is None):
            self._begin(mark)
        self.fates[mark.page] = Fate.BLANK if mark.order is PageOrder.BLANK else Fate.REJECTED
        if mark.order is PageOrder.BLANK and not mark.separator and self.open is not None:
            self.open.sheets.add(self._sheet(mark.page))

    def aside(self, mark: Mark) -> bool:
        """Whether the page is set aside as blank."""
        if mark.order is PageOrder.BLANK:
            return True
        blank = self.observations[mark.page].look is SheetLook.BLANK
        return self.rules.blanks is Blanks.SET_ASIDE and blank and mark.doubt is None and not mark.sticker

    def _sticker(self, mark: Mark) -> None:
        fresh = self.open is not None and self.open.by is not None and not self.open.pages and not self.open.sheets
        if self.open is not None and fresh:
            self._sticker_under_separator(self.open, mark)
        else:
            self._close(mark)
            self.open = _Open(by=mark, announced=mark.announced)
        opened = self._opened()
        if self.rules.duplex and mark.page % 2 == 0:
            opened.doubts.append(Doubt(ReviewKind.SPLIT, "sticker_on_back", (mark.page,)))
        self._take(opened, mark)

    def _sticker_under_separator(self, opened: _Open, mark: Mark) -> None:
        if opened.announced is None:
            opened.announced = mark.announced
        elif mark.announced is not None and not opened.announced.names_same(mark.announced):
            values = (("separator", _number(opened.announced)), ("sticker", _number(mark.announced)))
            opened.doubts.append(Doubt(ReviewKind.SPLIT, "sticker_unlike_separator", (mark.page,), None, values))

    def _content(self, mark: Mark) -> None:
        self._take(self._opened(), mark)

    def _opened(self) -> _Open:
        if self.open is None:
            self.open = _Open(by=None)
        return self.open

    def _take(self, opened: _Open, mark: Mark, own_sheet: bool = True) -> None:
        self.fates[mark.page] = Fate.DOCUMENT
        opened.pages.append(mark.page)
        if own_sheet:
            opened.sheets.add(self._sheet(mark.page))
        if mark.doubt is not None:
            opened.doubts.append(Doubt(ReviewKind.SPLIT, mark.doubt, (mark.page,), None, (("seen", mark.seen),)))

    def _close(self, following: Mark | None) -> list[Doubt]:
        """Ends the open document. Gives back the doubts that pass to the document that follows."""
        closing, self.open = self.open, None
        if closing is None:
            return []
        if not closing.pages:
            return self._close_empty(closing, following)
        place = len(self.drafts)
        if closing.kind is DocumentKind.DOCUMENT:
            self.main = place
        sheets = len(closing.sheets)
        self.drafts.append(Draft(tuple(sorted(closing.pages)), closing.kind, closing.parent, closing.announced, sheets))
        if closing.count is not None and closing.count != sheets:
            values = (("announced", str(closing.count)), ("counted", str(sheets)))
            pages = () if closing.by is None else (closing.by.page,)
            self.doubts.append(Doubt(ReviewKind.BALANCE, "sheets_unlike_count", pages, place, values))
        self.doubts += [Doubt(doubt.kind, doubt.code, doubt.pages, place, doubt.values) for doubt in closing.doubts]
        if closing.by is not None and (_starts(closing.by) or closing.kind is DocumentKind.DOCUMENT):
            self.slip.documents += 1
        return []

    def _close_empty(self, closing: _Open, following: Mark | None) -> list[Doubt]:
        """A separator that no page followed: nothing to file, but what it announced may be missing."""
        if closing.kind is DocumentKind.DOCUMENT:
            self.main = None
        if not closing.numbered or closing.by is None or closing.announced is None:
            return self._pass_on(closing.doubts, following)
        if following is not None and following.separator and repeats(closing.by, following):
            return self._pass_on(closing.doubts, following)
        number = _number(closing.announced)
        if following is not None and following.separator and following.announced is not None:
            values = (("first", number), ("second", _number(following.announced)))
            doubt = Doubt(ReviewKind.SPLIT, "two_numbers_in_row", (closing.by.page, following.page), None, values)
        else:
            doubt = Doubt(ReviewKind.SPLIT, "number_without_pages", (closing.by.page,), None, (("number", number),))
        return self._pass_on([*closing.doubts, doubt], following)

    def _pass_on(self, doubts: list[Doubt], following: Mark | None) -> list[Doubt]:
        """Doubts go to the document that follows; where none does, to the batch."""
        if following is None:
            self.doubts += doubts
            return []
        return doubts

    def _count_documents(self, end: tuple[int, int | None] | None) -> None:
        """Holds the documents begun since the slip against what the slip and the batch end announce."""
        announcements = [(self.slip.page, self.slip.announced)]
        if end is not None and end[1] != self.slip.announced:
            announcements.append(end)
        for page, announced in announcements:
            if page is not None and announced is not None and announced != self.slip.documents:
                values = (("announced", str(announced)), ("counted", str(self.slip.documents)))
                self.doubts.append(Doubt(ReviewKind.BALANCE, "documents_unlike_slip", (page,), None, values))
        self.slip.documents = 0


def _starts(mark: Mark) -> bool:
    return mark.sticker or mark.order is PageOrder.START


def _number(announced: Announced) -> str:
    year = "" if announced.year is None else f"/{announced.year}"
    return f"{announced.register} {announced.number}{year}"
