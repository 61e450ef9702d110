"""``/api/v1``: the contract's answers, and faults as JSON."""

from typing import Any

import pytest

from pipeline.domain.answers import batch_answer, batch_head, document_answer, ledger_answer


def test_batches_are_listed_as_on_the_command_line(shown: Any) -> None:
    accounts = [shown.catalog.account(batch.id) for batch in shown.catalog.batches()]
    expected = [{**batch_head(account.batch), "ledger": ledger_answer(account.ledger)} for account in accounts]
    assert shown.get("/api/v1/loturi").json() == expected
    assert [entry["state"] for entry in shown.get("/api/v1/loturi?stare=held").json()] == ["held"]
    assert shown.get("/api/v1/loturi?pagina=2").json() == []


def test_a_batch_is_the_contracts_answer(shown: Any) -> None:
    for batch in shown.catalog.batches():
        answer = shown.get(f"/api/v1/lot/{batch.id}")
        assert answer.json() == batch_answer(shown.catalog.account(batch.id))
        assert shown.get(f"/api/v1/lot/{batch.id[:8]}").json() == answer.json()


def test_a_document_is_the_contracts_answer(shown: Any) -> None:
    account = shown.catalog.account(shown.catalog.batches()[-1].id)
    for document in account.documents:
        assert shown.get(f"/api/v1/document/{document.id}").json() == document_answer(document)


def test_a_search_is_the_contracts_answer(shown: Any) -> None:
    answer = shown.get("/api/v1/cautare?q=urbanism&an=2021&registru=RG&directie=URBANISM").json()
    assert set(answer) == {"total", "took_ms", "hits", "facets"}
    (hit,) = answer["hits"]
    assert set(hit) == {"document", "page", "snippet", "marks", "department", "registry", "date"}
    assert (answer["total"], hit["department"], hit["date"], hit["page"]) == (1, "URBANISM", "2021-09-27", 1)
    assert [hit["snippet"][start:end] for start, end in hit["marks"]] == ["urbanism"]
    assert answer["facets"]["year"] == [{"value": 2021, "count": 1}]
    assert shown.get("/api/v1/cautare?q=xyzzy").json()["total"] == 0


@pytest.mark.parametrize("query", ["loturi?stare=gata", "loturi?pagina=0", "cautare?an=abc", "cautare?pagina=x"])
def test_a_filter_that_cannot_be_read_is_refused(shown: Any, query: str) -> None:
    answer = shown.get(f"/api/v1/{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Parametrul „")


@pytest.mark.parametrize("address", ["lot/" + "0" * 64, "lot/abc", "lot/zzzzzzzzz", "document/" + "0" * 64, "x"])
def test_what_is_not_there_is_one_and_the_same(shown: Any, address: str) -> None:
    answer = shown.get(f"/api/v1/{address}")
    assert answer.status_code == 404
    assert answer.json() == shown.get("/api/v1/document/ffffffffff").json()
