"""Poppler: counts the pages of a PDF and renders one; what it complains of is told, its exit code proves nothing.

``pdftoppm`` is called here and not through ``pdf2image``, which hides what poppler writes to stderr (the only sign
of a damaged page), keeps all of it in memory, and starts three programs a page.
"""

import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from pdf2image import pdfinfo_from_path
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError

from pipeline.domain.errors import MissingPart, StorageFull, WorkerDied, WorkerFault, WorkerTimeout
from pipeline.engines.input_faults import InputCode, refuse
from pipeline.ports.probe import Probe

COUNT_SECONDS = 60
RENDER_SECONDS = 90
SIZE_SLACK = 2.0
"""pixels by which a rendered page may differ from its prediction"""
_PACKAGE = "poppler is not installed (Debian package poppler-utils)"
_MEND = "apt install poppler-utils"
_KEPT = 4096
_HEADER = re.compile(rb"P([56])\s+(\d+)\s+(\d+)\s+255\s")
_HARMLESS = re.compile(
    r"^(?:Config Error|Syntax Warning).*(?:font|encoding|CMap|language pack|annotation|optional content)"
    r"|^Syntax Warning.*(?:nfo|etadata|utline|estination|ink action|tructure)",
    re.IGNORECASE,
)
"""about letter shapes or what is not on the page: nothing is missing from the picture"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What pdftoppm made of a page."""

    pixels: NDArray[np.uint8]
    """height × width when grey, height × width × 3 in colour"""
    complaint: str
    """first of what poppler wrote to stderr, without the harmless; empty when all went well"""


def pdf_page_count(path: Path) -> int:
    """Pages as poppler counts them. ``InputFault`` ``unreadable``, ``MissingPart``, ``WorkerTimeout``."""
    try:
        return int(pdfinfo_from_path(str(path.absolute()), timeout=COUNT_SECONDS)["Pages"])
    except PDFInfoNotInstalledError as fault:
        raise MissingPart(_PACKAGE) from fault
    except PDFPopplerTimeoutError as fault:
        raise WorkerTimeout(f"pdfinfo: no answer after {COUNT_SECONDS} s") from fault
    except PDFPageCountError as fault:
        raise refuse(InputCode.UNREADABLE, f"poppler: {_first(str(fault))}") from fault


def render(path: Path, index: int, dpi: float, expected: tuple[float, float], grey: bool = True) -> Rendered:
    """Renders the displayed page (crop box, /Rotate) at ``dpi``, which should make ``expected`` pixels across and down.

    Raises ``WorkerFault`` when there is no picture of that size, ``WorkerTimeout``, ``WorkerDied``, ``MissingPart``,
    ``StorageFull``: on a full disk pdftoppm writes nothing and says nothing.
    """
    with tempfile.TemporaryDirectory(prefix="render-") as folder:
        out = Path(folder) / "page"
        room = shutil.disk_usage(folder).free
        if room < 2 * expected[0] * expected[1] * (1 if grey else 3):
            raise StorageFull(f"{room} bytes left in the temporary folder, too little to render a page")
        command = ["pdftoppm", "-f", str(index + 1), "-l", str(index + 1), "-singlefile", "-cropbox"]
        command += ["-r", f"{dpi:.4f}", *(["-gray"] if grey else [])]
        said = _run([*command, str(path.absolute()), str(out)])
        pixels = _read(out.with_suffix(".pgm" if grey else ".ppm"), said)
    height, width = pixels.shape[:2]
    if abs(width - expected[0]) > SIZE_SLACK or abs(height - expected[1]) > SIZE_SLACK:
        wanted = f"{expected[0]:.0f} x {expected[1]:.0f}"
        raise WorkerFault(f"pdftoppm made {width} x {height} pixels instead of {wanted}: {said}")
    return Rendered(pixels, said)


def _run(command: list[str]) -> str:
    """Runs pdftoppm to its end; the complaint, or a fault when it failed."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except FileNotFoundError as fault:
        raise MissingPart(_PACKAGE) from fault
    kept: list[bytes] = []
    drain = threading.Thread(target=_drain, args=(process.stderr, kept), daemon=True)
    drain.start()
    try:
        code = process.wait(RENDER_SECONDS)
    except subprocess.TimeoutExpired as fault:
        raise WorkerTimeout(f"pdftoppm: no answer after {RENDER_SECONDS} s") from fault
    finally:
        process.kill()
        process.wait()
        drain.join()
    said = complaint_of(b"".join(kept).decode("utf-8", "replace"))
    if code < 0:
        raise WorkerDied(f"pdftoppm was killed by signal {-code}: {said}")
    if code != 0:
        raise WorkerFault(f"pdftoppm exit code {code}: {said}")
    return said


def _drain(stream: IO[bytes] | None, kept: list[bytes]) -> None:
    """Reads to the end, so that a chatty program does not wait, and keeps the beginning."""
    if stream is None:
        return
    with stream:
        room = _KEPT
        while chunk := stream.read(8192):
            if room > 0:
                kept.append(chunk[:room])
                room -= len(chunk)


def complaint_of(stderr: str) -> str:
    """The first complaints of poppler that may mean a damaged picture, on one line."""
    lines = [line.strip() for line in stderr.splitlines()]
    return "; ".join(line for line in lines if line and not _HARMLESS.search(line))[:300]


def _read(path: Path, said: str) -> NDArray[np.uint8]:
    try:
        data = path.read_bytes()
    except FileNotFoundError as fault:
        raise WorkerFault(f"pdftoppm made no picture: {said}") from fault
    head = _HEADER.match(data)
    if head is None:
        raise WorkerFault(f"pdftoppm made a picture of {len(data)} bytes that cannot be read: {said}")
    width, height = int(head[2]), int(head[3])
    shape = (height, width) if head[1] == b"5" else (height, width, 3)
    if len(data) - head.end() != int(np.prod(shape)):
        raise WorkerFault(f"pdftoppm made a picture cut short at {len(data)} bytes: {said}")
    return np.frombuffer(data, np.uint8, offset=head.end()).reshape(shape)


def _first(text: str) -> str:
    lines = [line for line in text.splitlines() if line and not line.startswith("Unable to get")]
    return (lines or ["no reason given"])[0][:200]


def probe_poppler() -> Probe:
    """Both programs and their version. Asks the programs each time, for ``opis doctor``."""
    part = "poppler (pdftoppm, pdfinfo)"
    if any(shutil.which(program) is None for program in ("pdftoppm", "pdfinfo")):
        return Probe(part, False, None, False, _MEND)
    try:
        run = subprocess.run(["pdftoppm", "-v"], capture_output=True, text=True, timeout=30, check=False)
    except (subprocess.SubprocessError, OSError) as fault:
        return Probe(part, True, None, False, f"pdftoppm nu pornește ({fault}): reinstalați poppler-utils")
    found = re.search(r"version (\d[\d.]*)", run.stderr + run.stdout)
    if run.returncode != 0 or found is None:
        return Probe(part, True, None, False, f"pdftoppm nu pornește (cod {run.returncode}): reinstalați poppler-utils")
    return Probe(part, True, found[1], True, "")
