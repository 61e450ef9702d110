"""What becomes a batch and what is refused, by the bytes and to the end."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from pipeline.domain.errors import InputFault
from pipeline.domain.messages import codes
from pipeline.domain.work import SourceFacts, SourceFormat
from pipeline.engines import source_pdf
from pipeline.engines.input_faults import InputCode
from pipeline.engines.poppler import probe_poppler
from pipeline.engines.sources import inspect_source
from tests.support.originals import changed, coded, oriented_tiff, put, scan_pdf, sheet, vector_pdf

JPEG = coded(sheet(), "JPEG")
PNG = coded(sheet(), "PNG")
TIFF = oriented_tiff(1)
PDF = scan_pdf(JPEG, JPEG, JPEG)


def three_page_tiff() -> bytes:
    out = io.BytesIO()
    pages = [sheet("1"), sheet("L"), sheet()]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return out.getvalue()


def object_stream_pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def linearized_pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as pdf:
        pdf.save(out, linearize=True)
    return out.getvalue()


def locked(user: str) -> bytes:
    return changed(PDF, lambda *_: None, encryption=pikepdf.Encryption(owner="owner", user=user))


def png_of(width: int, height: int) -> bytes:
    """A tiny file that announces a picture of the given size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    samples = zlib.compress(bytes(1000))
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", samples), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bomb_in_pdf(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
    image.Width = image.Height = 30_000


def circular_tiff() -> bytes:
    """Its only directory says that it is followed by itself."""
    (first,) = struct.unpack_from("<I", TIFF, 4)
    (entries,) = struct.unpack_from("<H", TIFF, first)
    following = first + 2 + 12 * entries
    return TIFF[:following] + struct.pack("<I", first) + TIFF[following + 4 :]


@pytest.mark.parametrize(
    ("data", "format", "pages"),
    [
        (PDF, SourceFormat.PDF, 3),
        (vector_pdf(2), SourceFormat.PDF, 2),
        (object_stream_pdf(), SourceFormat.PDF, 3),
        (linearized_pdf(), SourceFormat.PDF, 3),
        (b"\r\nscanner says hello\r\n" + PDF, SourceFormat.PDF, 3),
        (PDF + b"\0" * 5000, SourceFormat.PDF, 3),
        (PDF + b"\r\n-- end of job 17 --\r\n", SourceFormat.PDF, 3),
        (locked(user=""), SourceFormat.PDF, 3),
        (JPEG, SourceFormat.JPEG, 1),
        (JPEG + b"\0\0trailer", SourceFormat.JPEG, 1),
        (coded(sheet("CMYK"), "JPEG"), SourceFormat.JPEG, 1),
        (PNG, SourceFormat.PNG, 1),
        (coded(sheet("RGBA"), "PNG"), SourceFormat.PNG, 1),
        (TIFF, SourceFormat.TIFF, 1),
        (three_page_tiff(), SourceFormat.TIFF, 3),
        (coded(sheet(), "TIFF", compression="jpeg"), SourceFormat.TIFF, 1),
        (coded(sheet("CMYK"), "TIFF", compression="tiff_lzw"), SourceFormat.TIFF, 1),
        (coded(sheet("I;16"), "TIFF"), SourceFormat.TIFF, 1),
    ],
)
def test_accepted_whatever_its_name(tmp_path: Path, data: bytes, format: SourceFormat, pages: int) -> None:
    assert inspect_source(put(tmp_path, "wrong.name", data)) == SourceFacts(format, pages)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"Stimate domn, acesta este un text.\n", "unsupported-format"),
        (b"II", "unsupported-format"),
        (b"PK\x03\x04 docx %PDF-1.4", "unsupported-format"),
        (coded(sheet(), "BMP"), "unsupported-format"),
        (coded(sheet("P"), "GIF"), "unsupported-format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%PDF-1.4", "unsupported-format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported-format"),
        (locked(user="secret"), "encrypted"),
        (b"%PDF-1.7\nnothing of the kind\nstartxref\n9\n%%EOF\n", "unreadable"),
        (png_of(30_000, 30_000), "too-large"),
        (png_of(40_000, 10), "too-large"),
        (changed(PDF, bomb_in_pdf), "too-large"),
        (vector_pdf(size=(14_400, 14_400)), "too-large"),
        (PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:], "corrupt-image"),
        (png_of(100, 1_000_000 // 100), "corrupt-image"),
        (JPEG[:2] + b"\0\0" + JPEG[4:], "unsupported-format"),
        (circular_tiff(), "unreadable"),
        (PDF + b"\n7 0 obj\n<< /Type /Page >>\nendobj\n", "truncated"),
        (PDF + bytes(5000) + b"x" * 5000, "truncated"),
    ],
)
def test_refused_with_its_code(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(InputFault) as fault:
        inspect_source(put(tmp_path, "file.tif", data))
    assert fault.value.code == code


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "data",
    [
        PDF,
        vector_pdf(3),
        object_stream_pdf(),
        linearized_pdf(),
        JPEG,
        coded(sheet(), "JPEG", progressive=True),
        PNG,
        TIFF,
        three_page_tiff(),
        coded(sheet(), "TIFF", compression="jpeg"),
    ],
)
def test_a_cut_file_is_never_taken(tmp_path: Path, data: bytes, share: float) -> None:
    with pytest.raises(InputFault) as fault:
        inspect_source(put(tmp_path, "cut", data[: int(len(data) * share)]))
    assert fault.value.code == "truncated"


def test_a_pdf_without_pages(tmp_path: Path) -> None:
    path = tmp_path / "none.pdf"
    pikepdf.new().save(path)
    with pytest.raises(InputFault) as fault:
        inspect_source(path)
    assert fault.value.code in ("no-pages", "unreadable")


def test_a_page_tree_that_lies_about_its_count(tmp_path: Path) -> None:
    path = put(tmp_path, "lies.pdf", vector_pdf(2).replace(b"/Count 2", b"/Count 7"))
    with pytest.raises(InputFault) as fault:
        inspect_source(path)
    assert fault.value.code == "page-count"


def test_poppler_and_qpdf_must_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_pdf, "pdf_page_count", lambda path: 2)
    with pytest.raises(InputFault) as fault:
        inspect_source(put(tmp_path, "three.pdf", PDF))
    assert fault.value.code == "page-count"


def test_the_fault_names_the_page(tmp_path: Path) -> None:
    frames = io.BytesIO()
    sheet("1").save(frames, "TIFF", save_all=True, append_images=[Image.new("1", (40_000, 1))])
    with pytest.raises(InputFault) as fault:
        inspect_source(put(tmp_path, "wide.tif", frames.getvalue()))
    assert (fault.value.code, fault.value.page) == ("too-large", 2)


def test_every_code_has_its_reason_in_romanian() -> None:
    assert codes("input") == {code.value for code in InputCode}


def test_poppler_is_probed() -> None:
    probe = probe_poppler()
    assert probe.found
    assert probe.good
    assert probe.version
    assert probe.mend == ""


def test_missing_poppler_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    probe = probe_poppler()
    assert (probe.found, probe.good) == (False, False)
    assert "poppler-utils" in probe.mend
