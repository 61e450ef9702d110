"""``opis process PATH…``: the same pipeline now; originals stay where they are."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from opis.context import Context, pass_own
from opis.intake import refused
from opis.own_line import work_until
from opis.texts import batch_text
from opis.wiring import Parts
from pipeline.domain.answers import batch_answer
from pipeline.domain.batches import BatchAccount, BatchState
from pipeline.domain.errors import InputFault, UsageError
from pipeline.domain.settings import Settings
from pipeline.domain.wire import from_json, to_json
from pipeline.engines.tesseract import require_language
from pipeline.ports.catalog import LineCatalog, Request
from watchers.inputs import BatchInput, batches_of

WORKED = (BatchState.FILED, BatchState.HELD, BatchState.QUARANTINED)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One batch asked for: refused at once, or handed to the line."""

    request: str | None
    refused: BatchAccount | None = None


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--profile", help="Hot-folder profile to go by (default: the first one).")
@pass_own
def process(own: Context, paths: tuple[Path, ...], profile: str | None) -> int:
    """Process files or folders now; the originals stay where they are."""
    name = chosen_profile(own.settings, profile)
    found = [entry for path in paths for entry in batches_of(path)]
    require_language(_language(own.settings, name))
    parts = own.parts
    parts.open_all()
    wanted = [_ask(parts, entry, name) for entry in found]
    requests = [entry.request for entry in wanted if entry.request]
    work_until(
        parts,
        "process",
        done=lambda given_up: _all_done(parts, requests, given_up),
        filed=lambda given_up: _filed(parts, requests, given_up),
        end=lambda lease: _withdraw(parts, lease, requests),
    )
    accounts = [_account(parts, entry) for entry in wanted]
    own.answer([batch_answer(account) for account in accounts], "\n".join(map(batch_text, accounts)))
    return 0 if all(account.batch.state is BatchState.FILED for account in accounts) else 1


def chosen_profile(settings: Settings, name: str | None) -> str:
    """The named profile, else the first; ``UsageError`` when it is not configured."""
    if name is None:
        return settings.profiles[0].name
    if settings.profile(name) is None:
        known = ", ".join(profile.name for profile in settings.profiles)
        raise UsageError(f"no profile {name!r}; configured: {known}")
    return name


def _language(settings: Settings, profile: str) -> str:
    found = settings.profile(profile)
    return found.language if found else "ron"


def _ask(parts: Parts, entry: BatchInput, profile: str) -> _Wanted:
    if entry.fault is not None:
        return _Wanted(None, refused(entry.source, profile, entry.fault))
    request = Request(uuid.uuid4().hex, str(entry.path), profile)
    parts.catalog.add_request(request)
    return _Wanted(request.id)


def _withdraw(parts: Parts, lease: LineCatalog, requests: Sequence[str]) -> None:
    """Ends what was not taken in: nobody waits for it any more. What was taken in stays, and is finished some day."""
    for request in map(parts.catalog.request, requests):
        if request.batch is None and request.refused is None:
            account = refused(request.path, request.profile, InputFault("vanished", "withdrawn"))
            lease.end_request(request.id, None, to_json(BatchAccount, account).decode("utf-8"))


def _all_done(parts: Parts, requests: Sequence[str], given_up: Collection[str] = ()) -> bool:
    """Whether what was asked for is filed, and found."""
    if not _filed(parts, requests, given_up):
        return False
    return parts.catalog.counts().get("outbox", 0) == 0 or parts.catalog.line_alive()


def _filed(parts: Parts, requests: Sequence[str], given_up: Collection[str] = ()) -> bool:
    for identity in requests:
        request = parts.catalog.request(identity)
        if request.refused is None and request.batch is None:
            return False
        waits = request.batch is not None and request.batch not in given_up
        if waits and parts.catalog.batch(request.batch or "").state not in WORKED:
            return False
    return True


def _account(parts: Parts, entry: _Wanted) -> BatchAccount:
    if entry.refused is not None:
        return entry.refused
    request = parts.catalog.request(entry.request or "")
    if request.batch is None:
        return from_json(BatchAccount, request.refused or "")
    return parts.catalog.account(request.batch)
