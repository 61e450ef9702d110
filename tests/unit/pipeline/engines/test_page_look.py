"""What a page looks like: sheets by anybody, letters with codes, blanks, and the frame of our own sheets."""

import numpy as np
import pytest

from pipeline.domain.pages import SheetLook
from pipeline.domain.work import ReadSettings
from pipeline.engines.codes import read_codes
from pipeline.engines.page_look import look_at
from pipeline.ports.engines import Raster
from tests.support import scans

SETTINGS = ReadSettings()
PAYLOAD = "OPIS1:D:PS3:RG:2021:156746:4:E"
SHEET_LINES = (
    ("Instituția: Primăria Sectorului 3", 4.5),
    ("Registrul general", 4),
    ("Număr: 156746/2021", 4),
    ("4 foi", 4),
    ("A se pune înaintea actului", 4),
    ("Nu se îndoaie", 4),
    ("Operator: Popescu", 4),
    (PAYLOAD, 4),
)


def look(page, dpi=200):
    return look_at(Raster(page, dpi, "embedded"), read_codes(page, dpi, SETTINGS), SETTINGS)


def qr(width=20, dpi=200):
    return scans.code(PAYLOAD, width=width, dpi=dpi)


def foreign_sheet(lines=0, dpi=200):
    page = scans.put(scans.blank(dpi), qr(40, dpi), 85, 130, dpi)
    if lines:
        page = scans.words(page, 60, 20, "SEPARATOR", 14, dpi, bold=True)
    for place, (text, size) in enumerate(SHEET_LINES[:lines]):
        page = scans.words(page, 60, 45 + 9 * place, text, size, dpi)
    return page


def patch_sheet(dpi=200):
    page = scans.blank(dpi)
    for top in (20, 245):
        for place, width in enumerate((5, 2, 5, 5)):
            page[
                scans.px(top + 8 * place, dpi) : scans.px(top + 8 * place + width, dpi),
                scans.px(30, dpi) : scans.px(180, dpi),
            ] = 0
    for left in (8, 176):
        for place, width in enumerate((5, 2, 5)):
            page[
                scans.px(60, dpi) : scans.px(235, dpi),
                scans.px(left + 8 * place, dpi) : scans.px(left + 8 * place + width, dpi),
            ] = 0
    page = scans.put(page, scans.code("PATCHT", "Code39", 60, 12, dpi), 75, 130, dpi)
    page = scans.words(page, 70, 95, "PATCH T", 14, dpi, bold=True)
    return scans.words(page, 70, 160, "Document separator sheet", 6, dpi)


@pytest.mark.parametrize("dpi", [150, 300])
@pytest.mark.parametrize("lines", [0, 3, 8])
def test_a_sheet_made_by_anybody(dpi, lines):
    page = foreign_sheet(lines, dpi)
    for scan in (page, scans.bitonal(page), scans.skewed(page, -8)):
        found = look(scan, dpi)
        assert (found.look, found.framed, found.nearly_blank) == (SheetLook.SHEET, False, False)


@pytest.mark.parametrize(
    "worn", [lambda page: page, scans.bitonal, lambda page: scans.skewed(scans.faded(page, 0.4), 5)]
)
def test_a_patch_sheet_is_a_sheet_for_all_its_ink(worn):
    found = look(worn(patch_sheet()))
    assert found.look is SheetLook.SHEET
    assert found.ink > 0.1


@pytest.mark.parametrize("dpi", [150, 200])
@pytest.mark.parametrize("lines", [3, 5, 60])
@pytest.mark.parametrize("head", [True, False])
def test_a_letter_with_a_code_is_content(dpi, lines, head):
    small = scans.put(scans.letter(dpi, lines, seed=lines, head=head), qr(20, dpi), 182, 5, dpi)
    for scan in (small, scans.bitonal(small), scans.turned(small, 1)):
        assert look(scan, dpi).look is SheetLook.CONTENT


@pytest.mark.parametrize("lines", [3, 6, 14])
def test_a_letter_with_a_big_sticker_or_two_equal_ones_is_content(lines):
    big = scans.put(scans.letter(lines=lines), qr(60), 75, 200)
    linear = scans.code("RG-48213/2021", "Code128", 45, 8)
    twice = scans.put(scans.put(scans.letter(lines=lines), linear, 120, 14), linear, 120, 278)
    faint = scans.skewed(scans.faded(scans.put(scans.letter(lines=lines), qr(), 150, 20), 0.5), 7)
    assert [look(page).look for page in (big, twice, faint)] == [SheetLook.CONTENT] * 3


def test_a_form_or_a_photograph_with_a_code_is_content():
    form = scans.blank()
    for y in range(60, 280, 9):
        form = scans.line(form, (15, y), (195, y), 20, 0.4)
    smooth = np.random.default_rng(1).uniform(60, 200, (14, 10)).astype(np.float32).repeat(100, 0).repeat(100, 1)
    photo = scans.put(scans.blank(), smooth.astype(np.uint8), 40, 90)
    for page in (form, photo):
        assert look(scans.put(page, qr(), 175, 10)).look is SheetLook.CONTENT


