"""Batches and documents as a person reads them on a terminal, in Romanian."""

from pipeline.domain.batches import BatchAccount, BatchState, Document
from pipeline.domain.messages import say
from pipeline.domain.registry import Link
from pipeline.domain.sentences import ledger_sentence


def link_text(link: Link) -> str:
    number = "—" if link.number is None else f"{link.register or ''} {link.number}/{link.year or '?'}".strip()
    return f"{number} ({say(f'terminal.link_{link.state.value}')})"


def document_line(document: Document) -> str:
    department = document.filing.code or "—"
    pages = (
        ",".join(map(str, document.pages)) if len(document.pages) < 4 else (f"{document.pages[0]}–{document.pages[-1]}")
    )
    state = say(f"terminal.document_{document.state.value}")
    return f"  {document.id[:8]}  p. {pages}  {link_text(document.link)}  {department}  {state}"


def batch_text(account: BatchAccount) -> str:
    """Some lines on a batch: head, ledger, documents, questions, problems."""
    batch = account.batch
    lines = [f"{(batch.id or '')[:8] or '—'}  {batch.source}  {say(f'terminal.batch_{batch.state.value}')}"]
    if batch.state in (BatchState.FILED, BatchState.HELD):
        lines.append(f"  {ledger_sentence(account.ledger)}")
    lines += [document_line(document) for document in account.documents]
    lines += [f"  ? {review.reason}" for review in account.reviews]
    lines += [f"  ! {problem.message}" for problem in account.problems]
    return "\n".join(lines)
