"""Writes what is kept of a document: PDF, ALTO, text and manifest, each key once; a version already there is passed."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from pipeline.domain.answers import document_answer
from pipeline.domain.batches import Batch, BatchAccount, Document, DocumentObjects, TextSummary
from pipeline.domain.errors import InputFault, KeyTaken, WorkerFault
from pipeline.domain.pages import PageReading, mean_confidence
from pipeline.domain.plain import plain
from pipeline.domain.seals import sealed
from pipeline.domain.wire import to_json, to_plain
from pipeline.domain.work import DocumentPage, DocumentTask, PageRef
from pipeline.ports.objects import ObjectStore, StoredObject
from pipeline.ports.workers import StoredPdf, Workers
from pipeline.stages.alto import alto_xml

log = logging.getLogger(__name__)
MOST_VERSIONS = 10_000
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """A document with its keys; ``pdf_fault`` says why there is no PDF."""

    document: Document
    stored: tuple[StoredObject, ...]
    pages: tuple[dict[str, Any], ...]
    """for the manifest: how each page was read and written"""
    missing: tuple[int, ...] = ()
    """batch pages whose image could not be put into the PDF"""
    pdf_fault: str | None = None


@dataclass(frozen=True, slots=True)
class Keeper:
    objects: ObjectStore
    workers: Workers


def keep_documents(
    keeper: Keeper,
    batch: Batch,
    documents: Sequence[Document],
    readings: Mapping[int, PageReading],
    refs: Mapping[int, PageRef],
) -> list[Kept]:
    """Stores the content of all documents of a batch, PDFs by the workers side by side. Manifests come later."""
    tasks = [_task(batch, document, readings, refs) for document in documents]
    futures = [_write(keeper, task, document, 1) for task, document in zip(tasks, documents, strict=True)]
    return [
        _keep(keeper, document, task, future, readings)
        for document, task, future in zip(documents, tasks, futures, strict=True)
    ]


def keep_again(
    keeper: Keeper,
    before: BatchAccount,
    after: BatchAccount,
    readings: Mapping[int, PageReading],
    refs: Mapping[int, PageRef],
    recalled: Mapping[int, PageReading],
) -> list[Kept]:
    """Stores the content of documents that are new or changed; the others keep theirs. In the order of ``after``.

    ``recalled`` are the readings that the content of ``before`` was made of.
    """
    known = {document.id: document for document in before.documents}
    same = {
        document.id: kept_before(keeper.objects, document, known[document.id])
        for document in after.documents
        if document.id in known and all(readings[page] == recalled.get(page) for page in document.pages)
    }
    fresh = [
        replace(document, version=_version_before(keeper.objects, document, known.get(document.id)))
        for document in after.documents
        if document.id not in same
    ]
    written = {kept.document.id: kept for kept in keep_documents(keeper, after.batch, fresh, readings, refs)}
    return [same.get(document.id) or written[document.id] for document in after.documents]


def _version_before(objects: ObjectStore, document: Document, known: Document | None) -> int:
    """After which manifest the next one comes: of a document that comes back its last one holds if it says the same."""
    if known is not None:
        return known.version
    prefix = f"documents/{document.id}/manifest/"
    return max((int(PurePosixPath(key).stem) for key in objects.keys(prefix)), default=1) - 1


def kept_before(objects: ObjectStore, document: Document, known: Document) -> Kept:
    """A document whose content stays as the manifest of ``known`` says."""
    manifest = json.loads(objects.read(known.objects.manifest or ""))
    stored = tuple(StoredObject(key, entry["size"], entry["sha256"]) for key, entry in manifest["objects"].items())
    pages: tuple[dict[str, Any], ...] = tuple(manifest["pages"])
    missing = tuple(page["page"] for page in pages if page["written"] == "missing")
    named = replace(document, objects=known.objects, text=known.text, version=known.version)
    return Kept(named, stored, pages, missing, None if known.objects.pdf else "it could not be written")


def _write(keeper: Keeper, task: DocumentTask, document: Document, content: int) -> "Future[StoredPdf]":
    return keeper.workers.write_pdf(task, f"documents/{document.id}/c{content}/document.pdf")


def _keep(
    keeper: Keeper,
    document: Document,
    task: DocumentTask,
    first: "Future[StoredPdf]",
    readings: Mapping[int, PageReading],
) -> Kept:
    future, failures, content = first, 0, 1
    while True:
        try:
            pdf: StoredPdf | None = future.result()
            fault = None
        except KeyTaken:
            content += 1
            future = _write(keeper, task, document, content)
            continue
        except (WorkerFault, InputFault) as caught:
            failures += 1
            if failures < ATTEMPTS and caught.retry:
                future = _write(keeper, task, document, content)
                continue
            log.warning("document %.8s: no PDF: %s", document.id, plain(caught), extra={"document": document.id})
            pdf, fault = None, str(caught)
        try:
            return _keep_texts(keeper.objects, document, content, pdf, fault, readings)
        except KeyTaken:
            content += 1
            future = _write(keeper, task, document, content)


def _keep_texts(
    objects: ObjectStore,
    document: Document,
    content: int,
    pdf: StoredPdf | None,
    fault: str | None,
    readings: Mapping[int, PageReading],
) -> Kept:
    folder = f"documents/{document.id}/c{content}"
    texts = [readings[page].text for page in document.pages]
    running = "\f".join(text.text if text else "" for text in texts)
    stored = [
        objects.put_bytes(f"{folder}/text.txt", running.encode("utf-8")),
        objects.put_bytes(
            f"{folder}/text.raw.txt", "\f".join(text.raw if text else "" for text in texts).encode("utf-8")
        ),
    ]
    alto = [
        objects.put_bytes(f"{folder}/alto/{place}.xml", alto_xml(text, place, f"pagina {place}"))
        for place, text in enumerate(texts, start=1)
        if text is not None
    ]
    keys = DocumentObjects(
        pdf=pdf.stored.key if pdf else None, text=stored[0].key, alto=tuple(entry.key for entry in alto)
    )
    words = [word for text in texts if text is not None for word in text.words]
    engines = {text.engine for text in texts if text is not None}
    summary = TextSummary(mean_confidence(words), len(running), " + ".join(sorted(engines)) or None)
    everything = ([pdf.stored] if pdf else []) + stored + alto
    named = replace(document, objects=keys, text=summary)
    pages = tuple(_page_record(page, readings[page], pdf) for page in document.pages)
    return Kept(named, tuple(everything), pages, pdf.missing if pdf else (), fault)


def _page_record(page: int, reading: PageReading, pdf: StoredPdf | None) -> dict[str, Any]:
    written = {entry.page: entry.how for entry in pdf.pages} if pdf else {}
    text = reading.text
    return {
        "page": page,
        "written": written.get(page),
        "rotation": text.rotation if text else 0,
        "engine": text.engine if text else None,
        "confidence": text.confidence if text else None,
        "degraded": reading.degraded.code if reading.degraded else None,
    }


def _task(
    batch: Batch, document: Document, readings: Mapping[int, PageReading], refs: Mapping[int, PageRef]
) -> DocumentTask:
    pages = tuple(_page(refs[page], readings[page]) for page in document.pages)
    number = document.link.registry_number
    title = f"{number}" if number else f"Document {document.id[:8]}"
    created = batch.received_at.strftime("%Y-%m-%dT%H:%M:%SZ") if batch.received_at else "1970-01-01T00:00:00Z"
    return DocumentTask(batch.originals, pages, title, f"Lot {batch.id}", created)


def _page(ref: PageRef, reading: PageReading) -> DocumentPage:
    return DocumentPage(ref, reading.text, reading.text.rotation if reading.text else 0)


def write_manifest(
    objects: ObjectStore,
    document: Document,
    batch: Batch,
    stored: Sequence[StoredObject],
    pages: Sequence[Mapping[str, Any]],
    check_lease: Callable[[], None],
) -> Document:
    """Stores all that the catalog knows of a document under the next free number; gives the document with its key.

    ``check_lease``: as for ``write_state``.
    """
    known = {
        "batch": {"id": batch.id, "sha256": batch.sha256, "source": batch.source, "profile": batch.profile},
        "objects": {entry.key: {"sha256": entry.sha256, "size": entry.size} for entry in stored},
        "pages": list(pages),
    }
    number = document.version
    while number < document.version + MOST_VERSIONS:
        number += 1
        key = f"documents/{document.id}/manifest/{number}.json"
        named = replace(document, version=number, objects=replace(document.objects, manifest=key))
        manifest = {"manifest": number, "document": document_answer(named), "value": to_plain(Document, named), **known}
        try:
            objects.put_bytes(key, sealed(to_json(dict[str, Any], manifest)))
        except KeyTaken:
            check_lease()
            continue
        return named
    raise KeyTaken(f"documents/{document.id}/manifest: no free number")
