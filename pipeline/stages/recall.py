"""What was seen and read of a batch, from what the store keeps of it: nothing is read twice without need."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.domain.batches import Batch, BatchAccount, Document, Fate
from pipeline.domain.decisions import Orders
from pipeline.domain.errors import NotFound, WorkerFault
from pipeline.domain.marks import SplitRules
from pipeline.domain.pages import Degradation, PageObservation, PageReading, PageText, SheetLook
from pipeline.domain.work import PageRef, ReadSettings
from pipeline.ports.objects import ObjectStore
from pipeline.stages.alto import page_of, words_of
from pipeline.stages.read import Progress, Reader, read_batch
from pipeline.stages.split import split_pages

DEGRADED = ("page-failed", "page-unreadable", "page-degraded")
_PLACE = re.compile(r"/alto/(\d+)\.xml$")


def recalled_readings(
    objects: ObjectStore, observations: Sequence[PageObservation], account: BatchAccount
) -> dict[int, PageReading]:
    """Readings by batch page, of the pages that were observed and whose text is kept or was never there.

    Pages of documents whose text is lost or damaged are left out: they have to be read again.
    """
    seen = {observation.page: observation for observation in observations}
    complaints = {problem.page: problem.code for problem in account.problems if problem.code in DEGRADED}
    outside = seen.keys() - {page for document in account.documents for page in document.pages}
    found = {page: PageReading(seen[page], None, _degraded(complaints.get(page))) for page in outside}
    for document in account.documents:
        for page, text, degraded in _pages_of(objects, document):
            if page in seen:
                found[page] = PageReading(seen[page], text, degraded)
    return found


def _degraded(code: str | None) -> Degradation | None:
    return Degradation(code, "as it was recorded") if code else None


def _pages_of(objects: ObjectStore, document: Document) -> Iterator[tuple[int, PageText | None, Degradation | None]]:
    try:
        manifest = json.loads(objects.read(document.objects.manifest or ""))
        sums = {key: str(entry["sha256"]) for key, entry in manifest["objects"].items()}
        running = _split(_read(objects, document.objects.text, sums), len(document.pages))
        raw = _split(_read(objects, _raw_key(document), sums), len(document.pages))
        altos = {int(found.group(1)): key for key in document.objects.alto if (found := _PLACE.search(key))}
        for place, (page, record) in enumerate(zip(document.pages, manifest["pages"], strict=True), start=1):
            degraded = _degraded(record["degraded"])
            if place not in altos:
                yield page, None, degraded
                continue
            xml = _read(objects, altos[place], sums)
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


def _read(objects: ObjectStore, key: str | None, sums: Mapping[str, str]) -> bytes:
    """An object of a document; ``ValueError`` when it is not what its manifest says."""
    content = objects.read(key or "")
    if hashlib.sha256(content).hexdigest() != sums[key or ""]:
        raise ValueError(f"{key} is damaged")
    return content


def _split(content: bytes, pages: int) -> list[str]:
    """A text by pages; ``ValueError`` when it has others than the document."""
    texts = content.decode("utf-8").split("\f")
    if len(texts) != pages:
        raise ValueError(f"a text has {len(texts)} pages, the document {pages}")
    return texts


@dataclass(frozen=True, slots=True)
class Decreed:
    """What persons want of the pages now, and what they wanted when the batch was concluded last."""

    orders: Orders
    before: Orders
    rules: SplitRules


def reread(
    reader: Reader,
    batch: Batch,
    refs: Sequence[PageRef],
    settings: ReadSettings,
    recalled: Mapping[int, PageReading],
    inside: Collection[int],
    decreed: Decreed,
    progress: Progress,
) -> dict[int, PageReading]:
    """All readings by batch page: recalled where they still hold, read anew where they do not.

    ``inside`` are the pages that were in documents: the text of the others was not kept.
    """
    readings = dict(recalled)
    turned = [replace(ref, rotation=decreed.orders.rotations.get(ref.page)) for ref in refs]
    unseen = [ref for ref in turned if ref.page not in recalled]
    readings |= _by_page(read_batch(reader, batch, unseen, settings, progress)) if unseen else {}
    fates = split_pages([readings[ref.page].observation for ref in refs], decreed.rules, decreed.orders).fates
    again = [
        ref
        for ref, fate in zip(turned, fates, strict=True)
        if fate is Fate.DOCUMENT
        and (_turned(readings[ref.page], ref, recalled, decreed) or _unread(readings[ref.page], ref.page in inside))
    ]
    content = replace(settings, separators=())
    fresh = _by_page(read_batch(reader, batch, again, content, progress, anew=True)) if again else {}
    return readings | {
        page: replace(reading, observation=readings[page].observation) for page, reading in fresh.items()
    }


def _turned(reading: PageReading, ref: PageRef, recalled: Mapping[int, PageReading], decreed: Decreed) -> bool:
    """Whether it was read as it is to be turned now; without a person's word the engine finds out again."""
    before = decreed.before.rotations.get(ref.page)
    if ref.rotation is None or reading.text is None:
        return ref.page in recalled and before != ref.rotation
    return reading.text.rotation != ref.rotation


def _unread(reading: PageReading, inside: bool) -> bool:
    """Whether it should have a text and was not read, since it passed for no page of a document."""
    if reading.text is not None or reading.observation.look is SheetLook.BLANK:
        return False
    return reading.degraded is None or not inside


def _by_page(readings: Sequence[PageReading]) -> dict[int, PageReading]:
    return {reading.observation.page: reading for reading in readings}
