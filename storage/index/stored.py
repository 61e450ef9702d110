"""What a hit is answered from, as both indexes keep it: one compressed value beside the fields that are searched."""

import datetime as dt
import json
import zlib
from dataclasses import dataclass
from typing import Any

from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.ports.index import IndexedDocument
from storage.index.fields import pages_of


@dataclass(frozen=True, slots=True)
class Stored:
    id: str
    department: str | None
    link: Link
    pages: tuple[str, ...]


def packed(document: IndexedDocument) -> bytes:
    link = document.link
    data = {
        "id": document.id,
        "department": document.department,
        "link": {
            "register": link.register,
            "year": link.year,
            "number": link.number,
            "date": link.date.isoformat() if link.date else None,
            "channel": link.channel,
            "source": link.source,
            "state": link.state,
        },
        "pages": pages_of(document),
    }
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"), 6)


def unpacked(stored: bytes) -> Stored:
    """``ValueError``, ``KeyError`` or ``zlib.error`` when the bytes are damaged."""
    data = json.loads(zlib.decompress(stored))
    link: dict[str, Any] = data["link"]
    return Stored(
        id=data["id"],
        department=data["department"],
        link=Link(
            register=link["register"],
            year=link["year"],
            number=link["number"],
            date=dt.date.fromisoformat(link["date"]) if link["date"] else None,
            channel=link["channel"],
            source=LinkSource(link["source"]) if link["source"] else None,
            state=LinkState(link["state"]),
        ),
        pages=tuple(data["pages"]),
    )
