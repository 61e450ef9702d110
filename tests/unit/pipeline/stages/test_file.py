"""Filing: who decides, in which order, and what is asked."""

import pytest

from pipeline.domain.filing import Candidate, Classification, DecidedBy, Evidence, FilingState
from pipeline.domain.registry import LinkState, RegistryEntry, RegistryNumber
from pipeline.domain.settings import Lane, Profile
from pipeline.stages.file import file_document

PLAIN = Profile()
SET = Profile(name="taxe", department="TAXE_IMPOZITE")
ENTRY = RegistryEntry(RegistryNumber("RG", 2021, "48213"), department="URBANISM")
NOTHING = Classification()


def says(*candidates: tuple[str, float], sure: bool = False) -> Classification:
    found = tuple(
        Candidate(code, confidence, (Evidence("phrase", f"despre {code}", page, 3.0),))
        for page, (code, confidence) in enumerate(candidates, 3)
    )
    return Classification(found, sure)


def test_the_register_wins_over_profile_and_text() -> None:
    outcome = file_document(ENTRY, SET, says(("ARHIVA", 0.8), sure=True), LinkState.CERTAIN)
    filing = outcome.filing
    assert (filing.code, filing.decided_by, filing.state) == ("URBANISM", DecidedBy.REGISTER, FilingState.FILED)
    assert filing.confidence == 1.0 and outcome.question is None
    assert [evidence.kind for evidence in filing.evidence] == ["register"]
    assert "48213" in filing.evidence[0].text


def test_strong_disagreement_asks_and_leaves_the_filing_to_the_register() -> None:
    outcome = file_document(ENTRY, PLAIN, says(("ARHIVA", 0.95), sure=True), LinkState.CERTAIN)
    assert (outcome.filing.code, outcome.filing.decided_by) == ("URBANISM", DecidedBy.REGISTER)
    assert outcome.filing.state is FilingState.FILED
    assert outcome.question is not None and outcome.question.pages == (3,)
    assert "URBANISM" in outcome.question.reason and "ARHIVA" in outcome.question.reason
    assert [evidence.kind for evidence in outcome.filing.evidence] == ["register", "alternative", "phrase"]


@pytest.mark.parametrize(
    "classification",
    [
        NOTHING,
        says(("URBANISM", 0.99), sure=True),
        says(("ARHIVA", 0.89), sure=True),
        says(("ARHIVA", 0.95)),
    ],
)
def test_agreement_and_weak_disagreement_ask_nothing(classification: Classification) -> None:
    assert file_document(ENTRY, PLAIN, classification, LinkState.CERTAIN).question is None


@pytest.mark.parametrize("state", [LinkState.PROPOSED, LinkState.CONFLICT, LinkState.NONE])
def test_only_a_certain_link_files_by_the_register(state: LinkState) -> None:
    by_profile = file_document(ENTRY, SET, NOTHING, state).filing
    assert (by_profile.code, by_profile.decided_by) == ("TAXE_IMPOZITE", DecidedBy.PROFILE)
    assert file_document(ENTRY, PLAIN, NOTHING, state).filing.code is None


def test_the_profile_wins_over_the_text() -> None:
    without = RegistryEntry(RegistryNumber("RG", 2021, "1"))
    outcome = file_document(without, SET, says(("ARHIVA", 0.95), sure=True), LinkState.CERTAIN)
    assert (outcome.filing.code, outcome.filing.confidence, outcome.question) == ("TAXE_IMPOZITE", 1.0, None)
    assert outcome.filing.evidence[0].kind == "profile"


@pytest.mark.parametrize("lane", list(Lane))
def test_rules_file_where_they_are_sure(lane: Lane) -> None:
    outcome = file_document(
        None, Profile(lane=lane), says(("ARHIVA", 0.9), ("JURIDIC", 0.1), sure=True), LinkState.NONE
    )
    filing = outcome.filing
    assert (filing.code, filing.confidence, filing.decided_by) == ("ARHIVA", 0.9, DecidedBy.RULE)
    assert (filing.state, outcome.question) == (FilingState.FILED, None)
    assert [evidence.text for evidence in filing.evidence] == ["despre ARHIVA"]


def test_a_model_is_named_as_the_one_who_decided() -> None:
    classification = Classification(says(("ARHIVA", 0.9)).candidates, True, DecidedBy.MODEL)
    assert file_document(None, PLAIN, classification, LinkState.NONE).filing.decided_by is DecidedBy.MODEL


def test_unsure_is_proposed_with_alternatives() -> None:
    unsure = says(("ARHIVA", 0.4), ("JURIDIC", 0.3), ("URBANISM", 0.2), ("EXTERN", 0.1), ("SALUBRITATE", 0.05))
    outcome = file_document(None, PLAIN, unsure, LinkState.NONE)
    filing = outcome.filing
    assert (filing.code, filing.confidence, filing.state) == ("ARHIVA", 0.4, FilingState.PROPOSED)
    alternatives = [(item.text, item.weight) for item in filing.evidence if item.kind == "alternative"]
    assert alternatives == [("JURIDIC", 0.3), ("URBANISM", 0.2), ("EXTERN", 0.1)]
    assert outcome.question is not None and "ARHIVA, JURIDIC, URBANISM" in outcome.question.reason


def test_no_candidate_is_not_filed() -> None:
    outcome = file_document(None, PLAIN, NOTHING, LinkState.CERTAIN)
    assert (outcome.filing.code, outcome.filing.state, outcome.filing.evidence) == (None, FilingState.NONE, ())
    assert outcome.question is not None and outcome.question.reason
