import pytest

from pipeline.domain.romanian.names import institution_named, name_found


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Popescu Ion", "Subsemnatul Ion POPESCU, domiciliat", True),
        ("Ștefănescu Țîțu", "subsemnata stefanescu titu", True),
        ("Popescu-Georgescu Maria", "Maria Popescu - Georgescu", True),
        ("S.C. APA NOVA S.R.L.", "APA NOVA vă aduce la cunoștință", True),
        ("Oprea Adrian Ion", "Mă numesc Oprea Adrian lon", True),
        ("Constantinescu Vasile", "Constantmescu Vasile", True),
        ("Pârvu Constantin", "Subsemnatul PÎRVU Constantin", True),
        ("Pîrvu Constantin", "Subsemnatul Pârvu Constantin", True),
        ("Popescu Ion", "Popescu Vasile", False),
        ("Popescu Ion", "Ionescu Ion", False),
        ("Ion", "Ion Popescu", False),
        ("S.C. S.R.L.", "S.C. ALTA S.R.L.", False),
        ("Asociația de proprietari nr. 15", "Asociația de proprietari nr. 16", False),
        ("", "orice", False),
    ],
)
def test_sender(name: str, text: str, found: bool) -> None:
    assert name_found(name, [text]) is found


def test_all_words_must_be_on_one_page() -> None:
    assert not name_found("Popescu Ion", ["Popescu", "Ion"])
    assert name_found("Popescu Ion", ["altceva", "Ion Popescu"])


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("Primăria Demonstrativă", "primaria demonstrativa", True),
        ("Primăria Demonstrativă", "registratura primariei demonstrative", True),
        ("Primăria Demonstrativă", "primaria demonstratlva", True),
        ("Primăria Demonstrativă", "primaria otopeni", False),
        ("Primăria Demonstrativă", "x demo y", True),
        ("Primăria Sectorului 3 București", "primaria sectorului 3", True),
        ("Primăria Sectorului 3 București", "primaria sectorului 4", False),
        ("Primăria Municipiului București", "primaria municipiului bucuresti", True),
        ("Primăria Municipiului București", "primaria municipiului arad", False),
    ],
)
def test_institution(name: str, words: str, named: bool) -> None:
    assert institution_named(name, "DEMO", words.split()) is named


def test_a_code_that_is_the_place_s_name_names_nobody() -> None:
    name = "Primăria Municipiului Arad"
    assert not institution_named(name, "ARAD", ["srl", "beta", "arad"])
    assert not institution_named(name, "ARAD", ["judetul", "arad"])
    assert institution_named(name, "ARAD", ["primaria", "municipiului", "arad"])
    assert institution_named(name, "PMA", ["registratura", "pma"])
