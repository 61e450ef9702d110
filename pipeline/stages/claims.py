"""Questions for persons, by ids that derive from what is asked; and the one that a claim from elsewhere raises."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.domain.batches import Document, Review, ReviewKind
from pipeline.domain.ids import review_id
from pipeline.domain.messages import say


def make_review(
    batch_id: str,
    kind: ReviewKind,
    document: str | None,
    pages: Sequence[int],
    code: str,
    values: Mapping[str, Any],
) -> Review:
    """``code`` is a text of the message catalogue; the id derives from what is asked about what."""
    reason = say(code, **values)
    return Review(review_id(batch_id, kind, document, pages, f"{code}:{reason}"), kind, document, tuple(pages), reason)


def claimed_again(document: Document, other: Document) -> Review:
    """The question about a document whose number ``other`` claims too."""
    values = {"number": str(document.link.registry_number), "document": other.id[:8], "batch": other.batch[:8]}
    return make_review(document.batch, ReviewKind.LINK, document.id, document.pages[:1], "amend.claimed_again", values)
