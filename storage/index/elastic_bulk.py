"""Writes in bounded pieces, each item's answer read: what the server had no room for is sent again, a little later."""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.domain.errors import DocumentsRefused, OpisError
from storage.index.elastic_faults import Busy, fault_of, is_block, kind_of
from storage.index.elastic_server import BULK_SECONDS, Server

MOST_BYTES = 8 << 20
MOST_ITEMS = 500
ATTEMPTS = 6
FIRST_PAUSE = 0.2
"""seconds, doubled each time, and up to as much again by chance"""
_NAMED = 5
_REFUSED = frozenset({400, 413})


@dataclass(frozen=True, slots=True)
class Item:
    """One document to be written, or (``source`` None) to be taken out, unless a newer version is there."""

    id: str
    version: int
    source: dict[str, Any] | None

    def lines(self) -> bytes:
        what = "delete" if self.source is None else "index"
        head = {what: {"_id": self.id, "version": self.version, "version_type": "external_gte"}}
        texts = [head] if self.source is None else [head, self.source]
        return b"".join(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for text in texts)


@dataclass(slots=True)
class Bulk:
    """Writes to one alias, which must exist. Errors: those of a request."""

    server: Server
    alias: str
    pause: Callable[[float], None] = time.sleep
    refused: dict[str, str] = field(default_factory=dict)
    """what the server will never take, with the kind of its fault"""

    def write(self, items: Iterable[Item]) -> int:
        """Gives how many items were sent; those in ``refused`` are not in, all others are."""
        sent = 0
        for piece in _pieces((item.id, item.lines()) for item in items):
            self._deliver(piece)
            sent += len(piece)
        return sent

    def refresh(self) -> None:
        """What was written can be searched when this returns."""
        self.server.ask("POST", f"/{self.alias}/_refresh", seconds=BULK_SECONDS)

    def tell(self) -> None:
        """Raises ``DocumentsRefused`` when the server would not take some."""
        if self.refused:
            named = ", ".join(f"{one} ({kind})" for one, kind in list(self.refused.items())[:_NAMED])
            text = f"index at {self.server.address.shown}: {len(self.refused)} documents refused: {named}"
            raise DocumentsRefused(text, tuple(self.refused))

    def _deliver(self, piece: list[tuple[str, bytes]]) -> None:
        waiting, fault = piece, None
        for attempt in range(ATTEMPTS):
            if attempt:
                self.pause(FIRST_PAUSE * 2 ** (attempt - 1) * (1 + random.random()))
            try:
                waiting, fault = self._send(waiting)
            except Busy as busy:
                fault = busy
            if not waiting:
                return
        raise fault or Busy(f"index at {self.server.address.shown}: bulk")

    def _send(self, piece: list[tuple[str, bytes]]) -> tuple[list[tuple[str, bytes]], OpisError | None]:
        """The items that there was no room for, with the last such fault; any other fault is raised."""
        body = b"".join(lines for _, lines in piece)
        path = f"/{self.alias}/_bulk?require_alias=true&filter_path=errors,items.*.status,items.*.error"
        answer = self.server.ask("POST", path, body, BULK_SECONDS, accept=(413,), lines=True)
        if not isinstance(answer, dict) or "items" not in answer:
            return self._too_large(piece), None
        again: list[tuple[str, bytes]] = []
        last: OpisError | None = None
        for (identity, lines), outcome in zip(piece, answer["items"], strict=True):
            ((_, told),) = outcome.items()
            fault = self._judged(identity, told)
            if fault is not None:
                again.append((identity, lines))
                last = fault
        return again, last

    def _judged(self, identity: str, told: dict[str, Any]) -> OpisError | None:
        """None when the item is dealt with; the fault when it may be sent again; raises what concerns all items."""
        status = int(told["status"])
        if status < 300 or status == 409 or (status == 404 and "error" not in told):
            return None
        if status in _REFUSED:
            self.refused[identity] = kind_of(told)
            return None
        fault = fault_of(self.server.address, "bulk", status, told)
        if status == 429 and not is_block(told):
            return fault
        raise fault

    def _too_large(self, piece: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        if len(piece) == 1:
            self.refused[piece[0][0]] = "too large"
            return []
        for one in piece:
            self._deliver([one])
        return []


def _pieces(items: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    piece: list[tuple[str, bytes]] = []
    size = 0
    for identity, lines in items:
        if piece and (len(piece) >= MOST_ITEMS or size + len(lines) > MOST_BYTES):
            yield piece
            piece, size = [], 0
        piece.append((identity, lines))
        size += len(lines)
    if piece:
        yield piece
