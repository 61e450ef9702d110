"""Words and things of a text: one key however they are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.romanian.analysis import analyse, index_terms, keys_of
from pipeline.domain.romanian.compounds import compounds
from pipeline.domain.romanian.edits import allowed_edits, within_edits
from pipeline.domain.romanian.letters import comma_letters
from pipeline.domain.romanian.old_spelling import modern
from pipeline.domain.romanian.stems import light_stem


def exact(text: str) -> list[str]:
    return [token.keys.exact for token in analyse(text).tokens]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ţară şi ŢARĂ, țară", ["tara", "si", "tara", "tara"]),
        ("str. Florilor, nr. 5, bl. D4", ["strada", "florilor", "numarul", "5", "bloc", "d4"]),
        ("al. Lalelelor al doilea", ["aleea", "lalelelor", "al", "doilea"]),
        ("b-dul Unirii, d-na Pop", ["bulevardul", "unirii", "doamna", "pop"]),
        ("O.U.G. nr. 34 și H.C.L 12", ["oug", "numarul", "34", "si", "hcl", "12"]),
        ("48.213 lei, 27.09.2021", ["48213", "lei", "27", "09", "2021"]),
        ("1.254.300 și 12.2021", ["1254300", "si", "12", "2021"]),
        ("autori-\nzație", ["autorizatie"]),
        ("proces-\n verbal", ["proces", "verbal"]),
        ("proces-verbal", ["proces", "verbal"]),
        ("hotărîre, sînt, neînsemnat, coborî, întîi", ["hotarare", "sunt", "neinsemnat", "cobori", "intai"]),
        ("", []),
        ("\x00 \ud800 --- …", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert exact(text) == words


@pytest.mark.parametrize(
    ("forms", "lemma"),
    [
        (("petiția", "petițiile", "petitii", "petiţiilor"), "petitie"),
        (("copaci", "copacul", "copacilor"), "copac"),
        (("hotărâri", "hotărîrile", "hotararilor"), "hotarare"),
        (("salubrizarea", "salubrizării"), "salubrizare"),
        (("Mariei", "Maria"), "maria"),
        (("Dan",), "dan"),
        (("Popescu",), "popescu"),
    ],
)
def test_forms_share_a_lemma(forms: tuple[str, ...], lemma: str) -> None:
    assert {token.keys.lemma for token in analyse(" ".join(forms)).tokens} == {lemma}


def test_a_decision_is_no_boundary() -> None:
    decision, boundary = keys_of("hotarare"), keys_of("hotar")
    assert decision.lemma != boundary.lemma
    assert decision.stem != boundary.stem


def test_stem_unites_forms_of_an_unknown_word() -> None:
    assert {light_stem(word) for word in ("floripondul", "floripondului", "floripondurile", "floripond")} == {
        "floripond"
    }
    assert light_stem("casa") == "casa"


@pytest.mark.parametrize(
    ("texts", "kind", "value"),
    [
        (("544/2001", "544 din 2001", "Legea nr. 544 / 2001", "L544/2001", "544 din anul 2001"), "number", "544/2001"),
        (("48.213/2021", "48213 din 2021", "nr. 48213/27.09.2021"), "number", "48213/2021"),
        (("48213 din data de 27.09.2021",), "number", "48213/2021"),
        (("156773/CP/03.08.2018", "156773/451/06.07.2018"), "number", "156773/2018"),
        (("dosar 4521/302/2020", "4521 / 302 / 2020"), "case", "4521/302/2020"),
        (("27.09.2021", "27/09/2021", "27-09-2021", "27 septembrie 2021"), "date", "2021-09-27"),
        (("27 SEPT. 2021", "27.IX.2021", "2021-09-27"), "date", "2021-09-27"),
        (("0722123456", "0722 123 456", "0722.123.456", "+40 722 123 456", "0722-12-34-56"), "phone", "0722123456"),
        (("RO49AAAA1B31007593840000", "ro49 aaaa 1b31 0075 9384 0000"), "iban", "ro49aaaa1b31007593840000"),
        (("B 123 ABC", "b-123-abc", "B123ABC"), "plate", "b123abc"),
    ],
)  # fmt: skip
def test_every_written_form_has_one_value(texts: tuple[str, ...], kind: str, value: str) -> None:
    for text in texts:
        assert (kind, value) in {(found.kind, found.value) for found in compounds(text)}, text


@pytest.mark.parametrize("text", ["32.13.2021", "art. 5 alin. 2", "12/34", "1 000 lei", "0722 123", "zz 123 abc"])
def test_what_is_no_compound(text: str) -> None:
    assert compounds(text) == []


def test_initials_and_their_name_find_each_other() -> None:
    for text in ("H.C.L. nr. 5", "hotărârile consiliilor locale", "HCL"):
        assert "c:hcl" in index_terms(analyse(text)).bag.split()


def test_positions_of_exact_and_lemma_agree() -> None:
    terms = index_terms(analyse("Hotărârile consiliului, str. Florilor 544/2001"))
    assert len(terms.exact.split()) == len(terms.lemma.split()) == 6


@pytest.mark.parametrize(
    ("old", "new"),
    [("pîine", "pâine"), ("reîncepe", "reîncepe"), ("sîntem", "suntem"), ("urî", "urî"), ("tîrgu", "târgu")],
)
def test_old_spelling(old: str, new: str) -> None:
    assert modern(old) == new


@pytest.mark.parametrize(
    ("one", "other", "most", "within"),
    [
        ("groapa", "groapa", 0, True),
        ("groapa", "graopa", 1, True),
        ("groapa", "groap", 1, True),
        ("groapa", "grapq", 1, False),
        ("certificat", "certiifcta", 2, True),
        ("certificat", "cerere", 2, False),
    ],
)
def test_edits(one: str, other: str, most: int, within: bool) -> None:
    assert within_edits(one, other, most) is within
    assert within_edits(other, one, most) is within


def test_numbers_and_short_words_are_forgiven_nothing() -> None:
    assert [allowed_edits(word) for word in ("48213", "apa", "b123abc", "casa", "autorizatie", "x" * 41)] == [
        0,
        0,
        0,
        1,
        2,
        0,
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_words_in_order_and_in_place(text: str) -> None:
    analysis = analyse(text)
    length = len(comma_letters(text))
    places = [place for token in analysis.tokens for place in (token.start, token.end)]
    assert places == sorted(places)
    assert all(0 <= place <= length for place in places)
    assert all(0 <= span.first <= span.last < len(analysis.tokens) for span in analysis.spans)
    assert not any(set(token.keys.exact) & set(" \t\n") or not token.keys.exact for token in analysis.tokens)


@pytest.mark.parametrize(
    "unit", ["a", "1.", "1/", "0722 ", "a-\n", "a.", "27.09.2021 ", "ro49 aaaa ", "9", "nr. ", "î"]
)
def test_long_runs_are_read_in_one_pass(unit: str) -> None:
    assert len(analyse(unit * 20_000).tokens) <= 60_000
