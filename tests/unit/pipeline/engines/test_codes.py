"""Reading barcodes: any angle, resolution and scan; one symbol is one code; a reader that fails is not silent."""

import importlib

import numpy as np
import pytest

from pipeline.domain.errors import MissingPart, WorkerFault
from pipeline.domain.work import ReadSettings
from pipeline.engines import zbar as zbar_module
from pipeline.engines.code_text import MAX_CHARACTERS
from pipeline.engines.codes import HARD_PIXELS, read_codes
from pipeline.engines.zbar import Zbar, probe_zbar
from pipeline.engines.zxing import Zxing, probe_zxing
from tests.support import scans

PAYLOAD = "OPIS1:D:PS3:RG:2021:156746:4:E"
SETTINGS = ReadSettings()


def read(page, dpi=200):
    return read_codes(page, dpi, SETTINGS)


def with_qr(dpi=200, size=30):
    return scans.put(scans.blank(dpi), scans.code(PAYLOAD, width=size, dpi=dpi), 90, 120, dpi)


def with_linear(dpi=200, width=70):
    return scans.put(scans.blank(dpi), scans.code("RG-48213/2021", "Code128", width, dpi=dpi), 70, 120, dpi)


@pytest.mark.parametrize("dpi", [100, 150, 200, 300, 600])
@pytest.mark.parametrize("make", [with_qr, with_linear])
def test_every_resolution(dpi, make):
    (code,) = read(make(dpi), dpi)
    assert code.text in (PAYLOAD, "RG-48213/2021")
    middle = ((code.box[0] + code.box[2]) / 2, (code.box[1] + code.box[3]) / 2)
    expected = (105, 135) if code.symbology == "QR" else (105, 126)
    assert np.abs(np.array(middle) / dpi * 25.4 - expected).max() < 5


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("degrees", [-10, 4, 10])
@pytest.mark.parametrize("make", [with_qr, with_linear])
def test_every_angle(quarters, degrees, make):
    assert len(read(scans.turned(scans.skewed(make(), degrees), quarters))) == 1


@pytest.mark.parametrize("degrees", [-10, 10])
def test_a_long_linear_code_on_the_slant_is_straightened(degrees):
    """No straight scan line crosses all of its bars."""
    long = scans.put(scans.blank(), scans.code(PAYLOAD, "Code128", 150, 16), 30, 120)
    assert [code.text for code in read(scans.skewed(long, degrees))] == [PAYLOAD]


@pytest.mark.parametrize(
    "worn",
    [
        lambda page: scans.bitonal(scans.noisy(page, 40)),
        lambda page: scans.faded(page, 0.3),
        lambda page: scans.noisy(scans.faded(page, 0.3), 12),
        lambda page: scans.jpeg(page, 12),
        lambda page: (page * np.linspace(0.3, 0.8, page.shape[1])).astype(np.uint8),
    ],
    ids=["bitonal", "faint", "faint and noisy", "jpeg", "dark"],
)
@pytest.mark.parametrize("make", [with_qr, with_linear])
def test_worn_scans(worn, make):
    assert len(read(worn(make()))) == 1


@pytest.mark.parametrize("grey", [0, 255])
def test_streaks_across_a_qr_code(grey):
    page = with_qr(size=40)
    for across in range(0, page.shape[1], 90):
        page[:, across : across + 4] = grey
    assert [code.text for code in read(page)] == [PAYLOAD]


@pytest.mark.parametrize(
    "kind, text", [("Code39", "PATCHT"), ("EAN13", "5941234567899"), ("Code93", "RG12"), ("ITF", "123456")]
)
def test_other_symbologies(kind, text):
    page = scans.put(scans.blank(), scans.code(text, kind, 60), 60, 100)
    assert [(code.text, code.symbology) for code in read(page)] == [(text, kind.upper())]


def test_second_reader_reads_what_the_first_does_not(monkeypatch):
    monkeypatch.setattr(Zbar, "read", lambda self, grey: ())
    assert [(code.text, code.reader) for code in read(with_qr())] == [(PAYLOAD, "zxing")]


def test_equal_linear_codes_far_apart_are_two_with_boxes_of_their_own():
    """zbar answers them as one box over the whole letter."""
    sticker = scans.code("RG-48213/2021", "Code128", 45, 8)
    page = scans.put(scans.put(scans.letter(lines=25), sticker, 120, 12), sticker, 120, 275)
    found = read(page)
    assert [code.text for code in found] == ["RG-48213/2021"] * 2
    assert all(code.box[3] - code.box[1] < scans.px(15, 200) for code in found)


def test_a_code_read_by_both_readers_or_at_two_resolutions_is_one():
    page = scans.put(with_qr(), scans.code("RG-48213/2021", "Code128", 60), 70, 200)
    assert sorted(code.symbology for code in read(page)) == ["CODE128", "QR"]


