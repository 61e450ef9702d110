"""What the workers are doing now, as the line last told it: for whoever watches, and nothing depends on it."""

from dataclasses import dataclass

from pipeline.domain.wire import from_json
from pipeline.ports.workers import Doing
from search_api.rendering import word
from search_api.views import page_list


@dataclass(frozen=True, slots=True)
class DoingRow:
    worker: str
    told: str
    batch: str


def doing_now(told: str | None) -> tuple[DoingRow, ...]:
    """Empty when no line lives, nothing is under way, or a line of another version tells it otherwise."""
    if not told:
        return ()
    try:
        found = from_json(list[Doing], told)
    except ValueError:
        return ()
    return tuple(
        DoingRow(
            one.worker, word("doing_pages" if one.kind == "pages" else "doing_document", pages=_pages(one)), one.batch
        )
        for one in found
    )


def _pages(one: Doing) -> str:
    return page_list(one.pages if one.kind == "pages" else one.pages[:1])
