"""``opis batch``, ``opis document``, ``opis review``: what became of it, what is asked."""

import click

from opis.context import Context, pass_own
from opis.retry import retry_batch
from opis.texts import batch_text, document_line
from pipeline.domain.answers import batch_answer, batch_head, document_answer, ledger_answer, review_answer
from pipeline.domain.batches import BatchState
from pipeline.domain.messages import say

STATES = [state.value for state in BatchState]


@click.group()
def batch() -> None:
    """What became of a batch."""


@batch.command("list")
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only batches in this state.")
@click.option("--profile", help="Only batches of this hot folder.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--offset", default=0, show_default=True, type=click.IntRange(0))
@pass_own
def batch_list(own: Context, state: tuple[str, ...], profile: str | None, limit: int, offset: int) -> int:
    """Batches, newest first."""
    catalog = own.parts.catalog
    found = catalog.batches([BatchState(name) for name in state], profile, limit, offset)
    accounts = [catalog.account(entry.id) for entry in found if entry.id]
    answer = [{**batch_head(account.batch), "ledger": ledger_answer(account.ledger)} for account in accounts]
    lines = [batch_text(account).partition("\n")[0] for account in accounts]
    own.answer(answer, "\n".join(lines) or say("terminal.nothing"))
    return 0


@batch.command("show")
@click.argument("batch_id", metavar="ID")
@pass_own
def batch_show(own: Context, batch_id: str) -> int:
    """A batch with its ledger, pages, documents, reviews and problems."""
    account = own.parts.catalog.account(batch_id)
    own.answer(batch_answer(account), batch_text(account))
    return 0


@batch.command("retry")
@click.argument("batch_id", metavar="ID")
@pass_own
def batch_retry(own: Context, batch_id: str) -> int:
    """Put a quarantined batch back into its hot folder."""
    path = retry_batch(own.parts, batch_id)
    own.answer({"batch": own.parts.catalog.batch(batch_id).id, "path": str(path)}, say("terminal.retried", path=path))
    return 0


@click.group()
def document() -> None:
    """What became of a document."""


@document.command("show")
@click.argument("document_id", metavar="ID")
@pass_own
def document_show(own: Context, document_id: str) -> int:
    """A document with its registry link, department, text and objects."""
    found = own.parts.catalog.document(document_id)
    own.answer(document_answer(found), document_line(found).strip())
    return 0


@click.group()
def review() -> None:
    """What is asked of a person."""


@review.command("list")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--offset", default=0, show_default=True, type=click.IntRange(0))
@pass_own
def review_list(own: Context, limit: int, offset: int) -> int:
    """Open questions, oldest first."""
    found = own.parts.catalog.open_reviews(limit, offset)
    answer = [{**review_answer(entry), "batch": of.id} for of, entry in found]
    lines = [f"{(of.id or '')[:8]}  {entry.kind.value:9}  {entry.reason}" for of, entry in found]
    own.answer(answer, "\n".join(lines) or say("terminal.nothing"))
    return 0
