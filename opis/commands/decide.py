"""``opis decide …``: a person's decision; the line carries it out, and the answer is what became of the batch."""

import functools
import getpass
import re
from collections.abc import Callable
from typing import Any

import click

from opis.context import Context, pass_own
from opis.deciding import Record, Wish, see_through, wish_on_document, wish_to_accept, wish_to_undo, write_down
from opis.texts import batch_text
from opis.wiring import Parts
from pipeline.domain.answers import batch_answer
from pipeline.domain.batches import BatchState
from pipeline.domain.decisions import Action
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import say

_PAGES = re.compile(r"\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?)*")
MOST_PAGES = 100_000

Wisher = Callable[..., Wish]


@click.group()
def decide() -> None:
    """A person's decision on a batch or a document; each can be undone."""


def deciding(wisher: Wisher) -> click.Command:
    """A command out of a function from the parts and its arguments to a wish."""

    def command(own: Context, why: str | None, who: str | None, version: int | None, **given: Any) -> int:
        parts = own.parts
        parts.open_all()
        decision = write_down(parts, wisher(parts, **given), Record(who or getpass.getuser(), why, version))
        after = see_through(parts, decision)
        own.answer(batch_answer(after), f"{say('decide.done', decision=decision.id[:8])}\n{batch_text(after)}")
        return 0 if after.batch.state is BatchState.FILED else 1

    functools.update_wrapper(command, wisher)
    made: click.Command = click.command()(pass_own(command))
    made.params += [
        click.Option(["--why"], help="Why, for the record."),
        click.Option(["--who"], help="Who decides (default: the user of this terminal)."),
        click.Option(["--version"], type=int, help="Version of the batch that was looked at (default: as it is now)."),
    ]
    decide.add_command(made)
    return made


@deciding
@click.argument("batch")
@click.argument("page")
def split(parts: Parts, batch: str, page: str) -> Wish:
    """A document starts at PAGE of BATCH."""
    return Wish(Action.SPLIT, parts.catalog.account(batch), pages=pages_of(page))


@deciding
@click.argument("batch")
@click.argument("page")
def join(parts: Parts, batch: str, page: str) -> Wish:
    """What starts at PAGE of BATCH goes on from the document before."""
    return Wish(Action.JOIN, parts.catalog.account(batch), pages=pages_of(page))


@deciding
@click.argument("batch")
@click.argument("page")
@click.option("--number", help="The registry number it stands for, such as 'RG 48213/2021'.")
def separator(parts: Parts, batch: str, page: str, number: str | None) -> Wish:
    """PAGE of BATCH is a separator sheet."""
    return Wish(Action.SEPARATOR, parts.catalog.account(batch), pages=pages_of(page), value=number)


@deciding
@click.argument("batch")
@click.argument("pages")
def blank(parts: Parts, batch: str, pages: str) -> Wish:
    """PAGES of BATCH, such as 4 or 4,7-9, are set aside as blank."""
    return Wish(Action.BLANK, parts.catalog.account(batch), pages=pages_of(pages))


@deciding
@click.argument("batch")
@click.argument("pages")
@click.argument("degrees", type=click.Choice(["0", "90", "180", "270"]))
def rotate(parts: Parts, batch: str, pages: str, degrees: str) -> Wish:
    """PAGES of BATCH are upright when turned clockwise by DEGREES from how they were scanned."""
    return Wish(Action.ROTATE, parts.catalog.account(batch), pages=pages_of(pages), value=degrees)


@deciding
@click.argument("batch")
@click.argument("pages")
def reject(parts: Parts, batch: str, pages: str) -> Wish:
    """PAGES of BATCH, such as 4 or 4,7-9, belong to no document."""
    return Wish(Action.REJECT, parts.catalog.account(batch), pages=pages_of(pages))


@deciding
@click.argument("document")
@click.argument("number")
def link(parts: Parts, document: str, number: str) -> Wish:
    """DOCUMENT has the registry NUMBER, such as 'RG 48213/2021'."""
    return wish_on_document(parts, document, Action.LINK, number)


@deciding
@click.argument("document")
@click.argument("department")
def file(parts: Parts, document: str, department: str) -> Wish:
    """DOCUMENT goes to DEPARTMENT."""
    return wish_on_document(parts, document, Action.FILE, department.upper())


@deciding
@click.argument("what")
def accept(parts: Parts, what: str) -> Wish:
    """WHAT is right as it stands: a review, a document or a batch, with all that is asked about it."""
    return wish_to_accept(parts, what)


@deciding
@click.argument("batch")
@click.argument("decision")
def undo(parts: Parts, batch: str, decision: str) -> Wish:
    """DECISION on BATCH shall not have been."""
    return wish_to_undo(parts, batch, decision)


def pages_of(text: str) -> tuple[int, ...]:
    """``4`` or ``4,7-9`` as ascending numbers; ``UsageError`` for anything else."""
    if _PAGES.fullmatch(text) is None:
        raise UsageError(f"pages are written 4 or 4,7-9, not {text!r}")
    pages: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if int(last or first) - int(first) > MOST_PAGES:
            raise UsageError(f"{part} are too many pages")
        pages.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(pages))
