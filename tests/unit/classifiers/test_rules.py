"""The rule classifier: inflection, gaps, place, negation, letterhead, evidence, odd texts."""

from collections.abc import Sequence

import pytest

from classifiers.rule_file import DepartmentRule, DepartmentRules, WeightedText
from classifiers.rules import RuleClassifier
from pipeline.domain.filing import Candidate, Classification, Department


def rule(code: str, *phrases: tuple[str, float], law: str = "", against: str = "") -> DepartmentRule:
    return DepartmentRule(
        Department(code, f"Direcția {code.capitalize()}", (f"Serviciul {code.capitalize()}",)),
        phrases=tuple(WeightedText(text, weight) for text, weight in phrases),
        laws=(WeightedText(law, 4.0),) if law else (),
        against=(WeightedText(against, 4.0),) if against else (),
    )


RULES = DepartmentRules(
    (
        rule("URBANISM", ("certificat de urbanism", 5), ("autorizație", 1), law="Legea nr. 50/1991"),
        rule("VERZI", ("toaletare copaci", 5), ("parc", 2), ("reședință", 1), against="parcare în parc"),
        rule("STRADA", ("parcare de reședință", 5), ("reparare stradă", 5), ("autorizație", 1)),
    ),
    neutral=("carte de identitate a parcului",),
    boilerplate=("operator de date",),
)


@pytest.fixture(scope="module")
def classifier() -> RuleClassifier:
    return RuleClassifier(RULES, "Primăria Zorilor")


def ask(classifier: RuleClassifier, *pages: str, sender: str = "", subject: str = "") -> Classification:
    return classifier.classify(list(enumerate(pages, 5)), sender, subject)


def weight(candidates: Sequence[Candidate], code: str) -> float:
    return sum(e.weight or 0.0 for candidate in candidates if candidate.code == code for e in candidate.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "toaletarea copacilor", "copacii să fie toaletați", "toaletați acei copaci", "TOALETAREA COPACULUI",
        "toaletarea\ncopacilor", "toale-\ntarea copacilor", "toaletarea\u00a0copacilor",
    ],
)  # fmt: skip
def test_phrases_match_in_any_inflection_and_order(classifier: RuleClassifier, text: str) -> None:
    assert [candidate.code for candidate in ask(classifier, text).candidates] == ["VERZI"]


def test_without_diacritics_and_in_old_spelling(classifier: RuleClassifier) -> None:
    plain = ask(classifier, "repararea strazii").candidates
    assert plain == ask(classifier, "repararea străzii").candidates == ask(classifier, "repararea strǎzii").candidates
    assert plain[0].code == "STRADA"


@pytest.mark.parametrize("text", ["toaletare. Copaci sunt", "toaletare\n\ncopaci", "toaletare mașină veche copaci"])
def test_phrases_do_not_cross_sentences_or_other_words(classifier: RuleClassifier, text: str) -> None:
    assert ask(classifier, text).candidates == ()


def test_a_longer_phrase_hides_what_is_inside_it(classifier: RuleClassifier) -> None:
    assert [item.code for item in ask(classifier, "parcare de reședință").candidates] == ["STRADA"]
    assert ask(classifier, "cartea de identitate a parcului").candidates == ()


def test_a_phrase_against_takes_weight_away(classifier: RuleClassifier) -> None:
    assert [item.code for item in ask(classifier, "un parc").candidates] == ["VERZI"]
    assert ask(classifier, "un parc. parcarea în parc").candidates == ()


def test_a_phrase_of_two_departments_counts_half_for_each(classifier: RuleClassifier) -> None:
    answer = ask(classifier, "solicit o autorizație, o autorizație nouă")
    assert not answer.sure
    assert weight(answer.candidates, "URBANISM") == weight(answer.candidates, "STRADA") > 0


def test_what_is_asked_for_counts_more_than_what_is_mentioned(classifier: RuleClassifier) -> None:
    mentioned = weight(ask(classifier, "Am un certificat de urbanism.").candidates, "URBANISM")
    asked = weight(ask(classifier, "Vă rog să-mi eliberați un certificat de urbanism.").candidates, "URBANISM")
    subject = weight(ask(classifier, "Obiect: certificat de urbanism").candidates, "URBANISM")
    attached = weight(ask(classifier, "Anexez: plan, certificat de urbanism.").candidates, "URBANISM")
    assert attached < mentioned < asked < subject


def test_the_subject_of_the_register_counts_like_a_subject_line(classifier: RuleClassifier) -> None:
    answer = ask(classifier, "", subject="Toaletare copaci")
    assert answer.sure and answer.candidates[0].code == "VERZI"
    assert answer.candidates[0].evidence[0].page is None