INSTRUCTIONS = (
    "Această foaie desparte documentele unui lot scanat.",
    "Se așază înaintea primei pagini a fiecărui document.",
    "Nu se îndoaie, nu se capsează și nu se scrie pe codul ei.",
    "Foaia poate fi folosită din nou cât timp este curată.",
    "Înainte de scanare se verifică geamul scanerului.",
    "Pentru lămuriri sunați la registratură, interior 112.",
)


def instructed(page, lines, top=200, dpi=200):
    for place, text in enumerate(INSTRUCTIONS[:lines]):
        page = scans.words(page, 45, top + 8 * place, text, 4.2, dpi)
    return page


@pytest.mark.parametrize("worn", [lambda page: page, scans.bitonal, lambda page: scans.skewed(page, 5)])
def test_a_sheet_that_tells_how_it_is_used_is_a_sheet(worn):
    patch = instructed(patch_sheet(), 6, 175)
    titled = scans.words(instructed(scans.put(scans.blank(), qr(40), 85, 90), 6), 60, 40, "SEPARATOR", 14, bold=True)
    assert [look(worn(page)).look for page in (patch, titled)] == [SheetLook.SHEET] * 2


def test_a_large_code_above_a_few_lines_without_a_title_is_in_doubt():
    page = instructed(scans.put(scans.blank(), scans.code("PATCHT", "Code128", 90, 20), 60, 120), 6)
    found = look(page)
    assert (found.look, found.sheetlike) == (SheetLook.CONTENT, True)


@pytest.mark.parametrize("dpi", [100, 200])
def test_a_short_list_with_a_small_code_is_content(dpi):
    page = scans.letter(dpi, 0)
    for place in range(9):
        page = scans.words(page, 30, 70 + 10 * place, f"{place + 1}. copie act nr. {place * 7}/2021", 4, dpi)
    found = look(scans.put(page, qr(15, dpi), 180, 270, dpi), dpi)
    assert (found.look, found.sheetlike) == (SheetLook.CONTENT, False)


def torn(page):
    page = page.copy()
    page[:, scans.px(108, 200) :] = 250
    return page


def struck(page):
    for left in (80, 100, 118):
        page = scans.line(page, (left, 125), (left, 150), 0, 5)
    return page


def test_a_sheet_by_anybody_whose_code_cannot_be_read_is_seen():
    alone = scans.put(scans.blank(), qr(40), 85, 130)
    linear = scans.put(scans.blank(), scans.code(PAYLOAD, "Code128", 140, 20), 35, 135)
    for page in (torn(alone), torn(linear), struck(instructed(patch_sheet(), 6, 175))):
        assert read_codes(page, 200, SETTINGS) == ()
        found = look(page)
        assert (found.look, found.sheetlike) == (SheetLook.CONTENT, True)


def test_content_without_a_code_is_no_unread_sheet():
    bars = scans.words(scans.blank(), 60, 60, "Buget 2021", 9, bold=True)
    for place, height in enumerate((50, 80, 30, 60, 95)):
        bars = scans.line(bars, (50 + 20 * place, 200), (50 + 20 * place, 200 - height), 30, 10)
    blacked = scans.letter(lines=4)
    for place in range(4):
        blacked = scans.line(blacked, (60, 150 + 15 * place), (150, 150 + 15 * place), 0, 4.5)
    small = np.full_like(scans.blank(), 250)
    column = scans.letter(lines=45, head=False, points=7)[:, scans.px(24, 200) : scans.px(95, 200)]
    small[:, scans.px(60, 200) : scans.px(60, 200) + column.shape[1]] = column
    for page in (bars, blacked, small, scans.skewed(small, 5)):
        assert not look(page).sheetlike


def blanks(dpi=200):
    page = scans.blank(dpi)
    chance = np.random.default_rng(0)
    dusty = page
    for _ in range(40):
        dusty = scans.disc(dusty, chance.uniform(5, 205), chance.uniform(5, 290), chance.uniform(0.1, 0.3), 60, dpi)
    holes = scans.disc(scans.disc(page, 12, 108, 3, 20, dpi), 12, 188, 3, 20, dpi)
    edges = page.copy()
    edges[:, : scans.px(4, dpi)] = 10
    shaded = (page * np.linspace(0.6, 1, page.shape[0])[:, None]).astype(np.uint8)
    return {
        "clean": page,
        "coloured paper": scans.blank(dpi, 200),
        "dust": dusty,
        "punch holes": holes,
        "holes on the right": scans.turned(holes, 2),
        "staple": scans.line(page, (8, 8), (18, 14), 60, 0.6, dpi),
        "black edge": edges,
        "skewed on black": scans.skewed(page, 3, 5),
        "uneven light": shaded,
        "letter shining through": scans.shining_through(scans.letter(dpi, 40), 0.12, dpi),
    }


