"""A raster is the displayed page, whatever the way it is stored."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pikepdf
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.domain.errors import InputFault, StorageFull, WorkerFault
from pipeline.domain.work import SourceFormat
from pipeline.engines import poppler
from pipeline.engines.sources import format_of, page_preview, page_raster
from pipeline.ports.engines import Raster
from tests.support.originals import (
    DPI,
    HEIGHT,
    ONE_STRIP,
    STORED_FOR,
    WIDTH,
    Change,
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
    vector_pdf,
)

GREY = np.asarray(sheet("L")).astype(int)
G4 = coded(sheet("1"), "TIFF", compression="group4", strip_size=ONE_STRIP)
SCAN = scan_pdf(coded(sheet(), "JPEG", quality=95))
FULL = f"{WIDTH * 72 / DPI} 0 0 {HEIGHT * 72 / DPI} 0 0"


def raster(tmp_path: Path, data: bytes, index: int = 0) -> Raster:
    path = put(tmp_path, "original", data)
    return page_raster(path, format_of(path), index)


def apart(seen: NDArray[Any], wanted: NDArray[Any] = GREY) -> float:
    """Mean difference of two pictures, the first brought to the size of the second."""
    height, width = wanted.shape
    same = Image.fromarray(np.asarray(seen, dtype=np.uint8)).resize((width, height), Image.Resampling.BOX)
    return float(np.abs(np.asarray(same).astype(int) - wanted).mean())


IMAGES: dict[str, bytes] = {
    "jpeg": coded(sheet(), "JPEG", quality=95),
    "grey jpeg": coded(sheet("L"), "JPEG", quality=95),
    "progressive jpeg": coded(sheet(), "JPEG", quality=95, progressive=True),
    "cmyk jpeg": coded(sheet("CMYK"), "JPEG", quality=95),
    "png": coded(sheet(), "PNG"),
    "bilevel png": coded(sheet("1"), "PNG"),
    "palette png": coded(sheet().convert("P", palette=Image.Palette.ADAPTIVE, colors=8), "PNG"),
    "alpha png": coded(sheet("RGBA"), "PNG"),
    "16 bit png": coded(sheet("I;16"), "PNG"),
    "g4 strips": coded(sheet("1"), "TIFF", compression="group4", strip_size=4096),
    "g3": coded(sheet("1"), "TIFF", compression="group3"),
    "lzw": coded(sheet(), "TIFF", compression="tiff_lzw"),
    "deflate": coded(sheet("L"), "TIFF", compression="tiff_adobe_deflate"),
    "packbits": coded(sheet("1"), "TIFF", compression="packbits"),
    "jpeg tiff": coded(sheet(), "TIFF", compression="jpeg", quality=95),
    "cmyk tiff": coded(sheet("CMYK"), "TIFF", compression="tiff_lzw"),
    "palette tiff": coded(sheet().convert("P", palette=Image.Palette.ADAPTIVE, colors=8), "TIFF"),
    "alpha tiff": coded(sheet("RGBA"), "TIFF"),
    "16 bit tiff": coded(sheet("I;16"), "TIFF"),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_of_every_kind(tmp_path: Path, kind: str) -> None:
    seen = raster(tmp_path, IMAGES[kind])
    assert seen.grey.shape == (HEIGHT, WIDTH)
    assert (seen.source, seen.trusted, seen.complaint) == ("embedded", True, "")
    assert seen.dpi == pytest.approx(DPI, abs=0.5)
    assert apart(seen.grey) < 4


@pytest.mark.parametrize("make", [oriented_jpeg, oriented_tiff])
@pytest.mark.parametrize("orientation", STORED_FOR)
def test_orientation_is_applied_once(tmp_path: Path, make: Callable[[int], bytes], orientation: int) -> None:
    seen = raster(tmp_path, make(orientation))
    assert seen.grey.shape == (HEIGHT, WIDTH)
    assert apart(seen.grey) < 4


def rotated(degrees: int) -> bytes:
    turn = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}[degrees]

    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        page.obj.Rotate = degrees

    return changed(scan_pdf(coded(sheet().transpose(turn), "JPEG", quality=95)), change)


def with_decode(*values: float) -> Change:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        image.Decode = pikepdf.Array(values)

    return change


def as_stencil(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
    del image.ColorSpace
    image.ImageMask = True


def in_a_form(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
    resources: Any = page.resources
    form = pdf.make_stream(
        b"q 310 0 0 438 0 0 cm /Im Do Q",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=[0, 0, 310, 438],
        Matrix=[WIDTH * 72 / DPI / 310, 0, 0, HEIGHT * 72 / DPI / 438, 0, 0],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image)),
    )
    resources.XObject = pikepdf.Dictionary(Fm=form)
    page.obj.Contents = pdf.make_stream(b"1 g 0 0 900 900 re f /Fm Do")


def upside_down_matrix() -> bytes:
    flipped = coded(sheet().transpose(Image.Transpose.FLIP_TOP_BOTTOM), "JPEG", quality=95)
    height = HEIGHT * 72 / DPI
    return changed(scan_pdf(flipped), drawn(f"{WIDTH * 72 / DPI} 0 0 {-height} 0 {height}"))


INVISIBLE = "BT /F1 12 Tf 3 Tr 1 0 0 1 60 600 Tm (Cerere) Tj ET"
PDF_SCANS: dict[str, bytes] = {
    "jpeg": SCAN,
    "g4": scan_pdf(G4),
    "png": scan_pdf(coded(sheet(), "PNG")),
    "jpeg 2000": scan_pdf(coded(sheet(), "JPEG2000")),
    "rotate 90": rotated(90),
    "rotate 180": rotated(180),
    "rotate 270": rotated(270),
    "upside down matrix": upside_down_matrix(),
    "inverted twice": changed(scan_pdf(coded(Image.eval(sheet("L"), lambda v: 255 - v), "JPEG")), with_decode(1, 0)),
    "jbig2": jbig2_pdf(),
    "inks": scan_pdf(coded(sheet("CMYK"), "JPEG", quality=95)),
    "stencil": changed(scan_pdf(coded(sheet("1"), "PNG")), as_stencil),
    "with invisible text": changed(SCAN, drawn(FULL, INVISIBLE)),
    "inside a form on white": changed(SCAN, in_a_form),
    "protected by its owner": changed(SCAN, lambda *_: None, encryption=pikepdf.Encryption(owner="o", user="")),
}


@pytest.mark.parametrize("kind", PDF_SCANS)
def test_a_scan_in_a_pdf_is_taken_out_as_it_is(tmp_path: Path, kind: str) -> None:
    seen = raster(tmp_path, PDF_SCANS[kind])
    assert (seen.source, seen.trusted, seen.complaint) == ("embedded", True, "")
    assert seen.grey.shape == (HEIGHT, WIDTH)
    assert apart(seen.grey) < 4


def with_annotation(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
    look = pdf.make_stream(b"0 g 0 0 50 50 re f", Subtype=pikepdf.Name.Form, BBox=[0, 0, 50, 50])
    stamp = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Stamp,
        Rect=[100, 100, 150, 150],
        F=4,
        AP=pikepdf.Dictionary(N=look),
    )
    page.obj.Annots = pikepdf.Array([pdf.make_indirect(stamp)])


def with_visible_text(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
    drawn(FULL, "BT /F1 12 Tf 1 0 0 1 60 600 Tm (Cerere) Tj ET")(pdf, page, image)
    kind = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.obj.Resources.Font = pikepdf.Dictionary(F1=kind)


@pytest.mark.parametrize(
    "data",
    [
        vector_pdf(),
        changed(SCAN, with_visible_text),
        changed(SCAN, drawn(FULL, "0 0 m 100 100 l S")),
        changed(SCAN, drawn(FULL, "1 g 50 50 100 100 re f")),
        changed(SCAN, drawn(f"1 0 0 1 0 0 cm 0 0 100 100 re W n {FULL}")),
        changed(SCAN, drawn("60 0 0 80 100 100")),
        changed(SCAN, drawn("500 60 -60 700 60 0")),
        changed(SCAN, with_annotation),
    ],
)
def test_any_other_page_is_rendered(tmp_path: Path, data: bytes) -> None:
    seen = raster(tmp_path, data)
    assert (seen.source, seen.trusted) == ("rendered", True)
    assert min(seen.grey.shape) > 500
    assert seen.grey.min() < 100


def test_a_rendered_page_has_the_resolution_asked_for(tmp_path: Path) -> None:
    seen = page_raster(put(tmp_path, "v", vector_pdf(2)), SourceFormat.PDF, 1, 200)
    assert seen.dpi == 200
    assert np.allclose(seen.grey.shape, (842 * 200 / 72, 595 * 200 / 72), atol=1)


def test_a_large_page_is_rendered_smaller(tmp_path: Path) -> None:
    seen = raster(tmp_path, vector_pdf(size=(3600, 3600)))
    assert seen.grey.size <= 101_000_000
    assert seen.dpi < 300


def test_margins_and_crop_box_are_part_of_the_page(tmp_path: Path) -> None:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        drawn("400 0 0 565 50 80")(pdf, page, image)
        page.obj.CropBox = pikepdf.Array([20, 40, 520, 700])

    path = put(tmp_path, "p", changed(SCAN, change))
    seen = page_raster(path, SourceFormat.PDF, 0)
    assert seen.source == "embedded"
    assert seen.grey.shape[0] / seen.grey.shape[1] == pytest.approx(660 / 500, abs=0.01)
    block = np.argwhere(seen.grey < 128).min(axis=0) / seen.dpi * 72
    assert block == pytest.approx((700 - (80 + 565) + 40 * 565 / HEIGHT, 50 - 20 + 40 * 400 / WIDTH), abs=2)


def test_user_unit_counts(tmp_path: Path) -> None:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        page.obj.UserUnit = 0.5

    assert raster(tmp_path, changed(SCAN, change)).dpi == pytest.approx(2 * DPI, abs=1)


def damaged(pdf: bytes, harm: Callable[[bytes], bytes]) -> bytes:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        kept = {name: image[name] for name in ("/Filter", "/DecodeParms") if name in image}
        image.write(harm(image.read_raw_bytes()), filter=None)
        for name, value in kept.items():
            image[name] = value

    return changed(pdf, change, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def speckled(mode: str) -> Image.Image:
    """As full of small marks as a page of letters."""
    dots = np.random.default_rng(7).random((HEIGHT, WIDTH)) > 0.1
    return Image.fromarray(np.where(dots, 255, 0).astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    "data",
    [
        scan_pdf(coded(speckled("RGB"), "JPEG")),
        scan_pdf(coded(speckled("1"), "TIFF", compression="group4", strip_size=ONE_STRIP)),
        scan_pdf(coded(speckled("L"), "PNG")),
    ],
)
def test_a_cut_image_stream_is_not_trusted(tmp_path: Path, data: bytes, share: float) -> None:
    seen = raster(tmp_path, damaged(data, lambda raw: raw[: int(len(raw) * share)]))
    assert not seen.trusted
    assert seen.complaint


def test_zeros_inside_a_jpeg_are_noticed(tmp_path: Path) -> None:
    jpeg = IMAGES["jpeg"]
    middle = len(jpeg) // 2
    seen = raster(tmp_path, jpeg[:middle] + bytes(2000) + jpeg[middle + 2000 :])
    assert not seen.trusted
    assert "JPEG" in seen.complaint


@pytest.mark.parametrize(("x", "y"), [(None, None), (1, 1), (0, 0), (72, 72), (9999, 9999)])
def test_a_resolution_that_cannot_be_is_worked_out_from_a4(tmp_path: Path, x: int | None, y: int | None) -> None:
    large = sheet("L").resize((2480, 3508))
    data = coded(large, "PNG", **({"dpi": (x, y)} if x is not None and y is not None else {"dpi": (0, 0)}))
    assert raster(tmp_path, data).dpi == pytest.approx(300, abs=1)


def test_fax_lines_are_stretched_to_square_pixels(tmp_path: Path) -> None:
    squeezed = sheet("L").resize((WIDTH * 2, HEIGHT))
    seen = raster(tmp_path, coded(squeezed, "TIFF", dpi=(204, 102)))
    assert seen.grey.shape == (HEIGHT * 2, WIDTH * 2)
    assert seen.dpi == pytest.approx(204, abs=1)
    assert apart(seen.grey) < 4


def test_a_full_disk_is_no_blank_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poppler.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(StorageFull):
        raster(tmp_path, vector_pdf())


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("Syntax Warning: Mismatch between font type and embedded font file\n", ""),
        ("Syntax Error (12): Bad two dim code\n", "Syntax Error (12): Bad two dim code"),
        ("Corrupt JPEG data: premature end\n\nSyntax Warning: x font\n", "Corrupt JPEG data: premature end"),
    ],
)
def test_only_complaints_about_the_picture_count(stderr: str, said: str) -> None:
    assert poppler.complaint_of(stderr) == said


def test_frames_of_a_tiff_in_order(tmp_path: Path) -> None:
    out = io.BytesIO()
    frames = [sheet("1"), stored(sheet("L"), 3), sheet()]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    path = put(tmp_path, "three.tif", out.getvalue())
    assert apart(page_raster(path, SourceFormat.TIFF, 1).grey) > 10
    assert apart(page_raster(path, SourceFormat.TIFF, 2).grey) < 4
    with pytest.raises(InputFault):
        page_raster(path, SourceFormat.TIFF, 3)


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises((InputFault, WorkerFault)):
        page_raster(put(tmp_path, "v.pdf", vector_pdf()), SourceFormat.PDF, 5)


@pytest.mark.parametrize(
    "data",
    [SCAN, rotated(90), vector_pdf(), oriented_jpeg(6), oriented_tiff(8), IMAGES["alpha png"], IMAGES["cmyk jpeg"]],
)
def test_previews_are_jpegs_of_the_displayed_page(tmp_path: Path, data: bytes) -> None:
    path, out = put(tmp_path, "original", data), tmp_path / "preview.jpg"
    page_preview(path, format_of(path), 0, 310, out)
    with Image.open(out) as preview:
        assert preview.format == "JPEG"
        assert preview.size == pytest.approx((310, 438), abs=1)
        grey = np.asarray(preview.convert("L"))
    if data != vector_pdf():
        small = np.asarray(sheet("L").resize(grey.shape[::-1], Image.Resampling.BOX)).astype(int)
        assert apart(grey, small) < 8


def test_previews_keep_colours(tmp_path: Path) -> None:
    out = tmp_path / "preview.jpg"
    page_preview(put(tmp_path, "scan.pdf", SCAN), SourceFormat.PDF, 0, 310, out)
    with Image.open(out) as preview:
        red, green, blue = preview.convert("RGB").getpixel((285, 175))  # type: ignore[misc]
    assert red > 120
    assert max(green, blue) < 60
