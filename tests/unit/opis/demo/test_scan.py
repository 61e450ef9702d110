from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from opis.demo.scan import bilevel, encoded, scan


def page(mode="L"):
    image = Image.new(mode, (400, 560), "white")
    ImageDraw.Draw(image).rectangle((100, 150, 300, 200), fill="black")
    return image


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("damage", [1, 2, 3])
def test_a_scan_keeps_size_and_mode_and_is_never_even(mode, damage):
    scanned = scan(page(mode), damage, Random(1), 100)
    assert (scanned.size, scanned.mode) == ((400, 560), mode)
    assert np.asarray(scanned.convert("L"))[300:400].std() > 1


def test_damage_grows():
    clean = np.asarray(page(), dtype=int)
    differences = [abs(np.asarray(scan(page(), damage, Random(4)), dtype=int) - clean).mean() for damage in range(4)]
    assert differences[0] == 0
    assert differences == sorted(differences)


def test_the_same_chance_gives_the_same_bytes():
    first, second = (encoded(scan(page(), 2, Random(9)), "jpeg", 300, 2) for _ in range(2))
    assert first == second
    assert first != encoded(scan(page(), 2, Random(10)), "jpeg", 300, 2)


def test_bilevel_is_black_and_white():
    image = bilevel(scan(page(), 1, Random(2)))
    assert image.mode == "1"
    assert 0.03 < 1 - np.asarray(image).mean() < 0.08