@pytest.mark.parametrize("dpi", [100, 200])
@pytest.mark.parametrize("kind", list(blanks(100)))
def test_blank(kind, dpi):
    found = look(scans.noisy(blanks(dpi)[kind], 6), dpi)
    assert (found.look, found.nearly_blank, found.framed) == (SheetLook.BLANK, True, False)


@pytest.mark.parametrize("kind", ["clean", "dust", "punch holes", "staple", "black edge", "skewed on black"])
def test_blank_in_black_and_white(kind):
    assert look(scans.bitonal(scans.noisy(blanks()[kind], 10))).look is SheetLook.BLANK


def contents(dpi=200):
    page = scans.blank(dpi)
    pencil = page
    for place in range(6):
        pencil = scans.line(pencil, (60 + 4 * place, 100), (62 + 4 * place, 104), 185, 0.5, dpi)
        pencil = scans.line(pencil, (62 + 4 * place, 104), (64 + 4 * place, 100), 185, 0.5, dpi)
    stamp = scans.disc(scans.disc(page, 120, 200, 18, 150, dpi), 120, 200, 17.3, 250, dpi)
    half_black = page.copy()
    half_black[page.shape[0] // 2 :] = 0
    half_grey = page.copy()
    half_grey[page.shape[0] // 2 :] = 128
    return {
        "faint pencil": pencil,
        "stamp": stamp,
        "a word": scans.words(page, 100, 100, "da", 4, dpi),
        "a note at the foot": scans.words(page, 95, 280, "pag. 3", 4, dpi),
        "all black": np.zeros_like(page),
        "half black": half_black,
        "half grey": half_grey,
        "letter": scans.letter(dpi, 20),
        "a short line": scans.letter(dpi, 1, head=False),
    }


@pytest.mark.parametrize("dpi", [100, 200])
@pytest.mark.parametrize("kind", list(contents(100)))
def test_content_is_never_blank(kind, dpi):
    found = look(contents(dpi)[kind], dpi)
    assert (found.look, found.nearly_blank) == (SheetLook.CONTENT, False)


@pytest.mark.parametrize("mark", [((100, 0), (100, 297), 0.4), ((30, 3), (37, 10), 2.0)], ids=["streak", "feed mark"])
def test_a_machines_mark_is_nearly_blank(mark):
    start, end, thick = mark
    found = look(scans.line(scans.blank(), start, end, 90, thick))
    assert (found.look, found.nearly_blank) == (SheetLook.CONTENT, True)


def test_a_raster_that_cannot_be_trusted_is_unknown():
    for page in (scans.blank(), foreign_sheet(3)):
        found = look_at(Raster(page, 200, "embedded", trusted=False), read_codes(page, 200, SETTINGS), SETTINGS)
        assert (found.look, found.ink, found.nearly_blank) == (SheetLook.UNKNOWN, None, False)
    speck = np.full((1, 1), 255, np.uint8)
    assert look_at(Raster(speck, 300, "rendered"), (), SETTINGS).look is SheetLook.UNKNOWN


def ringed(page, x, y, dpi):
    for radius, grey in ((6, 20), (4, 250), (2, 20)):
        page = scans.disc(page, x, y, radius, grey, dpi)
    return page


def boxed(page, inset, thick, dpi):
    left, top, right, bottom = inset, inset, 210 - inset, 297 - inset
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        page = scans.line(page, start, end, 20, thick, dpi)
    return page


def not_ours(dpi):
    page = scans.blank(dpi)
    table = boxed(page, 15, 0.5, dpi)
    for y in range(30, 280, 8):
        table = scans.line(table, (15, y), (195, y), 20, 0.4, dpi)
    for x in (40, 90, 150):
        table = scans.line(table, (x, 15), (x, 282), 20, 0.4, dpi)
    rosettes = boxed(boxed(page, 14.4, 1.5, dpi), 17.6, 1.5, dpi)
    for x, y in ((16, 16), (194, 16), (194, 281), (16, 281)):
        rosettes = ringed(rosettes, x, y, dpi)
    ornate = boxed(page, 16, 4, dpi)
    for x in range(16, 195, 12):
        ornate = ringed(ringed(ornate, x, 16, dpi), x, 281, dpi)
    for y in range(16, 282, 12):
        ornate = ringed(ringed(ornate, 16, y, dpi), 194, y, dpi)
    form = scans.letter(dpi, 14)
    for y in range(150, 280, 12):
        form = ringed(form, 30, y, dpi)
    titled = scans.words(rosettes, 60, 60, "DIPLOMĂ", 14, dpi)
    return {"letter": scans.letter(dpi, 40), "table": table, "diploma": titled, "ornament": ornate, "form": form}


@pytest.mark.parametrize("dpi", [150, 300])
@pytest.mark.parametrize("kind", list(not_ours(100)))
def test_the_frame_is_not_seen_where_there_is_none(kind, dpi):
    page = not_ours(dpi)[kind]
    for scan in (page, scans.bitonal(page), scans.skewed(scans.turned(page, 1), 4)):
        assert not look_at(Raster(scan, dpi, "rendered"), (), SETTINGS).framed
