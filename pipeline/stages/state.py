"""The batch's own record in the store: profile as it was, what was seen, ledger, reviews, problems, decisions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.domain.answers import batch_answer
from pipeline.domain.batches import Batch, BatchAccount
from pipeline.domain.decisions import Decision
from pipeline.domain.errors import KeyTaken
from pipeline.domain.pages import PageObservation
from pipeline.domain.seals import sealed
from pipeline.domain.settings import Profile
from pipeline.domain.wire import from_json, to_json, to_plain
from pipeline.ports.objects import ObjectStore
from pipeline.stages.keep import MOST_VERSIONS


@dataclass(frozen=True, slots=True)
class History:
    """What an account came from, beside its pages."""

    observations: tuple[PageObservation, ...] = ()
    """of all pages in order; empty in records of the first version of Opis"""
    decisions: tuple[Decision, ...] = ()
    """all that were carried out, in order"""


def write_state(
    objects: ObjectStore,
    account: BatchAccount,
    profile: Profile,
    page_counts: Sequence[int],
    history: History,
    check_lease: Callable[[], None],
) -> BatchAccount:
    """Stores the account under the next free state number; gives it back with that number.

    A number that is taken may be a successor's: ``check_lease`` raises ``Fenced`` then, so that what a line without the
    lease has to say never stands above what its successor said.
    """
    number = account.batch.version
    while number < account.batch.version + MOST_VERSIONS:
        number += 1
        named = replace(account, batch=replace(account.batch, version=number))
        answer = batch_answer(named)
        record = {
            "state": number,
            **{part: answer[part] for part in ("batch", "pages", "reviews", "problems")},
            "value": to_plain(Batch, named.batch),
            "profile": to_plain(Profile, profile),
            "page_counts": list(page_counts),
            "documents": [{"id": document.id, "manifest": document.objects.manifest} for document in named.documents],
            **to_plain(History, history),
        }
        try:
            objects.put_bytes(state_key(account.batch.id or "", number), sealed(to_json(dict[str, Any], record)))
        except KeyTaken:
            check_lease()
            continue
        return named
    raise KeyTaken(f"batches/{account.batch.id}/state: no free number")


def read_history(objects: ObjectStore, batch: Batch) -> History:
    """What the state that holds came from. ``NotFound`` when it is lost."""
    if not batch.version:
        return History()
    record = json.loads(objects.read(state_key(batch.id or "", batch.version)))
    known = {name: record.get(name, []) for name in ("observations", "decisions")}
    return from_json(History, json.dumps(known))


def state_key(batch_id: str, number: int) -> str:
    return f"batches/{batch_id}/state/{number}.json"
