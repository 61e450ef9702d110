"""The document as a whole: its text in place and in order, its metadata, the same bytes twice."""

import html
import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from pipeline.domain.pages import PageText, Word
from pipeline.domain.work import DocumentPage, PageRef, WrittenPage
from pipeline.engines.pdf_glyphless_font import font_program
from pipeline.engines.pdf_metadata import srgb_profile
from pipeline.engines.pdf_writer import write_pdf
from tests.support.originals import (
    DPI,
    HEIGHT,
    WIDTH,
    changed,
    coded,
    drawn,
    lines_of_words,
    page_text,
    put,
    scan_pdf,
    sheet,
    stored,
    task_of,
    vector_pdf,
)

WORDS = lines_of_words("Către Primăria Ploiești", "privind înștiințarea țării – nr. 48.213/2021", "Â Î Ș Ț ă â î ș ț")
TEXT = page_text(WIDTH, HEIGHT, WORDS)
JPEG = coded(sheet(), "JPEG")
POINTS = 72 / DPI


def pdftotext(path: Path, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True).stdout


def boxes(path: Path) -> list[tuple[str, tuple[float, ...]]]:
    found = re.findall(
        r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', pdftotext(path, "-bbox")
    )
    return [(html.unescape(text), tuple(float(side) for side in sides)) for *sides, text in found]


def assert_in_place(path: Path, words: tuple[Word, ...], scale: float = POINTS) -> None:
    seen = boxes(path)
    assert [text for text, _ in seen] == [word.text for word in words]
    for (_, box), word in zip(seen, words, strict=True):
        wanted = (word.left, word.top, word.left + word.width, word.top + word.height)
        assert box == pytest.approx([side * scale for side in wanted], abs=2)


def test_words_are_found_in_place(tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    written = write_pdf(task_of(put(tmp_path, "scan.jpg", JPEG), TEXT), out)
    assert written.size == out.stat().st_size <= len(JPEG) + 12_000
    assert_in_place(out, WORDS)


def test_romanian_letters_survive_in_order(tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "scan.jpg", JPEG), TEXT), out)
    expected = [
        "Către Primăria Ploiești",
        "privind înștiințarea țării – nr. 48.213/2021",
        "Â Î Ș Ț ă â î ș ț",
    ]
    for mode in ([], ["-raw"]):
        assert [line.strip() for line in pdftotext(out, *mode).splitlines() if line.strip()] == expected


def uneven_line() -> tuple[Word, ...]:
    """Boxes as an OCR engine gives them: each as high as its own letters, on a skewed baseline."""
    shapes = {"A": (22, 0), "a": (15, 0), "g": (15, 6), "–": (10, -7), ",": (4, 4), "Ț": (22, 6)}
    words: list[Word] = []
    for line in range(4):
        x = 60
        for place, text in enumerate(["Ana", "–", "are", "a", "gara", ",", "Țara", "anume", "–", "gama", "aci"]):
            up, down = shapes.get(text[0], (18, 0))
            baseline = 300 + 45 * line + round(0.02 * x)
            words.append(Word(text, x, baseline - up, 10 * len(text), up + down, 0.9, line, block=1))
            x += 10 * len(text) + 9 + place % 3
    return tuple(words)


def test_lines_stay_together_though_their_boxes_differ(tmp_path: Path) -> None:
    words, out = uneven_line(), tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "scan.jpg", JPEG), page_text(WIDTH, HEIGHT, words)), out)
    assert pdftotext(out).split() == [word.text for word in words]
    assert_in_place(out, words)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_is_turned_upright_with_its_words(tmp_path: Path, rotation: int) -> None:
    orientation = {90: 6, 180: 3, 270: 8}[rotation]
    lying = coded(stored(sheet(), orientation), "JPEG")
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "lying.jpg", lying), replace(TEXT, rotation=rotation), rotation=rotation), out)
    assert_in_place(out, WORDS)
    with pikepdf.open(out) as pdf:
        assert [float(side) for side in pdf.pages[0].mediabox[2:]] == pytest.approx([WIDTH * POINTS, HEIGHT * POINTS])  # type: ignore[index]
        assert image_bytes(pdf) == lying


