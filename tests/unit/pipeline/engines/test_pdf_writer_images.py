"""Page images: as received wherever PDF/A lets them be, without loss where it does not, and the same to the eye."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from PIL import Image

from pipeline.domain.work import DocumentTask
from pipeline.engines.pdf_writer import write_pdf
from pipeline.engines.png_structure import png_facts
from tests.support.originals import (
    DPI,
    HEIGHT,
    ONE_STRIP,
    STORED_FOR,
    WIDTH,
    changed,
    coded,
    drawn,
    jbig2_pdf,
    oriented_jpeg,
    oriented_tiff,
    put,
    scan_pdf,
    sheet,
    stored,
    strip_of,
    task_of,
    vector_pdf,
)

GREY = np.asarray(sheet("L")).astype(int)


def seen(path: Path) -> np.ndarray:
    """The first page as poppler shows it, in grey and the size of the sheet; poppler must not complain."""
    run = subprocess.run(["pdftoppm", "-r", str(DPI), path], capture_output=True, check=True)
    assert run.stderr == b""
    with Image.open(io.BytesIO(run.stdout)) as image:
        return np.asarray(image.convert("L").resize((WIDTH, HEIGHT), Image.Resampling.BOX)).astype(int)


def written(tmp_path: Path, data: bytes) -> tuple[str, Path]:
    out = tmp_path / "out.pdf"
    task: DocumentTask = task_of(put(tmp_path, "original", data))
    return write_pdf(task, out).pages[0].how, out


def images(path: Path) -> list[Any]:
    with pikepdf.open(path) as pdf:
        found: Any = pdf.pages[0].resources.XObject
        return [bytes(image.read_raw_bytes()) for image in found.values()]


JPEG = coded(sheet(), "JPEG", quality=95)
G4 = coded(sheet("1"), "TIFF", compression="group4", strip_size=ONE_STRIP)
DEFLATE = coded(sheet(), "TIFF", compression="tiff_adobe_deflate", strip_size=ONE_STRIP)
PALETTE = sheet().convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
PNGS = [coded(image, "PNG") for image in (sheet(), sheet("1"), sheet("L"), PALETTE, sheet("I;16"))]


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (JPEG, JPEG),
        (coded(sheet("L"), "JPEG"), coded(sheet("L"), "JPEG")),
        (coded(sheet(), "JPEG", progressive=True), coded(sheet(), "JPEG", progressive=True)),
        (oriented_jpeg(6), oriented_jpeg(6)),
        (G4, strip_of(G4)),
        (oriented_tiff(5), strip_of(oriented_tiff(5))),
        (DEFLATE, strip_of(DEFLATE)),
        *[(png, png_facts(png).samples) for png in PNGS],
    ],
)
def test_image_files_keep_their_bytes(tmp_path: Path, data: bytes, kept: bytes) -> None:
    how, out = written(tmp_path, data)
    assert how == "as_scanned"
    assert images(out) == [kept]
    assert np.abs(seen(out) - GREY).mean() < 6


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("strip", [4096, 65536, ONE_STRIP])
def test_strips_of_a_jpeg_tiff_become_one_jpeg(tmp_path: Path, mode: str, strip: int) -> None:
    data = coded(sheet(mode), "TIFF", compression="jpeg", strip_size=strip, quality=90)
    how, out = written(tmp_path, data)
    assert how == "as_scanned"
    with Image.open(io.BytesIO(data)) as tiff, Image.open(io.BytesIO(images(out)[0])) as jpeg:
        assert np.array_equal(np.asarray(jpeg), np.asarray(tiff.convert(mode)))
    assert np.abs(seen(out) - GREY).mean() < 6


@pytest.mark.parametrize(
    "data",
    [
        coded(sheet("CMYK"), "JPEG"),
        coded(sheet("RGBA"), "PNG"),
        coded(sheet("1"), "TIFF", compression="group4", strip_size=4096),
        coded(sheet("1"), "TIFF", compression="group3"),
        coded(sheet("1"), "TIFF", compression="packbits"),
        coded(sheet("1"), "TIFF"),
        coded(sheet(), "TIFF", compression="tiff_lzw"),
        coded(sheet("L"), "TIFF", compression="tiff_adobe_deflate", strip_size=4096),
        coded(sheet("CMYK"), "TIFF", compression="tiff_lzw"),
        coded(PALETTE, "TIFF", compression="tiff_lzw"),
        coded(sheet("I;16"), "TIFF"),
        coded(stored(sheet("L"), 7), "TIFF", compression="tiff_lzw", tiffinfo={274: 7}),
    ],
)
def test_what_pdfa_does_not_take_is_converted_without_loss(tmp_path: Path, data: bytes) -> None:
    how, out = written(tmp_path, data)
    assert how == "converted"
    assert np.abs(seen(out) - GREY).mean() < 7
    with pikepdf.open(out) as pdf:
        found: Any = pdf.pages[0].resources.XObject
        (image,) = found.values()
        assert str(image.Filter) in ("/FlateDecode", "/CCITTFaxDecode")
        assert str(image.ColorSpace) in ("/DeviceGray", "/DeviceRGB")


def test_inks_become_the_colours_that_a_viewer_shows(tmp_path: Path) -> None:
    data = scan_pdf(coded(sheet("CMYK"), "JPEG"))
    how, out = written(tmp_path, data)
    assert how == "converted"
    assert np.abs(seen(out) - seen(put(tmp_path, "source.pdf", data))).mean() < 3
    with pikepdf.open(out) as pdf:
        found: Any = pdf.pages[0].resources.XObject
        (image,) = found.values()
        assert (int(image.Width), int(image.Height)) == (WIDTH, HEIGHT)
        assert (str(image.Filter), str(image.ColorSpace)) == ("/FlateDecode", "/DeviceRGB")


def test_sixteen_bits_stay_sixteen(tmp_path: Path) -> None:
    _, out = written(tmp_path, coded(sheet("I;16"), "TIFF"))
    with pikepdf.open(out) as pdf:
        found: Any = pdf.pages[0].resources.XObject
        assert [int(image.BitsPerComponent) for image in found.values()] == [16]


@pytest.mark.parametrize("make", [oriented_jpeg, oriented_tiff])
@pytest.mark.parametrize("orientation", STORED_FOR)
def test_orientation_turns_the_page_not_the_bytes(
    tmp_path: Path, make: Callable[[int], bytes], orientation: int
) -> None:
    how, out = written(tmp_path, make(orientation))
    assert how == "as_scanned"
    assert np.abs(seen(out) - GREY).mean() < 6


def lzw_coded(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
    """Samples in LZW: of 9-bit codes only, with a clear code before each could grow."""
    raw = sheet("L").resize((62, 88)).tobytes()
    codes: list[int] = []
    for place in range(0, len(raw), 200):
        codes += [256, *raw[place : place + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    image.write(int(bits, 2).to_bytes(len(bits) // 8, "big"), filter=None)
    image.Filter, image.ColorSpace = pikepdf.Name.LZWDecode, pikepdf.Name.DeviceGray
    image.Width, image.Height, image.BitsPerComponent = 62, 88, 8


def test_lzw_in_a_pdf_is_coded_anew(tmp_path: Path) -> None:
    keep = {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}
    how, out = written(tmp_path, changed(scan_pdf(JPEG), lzw_coded, **keep))
    assert how == "converted"
    with pikepdf.open(out) as pdf:
        found: Any = pdf.pages[0].resources.XObject
        (image,) = found.values()
        assert str(image.get("/Filter")) == "/FlateDecode"
        assert image.read_bytes() == sheet("L").resize((62, 88)).tobytes()


def test_what_viewers_must_not_do_is_taken_out(tmp_path: Path) -> None:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        image.Interpolate = True
        image.Alternates = pikepdf.Array([])
        image.Metadata = pdf.make_stream(b"<x/>")
        image.ColorSpace = pikepdf.Array([pikepdf.Name.ICCBased, pdf.make_stream(b"no profile", N=3)])

    how, out = written(tmp_path, changed(scan_pdf(JPEG), change))
    assert how == "as_scanned"
    assert images(out) == [JPEG]
    with pikepdf.open(out) as pdf:
        found: Any = pdf.pages[0].resources.XObject
        (image,) = found.values()
        assert not {"/Interpolate", "/Alternates", "/Metadata"}.intersection(image.keys())
        assert image.ColorSpace == pikepdf.Name.DeviceRGB


def test_jbig2_stays_as_it_is(tmp_path: Path) -> None:
    data = jbig2_pdf()
    how, out = written(tmp_path, data)
    assert how == "as_scanned"
    assert images(out) == images(put(tmp_path, "source.pdf", data))
    assert np.abs(seen(out) - GREY).mean() < 6


def in_four_strips() -> bytes:
    """As some scanners do: a page in four images, one below the other."""
    whole = sheet()
    strips = [coded(whole.crop((0, 219 * n, WIDTH, 219 * (n + 1))), "JPEG", quality=95) for n in range(4)]
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(scan_pdf(*strips))) as pdf, pikepdf.new() as target:
        page = target.add_blank_page(page_size=(WIDTH * 72 / DPI, HEIGHT * 72 / DPI))
        xobjects, content, step = pikepdf.Dictionary(), "", 219 * 72 / DPI
        for place, source in enumerate(pdf.pages):
            found: Any = source.resources.XObject
            xobjects[f"/S{place}"] = target.copy_foreign(next(iter(found.values())))
            content += f"q {WIDTH * 72 / DPI} 0 0 {step} 0 {step * (3 - place)} cm /S{place} Do Q\n"
        page.obj.Resources = pikepdf.Dictionary(XObject=xobjects)
        page.obj.Contents = target.make_stream(content.encode())
        target.save(out)
    return out.getvalue()


def test_a_scan_in_strips_is_kept_in_strips(tmp_path: Path) -> None:
    how, out = written(tmp_path, in_four_strips())
    assert how == "as_scanned"
    assert len(images(out)) == 4
    assert np.abs(seen(out) - GREY).mean() < 6


def test_an_image_with_margins_stays_where_it_is(tmp_path: Path) -> None:
    data = changed(scan_pdf(JPEG), drawn("400 0 0 565 50 80"))
    how, out = written(tmp_path, data)
    assert how == "as_scanned"
    assert np.abs(seen(out) - seen(put(tmp_path, "source.pdf", data))).mean() < 1


def test_the_crop_box_is_the_page(tmp_path: Path) -> None:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        page.obj.CropBox = pikepdf.Array([20, 40, 520, 700])

    _, out = written(tmp_path, changed(scan_pdf(JPEG), change))
    with pikepdf.open(out) as pdf:
        assert [float(side) for side in pdf.pages[0].obj.MediaBox] == [0, 0, 500, 660]  # type: ignore[attr-defined]


def test_a_page_with_vectors_is_rendered(tmp_path: Path) -> None:
    data = vector_pdf()
    how, out = written(tmp_path, data)
    assert how == "rendered"
    assert np.abs(seen(out) - seen(put(tmp_path, "source.pdf", data))).mean() < 3
    with pikepdf.open(out) as pdf:
        assert str(pdf.pages[0].resources.XObject["/I0"].ColorSpace) == "/DeviceGray"  # type: ignore[index]


@pytest.mark.parametrize("size", [(1, 1), (2, 4000), (9, 7)])
def test_images_of_odd_sizes_make_pages_that_pdfa_takes(tmp_path: Path, size: tuple[int, int]) -> None:
    _, out = written(tmp_path, coded(Image.new("L", size, 128), "PNG"))
    with pikepdf.open(out) as pdf:
        box: Any = pdf.pages[0].obj.MediaBox
        assert 3 <= min(float(box[2]), float(box[3])) <= max(float(box[2]), float(box[3])) <= 14_400
