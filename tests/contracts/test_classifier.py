"""What every classifier must keep to, whatever it decides by."""

import pytest

from classifiers.departments import load_departments
from classifiers.rules import RuleClassifier
from pipeline.domain.filing import EXTERN, Classification
from pipeline.domain.wire import from_json, to_json
from pipeline.ports.classifier import Classifier

TEXTS = [
    "Vă rog să-mi eliberați un certificat de urbanism pentru terenul din str. Teiului.",
    "Vă rog să reparați trotuarul și să toaletați copacii.",
    "Bună ziua, vă mulțumesc.",
    "În baza Legii nr. 544/2001 solicit informații de interes public despre toaletarea copacilor.",
]
_rules = RuleClassifier(load_departments(), "Primăria Demonstrativă")


@pytest.fixture(params=[_rules], ids=["rules"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    given: Classifier = request.param
    return given


def test_departments_are_distinct_and_extern_is_among_them(classifier: Classifier) -> None:
    codes = [department.code for department in classifier.departments()]
    assert EXTERN in codes and len(codes) == len(set(codes))
    assert all(department.name for department in classifier.departments())


@pytest.mark.parametrize("pages", [[], [(1, "")], [(1, " \n "), (2, "\f")]])
def test_an_empty_text_gives_no_candidates(classifier: Classifier, pages: list[tuple[int, str]]) -> None:
    assert classifier.classify(pages, None, None).candidates == ()
    assert not classifier.classify(pages, "", "").sure


@pytest.mark.parametrize("text", TEXTS)
def test_candidates_are_known_best_first_and_in_range(classifier: Classifier, text: str) -> None:
    answer = classifier.classify([(4, text)], "Ana Pop", None)
    known = {department.code for department in classifier.departments()}
    confidences = [candidate.confidence for candidate in answer.candidates]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences) and sum(confidences) <= 1.001
    codes = [candidate.code for candidate in answer.candidates]
    assert len(codes) == len(set(codes)) and set(codes) <= known
    assert not answer.sure or answer.candidates


@pytest.mark.parametrize("text", TEXTS)
def test_evidence_has_batch_page_and_weight(classifier: Classifier, text: str) -> None:
    for candidate in classifier.classify([(4, text), (9, text)], None, None).candidates:
        assert candidate.evidence
        assert all(evidence.page in (4, 9) and evidence.weight and evidence.text for evidence in candidate.evidence)


def test_the_same_text_gives_the_same_answer_and_travels_as_json(classifier: Classifier) -> None:
    for text in TEXTS:
        answer = classifier.classify([(1, text)], None, None)
        assert answer == classifier.classify([(1, text)], None, None)
        assert from_json(Classification, to_json(Classification, answer)) == answer


def test_the_subject_of_the_register_is_heard(classifier: Classifier) -> None:
    assert classifier.classify([(1, "")], None, "Certificat de urbanism").candidates[0].code == "URBANISM"
