"""The shipped rules on letters in varied voices: whoever is sure is right, and most letters are decided."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from classifiers.departments import load_departments
from classifiers.rules import RuleClassifier

FOLDER = Path(__file__).parents[2] / "data" / "letters"
LEAST_SURE = 0.75
LEAST_BEST = 0.9


@dataclass(frozen=True)
class Letter:
    name: str
    text: str
    department: str


def letters() -> list[Letter]:
    return [
        Letter(f"{file.stem}-{place}", letter["text"], letter["department"])
        for file in sorted(FOLDER.glob("*.toml"))
        for place, letter in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["letter"])
    ]


@pytest.fixture(scope="module")
def classifier() -> RuleClassifier:
    return RuleClassifier(load_departments(), "Primăria Demonstrativă")


@pytest.mark.parametrize("letter", letters(), ids=lambda letter: letter.name)
def test_the_sure_answer_is_right(classifier: RuleClassifier, letter: Letter) -> None:
    answer = classifier.classify([(1, letter.text)], None, None)
    if answer.sure:
        assert answer.candidates[0].code == letter.department, answer


def test_coverage(classifier: RuleClassifier) -> None:
    decidable = [letter for letter in letters() if letter.department]
    answers = [classifier.classify([(1, letter.text)], None, None) for letter in decidable]
    sure = sum(answer.sure for answer in answers)
    best = sum(
        bool(answer.candidates) and answer.candidates[0].code == letter.department
        for letter, answer in zip(decidable, answers, strict=True)
    )
    print(f"{len(decidable)} letters: {sure} sure, {best} with the right department first")
    assert len(decidable) >= 60
    assert len(decidable) * LEAST_SURE <= sure
    assert len(decidable) * LEAST_BEST <= best


def test_every_department_has_a_letter() -> None:
    codes = {rule.department.code for rule in load_departments().departments}
    assert {letter.department for letter in letters()} - {""} == codes
