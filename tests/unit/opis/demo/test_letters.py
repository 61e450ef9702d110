import datetime as dt
from random import Random

import pytest
from stdnum.ro import cnp

from opis.demo.knowledge import data, department_codes
from opis.demo.letters import Letter, compose_letter, voices_of
from opis.demo.people import Facts
from pipeline.domain.filing import EXTERN

DAY = dt.date(2026, 3, 16)


def letter(seed: object, department: str = "URBANISM", voice: str | None = None) -> Letter:
    return compose_letter(Random(str(seed)), department, "Primăria Demonstrativă", DAY, voice)[0]


def test_twenty_departments_and_extern():
    assert len(department_codes()) == 21
    assert EXTERN in department_codes()


@pytest.mark.parametrize("department", department_codes())
def test_each_department_has_enough_cases_in_several_voices(department):
    assert len(data(f"letters/{department}")["case"]) >= 6
    assert len(voices_of(department)) >= 3
    assert set(voices_of(department)) <= set(data("voices"))


@pytest.mark.parametrize("department", department_codes())
def test_every_template_can_be_filled(department):
    for case in data(f"letters/{department}")["case"]:
        facts = Facts(Random(1), DAY, {"institution": "X"})
        for text in [case["subject"], *case["open"], *case["facts"], *case["ask"], *case.get("authorities", [])]:
            filled = text.format_map(facts)
            assert "{" not in filled
            assert not set(filled) & set("ŞşŢţ"), "cedilla letters in a template"


def test_no_two_letters_are_alike():
    bodies = [letter(f"{code}{seed}", code).paragraphs for code in department_codes() for seed in range(40)]
    assert len(set(bodies)) == len(bodies)


def test_the_same_seed_gives_the_same_letter():
    assert letter(7) == letter(7)
    assert letter(7) != letter(8)


def test_the_voice_asked_for_is_the_voice():
    assert {letter(seed, "JURIDIC", "official").voice for seed in range(20)} == {"official"}
    assert all(letter(seed, "JURIDIC", "official").letterhead for seed in range(5))


def test_some_letters_are_typed_without_diacritics():
    bodies = ["".join(letter(seed, "SALUBRITATE", "hurried").paragraphs) for seed in range(40)]
    plain = [body for body in bodies if not set(body) & set("ăâîșț")]
    assert 5 < len(plain) < 35


def test_personal_numbers_are_well_formed_and_nobodys():
    for seed in range(50):
        number = Facts(Random(seed), DAY, {})["cnp"]
        assert cnp.is_valid(number)
        assert number[9:12] == "000"


def test_numbered_placeholders_differ():
    facts = Facts(Random(3), DAY, {})
    assert facts["street"] != facts["street2"]
    assert facts["street"] == facts["street"]
    with pytest.raises(KeyError):
        facts["nonsense"]
