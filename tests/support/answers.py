"""The contract of the JSON answers, as tests see it: every field there, nothing else, and sums that add up."""

import re
from collections import Counter
from typing import Any

HEX64 = re.compile(r"[0-9a-f]{64}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
BATCH = {"id", "source", "sha256", "profile", "state", "pages", "ledger"}
LEDGER = {"received", "filed", "separators", "separator_backs", "blanks", "rejected", "balanced"}
DOCUMENT = {"id", "kind", "parent", "state", "pages", "registry", "department", "text", "objects"}
REGISTRY = {"register", "year", "number", "date", "channel", "source", "state"}
DEPARTMENT = {"code", "secondary", "confidence", "decided_by", "state", "evidence"}
REVIEW = {"id", "kind", "document", "pages", "reason"}
PROBLEM = {"code", "page", "message"}
HIT = {"document", "page", "snippet", "marks", "department", "registry", "date"}
ALLOWED = {
    "batch state": {"received", "working", "filed", "held", "quarantined"},
    "fate": {"document", "separator", "separator_back", "blank", "rejected"},
    "kind": {"document", "annex"},
    "document state": {"filed", "held"},
    "registry state": {"certain", "proposed", "conflict", "none"},
    "registry source": {"separator", "sticker", "stamp", "label", "person", None},
    "department state": {"filed", "proposed", "none"},
    "decided_by": {"register", "profile", "rule", "model", "person", None},
    "review kind": {"split", "balance", "link", "filing", "page", "duplicate"},
}
COUNTED = {
    "document": "filed",
    "separator": "separators",
    "separator_back": "separator_backs",
    "blank": "blanks",
    "rejected": "rejected",
}


def check_batch(entry: dict[str, Any]) -> None:
    """Asserts that one batch answer fits the contract."""
    assert set(entry) == {"batch", "pages", "documents", "reviews", "problems"}
    batch, pages, documents = entry["batch"], entry["pages"], entry["documents"]
    assert set(batch) == BATCH
    assert set(batch["ledger"]) == LEDGER
    assert batch["state"] in ALLOWED["batch state"]
    for name in ("id", "sha256"):
        assert batch[name] is None or HEX64.fullmatch(batch[name])
    for problem in entry["problems"]:
        assert set(problem) == PROBLEM
        assert re.fullmatch(r"[a-z0-9_-]+", problem["code"])
        assert problem["message"]
    for review in entry["reviews"]:
        assert set(review) == REVIEW
        assert review["kind"] in ALLOWED["review kind"]
        assert review["reason"]
    if batch["state"] == "quarantined":
        assert entry["problems"]
        return
    assert [page["page"] for page in pages] == list(range(1, (batch["pages"] or 0) + 1))
    if batch["state"] in ("filed", "held"):
        _check_sums(entry)
    for document in documents:
        check_document(document)


def _check_sums(entry: dict[str, Any]) -> None:
    batch, pages, documents = entry["batch"], entry["pages"], entry["documents"]
    counts = Counter(COUNTED[page["fate"]] for page in pages)
    parts = {name: batch["ledger"][name] for name in COUNTED.values()}
    assert parts == {name: counts[name] for name in COUNTED.values()}
    assert batch["ledger"]["balanced"] is (batch["ledger"]["received"] == sum(parts.values()))
    owners = {page: document["id"] for document in documents for page in document["pages"]}
    assert sum(len(document["pages"]) for document in documents) == len(owners)
    for page in pages:
        assert set(page) == {"page", "fate", "document"}
        assert page["document"] == owners.get(page["page"])
        assert (page["fate"] == "document") is (page["document"] is not None)
    asked = {review["document"] for review in entry["reviews"]}
    for document in documents:
        assert (document["state"] == "held") is (document["id"] in asked)
    assert (batch["state"] == "held") is bool(entry["reviews"])


def check_document(document: dict[str, Any]) -> None:
    assert set(document) == DOCUMENT
    assert HEX64.fullmatch(document["id"])
    assert document["kind"] in ALLOWED["kind"]
    assert document["state"] in ALLOWED["document state"]
    assert (document["kind"] == "annex") is (document["parent"] is not None)
    assert document["pages"] == sorted(set(document["pages"]))
    check_registry(document["registry"])
    department = document["department"]
    assert set(department) == DEPARTMENT
    assert department["state"] in ALLOWED["department state"]
    assert department["decided_by"] in ALLOWED["decided_by"]
    for evidence in department["evidence"]:
        assert set(evidence) == {"kind", "text", "page", "weight"}
    assert set(document["text"]) == {"confidence", "characters", "engine"}
    objects = document["objects"]
    assert set(objects) == {"pdf", "text", "alto", "manifest"}
    keys = [key for key in (objects["pdf"], objects["text"], objects["manifest"], *objects["alto"]) if key]
    assert all(key.startswith(f"documents/{document['id']}/") for key in keys)


def check_registry(registry: dict[str, Any]) -> None:
    assert set(registry) == REGISTRY
    assert registry["state"] in ALLOWED["registry state"]
    assert registry["source"] in ALLOWED["registry source"]
    assert registry["year"] is None or isinstance(registry["year"], int)
    assert registry["date"] is None or DAY.fullmatch(registry["date"])
    if registry["state"] == "none":
        assert all(value is None for name, value in registry.items() if name != "state")


def check_search(answer: dict[str, Any]) -> None:
    """Asserts that a search answer fits the contract."""
    assert set(answer) == {"total", "took_ms", "hits", "facets"}
    assert {"department", "register", "year"} <= set(answer["facets"])
    for counts in answer["facets"].values():
        assert all(set(count) == {"value", "count"} for count in counts)
    assert len({hit["document"] for hit in answer["hits"]}) == len(answer["hits"])
    for hit in answer["hits"]:
        assert set(hit) == HIT
        check_registry(hit["registry"])
        ends = [place for mark in hit["marks"] for place in mark]
        assert ends == sorted(ends)
        assert not ends or ends[-1] <= len(hit["snippet"])
