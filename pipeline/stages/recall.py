"""What was seen and read of a batch, from what the store keeps of it: nothing is read twice without need."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.domain.batches import Batch, Document
from pipeline.domain.decisions import Orders, PageOrder
from pipeline.domain.errors import NotFound, WorkerFault
from pipeline.domain.pages import Degradation, PageObservation, PageReading, PageText, SheetLook
from pipeline.domain.work import PageRef, ReadSettings
from pipeline.ports.objects import ObjectStore
from pipeline.stages.alto import page_of, words_of
from pipeline.stages.read import Progress, Reader, read_batch

_PLACE = re.compile(r"/alto/(\d+)\.xml$")


def recalled_readings(
    objects: ObjectStore, observations: Sequence[PageObservation], documents: Sequence[Document]
) -> dict[int, PageReading]:
    """Readings by batch page, of the pages that were observed and whose text is kept or was never there.

    Pages of documents whose text is lost or damaged are left out: they have to be read again.
    """
    found: dict[int, PageReading] = {}
    seen = {observation.page: observation for observation in observations}
    in_documents = {page for document in documents for page in document.pages}
    for document in documents:
        for page, text, degraded in _pages_of(objects, document):
            if page in seen:
                found[page] = PageReading(seen[page], text, degraded)
    return found | {page: PageReading(seen[page]) for page in seen if page not in in_documents}


def _pages_of(objects: ObjectStore, document: Document) -> Iterator[tuple[int, PageText | None, Degradation | None]]:
    try:
        manifest = json.loads(objects.read(document.objects.manifest or ""))
        running = _split(objects, document.objects.text, len(document.pages))
        raw = _split(objects, _raw_key(document), len(document.pages))
        altos = {int(found.group(1)): key for key in document.objects.alto if (found := _PLACE.search(key))}
        for place, (page, record) in enumerate(zip(document.pages, manifest["pages"], strict=True), start=1):
            code = record["degraded"]
            degraded = Degradation(code, "as its manifest says") if code else None
            if place not in altos:
                yield page, None, degraded
                continue
            xml = objects.read(altos[place])
            yield page, _text(xml, record, running[place - 1], raw[place - 1]), degraded
    except (NotFound, WorkerFault, ValueError, KeyError):
        return


def _text(xml: bytes, record: Mapping[str, Any], text: str, raw: str) -> PageText:
    sheet = page_of(xml)
    return PageText(
        width=sheet.width,
        height=sheet.height,
        dpi=sheet.dpi,
        rotation=int(record["rotation"]),
        words=words_of(xml),
        text=text,
        raw=raw,
        confidence=record["confidence"],
        engine=str(record["engine"]),
    )


def _raw_key(document: Document) -> str:
    return (document.objects.text or "").removesuffix("text.txt") + "text.raw.txt"


def _split(objects: ObjectStore, key: str | None, pages: int) -> list[str]:
    """A text by pages; ``ValueError`` when it has others than the document."""
    texts = objects.read(key or "").decode("utf-8").split("\f")
    if len(texts) != pages:
        raise ValueError(f"{key} has {len(texts)} pages, the document {pages}")
    return texts


def reread(
    reader: Reader,
    batch: Batch,
    refs: Sequence[PageRef],
    settings: ReadSettings,
    recalled: Mapping[int, PageReading],
    orders: Orders,
    progress: Progress,
) -> dict[int, PageReading]:
    """All readings by batch page: recalled where they still hold, read anew where they do not."""
    readings = dict(recalled)
    unseen = [ref for ref in refs if ref.page not in recalled]
    readings |= _by_page(read_batch(reader, batch, unseen, settings, progress)) if unseen else {}
    content = replace(settings, separators=())
    again = [
        replace(ref, rotation=orders.rotations.get(ref.page))
        for ref in refs
        if _outdated(readings[ref.page], ref.page, orders)
    ]
    fresh = _by_page(read_batch(reader, batch, again, content, progress)) if again else {}
    return readings | {
        page: replace(reading, observation=readings[page].observation) for page, reading in fresh.items()
    }


def _outdated(reading: PageReading, page: int, orders: Orders) -> bool:
    turned = orders.rotations.get(page)
    if reading.text is not None:
        return turned is not None and turned != reading.text.rotation
    unread = reading.degraded is None and reading.observation.look is not SheetLook.BLANK
    return turned is not None or (unread and orders.pages.get(page) in (PageOrder.START, PageOrder.CONTINUE))


def _by_page(readings: Sequence[PageReading]) -> dict[int, PageReading]:
    return {reading.observation.page: reading for reading in readings}
