"""What the splitter gives: fates, documents as drafts, and what it could not decide."""

from dataclasses import dataclass

from pipeline.domain.batches import DocumentKind, Fate, ReviewKind
from pipeline.domain.registry import Announced


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as the splitter leaves it: pages, kind, and what was announced for it."""

    pages: tuple[int, ...]
    kind: DocumentKind = DocumentKind.DOCUMENT
    parent: int | None = None
    """place of the document before an annex, in ``Split.drafts``"""
    announced: Announced | None = None
    sheets: int = 0
    """physical sheets, blanks included"""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question that the splitter cannot decide; ``code`` is a text of ``messages_ro/split.toml``."""

    kind: ReviewKind
    code: str
    pages: tuple[int, ...]
    draft: int | None = None
    """place of the document in doubt; None: the batch"""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """Each page's one fate, in order; documents in order; doubts."""

    fates: tuple[Fate, ...]
    drafts: tuple[Draft, ...]
    doubts: tuple[Doubt, ...]
