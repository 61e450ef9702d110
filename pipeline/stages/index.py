"""The index follows: what the outbox names is read from catalog and store and put into the index."""

import logging
from collections.abc import Iterator

from pipeline.domain.batches import Document
from pipeline.domain.errors import DocumentsRefused, NotFound, PartDown
from pipeline.domain.plain import plain
from pipeline.ports.catalog import Catalog, LineCatalog
from pipeline.ports.index import Index, IndexedDocument
from pipeline.ports.objects import ObjectStore

log = logging.getLogger(__name__)
AT_ONCE = 200


def index_pending(catalog: Catalog, line: LineCatalog, objects: ObjectStore, index: Index) -> int:
    """Indexes up to 200 documents of the outbox and strikes them off; gives how many.

    An index that was deleted, or says it is damaged, is made anew from catalog and store. Errors: ``PartDown`` of index
    or store: the outbox stays as it was. Documents that the index refuses are named in the log, and keep none waiting.
    """
    rows = line.pending_index(AT_ONCE)
    if is_gone(catalog, index):
        log.warning("the index is gone and is made anew")
        _make_anew(catalog, objects, index)
    if not rows:
        return 0
    present: list[IndexedDocument] = []
    gone: list[str] = []
    for identity in dict.fromkeys(row.document for row in rows):
        try:
            document = catalog.document(identity)
        except NotFound:
            gone.append(identity)
            continue
        present.append(indexed_document(document, catalog, objects))
    try:
        if gone:
            index.delete(gone)
        if present:
            index.put(present)
    except DocumentsRefused as fault:
        log.error("%s", fault)
    except PartDown as fault:
        if fault.retry:
            raise
        log.warning("%s; the index is made anew", fault)
        _make_anew(catalog, objects, index)
    line.indexed(rows)
    return len(rows)


def is_gone(catalog: Catalog, index: Index) -> bool:
    """Whether there is no index although documents were put into one."""
    return not index.exists() and catalog.has_indexed()


def _make_anew(catalog: Catalog, objects: ObjectStore, index: Index) -> None:
    try:
        rebuild_index(catalog, objects, index)
    except DocumentsRefused as fault:
        log.error("%s", fault)


def rebuild_index(catalog: Catalog, objects: ObjectStore, index: Index) -> int:
    """Makes the index anew from catalog and store; gives how many documents are in it."""
    index.rebuild(indexed_document(document, catalog, objects) for document in _documents(catalog))
    return len(index.versions())


def _documents(catalog: Catalog) -> Iterator[Document]:
    offset = 0
    while found := catalog.batches(limit=AT_ONCE, offset=offset):
        for batch in found:
            yield from catalog.account(batch.id or "").documents
        offset += len(found)


def indexed_document(document: Document, catalog: Catalog, objects: ObjectStore) -> IndexedDocument:
    """What the index learns: text from the store, sender and subject from the register entry."""
    number = document.link.registry_number
    entry = catalog.entry(number) if number is not None else None
    text = _text_of(document, objects)
    return IndexedDocument(
        id=document.id,
        version=document.version,
        batch=document.batch,
        kind=document.kind.value,
        state=document.state.value,
        department=document.filing.code,
        link=document.link,
        sender=entry.sender if entry else None,
        subject=entry.subject if entry else None,
        pages=tuple(text.split("\f")),
    )


def _text_of(document: Document, objects: ObjectStore) -> str:
    """What the store has of it; a text that is lost must not keep all others from being found."""
    if not document.objects.text:
        return ""
    try:
        return objects.read(document.objects.text).decode("utf-8")
    except (NotFound, UnicodeDecodeError) as fault:
        lost = "document %.8s goes into the index without its text: %s"
        log.error(lost, document.id, plain(fault), extra={"batch": document.batch, "document": document.id})
        return ""
