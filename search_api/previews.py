"""What the document page needs to show a page as an image."""

from typing import Protocol


class PagePreviews(Protocol):
    def page(self, key: str, place: int, width: int) -> bytes:
        """Page ``place`` (from 1) of the PDF stored under ``key`` as a JPEG, ``width`` pixels wide.

        Errors: ``NotFound`` (no such object), ``InputFault`` (no such page), ``WorkerFault``, ``PartDown``.
        """
