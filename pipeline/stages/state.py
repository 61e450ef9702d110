"""The batch's own record in the store: profile as it was, fates, ledger, reviews, problems, decisions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.domain.answers import batch_answer
from pipeline.domain.batches import Batch, BatchAccount
from pipeline.domain.decisions import Decision
from pipeline.domain.errors import KeyTaken
from pipeline.domain.settings import Profile
from pipeline.domain.wire import to_json, to_plain
from pipeline.ports.objects import ObjectStore
from pipeline.stages.keep import MOST_VERSIONS


def write_state(
    objects: ObjectStore,
    account: BatchAccount,
    profile: Profile,
    page_counts: Sequence[int],
    decisions: Sequence[Decision] = (),
) -> BatchAccount:
    """Stores the account under the next free state number; gives it back with that number."""
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
            "decisions": to_plain(list[Decision], list(decisions)),
        }
        try:
            objects.put_bytes(f"batches/{account.batch.id}/state/{number}.json", to_json(dict[str, Any], record))
        except KeyTaken:
            continue
        return named
    raise KeyTaken(f"batches/{account.batch.id}/state: no free number")
