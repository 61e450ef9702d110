"""Plans a demo: which documents, with which numbers, on which pages. Nothing is drawn yet."""

import datetime as dt
from dataclasses import replace
from random import Random

from opis.demo.knowledge import department_codes
from opis.demo.lengths import draw_sheets
from opis.demo.letters import compose_letter
from opis.demo.spec import (
    Demo,
    DemoBatch,
    DemoDocument,
    DemoPage,
    DemoSpec,
    NumberOn,
    Side,
    Wish,
)
from pipeline.domain.filing import EXTERN
from pipeline.domain.registry import RegistryEntry, RegistryNumber

ON_PAPER = {NumberOn.STAMP: 0.4, NumberOn.LABEL: 0.25, NumberOn.HAND: 0.2, NumberOn.NOWHERE: 0.15}
"""where the number is when no separator and no sticker names it"""
CHANNELS = {"ghișeu": 0.55, "poștă": 0.43, "fax": 0.02}
NEVER_SCANNED = ("e-mail", "aplicație")
NEVER_SCANNED_SHARE = 0.25
EXTERN_SHARE = 0.05
MARKED_TOO_SHARE = 0.4
BACK_USED_SHARE = 0.35
"""of the backs of a duplex document's sheets have content"""
EXTENSIONS = {"pdf": ".pdf", "tiff": ".tif", "tiff-lzw": ".tif", "tiff-g4": ".tif", "jpeg": ".jpg", "png": ".png"}


def make_demo(spec: DemoSpec) -> Demo:
    """The plan; the same spec gives the same one. ``ValueError`` when a one-image format gets more than a page."""
    rng = Random(f"opis-demo:{spec.seed}")
    register = _Register(spec, rng)
    batches = tuple(_batch(spec, number, register, rng) for number in range(spec.batches))
    if spec.format in ("jpeg", "png") and any(len(batch.pages) != 1 for batch in batches):
        raise ValueError(f"a {spec.format} is one page: ask for one document of one page without separator sheets")
    return Demo(spec, batches, tuple(register.entries))


class _Register:
    """Gives out numbers in order and notes the entries, some of which never come on paper."""

    def __init__(self, spec: DemoSpec, rng: Random) -> None:
        self._spec = spec
        self._rng = rng
        self._next = rng.randint(1200, 98000) if spec.first_number is None else spec.first_number
        self._year: int | None = None
        self.entries: list[RegistryEntry] = []

    def take(self, day: dt.date) -> RegistryNumber:
        if self._rng.random() < NEVER_SCANNED_SHARE:
            self._never_scanned(day)
        return self._number(day)

    def _number(self, day: dt.date) -> RegistryNumber:
        if self._year is not None and day.year != self._year:
            self._next = 1
        self._year = day.year
        number = RegistryNumber(self._spec.institution.default_register, day.year, str(self._next))
        self._next += 1
        return number

    def _never_scanned(self, day: dt.date) -> None:
        rng = self._rng
        department = rng.choice(department_codes())
        number, seed = self._number(day), rng.getrandbits(64)
        letter, _ = compose_letter(Random(seed), department, self._spec.institution.name, day)
        filed = rng.random() < self._spec.filed and department != EXTERN
        self.entries.append(
            RegistryEntry(
                number,
                day,
                letter.sender,
                letter.subject,
                None,
                department if filed else None,
                rng.choice(NEVER_SCANNED),
            )
        )

    def note(self, document: DemoDocument) -> None:
        self.entries.append(
            RegistryEntry(
                document.number,
                document.date,
                document.sender,
                document.subject,
                document.sheets,
                document.department if document.filed else None,
                document.channel,
            )
        )


def _batch(spec: DemoSpec, number: int, register: _Register, rng: Random) -> DemoBatch:
    day = _working_day(spec.day, spec.batches - 1 - number)
    documents: list[DemoDocument] = []
    pages: list[DemoPage] = []
    for place, wish in enumerate(spec.wishes or (Wish(),) * spec.documents):
        document = _document(spec, wish, register.take(day), day, rng)
        register.note(document)
        if spec.sheets_apart:
            pages.append(DemoPage(len(pages) + 1, Side.SEPARATOR, place))
            if spec.duplex:
                pages.append(DemoPage(len(pages) + 1, Side.SEPARATOR_BACK, place))
        own = _pages(spec, document, place, len(pages))
        pages += own
        documents.append(replace(document, pages=tuple(page.page for page in own)))
    name = f"{spec.name or f'scan-{spec.seed}'}-{number + 1:03d}{EXTENSIONS.get(spec.format, '')}"
    return DemoBatch(name, tuple(documents), tuple(pages))


def _document(spec: DemoSpec, wish: Wish, number: RegistryNumber, day: dt.date, rng: Random) -> DemoDocument:
    """Every chance is drawn in any case, so that a wish changes nothing else."""
    seed = f"{rng.getrandbits(64):016x}"
    most = None if spec.max_pages is None else max(1, spec.max_pages // (2 if spec.duplex else 1))
    sheets = draw_sheets(rng, most)
    codes = [code for code in department_codes() if code != EXTERN]
    drawn = EXTERN if rng.random() < EXTERN_SHARE else rng.choice(codes)
    place = _number_on(spec, wish, rng)
    marked, filed = rng.random() < MARKED_TOO_SHARE, rng.random() < spec.filed
    channel = rng.choices(list(CHANNELS), weights=list(CHANNELS.values()))[0]
    department = wish.department or drawn
    letter, _ = compose_letter(Random(seed), department, spec.institution.name, day, wish.voice)
    return DemoDocument(
        pages=(),
        sheets=wish.sheets or sheets,
        number=number,
        number_on=place,
        marked_too=place is NumberOn.SEPARATOR and (marked if wish.marked_too is None else wish.marked_too),
        date=day,
        channel=channel,
        sender=letter.sender,
        subject=letter.subject,
        department=department,
        filed=(filed and department != EXTERN) if wish.filed is None else wish.filed,
        seed=seed,
        voice=wish.voice,
    )


def _number_on(spec: DemoSpec, wish: Wish, rng: Random) -> NumberOn:
    """As wished, where the demo's separators can do it; stickers are on every document, else none would begin."""
    named, elsewhere = rng.random(), rng.choices(list(ON_PAPER), weights=list(ON_PAPER.values()))[0]
    if spec.separators == "sticker":
        return NumberOn.STICKER
    if wish.number_on not in (None, NumberOn.SEPARATOR, NumberOn.STICKER):
        return wish.number_on
    if spec.separators == "opis" and (wish.number_on is NumberOn.SEPARATOR or named < spec.numbered):
        return NumberOn.SEPARATOR
    return elsewhere


def _pages(spec: DemoSpec, document: DemoDocument, place: int, before: int) -> list[DemoPage]:
    """Fronts have content; in duplex some backs have, the others are empty."""
    rng = Random(f"{document.seed}:backs")
    pages: list[DemoPage] = []
    index = 0
    for _ in range(document.sheets):
        for back in (False, True) if spec.duplex else (False,):
            used = not back or rng.random() < BACK_USED_SHARE
            side = Side.CONTENT if used else Side.BLANK_BACK
            pages.append(DemoPage(before + len(pages) + 1, side, place, index))
            index += used
    return pages


def _working_day(day: dt.date, back: int) -> dt.date:
    while back:
        day -= dt.timedelta(days=1)
        back -= day.weekday() < 5
    return day
