"""Acts as letters name them."""

import pytest

from classifiers.laws import Act, find_acts, parse_act


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("Legea nr. 50/1991", Act("lege", 50, 1991)),
        ("LEGII 50 din 1991", Act("lege", 50, 1991)),
        ("Legea nr.544 din anul 2001", Act("lege", 544, 2001)),
        ("L. 196/2018", Act("lege", 196, 2018)),
        ("O.U.G. nr. 74/2007", Act("oug", 74, 2007)),
        ("OUG 74/2007", Act("oug", 74, 2007)),
        ("Ordonanța de urgență a Guvernului nr. 57/2019", Act("oug", 57, 2019)),
        ("O.G. nr. 27/2002", Act("og", 27, 2002)),
        ("Ordonanței Guvernului nr. 27/2002", Act("og", 27, 2002)),
        ("H.G. nr. 1.375/2006", Act("hg", 1375, 2006)),
        ("Hotărârea Guvernului nr. 123/2002", Act("hg", 123, 2002)),
        ("Legea locuinței", None),
        ("dosar 50/1991", None),
        ("Legea nr. 50/1991 și Legea nr. 10/2001", None),
    ],
)
def test_acts(text: str, act: Act | None) -> None:
    assert parse_act(text) == act


def test_places() -> None:
    text = "În baza Legii nr. 544/2001, a H.G. nr. 123/2002"
    assert [(text[start : start + 4], act.number) for start, act in find_acts(text)] == [("Legi", 544), ("H.G.", 123)]
