"""Tesseract through ``pytesseract``, fed uncompressed page files by list: one process for a run of pages."""

import csv
import io
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytesseract

from pipeline.domain.errors import MissingPart, WorkerFault
from pipeline.domain.pages import PageText, Word, mean_confidence
from pipeline.domain.romanian.letters import comma_letters
from pipeline.ports.engines import OcrPage
from pipeline.ports.probe import Probe

PAGE_SEGMENTATION = {"auto": 3, "column": 4, "block": 6}
PAGE_LEVEL, WORD_LEVEL = "1", "5"
SECONDS_A_PAGE = 120
SECONDS_MORE = 20
"""for each further page of a run: one that hangs is found out when its pages are tried alone"""


class Tesseract:
    """The first OCR engine. Not thread-safe about ``folder``: give each call its own."""

    def read(
        self, pages: Sequence[OcrPage], language: str, folder: Path, dpi: int, layout: str = "auto"
    ) -> list[PageText]:
        """Reads page files that all have the given resolution.

        Errors: ``MissingPart`` (program or language), ``WorkerFault`` (crash, hang, output that does not fit).
        """
        if not pages:
            return []
        listing = folder / "pages.txt"
        listing.write_text("".join(f"{page.path}\n" for page in pages), encoding="utf-8")
        seconds = SECONDS_A_PAGE + SECONDS_MORE * (len(pages) - 1)
        tables, texts = self._run(listing, language, dpi, layout, seconds)
        words = _words_by_page(tables)
        raw = texts.split("\f")
        if len(raw) == len(pages) + 1 and not raw[-1]:
            raw.pop()  # a form feed after the last page too, as some versions write it
        if len(raw) != len(pages) or set(words) != set(range(1, len(pages) + 1)):
            raise WorkerFault(f"tesseract answered {len(raw)} pages of text and {len(words)} of boxes for {len(pages)}")
        engine = f"tesseract {version()} {language}"
        return [_page_text(page, words[place + 1], raw[place], engine) for place, page in enumerate(pages)]

    def _run(self, listing: Path, language: str, dpi: int, layout: str, seconds: int) -> tuple[str, str]:
        out = listing.with_suffix(f".{layout}")
        try:
            pytesseract.pytesseract.run_tesseract(
                str(listing),
                str(out),
                extension="tsv txt",
                lang=language,
                config=f"--psm {PAGE_SEGMENTATION[layout]} --dpi {dpi} -c tessedit_create_tsv=1",
                timeout=seconds,
            )
            table = Path(f"{out}.tsv").read_text(encoding="utf-8")
            text = Path(f"{out}.txt").read_text(encoding="utf-8")
        except pytesseract.TesseractNotFoundError as fault:
            raise MissingPart("tesseract is not installed (Debian package tesseract-ocr)") from fault
        except pytesseract.TesseractError as fault:
            raise _typed(fault, language) from fault
        except (RuntimeError, UnicodeDecodeError, OSError) as fault:
            raise WorkerFault(f"tesseract: {fault}") from fault
        return table, text

    def probe(self) -> Probe:
        return probe_tesseract("ron")


def orientation(path: Path, dpi: int) -> tuple[int, float]:
    """Tesseract's own orientation: degrees clockwise that bring the image upright, and its confidence (0 and up).

    (0, 0.0) when it cannot tell (too few characters).
    """
    try:
        told = pytesseract.image_to_osd(
            str(path), config=f"--psm 0 --dpi {dpi}", output_type=pytesseract.Output.DICT, timeout=SECONDS_A_PAGE
        )
    except pytesseract.TesseractNotFoundError as fault:
        raise MissingPart("tesseract is not installed (Debian package tesseract-ocr)") from fault
    except pytesseract.TesseractError:
        return 0, 0.0
    except (RuntimeError, UnicodeDecodeError, OSError, KeyError, ValueError) as fault:
        raise WorkerFault(f"tesseract orientation: {fault}") from fault
    return int(told["rotate"]), float(told["orientation_conf"])