def test_two_codes_that_disagree_are_both_reported():
    other = "OPIS1:D:PS3:RG:2021:48213::A"
    page = scans.put(with_qr(), scans.code(other, width=30), 90, 200)
    assert {code.text for code in read(page)} == {PAYLOAD, other}


def test_sticker_in_a_letter_is_found_without_trying_hard():
    page = scans.put(scans.letter(lines=40), scans.code("RG-48213/2021", "Code128", 40, 8), 140, 12)
    assert [code.text for code in read(page)] == ["RG-48213/2021"]


@pytest.mark.parametrize("contrast", [0.05, 0.1, 0.15])
def test_a_code_that_shines_through_is_not_on_this_page(contrast):
    assert read(scans.shining_through(with_qr(size=45), contrast)) == ()


@pytest.mark.parametrize("lines", [3, 30])
def test_letters_hold_no_code(lines):
    assert read(scans.letter(300, lines), 300) == ()


@pytest.mark.parametrize(("dpi", "size"), [(100, 60), (200, 120)])
def test_a_very_large_code_is_read_through_noise(dpi, size):
    page = scans.put(scans.blank(dpi), scans.code(PAYLOAD, width=size, dpi=dpi), 45, 90, dpi)
    assert {code.text for code in read(scans.noisy(page, 14), dpi)} == {PAYLOAD}


def test_a_page_without_codes_is_looked_at_at_half_resolution_and_coarsely(monkeypatch):
    seen = []
    whole = Zbar.read

    def spy(self, grey):
        seen.append(grey.shape)
        return whole(self, grey)

    monkeypatch.setattr(Zbar, "read", spy)
    monkeypatch.setattr(Zxing, "read", lambda self, grey: pytest.fail("the second reader was asked"))
    page = scans.letter(300, 30)
    read(page, 300)
    assert seen == [(page.shape[0] // 2, page.shape[1] // 2), (page.shape[0] // 8, page.shape[1] // 8)]


def test_binary_and_very_long_payloads_are_kept_as_text():
    binary = scans.put(scans.blank(300), scans.code("\x0e\x01a,b", width=30, dpi=300), 80, 100, 300)
    assert [code.text for code in read(binary, 300)] == ["\x0e\x01a,b"]
    long = scans.put(scans.blank(300), scans.code("X1" * 2000, width=140, dpi=300), 30, 60, 300)
    assert all(len(code.text) <= MAX_CHARACTERS for code in read(long, 300))


@pytest.mark.parametrize("shape", [(1, 1), (3, 4000), (40, 40)])
def test_images_too_small_for_a_code(shape):
    assert read(np.full(shape, 255, np.uint8)) == ()


@pytest.mark.parametrize("reader", [Zbar, Zxing])
def test_a_reader_that_fails_is_not_a_page_without_codes(monkeypatch, reader):
    def fail(self, grey):
        raise WorkerFault("reader failed")

    monkeypatch.setattr(reader, "read", fail)
    cells = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (40, 40))
    with pytest.raises(WorkerFault):
        read(scans.put(scans.blank(), cells.repeat(6, axis=0).repeat(6, axis=1), 80, 100))


def test_vendor_errors_become_ours(monkeypatch):
    def refuse(*_):
        raise RuntimeError("vendor")

    monkeypatch.setattr("zxingcpp.read_barcodes", refuse)
    with pytest.raises(WorkerFault):
        Zxing().read(scans.blank())
    _, wrapper = zbar_module._parts()
    monkeypatch.setattr(wrapper, "zbar_scan_image", lambda *_: -1)
    with pytest.raises(WorkerFault):
        Zbar().read(scans.blank())


def test_a_missing_library_names_its_package(monkeypatch):
    whole = importlib.import_module

    def missing(name, package=None):
        if name.startswith("pyzbar"):
            raise ImportError("Unable to find zbar shared library")
        return whole(name, package)

    zbar_module._parts.cache_clear()
    monkeypatch.setattr(importlib, "import_module", missing)
    try:
        with pytest.raises(MissingPart, match="libzbar0"):
            Zbar().read(scans.blank())
        probe = probe_zbar()
        assert not probe.good and "libzbar0" in probe.mend
    finally:
        zbar_module._parts.cache_clear()


def test_probes_of_what_is_installed():
    assert probe_zbar().good and probe_zbar().version
    assert probe_zxing().good and probe_zxing().version


def test_what_no_reader_can_read_is_tried_a_bounded_number_of_times(monkeypatch):
    given = []
    monkeypatch.setattr(Zbar, "read", lambda self, grey: given.append(grey.size) or ())
    monkeypatch.setattr(Zxing, "read", lambda self, grey: ())
    read(with_qr(300, 40), 300)
    assert len(given) > 5
    assert sum(given) < HARD_PIXELS + 2 * scans.blank(300).size
