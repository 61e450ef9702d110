"""Printed sheets: same bytes for the same order, read back from any scan, recognised without their codes."""

import subprocess

import numpy as np
import pytest

from pipeline.domain.errors import MissingPart, UsageError
from pipeline.domain.pages import SheetLook
from pipeline.domain.payload import PayloadKind, parse_payload
from pipeline.domain.registry import RegistryEntry, RegistryNumber
from pipeline.domain.settings import Institution
from pipeline.domain.work import ReadSettings
from pipeline.engines import fonts
from pipeline.engines.codes import read_codes
from pipeline.engines.page_look import look_at
from pipeline.engines.separator_sheets import MOST_SHEETS, print_sheets
from pipeline.engines.sheet_orders import (
    batch_end,
    batch_slip,
    blank_sheets,
    sheets_from_entries,
    sheets_from_numbers,
)
from pipeline.ports.engines import Raster
from tests.support import scans

PS3 = Institution(code="PS3", name="Primăria Sectorului 3 al Municipiului București")
LONG = Institution(code="ABCDEFGHIJKL", name="Ș")
SETTINGS = ReadSettings()
ORDER = (
    *sheets_from_numbers(PS3, "RG", 2021, "48213"),
    *sheets_from_entries(LONG, [RegistryEntry(RegistryNumber("RG", 2021, "1234/A"), sheets=45)]),
    *blank_sheets(PS3, 1),
    *blank_sheets(PS3, 1, PayloadKind.ANNEX),
    batch_slip(PS3, "RG", 2021, "17:32"),
    batch_end(PS3, "RG", 2021, "17:32"),
)
KINDS = ("number", "longest payload", "blank", "annex", "slip", "end")
SCANS = {
    "clean": lambda page: page,
    "black and white": lambda page: scans.bitonal(scans.noisy(page, 30)),
    "upside down and skewed": lambda page: scans.skewed(scans.turned(page, 2), 3),
    "sideways": lambda page: scans.turned(page, 1),
    "noisy": lambda page: scans.noisy(page, 20),
    "faint": lambda page: scans.faded(page, 0.3),
    "skewed far": lambda page: scans.skewed(page, -10),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    path = tmp_path_factory.mktemp("sheets") / "sheets.pdf"
    assert print_sheets(ORDER, path) == len(ORDER)
    return {dpi: scans.rendered(path, dpi) for dpi in (150, 200, 300)}


def look(page, dpi, codes=None):
    return look_at(Raster(page, dpi, "rendered"), read_codes(page, dpi, SETTINGS) if codes is None else codes, SETTINGS)


@pytest.mark.parametrize("dpi", [150, 200, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_back(printed, kind, dpi):
    place = KINDS.index(kind)
    for scan in ("black and white", "upside down and skewed"):
        page = SCANS[scan](printed[dpi][place])
        codes = read_codes(page, dpi, SETTINGS)
        found = look(page, dpi, codes)
        assert {code.text for code in codes} == {ORDER[place].payload}
        assert (found.look, found.framed, found.nearly_blank) == (SheetLook.SHEET, True, False)


@pytest.mark.parametrize("scan", list(SCANS))
@pytest.mark.parametrize("kind", ["number", "longest payload"])
def test_every_scan_is_read_back(printed, kind, scan):
    page = SCANS[scan](printed[200][KINDS.index(kind)])
    assert {code.text for code in read_codes(page, 200, SETTINGS)} == {ORDER[KINDS.index(kind)].payload}
    found = look(page, 200)
    assert (found.look, found.framed) == (SheetLook.SHEET, True)


def test_both_symbols_are_there_twice(printed):
    symbols = sorted(code.symbology for code in read_codes(printed[300][0], 300, SETTINGS))
    assert symbols == ["CODE128", "CODE128", "QR", "QR"]


def unreadable(page, dpi, how):
    page = page.copy()
    inner = np.s_[scans.px(24, dpi) : scans.px(273, dpi), scans.px(24, dpi) : scans.px(186, dpi)]
    if how == "painted over":
        page[inner] = 255
    elif how == "blackened":
        page[inner] = 0
    else:
        page[:, :: scans.px(7, dpi)] = 255
        for across in range(0, page.shape[1], scans.px(4, dpi)):
            page[inner][:, across : across + scans.px(1.5, dpi)] = 0
    return page


@pytest.mark.parametrize("dpi", [150, 200])
@pytest.mark.parametrize("how", ["painted over", "blackened", "streaked"])
def test_the_frame_is_seen_without_its_codes(printed, how, dpi):
    page = unreadable(printed[dpi][0], dpi, how)
    for scan in SCANS.values():
        assert look(scan(page), dpi, ()).framed


def test_a_framed_sheet_without_a_readable_code_is_tried_and_given_up(printed):
    page = unreadable(printed[150][0], 150, "streaked")
    assert read_codes(page, 150, SETTINGS) == ()
    assert look(page, 150, ()).framed


@pytest.mark.parametrize("side", [np.s_[:, 260:], np.s_[:, :-260], np.s_[260:], np.s_[:-260]])
def test_the_frame_is_seen_with_one_side_cut_off(printed, side):
    assert look(np.ascontiguousarray(printed[200][0][side]), 200, ()).framed


def test_the_frame_is_seen_in_a_dark_photograph_and_at_a_wrong_resolution(printed):
    dark = (printed[200][0] * np.linspace(0.25, 0.7, printed[200][0].shape[1])).astype(np.uint8)
    assert look(dark, 200, ()).framed
    assert look(printed[300][0], 72, ()).framed


@pytest.mark.parametrize("dpi", [150, 200])
@pytest.mark.parametrize("contrast", [0.05, 0.1, 0.2, 0.3])
def test_a_sheet_that_shines_through_leaves_its_back_nearly_blank(printed, dpi, contrast):
    back = scans.shining_through(printed[dpi][1], contrast, dpi)
    codes = read_codes(back, dpi, SETTINGS)
    found = look(back, dpi, codes)
    assert codes == ()
    assert (found.framed, found.nearly_blank) == (False, True)


def test_the_same_order_gives_the_same_bytes_and_embeds_its_fonts(tmp_path):
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    print_sheets(ORDER, one)
    print_sheets(ORDER, other)
    assert one.read_bytes() == other.read_bytes()
    listing = subprocess.run(["pdffonts", str(one)], capture_output=True, text=True, check=True).stdout
    fonts_used = listing.splitlines()[2:]
    assert len(fonts_used) == 2 and all("DejaVu" in line and " yes yes yes " in line for line in fonts_used)


def test_a_person_reads_number_institution_and_instruction(tmp_path):
    print_sheets(ORDER[:2], tmp_path / "sheets.pdf")
    text = subprocess.run(["pdftotext", str(tmp_path / "sheets.pdf"), "-"], capture_output=True, text=True, check=True)
    for part in ("48213/2021", PS3.name, "Puneți această foaie înaintea documentului.", "45 de foi", ORDER[1].payload):
        assert part in text.stdout


def test_numbers_and_ranges():
    sheets = sheets_from_numbers(PS3, "rg", 2021, "1-3, 48213,13956/cp")
    assert [sheet.number.number for sheet in sheets] == ["1", "2", "3", "48213", "13956/CP"]
    for sheet in sheets:
        payload = parse_payload(sheet.payload)
        assert payload.number == sheet.number and payload.count is None and payload.number.register == "RG"


@pytest.mark.parametrize(
    "spec, named",
    [
        ("", "empty"),
        ("1,,2", "empty"),
        ("9-3", "9-3"),
        ("1-3,2", "2"),
        ("15 6746", "15 6746"),
        ("număr", "NUMĂR"),
        ("1-999999", "1-999999"),
        (f"1-{MOST_SHEETS},{MOST_SHEETS + 1}", str(MOST_SHEETS)),
        ("123456789012345678901234", "123456789012345678901234"),
    ],
)
def test_nonsense_is_refused_by_name(spec, named):
    with pytest.raises(UsageError, match=named):
        sheets_from_numbers(PS3, "RG", 2021, spec)


def test_a_payload_that_is_too_long_is_refused_by_number():
    entry = RegistryEntry(RegistryNumber("RG", 2021, "1234567"), sheets=45)
    with pytest.raises(UsageError, match="1234567"):
        sheets_from_entries(LONG, [entry])


@pytest.mark.parametrize("spec", ["17", "17:", ":32", "17:many", "17:123456", "1:2:3"])
def test_a_slip_is_number_and_count(spec):
    with pytest.raises(UsageError):
        batch_slip(PS3, "RG", 2021, spec)


def test_slip_and_end_as_in_the_contract():
    assert batch_slip(PS3, "RG", 2021, "17:32").payload == "OPIS1:B:PS3:RG:2021:17:32:F"
    assert batch_end(PS3, "RG", 2021, "17:32").payload == "OPIS1:E:PS3:RG:2021:17:32:U"
    assert blank_sheets(PS3, 2)[1].payload == "OPIS1:D:PS3:::::H"


@pytest.mark.parametrize("count", [0, -1, MOST_SHEETS + 1])
def test_how_many_blank_sheets(count):
    with pytest.raises(UsageError):
        blank_sheets(PS3, count)


def test_a_path_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(UsageError):
        print_sheets(ORDER[:1], tmp_path / "missing" / "sheets.pdf")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError):
        print_sheets(ORDER[:1], tmp_path / "folder")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]
    with pytest.raises(UsageError):
        print_sheets((), tmp_path / "none.pdf")


def test_a_missing_font_names_its_package(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "_ROOTS", (tmp_path, tmp_path / "none"))
    fonts.font_path.cache_clear()
    try:
        with pytest.raises(MissingPart, match="fonts-dejavu-core"):
            fonts.font_path()
        assert not fonts.probe_fonts().good
    finally:
        fonts.font_path.cache_clear()
    monkeypatch.undo()
    assert fonts.probe_fonts().good
