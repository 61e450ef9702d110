"""The JSON answers that outsiders rely on: batch, document, review. Field names are a contract."""

from typing import Any

from pipeline.domain.batches import Batch, BatchAccount, Document, Ledger, Problem, Review
from pipeline.domain.filing import Evidence, Filing
from pipeline.domain.registry import Link


def batch_answer(account: BatchAccount) -> dict[str, Any]:
    """What ``opis batch show --json`` prints; ``opis process --json`` prints a list of these."""
    return {
        "batch": {**batch_head(account.batch), "ledger": ledger_answer(account.ledger)},
        "pages": [{"page": fate.page, "fate": fate.fate.value, "document": fate.document} for fate in account.fates],
        "documents": [document_answer(document) for document in account.documents],
        "reviews": [review_answer(review) for review in account.reviews],
        "problems": [problem_answer(problem) for problem in account.problems],
    }


def batch_head(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "source": batch.source,
        "sha256": batch.sha256,
        "profile": batch.profile,
        "state": batch.state.value,
        "pages": batch.pages,
    }


def ledger_answer(ledger: Ledger) -> dict[str, Any]:
    return {
        "received": ledger.received,
        "filed": ledger.filed,
        "separators": ledger.separators,
        "separator_backs": ledger.separator_backs,
        "blanks": ledger.blanks,
        "rejected": ledger.rejected,
        "balanced": ledger.balanced,
    }


def document_answer(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "kind": document.kind.value,
        "parent": document.parent,
        "state": document.state.value,
        "pages": list(document.pages),
        "registry": link_answer(document.link),
        "department": filing_answer(document.filing),
        "text": {
            "confidence": _rounded(document.text.confidence),
            "characters": document.text.characters,
            "engine": document.text.engine,
        },
        "objects": {
            "pdf": document.objects.pdf,
            "text": document.objects.text,
            "alto": list(document.objects.alto),
            "manifest": document.objects.manifest,
        },
    }


def link_answer(link: Link) -> dict[str, Any]:
    return {
        "register": link.register,
        "year": link.year,
        "number": link.number,
        "date": link.date.isoformat() if link.date else None,
        "channel": link.channel,
        "source": link.source.value if link.source else None,
        "state": link.state.value,
    }


def filing_answer(filing: Filing) -> dict[str, Any]:
    return {
        "code": filing.code,
        "secondary": list(filing.secondary),
        "confidence": _rounded(filing.confidence),
        "decided_by": filing.decided_by.value if filing.decided_by else None,
        "state": filing.state.value,
        "evidence": [_evidence_answer(evidence) for evidence in filing.evidence],
    }


def _evidence_answer(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "text": evidence.text,
        "page": evidence.page,
        "weight": _rounded(evidence.weight),
    }


def review_answer(review: Review) -> dict[str, Any]:
    return {
        "id": review.id,
        "kind": review.kind.value,
        "document": review.document,
        "pages": list(review.pages),
        "reason": review.reason,
    }


def problem_answer(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "page": problem.page, "message": problem.message}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