def test_rotation_is_added_to_that_of_the_source(tmp_path: Path) -> None:
    def on_its_side(pdf: pikepdf.Pdf, page: pikepdf.Page, image: Any) -> None:
        page.obj.Rotate = 270

    lying = changed(scan_pdf(coded(stored(sheet(), 3), "JPEG")), on_its_side)
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "lying.pdf", lying), TEXT, rotation=270), out)
    assert_in_place(out, WORDS)


def image_bytes(pdf: pikepdf.Pdf, page: int = 0) -> bytes:
    images: Any = pdf.pages[page].resources.XObject
    (image,) = images.values()
    return bytes(image.read_raw_bytes())


def test_text_of_the_source_is_replaced_by_ours(tmp_path: Path) -> None:
    matrix = f"{WIDTH * POINTS} 0 0 {HEIGHT * POINTS} 0 0"
    old = changed(scan_pdf(JPEG), drawn(matrix, "BT /F1 9 Tf 3 Tr 9 9 Td (OLDLAYER) Tj ET"))
    out = tmp_path / "out.pdf"
    written = write_pdf(task_of(put(tmp_path, "old.pdf", old), TEXT), out)
    assert written.pages == (WrittenPage(1, "as_scanned"),)
    assert "OLDLAYER" not in pdftotext(out)
    with pikepdf.open(out) as pdf:
        assert image_bytes(pdf) == JPEG


def test_pages_from_several_files_in_the_order_asked_for(tmp_path: Path) -> None:
    first, second = put(tmp_path, "1.jpg", JPEG), put(tmp_path, "2.pdf", scan_pdf(JPEG, coded(sheet("L"), "JPEG")))
    pages = (
        DocumentPage(PageRef(4, 1, 1), page_text(WIDTH, HEIGHT, lines_of_words("întâia"))),
        DocumentPage(PageRef(5, 0, 0), None),
        DocumentPage(PageRef(6, 1, 0), page_text(WIDTH, HEIGHT, lines_of_words("a treia"))),
    )
    task = replace(task_of(first), originals=(str(first), str(second)), pages=pages)
    out = tmp_path / "out.pdf"
    assert [page.page for page in write_pdf(task, out).pages] == [4, 5, 6]
    assert [page.split() for page in pdftotext(out).split("\f")[:3]] == [["întâia"], [], ["a", "treia"]]


def test_pages_from_many_pdfs(tmp_path: Path) -> None:
    jpegs = [coded(sheet("L"), "JPEG", quality=quality) for quality in range(60, 66)]
    paths = [put(tmp_path, f"{place}.pdf", scan_pdf(jpeg)) for place, jpeg in enumerate(jpegs)]
    pages = tuple(DocumentPage(PageRef(place + 1, place, 0), None) for place in range(len(paths)))
    out = tmp_path / "out.pdf"
    write_pdf(replace(task_of(paths[0]), originals=tuple(map(str, paths)), pages=pages), out)
    with pikepdf.open(out) as pdf:
        assert [image_bytes(pdf, page) for page in range(len(jpegs))] == jpegs


def test_the_same_task_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, data in {"scan.pdf": scan_pdf(JPEG, JPEG), "vector.pdf": vector_pdf(), "scan.jpg": JPEG}.items():
        task = task_of(put(tmp_path, name, data), TEXT)
        first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
        write_pdf(task, first)
        write_pdf(task, second)
        assert first.read_bytes() == second.read_bytes()


def test_metadata_say_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    task = replace(
        task_of(put(tmp_path, "s.jpg", JPEG), TEXT),
        title="Cerere <ș> & \x07 altele",
        created="2026-03-01T12:20:30+02:00",
    )
    write_pdf(task, out)
    with pikepdf.open(out) as pdf:
        assert not pdf.is_encrypted
        assert str(pdf.Root.Lang) == "ro-RO"
        info: Any = pdf.trailer.Info
        assert (str(info.Title), str(info.Producer)) == ("Cerere <ș> &  altele", "Opis")
        assert str(info.CreationDate) == str(info.ModDate) == "D:20260301102030+00'00'"
        with pdf.open_metadata() as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("2", "U")
            assert xmp["dc:title"] == "Cerere <ș> &  altele"
            assert xmp["dc:description"] == str(info.Subject) == "RG 48213/2021"
            assert xmp["pdf:Producer"] == "Opis"
            assert xmp["xmp:CreateDate"] == "2026-03-01T10:20:30+00:00"
            assert "ro-RO" in xmp["dc:language"]
        intents: Any = pdf.Root.OutputIntents
        assert intents[0].DestOutputProfile.read_bytes() == srgb_profile()


