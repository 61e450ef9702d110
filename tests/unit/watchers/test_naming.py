"""Names are data."""

import os
from itertools import islice

import pytest

from watchers.naming import display_name, is_ignored, is_variant, natural_key, numbered, variants


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cerere 12.pdf", "cerere 12.pdf"),
        ("înștiințare.pdf", "înștiințare.pdf"),
        (os.fsdecode(b"scan\xff.pdf"), "scan\\xff.pdf"),
        ("a\nb\t.pdf", "a\\x0ab\\x09.pdf"),
        ("\u202egpj.pdf", "\\u202egpj.pdf"),
        ("a\u00a0b\u200b", "a\\xa0b\\u200b"),
        ("\U000e0041", "\\U000e0041"),
        ("עברית.pdf", "עברית.pdf"),
    ],
)
def test_display(name: str, shown: str) -> None:
    assert display_name(f"/hot/{name}") == shown


def test_natural_order() -> None:
    expected = ["p01.png", "p1.png", "P2.png", "p2.png", "p10.png", "p10a.png", "p" + "9" * 200 + ".png", "q1.png"]
    backwards = expected[::-1]
    assert sorted(backwards, key=natural_key) == expected
    strange = ["1", "a", "", "٣", os.fsdecode(b"\xff2"), "²"]
    assert len(sorted(strange, key=natural_key)) == len(strange)


@pytest.mark.parametrize("name", ["a.pdf", "a.tmp.pdf", "part", "a~b.pdf", "thumbs.db.pdf", "tmp"])
def test_not_ignored(name: str) -> None:
    assert not is_ignored(name)


@pytest.mark.parametrize(
    ("name", "is_folder", "second"),
    [
        ("a.pdf", False, "a-2.pdf"),
        ("a", False, "a-2"),
        ("a.tar.gz", False, "a.tar-2.gz"),
        ("a.b", True, "a.b-2"),
        ("-2.pdf", False, "-2-2.pdf"),
        ("x" * 251 + ".pdf", False, "x" * 249 + "-2.pdf"),
        ("ș" * 127, True, "ș" * 126 + "-2"),
    ],
)
def test_numbered(name: str, is_folder: bool, second: str) -> None:
    assert numbered(name, 1, is_folder) == name
    assert numbered(name, 2, is_folder) == second
    for other in islice(variants(name, is_folder), 12):
        assert is_variant(other, name, is_folder)
    for other in ("other.pdf", f"x{name}"[:255], "a-02.pdf", "a-0.pdf", "a-.pdf"):
        assert other == name or not is_variant(other, name, is_folder)
