"""The page task: each page decoded once, then codes, look, orientation and text from the same raster."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.domain.errors import InputFault, WorkerFault
from pipeline.domain.marks import SplitRules, recognise
from pipeline.domain.pages import Degradation, PageObservation, PageReading, PageText, SheetLook
from pipeline.domain.settings import Blanks
from pipeline.domain.work import PageRef, PageTask, ReadSettings
from pipeline.engines import tesseract
from pipeline.engines.codes import read_codes
from pipeline.engines.magic import format_of
from pipeline.engines.orientation import orientation_of
from pipeline.engines.page_look import look_at
from pipeline.engines.sources import page_raster
from pipeline.engines.tesseract import Tesseract
from pipeline.ports.engines import GreyImage, OcrEngine, OcrPage, Raster

READING_DPI = 200
"""what pages are brought to for the engine: see docs/adr/0005"""
SURE_ORIENTATION = 0.8
OSD_CONFIDENCE = 2.0
POOR = 0.70
"""mean confidence below which a page is read again as one block"""
UNREAD_INK = 0.35
"""share of the ink outside all words above which a page is read again: lost lines leave no word of low confidence"""
DARK = 110


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page after the look, before the text."""

    observation: PageObservation
    degraded: Degradation | None
    prepared: OcrPage | None


def read_pages(task: PageTask) -> list[PageReading]:
    """Observes and reads a run of pages, in order. ``task.originals`` are local paths.

    A page that cannot be decoded becomes a reading with its reason; the others go on. Errors: ``MissingPart``,
    ``WorkerFault`` when the engine fails on the run.
    """
    with tempfile.TemporaryDirectory(prefix="pages-") as name:
        folder = Path(name)
        seen = [_see(ref, task, folder) for ref in task.pages]
        texts = _read([page.prepared for page in seen if page.prepared], task.settings.language, folder)
    waiting = iter(texts)
    return [PageReading(page.observation, next(waiting) if page.prepared else None, page.degraded) for page in seen]


def _see(ref: PageRef, task: PageTask, folder: Path) -> _Seen:
    path = Path(task.originals[ref.original])
    try:
        raster = page_raster(path, format_of(path), ref.index)
    except (InputFault, WorkerFault) as fault:
        observation = PageObservation(ref.page, look=SheetLook.UNKNOWN, codes_failed=True)
        return _Seen(observation, Degradation("page-unreadable", str(fault)[:300]), None)
    observation = _observe(ref.page, raster, task.settings)
    degraded = None if raster.trusted else Degradation("page-degraded", raster.complaint[:300])
    if not task.settings.read_text or observation.look is SheetLook.BLANK or _sure_separator(observation, task):
        return _Seen(observation, degraded, None)
    return _Seen(observation, degraded, _prepare(ref, raster, folder))


def _observe(page: int, raster: Raster, settings: ReadSettings) -> PageObservation:
    try:
        codes, failed = read_codes(raster.grey, raster.dpi, settings), False
    except WorkerFault:
        codes, failed = (), True
    look = look_at(raster, codes, settings)
    return PageObservation(
        page=page,
        codes=tuple(codes),
        look=look.look,
        framed=look.framed,
        nearly_blank=look.nearly_blank,
        sheetlike=look.sheetlike,
        ink=look.ink,
        codes_failed=failed,
    )


def _sure_separator(observation: PageObservation, task: PageTask) -> bool:
    """A separator as the splitter will see it: it is not read."""
    settings = task.settings
    rules = SplitRules(settings.institution, False, settings.separators, settings.sticker_pattern, Blanks.KEEP, "RG")
    return recognise(observation, rules).separator


def _prepare(ref: PageRef, raster: Raster, folder: Path) -> OcrPage:
    """The upright page at the reading resolution, as an uncompressed file."""
    rotation = _rotation(ref.page, raster, folder) if ref.rotation is None else ref.rotation
    upright = np.rot90(raster.grey, k=-rotation // 90)
    height, width = upright.shape
    scale = min(1.0, READING_DPI / raster.dpi) if raster.dpi > READING_DPI * 1.1 else READING_DPI / raster.dpi
    scale = min(scale, 2.0)
    path = folder / f"{ref.page}.pgm"
    _write(path, _scaled(upright, scale))
    return OcrPage(path, width, height, raster.dpi, scale, rotation)


def _rotation(page: int, raster: Raster, folder: Path) -> int:
    found = orientation_of(raster.grey, raster.dpi)
    if found.confidence >= SURE_ORIENTATION:
        return found.degrees_clockwise_to_upright
    path = folder / f"{page}-osd.pgm"
    _write(path, _scaled(raster.grey, min(1.0, READING_DPI / raster.dpi)))
    try:
        degrees, confidence = tesseract.orientation(path, READING_DPI)
    except WorkerFault:
        return 0
    finally:
        path.unlink(missing_ok=True)
    return degrees if confidence >= OSD_CONFIDENCE else 0


def _scaled(grey: GreyImage, scale: float) -> GreyImage:
    if abs(scale - 1.0) < 0.02:
        return np.ascontiguousarray(grey)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way), dtype=np.uint8)


def _write(path: Path, grey: GreyImage) -> None:
    height, width = grey.shape
    with path.open("wb") as file:
        file.write(f"P5\n{width} {height}\n255\n".encode("ascii"))
        file.write(np.ascontiguousarray(grey).tobytes())


def _read(pages: Sequence[OcrPage], language: str, folder: Path) -> list[PageText]:
    engine: OcrEngine = Tesseract()
    texts = engine.read(pages, language, folder, READING_DPI)
    poor = [place for place, text in enumerate(texts) if _poor(text) or _unread_ink(pages[place], text) > UNREAD_INK]
    again = engine.read([pages[place] for place in poor], language, folder, READING_DPI, "block") if poor else []
    for place, text in zip(poor, again, strict=True):
        if _worth(text) > _worth(texts[place]):
            texts[place] = text
    return texts


def _poor(text: PageText) -> bool:
    return text.confidence is None or text.confidence < POOR


def _unread_ink(page: OcrPage, text: PageText) -> float:
    """Share of the dark pixels that no word's box covers, 0 to 1."""
    prepared = cv2.imread(str(page.path), cv2.IMREAD_GRAYSCALE)
    if prepared is None:
        raise WorkerFault(f"the prepared page {page.path.name} is gone")
    dark = prepared < DARK
    everything = int(dark.sum())
    for word in text.words:
        left, top = int(word.left * page.scale), int(word.top * page.scale)
        right, bottom = int((word.left + word.width) * page.scale) + 1, int((word.top + word.height) * page.scale) + 1
        dark[top:bottom, left:right] = False
    return int(dark.sum()) / everything if everything else 0.0


def _worth(text: PageText) -> float:
    """How much was read, as letters weighted by the square of their confidence: noise is worth little."""
    return sum(len(word.text) * word.confidence**2 for word in text.words)