def test_what_pdfa_forbids_is_not_there(tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "v.pdf", vector_pdf()), TEXT), out)
    with pikepdf.open(out) as pdf:
        assert set(pdf.Root.keys()) == {
            *("/Type", "/Pages", "/Lang", "/Metadata", "/OutputIntents", "/ViewerPreferences"),
        }
        fonts: Any = pdf.pages[0].resources.Font
        for font in fonts.values():
            assert font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes() == font_program()
            assert re.findall(rb"(\d+) beginbfchar", font.ToUnicode.read_bytes())


def test_many_letters_stay_in_blocks_of_a_hundred(tmp_path: Path) -> None:
    letters = "".join(chr(code) for code in range(0x100, 0x180)) + "😀€"
    words = tuple(Word(letters[n : n + 10], 60, 100 + n * 4, 200, 16, 0.9, n) for n in range(0, len(letters), 10))
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "s.jpg", JPEG), page_text(WIDTH, HEIGHT, words)), out)
    with pikepdf.open(out) as pdf:
        fonts: Any = pdf.pages[0].resources.Font
        cmap = next(iter(fonts.values())).ToUnicode.read_bytes()
    assert [int(size) for size in re.findall(rb"(\d+) beginbfchar", cmap)] == [100, len(letters) + 1 - 100]
    assert "".join(pdftotext(out, "-raw").split()) == letters


def test_words_that_cannot_be_named_do_no_harm(tmp_path: Path) -> None:
    words = (
        Word("\x00\x01", 10, 10, 20, 10, 0.1, 0),
        Word("\ud800s\ufefft\x00", 60, 300, 30, 16, 0.1, 1),
        Word("s\u0326i", 120, 300, 30, 16, 0.1, 1),
        Word("|", 300, 100, 1, 700, 0.1, 2),
        Word("_", 400, 500, 30, 0, 0.1, 3),
    )
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "s.jpg", JPEG), page_text(WIDTH, HEIGHT, words)), out)
    assert set(pdftotext(out).split()) == {"st", "și", "|", "_"}


def test_a_page_that_cannot_be_had_is_told_and_costs_only_itself(tmp_path: Path) -> None:
    path = put(tmp_path, "two.pdf", scan_pdf(JPEG, JPEG))
    pages = (DocumentPage(PageRef(1, 0, 0), TEXT), DocumentPage(PageRef(2, 0, 7), None))
    out = tmp_path / "out.pdf"
    written = write_pdf(replace(task_of(path), pages=pages), out)
    assert [page.how for page in written.pages] == ["as_scanned", "missing"]
    with pikepdf.open(out) as pdf:
        assert len(pdf.pages) == 2


def test_more_than_a_page_costs_little_a_page(tmp_path: Path) -> None:
    words = lines_of_words(*["Subsemnatul Ștefănescu Ion, domiciliat în Ploiești, vă rog să aprobați"] * 12)
    text = page_text(WIDTH, HEIGHT, words)
    data = scan_pdf(*[coded(sheet("L"), "JPEG", quality=quality) for quality in range(60, 80)])
    images = 0
    with pikepdf.open(io.BytesIO(data)) as pdf:
        images = sum(len(image_bytes(pdf, page)) for page in range(len(pdf.pages)))
    out = tmp_path / "out.pdf"
    written = write_pdf(task_of(put(tmp_path, "s.pdf", data), *[text] * 20), out)
    assert written.size - images < 20 * 4_000


def test_no_text_no_font(tmp_path: Path) -> None:
    empty: PageText = page_text(WIDTH, HEIGHT, ())
    out = tmp_path / "out.pdf"
    write_pdf(task_of(put(tmp_path, "s.pdf", scan_pdf(JPEG, JPEG)), None, empty), out)
    assert pdftotext(out).split() == []
