"""Which way up a page lies: never wrong when sure, sure on ordinary pages."""

import numpy as np
import pytest

from pipeline.engines.orientation import orientation_of
from tests.support import scans

SCANS = {
    "clean": lambda page: page,
    "skewed and noisy": lambda page: scans.noisy(scans.skewed(page, 4), 10),
    "skewed far": lambda page: scans.skewed(page, -8),
    "black and white": lambda page: scans.bitonal(scans.noisy(page, 10)),
    "faint jpeg": lambda page: scans.jpeg(scans.faded(page, 0.5), 40),
}


@pytest.mark.parametrize("dpi", [100, 200, 300])
@pytest.mark.parametrize("kind", list(SCANS))
def test_a_page_of_romanian_text_at_all_four_angles(kind, dpi):
    page = SCANS[kind](scans.letter(dpi, 35, seed=7))
    for quarters in range(4):
        found = orientation_of(scans.turned(page, quarters), dpi)
        assert found.degrees_clockwise_to_upright == 90 * quarters
        assert found.confidence >= 0.8


@pytest.mark.parametrize("lines", [1, 3, 8])
@pytest.mark.parametrize("seed", range(3))
def test_never_wrong_when_sure(lines, seed):
    page = scans.noisy(scans.letter(150, lines, seed, head=False), 8)
    for quarters in range(4):
        found = orientation_of(scans.turned(page, quarters), 150)
        assert found.confidence < 0.8 or found.degrees_clockwise_to_upright == 90 * quarters


@pytest.mark.parametrize("dpi", [100, 200])
def test_capitals_and_figures_say_too_little(dpi):
    page = scans.blank(dpi)
    for place in range(30):
        text = "CERERE PRIVIND ELIBERAREA CERTIFICATULUI" if place % 2 else "48213 2021 156746 1998 33127 40518 77"
        page = scans.words(page, 25, 25 + 8 * place, text, 4, dpi)
    for quarters in range(4):
        assert orientation_of(scans.turned(page, quarters), dpi).confidence < 0.8


@pytest.mark.parametrize("page", [scans.blank(), np.zeros((1, 1), np.uint8), np.zeros((900, 600), np.uint8)])
def test_no_text_no_confidence(page):
    assert orientation_of(page, 100).confidence == 0
