"""A person's decision from wish to outcome: checked against the batch as it stands, written down, carried out."""

import datetime as dt
import uuid
from dataclasses import dataclass

from opis.own_line import work_until
from opis.wiring import Parts
from pipeline.domain.batches import BatchAccount
from pipeline.domain.decisions import Action, Decision
from pipeline.domain.errors import NotFound, UsageError
from pipeline.domain.messages import say
from pipeline.stages.decide import Matter, check_decision

LEAST_PREFIX = 8
MOST_REVIEWS = 100_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be decided about a batch, before it has an id and a time."""

    action: Action
    account: BatchAccount
    """the batch as the person sees it"""
    document: str | None = None
    pages: tuple[int, ...] = ()
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Who decides, why, and on which version of the batch (None: as it is now)."""

    who: str
    why: str | None = None
    version: int | None = None


def write_down(parts: Parts, wish: Wish, record: Record) -> Decision:
    """Appends the decision for the line to carry out. Errors: ``UsageError``, ``StaleDecision``."""
    batch = wish.account.batch
    decision = Decision(
        id=uuid.uuid4().hex,
        action=wish.action,
        batch=batch.id or "",
        document=wish.document,
        pages=wish.pages,
        value=wish.value,
        who=record.who,
        at=dt.datetime.now(dt.UTC),
        version=batch.version if record.version is None else record.version,
        why=record.why,
    )
    departments = {department.code for department in parts.classifier.departments()}
    matter = Matter(wish.account, parts.catalog.decisions(decision.batch), departments, parts.catalog)
    check_decision(matter, decision)
    parts.catalog.append_decision(decision)
    return decision


def see_through(parts: Parts, decision: Decision) -> BatchAccount:
    """Waits until the decision is carried out, as the line itself where there is none; the batch as it is then.

    ``UsageError`` with the reason when it could not be.
    """

    def ended(given_up: frozenset[str]) -> bool:
        return parts.catalog.outcome_of(decision.id) is not None

    def found(given_up: frozenset[str]) -> bool:
        return ended(given_up) and (parts.catalog.counts().get("outbox", 0) == 0 or parts.catalog.line_alive())

    work_until(parts, "decide", done=found, filed=ended)
    refused = parts.catalog.outcome_of(decision.id)
    if refused:
        raise UsageError(refused)
    return parts.catalog.account(decision.batch)


def wish_on_document(parts: Parts, prefix: str, action: Action, value: str) -> Wish:
    """On a document, which is known from now on by its first page."""
    document = parts.catalog.document(prefix)
    return Wish(action, parts.catalog.account(document.batch), document.id, document.pages[:1], value)


def wish_to_accept(parts: Parts, prefix: str) -> Wish:
    """To leave as it stands what a review, or all that is open about a document or a batch, asks."""
    if len(prefix) < LEAST_PREFIX:
        raise UsageError(f"an id is given by {LEAST_PREFIX} characters or more")
    for batch, review in parts.catalog.open_reviews(limit=MOST_REVIEWS):
        if review.id.startswith(prefix):
            return Wish(Action.ACCEPT, parts.catalog.account(batch.id or ""), review.document, (), review.id)
    try:
        document = parts.catalog.document(prefix)
    except NotFound:
        account, identity = parts.catalog.account(prefix), None
    else:
        account, identity = parts.catalog.account(document.batch), document.id
    asked = [review.id for review in account.reviews if identity is None or review.document == identity]
    return Wish(Action.ACCEPT, account, identity, (), " ".join(sorted(asked)))


def wish_to_undo(parts: Parts, batch: str, prefix: str) -> Wish:
    if len(prefix) < LEAST_PREFIX:
        raise UsageError(f"an id is given by {LEAST_PREFIX} characters or more")
    account = parts.catalog.account(batch)
    known = [one.id for one in parts.catalog.decisions(account.batch.id or "") if one.id.startswith(prefix)]
    if len(known) != 1:
        raise UsageError(say("decide.nothing_to_undo"))
    return Wish(Action.UNDO, account, None, (), known[0])
