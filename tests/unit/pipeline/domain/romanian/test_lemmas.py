"""Forms of one word have one key, with or without diacritics and in old spelling."""

import pytest

from pipeline.domain.romanian.lemmas import MAX_WORD, is_lemma, lemma_key


@pytest.mark.parametrize(
    "forms",
    [
        "petiție petiții petiţia petitii PETIȚIILOR",
        "hotărâre hotărârea hotărîrea hotărârilor hotarari",
        "câine câini cîinii câinilor caini",
        "stradă strada străzii strazi STRĂZILOR",
        "salubrizare salubrizarea salubrizării salubrizari",
        "toaletare toaletarea toaletării",
        "lotizare lotizarea lotizării lotizărilor",
        "înmatriculare înmatriculării inmatriculare",
        "anunț anunțul anunțuri",
        "contract contractul contractelor",
        "container containere containerelor",
        "activitate activități activitati activităților",
        "asociație asociații asociația asociatiilor",
        "public publică publici publice",
        "condominiu condominii condominiului",
    ],
)
def test_one_key(forms: str) -> None:
    words = forms.split()
    assert len({lemma_key(word) for word in words}) == 1, {word: lemma_key(word) for word in words}


def test_words_that_are_not_one() -> None:
    assert lemma_key("hotar") != lemma_key("hotărâre")
    assert lemma_key("copii") == "copil"
    assert lemma_key("sînt") == lemma_key("sunt") == "fi"


def test_names_misreadings_and_endless_words_are_only_folded() -> None:
    assert lemma_key("Ștefănoiu") == "stefanoiu"
    assert lemma_key("urbanlsm") == "urbanlsm"
    assert lemma_key("Ș" * (MAX_WORD + 1)) == "s" * (MAX_WORD + 1)
    assert lemma_key("") == ""


def test_lemmas_are_known() -> None:
    assert is_lemma("strada") and not is_lemma("strazii") and not is_lemma("urbanlsm")
