"""Ids that derive from content, so that doing a step twice names the same thing."""

import hashlib
from collections.abc import Sequence


def folder_batch_id(page_file_digests: Sequence[str]) -> str:
    """Id of a folder batch: SHA-256 of its page files' hex digests in natural order, one a line."""
    return hashlib.sha256("".join(f"{digest}\n" for digest in page_file_digests).encode("ascii")).hexdigest()


def document_id(batch_id: str, pages: Sequence[int]) -> str:
    """Id of a document: SHA-256 of ``<batch>:<comma list of its batch pages>``."""
    return hashlib.sha256(f"{batch_id}:{','.join(map(str, pages))}".encode("ascii")).hexdigest()


def review_id(batch_id: str, kind: str, document: str | None, pages: Sequence[int], question: str) -> str:
    """Id of a review: 32 hex digits of what is asked about what."""
    text = f"{batch_id}:{kind}:{document or ''}:{','.join(map(str, pages))}:{question}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]