@cache
def version() -> str:
    """``5.3.0``; ``MissingPart`` when there is no Tesseract."""
    try:
        return str(pytesseract.get_tesseract_version())
    except pytesseract.TesseractNotFoundError as fault:
        raise MissingPart("tesseract is not installed (Debian package tesseract-ocr)") from fault


def probe_tesseract(language: str) -> Probe:
    """Program and language model. Asks the program each time, for ``opis doctor``."""
    part = f"tesseract ({language})"
    if shutil.which(pytesseract.pytesseract.tesseract_cmd) is None:
        return Probe(part, False, None, False, "apt install tesseract-ocr tesseract-ocr-ron")
    try:
        languages = _languages()
    except (subprocess.SubprocessError, OSError) as fault:
        return Probe(part, True, None, False, f"tesseract nu pornește ({fault}): reinstalați tesseract-ocr")
    missing = [name for name in language.split("+") if name not in languages]
    packages = " ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in missing)
    return Probe(part, True, version(), not missing, f"apt install {packages}" if missing else "")


def require_language(language: str) -> None:
    """Raises ``MissingPart`` naming the package when program or model is missing."""
    probe = probe_tesseract(language)
    if not probe.good:
        raise MissingPart(f"{probe.part}: {probe.mend}")


def _languages() -> set[str]:
    run = subprocess.run(
        [pytesseract.pytesseract.tesseract_cmd, "--list-langs"], capture_output=True, text=True, timeout=30, check=True
    )
    return set((run.stdout + run.stderr).split())


def _typed(fault: pytesseract.TesseractError, language: str) -> MissingPart | WorkerFault:
    message = str(fault.message)
    if "loading language" in message or "load any languages" in message:
        return MissingPart(f"Tesseract has no model for {language}: apt install tesseract-ocr-{language}")
    return WorkerFault(f"tesseract exit code {fault.status}: {message[-300:]}")


def _words_by_page(table: str) -> dict[int, list[dict[str, str]]]:
    """Word rows of each page the table names, also of those without a word. ``WorkerFault`` for what is no table."""
    pages: dict[int, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row.get("level") == PAGE_LEVEL:
            pages.setdefault(_number(row, "page_num"), [])
        elif row.get("level") == WORD_LEVEL and (row.get("text") or "").strip():
            pages.setdefault(_number(row, "page_num"), []).append(row)
    return pages


def _number(row: dict[str, str], column: str) -> int:
    try:
        return int(row[column])
    except (KeyError, TypeError, ValueError) as fault:
        raise WorkerFault(f"tesseract made a table whose {column} is {row.get(column)!r:.40}") from fault


def _page_text(page: OcrPage, rows: Sequence[dict[str, str]], raw: str, engine: str) -> PageText:
    words: list[Word] = []
    lines: dict[tuple[str, str, str], int] = {}
    for row in rows:
        line = lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), len(lines))
        words.append(_word(row, line, page))
    return PageText(
        width=page.width,
        height=page.height,
        dpi=page.dpi,
        rotation=page.rotation,
        words=tuple(words),
        text=_running_text(words),
        raw=raw,
        confidence=mean_confidence(words),
        engine=engine,
    )


def _word(row: dict[str, str], line: int, page: OcrPage) -> Word:
    left, top, width, height = (round(int(row[name]) / page.scale) for name in ("left", "top", "width", "height"))
    return Word(
        text=comma_letters(row["text"].strip()),
        left=max(0, left),
        top=max(0, top),
        width=max(1, min(width, page.width - left)),
        height=max(1, min(height, page.height - top)),
        confidence=min(1.0, max(0.0, float(row["conf"]) / 100)),
        line=line,
        paragraph=int(row["par_num"]),
        block=int(row["block_num"]),
    )


def _running_text(words: Sequence[Word]) -> str:
    """Lines as seen; an empty line between paragraphs."""
    parts: list[str] = []
    before: Word | None = None
    for word in words:
        if before is not None:
            new_paragraph = (word.block, word.paragraph) != (before.block, before.paragraph)
            parts.append("\n\n" if new_paragraph else "\n" if word.line != before.line else " ")
        parts.append(word.text)
        before = word
    return "".join(parts)
