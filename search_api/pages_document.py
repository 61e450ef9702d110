"""The page of a document, its page images, and its downloads."""

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.domain.batches import Document
from pipeline.domain.errors import NotFound, PartDown
from pipeline.domain.query import parse
from pipeline.domain.romanian.letters import comma_letters
from pipeline.domain.snippets import marked_places
from pipeline.ports.objects import ObjectStore
from search_api import params
from search_api.parts import WebParts
from search_api.rendering import Renderer
from search_api.views import Piece, pieces
from search_api.views_document import document_page, file_name

WIDTHS = (200, 500, 1000, 1500, 2000)
"""pixels; any other is answered with the next one above"""
CHUNK = 256 * 1024


def routes(parts: WebParts, renderer: Renderer) -> APIRouter:
    router = APIRouter()

    @router.get("/document/{document_id}")
    def document(document_id: str, request: Request) -> Response:
        found = parts.catalog.document(document_id)
        query = params.text(request.query_params, "q")
        page = params.number(request.query_params, "p", len(found.pages)) or 1
        number = found.link.registry_number
        view = document_page(
            document=found,
            account=parts.catalog.account(found.batch),
            entry=parts.catalog.entry(number) if number else None,
            page=page,
            text=_page_text(parts.objects, found, page, query),
            query=query,
            names=parts.departments,
        )
        return renderer.page("document.html", {"section": "document", "document": view})

    @router.get("/document/{document_id}/pagina/{place}.jpg")
    def image(document_id: str, place: str, request: Request) -> Response:
        found = parts.catalog.document(document_id)
        page = params.number({"p": place}, "p", len(found.pages))
        if page is None or found.objects.pdf is None:
            raise NotFound(f"document {found.id}: no image of page {place[:20]}")
        width = image_width(params.number(request.query_params, "w", 100_000))
        tag = _tag(found.objects.pdf, page, width)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if tag in re.findall(r'"[^"]*"', request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(parts.previews.page(found.objects.pdf, page, width), 200, headers, "image/jpeg")

    @router.get("/document/{document_id}/document.pdf")
    def pdf(document_id: str) -> Response:
        found = parts.catalog.document(document_id)
        return _download(parts.objects, found.objects.pdf, file_name(found, "pdf"), "application/pdf")

    @router.get("/document/{document_id}/text.txt")
    def text(document_id: str) -> Response:
        found = parts.catalog.document(document_id)
        return _download(parts.objects, found.objects.text, file_name(found, "txt"), "text/plain; charset=utf-8")

    return router


def image_width(asked: int | None) -> int:
    """The allowed width that is nearest above; 1000 when none is asked for."""
    return next((width for width in WIDTHS if width >= (asked or 1000)), WIDTHS[-1])


def _tag(key: str, page: int, width: int) -> str:
    """Names an image by what it is made from: a key never changes its content."""
    return f'"{hashlib.sha256(f"{key}:{page}:{width}".encode()).hexdigest()[:32]}"'


def _page_text(objects: ObjectStore, document: Document, page: int, query: str) -> tuple[Piece, ...] | None:
    """The page's text cut at what the query finds in it; None when the store does not give it now."""
    if document.objects.text is None:
        return ()
    try:
        whole = objects.read(document.objects.text).decode("utf-8", "replace")
    except (NotFound, PartDown):
        return None
    parted = whole.split("\f")
    text = comma_letters(parted[page - 1]).strip("\n") if page <= len(parted) else ""
    return pieces(text, marked_places(text, parse(query)) if query else ())


def _download(objects: ObjectStore, key: str | None, name: str, media_type: str) -> Response:
    """Streams an object as an attachment; never shown inside the browser under this address."""
    if key is None:
        raise NotFound(f"no object for {name}")
    file = objects.open(key)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if file.seekable():
        headers["Content-Length"] = str(file.seek(0, 2))
        file.seek(0)
    return StreamingResponse(_chunks(file), 200, headers, media_type)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
