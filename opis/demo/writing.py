"""Writes a demo page by page: PDF as scanners make it, TIFF, single images, folders of images; and its register."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import img2pdf
import pikepdf
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from opis.demo.pages import Painter
from opis.demo.register_csv import write_register
from opis.demo.scan import encoded, jpeg_quality
from opis.demo.spec import Demo, DemoBatch, DemoFiles, DemoSpec, WrittenBatch
from pipeline.domain.errors import UsageError

Progress = Callable[[int, int], None]
"""called after each page with pages done and pages in all"""
CHUNK = 20
"""pages of a PDF held in memory at once, as JPEG"""
TIFF_COMPRESSION = {"tiff": "jpeg", "tiff-lzw": "tiff_lzw", "tiff-g4": "group4"}
Write = Callable[[Path, DemoSpec, Iterator[Image.Image]], None]


def write_demo(demo: Demo, folder: Path, progress: Progress | None = None, register: Path | None = None) -> DemoFiles:
    """Draws and writes all batches into ``folder`` and the register's CSV to ``register`` (else beside them).

    The same demo gives the same bytes. A batch shows under its name only when it is whole.
    ``UsageError`` when a batch of that name is there or the folder cannot be written.
    """
    spec = demo.spec
    total = sum(len(batch.pages) for batch in demo.batches)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    csv = register or folder / f"registru-{spec.seed}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = tuple(_write_batch(spec, batch, folder, count) for batch in demo.batches)
        csv.parent.mkdir(parents=True, exist_ok=True)
        write_register(demo.register, csv)
    except OSError as fault:
        raise UsageError(f"cannot write the demo to {folder}: {fault.strerror or fault}") from fault
    return DemoFiles(written, csv)


def _write_batch(spec: DemoSpec, batch: DemoBatch, folder: Path, count: Callable[[], None]) -> WrittenBatch:
    target = folder / batch.name
    texts: list[str] = []

    def painted() -> Iterator[Image.Image]:
        painter = Painter(spec, batch)
        for page in batch.pages:
            image, text = painter.paint(page)
            texts.append(text)
            yield image
            count()

    with _whole(target) as unfinished:
        _WRITERS[spec.format](unfinished, spec, painted())
    return WrittenBatch(target, batch, tuple(texts))


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A name beside the target that watchers leave alone; renamed when all is written."""
    if target.exists():
        raise UsageError(f"{target} is already there")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".demo-", suffix=".tmp") as hidden:
        unfinished = Path(hidden) / target.name
        yield unfinished
        unfinished.replace(target)


def _write_pdf(path: Path, spec: DemoSpec, pages: Iterator[Image.Image]) -> None:
    with pikepdf.new() as whole:
        parts: list[pikepdf.Pdf] = []
        for number, chunk in enumerate(_chunks(pages, spec)):
            part = path.with_name(f".part-{number}.pdf")
            with part.open("wb") as out:
                img2pdf.convert(chunk, outputstream=out, engine=img2pdf.Engine.internal, nodate=True)
            parts.append(pikepdf.open(part))
            whole.pages.extend(parts[-1].pages)
        whole.docinfo["/Producer"] = "Opis demo"
        whole.save(path, deterministic_id=True)
        for opened in parts:
            opened.close()


def _chunks(pages: Iterator[Image.Image], spec: DemoSpec) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for image in pages:
        chunk.append(encoded(image, "jpeg", spec.dpi, spec.damage))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _write_tiff(path: Path, spec: DemoSpec, pages: Iterator[Image.Image]) -> None:
    options: dict[str, object] = {"compression": TIFF_COMPRESSION[spec.format], "dpi": (spec.dpi, spec.dpi)}
    if spec.format == "tiff":
        options["quality"] = jpeg_quality(spec.damage)
    with path.open("w+b") as out:
        _append_frames(out, pages, options)


def _append_frames(out: IO[bytes], pages: Iterator[Image.Image], options: dict[str, object]) -> None:
    """The writer looks at its file once more when it is collected, so it must be gone before the file is closed."""
    writer = AppendingTiffWriter(out, True)
    for image in pages:
        image.save(writer, "TIFF", **options)
        writer.newFrame()


def _write_image(path: Path, spec: DemoSpec, pages: Iterator[Image.Image]) -> None:
    for image in pages:
        path.write_bytes(encoded(image, spec.format, spec.dpi, spec.damage))


def _write_folder(path: Path, spec: DemoSpec, pages: Iterator[Image.Image]) -> None:
    """``p1.jpg`` … ``p10.jpg``: in natural order, not in that of the alphabet."""
    path.mkdir()
    for number, image in enumerate(pages, 1):
        (path / f"p{number}.jpg").write_bytes(encoded(image, "jpeg", spec.dpi, spec.damage))


_WRITERS: dict[str, Write] = {
    "pdf": _write_pdf,
    "tiff": _write_tiff,
    "tiff-lzw": _write_tiff,
    "tiff-g4": _write_tiff,
    "jpeg": _write_image,
    "png": _write_image,
    "folder": _write_folder,
}
