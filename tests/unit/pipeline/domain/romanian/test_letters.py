import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.romanian.letters import comma_letters, fold


@pytest.mark.parametrize(
    ("written", "comma"),
    [
        ("Şcoală şi ţară, Ţepeş", "Școală și țară, Țepeș"),
        ("s\u0327i t\u0326ara\u0306 S\u0326 T\u0327", "și țară Ș Ț"),
        ("a\u0302nt\u0326eles i\u0302n", "ânțeles în"),
        ("Înștiințare", "Înștiințare"),
        ("", ""),
    ],
)
def test_all_spellings_become_comma_letters(written: str, comma: str) -> None:
    assert comma_letters(written) == comma


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ÎNȘTIINȚARE", "instiintare"),
        ("Hotărâre ŞI ţintă", "hotarare si tinta"),
        ("Éva Kovács-Müller", "eva kovacs-muller"),
        ("İstanbul", "istanbul"),
        ("nr. 48213/27.09.2021", "nr. 48213/27.09.2021"),
        ("한국", "한국"),
    ],
)
def test_folding(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_offsets_into_folded_and_comma_text_are_the_same(text: str) -> None:
    comma = comma_letters(text)
    assert len(fold(text)) == len(comma)
    assert comma_letters(comma) == comma == unicodedata.normalize("NFC", comma)
    assert not set(comma) & set("şţŞŢ")


@given(st.text(alphabet="aăâiîsșştțţ ĂÂÎȘŞȚŢbz19.-"))
def test_folding_is_letter_by_letter(text: str) -> None:
    assert fold(text) == "".join(fold(letter) for letter in comma_letters(text))