@pytest.mark.parametrize(
    "text",
    [
        "Cererea nu se referă la certificatul de urbanism, ci la repararea străzii.",
        "Nu vă scriu pentru certificatul de urbanism, vă rog să reparați strada.",
    ],
)
def test_what_the_letter_is_not_about(classifier: RuleClassifier, text: str) -> None:
    assert [item.code for item in ask(classifier, text).candidates] == ["STRADA"]


def test_a_plain_not_denies_nothing(classifier: RuleClassifier) -> None:
    assert ask(classifier, "Nu am primit certificatul de urbanism.").candidates[0].code == "URBANISM"


def test_page_one_counts_more_than_page_forty(classifier: RuleClassifier) -> None:
    answer = ask(classifier, "Vă rog să reparați strada.", *["-"] * 38, "Vă rog să toaletați copacii.")
    assert answer.candidates[0].code == "STRADA" and answer.sure
    last = answer.candidates[1].evidence[0]
    assert (last.page, last.weight) == (44, pytest.approx(8.0 / 20.5, abs=0.01))


def test_repetition_is_not_proof(classifier: RuleClassifier) -> None:
    once = weight(ask(classifier, "certificat de urbanism").candidates, "URBANISM")
    often = weight(ask(classifier, "certificat de urbanism. " * 50).candidates, "URBANISM")
    assert once < often < 1.4 * once


def test_letterhead_and_foot_of_the_institution_count_nothing(classifier: RuleClassifier) -> None:
    head = "PRIMĂRIA ZORILOR\nServiciul certificate de urbanism, parc\nStrada Parcului nr. 1\n\nDomnule,\nbună ziua.\n"
    assert ask(classifier, head).candidates == ()
    lines = "\n".join(f"rândul {number}" for number in range(20))
    assert ask(classifier, f"{lines}\noperator de date nr. 5, parc").candidates == ()


def test_the_addressee_counts(classifier: RuleClassifier) -> None:
    answer = ask(classifier, "Către Primăria Zorilor\nDirecția Verzi\n\nAm un parc.")
    kinds = {(item.kind, item.text) for item in answer.candidates[0].evidence}
    assert ("addressee", "Direcția Verzi") in kinds
    assert ask(classifier, "Am fost la Direcția Verzi.").candidates == ()


@pytest.mark.parametrize(
    "text", ["Legea nr. 50/1991", "legii 50 din 1991", "LEGEA NR.50/1991", "în temeiul Legii 50/1991"]
)
def test_laws(classifier: RuleClassifier, text: str) -> None:
    (candidate,) = ask(classifier, text).candidates
    (evidence,) = candidate.evidence
    assert (evidence.kind, evidence.text, evidence.page, evidence.weight) == ("law", "Legea nr. 50/1991", 5, 4.0)


def test_evidence_names_the_phrase_as_written_with_page_and_weight(classifier: RuleClassifier) -> None:
    (candidate,) = ask(classifier, "-", "toaletarea copacului").candidates
    (evidence,) = candidate.evidence
    assert (evidence.kind, evidence.text, evidence.page) == ("phrase", "toaletare copaci", 6)
    assert evidence.weight == pytest.approx(5 / 1.5, abs=0.01)


def test_near_equals_and_little_are_not_sure(classifier: RuleClassifier) -> None:
    both = ask(classifier, "Vă rog să toaletați copacii și să reparați strada.")
    assert not both.sure and {item.code for item in both.candidates} == {"VERZI", "STRADA"}
    assert both.candidates[0].confidence < 0.6
    assert not ask(classifier, "Vă rog: parc.").sure


def test_only_mentioned_is_not_sure(classifier: RuleClassifier) -> None:
    answer = ask(classifier, "Am un certificat de urbanism. Există și un text cu Legea nr. 50/1991.")
    assert answer.candidates[0].confidence > 0.8 and not answer.sure


@pytest.mark.parametrize("text", ["", " \n\f ", "…", "a" * 100_000, "1" * 100_000, "\x00\ufffd\u0301"])
def test_texts_that_say_nothing(classifier: RuleClassifier, text: str) -> None:
    assert ask(classifier, text) == Classification()
    assert classifier.classify([], None, None) == Classification()


def test_a_text_of_five_megabytes_and_very_long_words(classifier: RuleClassifier) -> None:
    huge = "x" * 100_000 + " Vă rog să reparați strada. " + "cuvinte fără rost " * 280_000
    assert ask(classifier, huge).candidates == ()
    assert ask(classifier, huge[100_000:]).candidates[0].code == "STRADA"
    assert ask(classifier, *[huge[100_000:]] * 12).sure
