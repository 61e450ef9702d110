"""Brings a quarantined batch back: its file goes from ``eroare/`` into the hot folder and is taken in anew."""

from pathlib import Path

from opis.wiring import Parts, hot_folder
from pipeline.domain.batches import BatchState
from pipeline.domain.errors import NotFound, PartDown, UsageError
from pipeline.domain.messages import say
from watchers.moves import move_new
from watchers.reasons import DATA_SUFFIX, TEXT_SUFFIX


def retry_batch(parts: Parts, prefix: str) -> Path:
    """The new path in the hot folder.

    Raises ``UsageError`` when the batch is not in quarantine, ``NotFound`` when its file is no longer there.
    """
    batch = parts.catalog.batch(prefix)
    if batch.state is not BatchState.QUARANTINED:
        raise UsageError(say("terminal.nothing_to_retry"))
    for arrival in reversed(parts.catalog.arrivals(batch=batch.id)):
        waiting = parts.settings.home / arrival.end if arrival.end else None
        if waiting is not None and not arrival.claimed.startswith("/") and waiting.exists():
            return _put_back(waiting, hot_folder(parts.settings, arrival.profile))
    raise NotFound(say("terminal.gone_from_quarantine"))


def _put_back(waiting: Path, folder: Path) -> Path:
    try:
        path = move_new(waiting, folder, waiting.name, waiting.is_dir())
        for suffix in (TEXT_SUFFIX, DATA_SUFFIX):
            waiting.with_name(waiting.name + suffix).unlink(missing_ok=True)
    except OSError as fault:
        raise PartDown(f"{waiting} cannot be put back: {fault.strerror}") from fault
    return path
