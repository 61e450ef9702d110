"""A home with real catalog, store and index, filled through their ports, and a client of the web over it."""

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.testclient import TestClient

from pipeline.domain.batches import (
    Batch,
    BatchAccount,
    BatchState,
    Document,
    DocumentKind,
    DocumentObjects,
    DocumentState,
    Fate,
    PageFate,
    Problem,
    Review,
    ReviewKind,
    TextSummary,
    ledger_of,
)
from pipeline.domain.errors import InputFault, NotFound, OpisError
from pipeline.domain.filing import NOT_FILED, DecidedBy, Department, Evidence, Filing, FilingState
from pipeline.domain.ids import document_id, review_id
from pipeline.domain.pages import PageObservation, PageReading
from pipeline.domain.registry import NO_LINK, Link, LinkSource, LinkState
from pipeline.domain.settings import Institution, Profile
from pipeline.ports.catalog import Arrival, LineCatalog
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore
from pipeline.stages.index import index_pending
from search_api.app import create_app
from storage.catalog.open import open_catalog
from storage.catalog.sql import SqlCatalog
from storage.index.open import open_index
from storage.objects.open import open_objects

BASE = "http://127.0.0.1:8000"
NOW = dt.datetime(2021, 9, 27, 9, 30, tzinfo=dt.UTC)
PROFILE = Profile()
DEPARTMENTS = (
    Department("URBANISM", "Direcția Urbanism și Amenajarea Teritoriului"),
    Department("JURIDIC", "Direcția Juridică"),
)
FATES = {"s": Fate.SEPARATOR, "k": Fate.SEPARATOR_BACK, "b": Fate.BLANK, "r": Fate.REJECTED}


@dataclass
class DrawnPreviews:
    """Draws a white page instead of rendering one; keeps what it was asked for."""

    objects: ObjectStore
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    fault: OpisError | None = None

    def page(self, key: str, place: int, width: int) -> bytes:
        self.asked.append((key, place, width))
        if self.fault is not None:
            raise self.fault
        if not self.objects.exists(key):
            raise NotFound(key)
        if place > 50:
            raise InputFault("no_such_page", "the test's papers have fifty pages")
        out = io.BytesIO()
        Image.new("L", (width, width * 297 // 210), 255).save(out, "JPEG")
        return out.getvalue()


@dataclass
class Paper:
    """A document to be: its pages' texts in order, and what is known of it."""

    texts: Sequence[str]
    link: Link = NO_LINK
    filing: Filing = NOT_FILED
    asks: Sequence[tuple[ReviewKind, str]] = ()
    annex: bool = False
    pdf: bool = True


@dataclass
class Office:
    """Where the tests work: ``drop`` a batch, ``finish`` it, then look at the pages."""

    catalog: SqlCatalog
    line: LineCatalog
    objects: ObjectStore
    index: Index
    previews: DrawnPreviews
    client: httpx.Client
    numbers: Iterator[int] = field(default_factory=count)

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.client.get(address, **more)

    def drop(self, source: str, pages: int | None = 3, **changes: Any) -> Batch:
        """A batch as it comes in. The same source again is the same bytes again."""
        digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        key = f"batches/{digest}/original.pdf"
        batch = Batch(digest, source, digest, PROFILE.name, BatchState.RECEIVED, pages, NOW, (key,))
        batch = replace(batch, **changes)
        number = next(self.numbers)
        arrival = Arrival(f"arrival-{number}", digest, PROFILE.name, source, f"hot/{number}", NOW)
        self.line.receive(BatchAccount(batch), [pages] if pages else [], PROFILE, arrival)
        return batch

    def quarantine(self, source: str, message: str) -> Batch:
        digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        batch = Batch(digest, source, digest, PROFILE.name, BatchState.QUARANTINED, None, NOW)
        number = next(self.numbers)
        arrival = Arrival(f"arrival-{number}", digest, PROFILE.name, source, f"hot/{number}", NOW)
        self.line.receive(BatchAccount(batch, problems=(Problem("truncated", message),)), (), PROFILE, arrival)
        return batch

    def work_on(self, batch: Batch, read: int) -> None:
        """In work, with that many pages read."""
        self.line.begin(batch.id or "")
        self.line.save_readings(batch.id or "", [PageReading(PageObservation(page)) for page in range(1, read + 1)])

    def finish(self, source: str, layout: str, papers: Sequence[Paper], asks: Sequence[Review] = ()) -> BatchAccount:
        """``layout`` has one sign a page: s, k, b, r as in ``FATES``, else the place of its paper, from 0.

        Stores texts and PDFs, commits and indexes.
        """
        batch = self.drop(source, len(layout))
        documents: list[Document] = []
        reviews = list(asks)
        for place, paper in enumerate(papers):
            pages = tuple(page for page, sign in enumerate(layout, 1) if sign == str(place))
            document = self._store(batch, pages, paper, documents[-1].id if paper.annex else None)
            documents.append(document)
            reviews += [_review(batch, document, kind, reason) for kind, reason in paper.asks]
        named = {page: document.id for document in documents for page in document.pages}
        fates = tuple(
            PageFate(page, FATES.get(sign, Fate.DOCUMENT), named.get(page)) for page, sign in enumerate(layout, 1)
        )
        state = BatchState.HELD if reviews else BatchState.FILED
        account = BatchAccount(
            replace(batch, state=state, version=1),
            fates,
            tuple(documents),
            tuple(reviews),
            (),
            ledger_of(len(layout), fates),
        )
        self.line.commit(account)
        index_pending(self.catalog, self.line, self.objects, self.index)
        return account

    def _store(self, batch: Batch, pages: tuple[int, ...], paper: Paper, parent: str | None) -> Document:
        identity = document_id(batch.id or "", pages)
        text, pdf = f"documents/{identity}/c1/text.txt", f"documents/{identity}/c1/document.pdf"
        self.objects.put_bytes(text, "\f".join(paper.texts).encode())
        if paper.pdf:
            self.objects.put_bytes(pdf, b"%PDF-1.7 " + identity.encode())
        return Document(
            id=identity,
            batch=batch.id or "",
            pages=pages,
            kind=DocumentKind.ANNEX if paper.annex else DocumentKind.DOCUMENT,
            parent=parent,
            state=DocumentState.HELD if paper.asks else DocumentState.FILED,
            link=paper.link,
            filing=paper.filing,
            text=TextSummary(0.93, sum(map(len, paper.texts)), "tesseract 5.3.0 ron"),
            objects=DocumentObjects(pdf if paper.pdf else None, text, (), f"documents/{identity}/manifest/1.json"),
            version=1,
        )


def _review(batch: Batch, document: Document, kind: ReviewKind, reason: str) -> Review:
    pages = document.pages[:1]
    return Review(review_id(batch.id or "", kind, document.id, pages, reason), kind, document.id, pages, reason)


@contextmanager
def opened(home: Path) -> Iterator[Office]:
    with closing(open_catalog("sqlite:///catalog.db", home)) as catalog:
        objects, index = open_objects("file:objects", home), open_index("tantivy:index", home)
        line = catalog.acquire_line("test", 600)
        assert line is not None
        previews = DrawnPreviews(objects)
        app = create_app(
            catalog=catalog,
            index=index,
            objects=objects,
            departments=DEPARTMENTS,
            institution=Institution(),
            previews=previews,
        )
        with TestClient(app, base_url=BASE, follow_redirects=False) as client:
            yield Office(catalog, line, objects, index, previews, client)


def link_of(number: str = "48213", register: str = "RG", state: LinkState = LinkState.CERTAIN) -> Link:
    return Link(register, 2021, number, dt.date(2021, 9, 27), "ghișeu", LinkSource.SEPARATOR, state)


def fill(office: Office) -> None:
    """One batch of each kind; ``registratura-001.pdf`` is held: 8 pages, two documents and an annex."""
    evidence = (Evidence("phrase", "certificat de urbanism", 2, 5.0), Evidence("alternative", "JURIDIC", None, 0.21))
    first = Paper(
        ["Către Primăria Demonstrativă\nCerere pentru certificat de urbanism", "Anexez planul & schița <A>"],
        link_of(),
        Filing("URBANISM", (), 0.87, DecidedBy.RULE, FilingState.FILED, evidence),
    )
    second = Paper(
        ["Plângere prealabilă împotriva dispoziției"],
        replace(link_of("977", state=LinkState.PROPOSED), source=LinkSource.STAMP),
        asks=[(ReviewKind.LINK, "Numărul RG 977/2021 a fost citit pe ștampilă, dar nu există în registrul importat.")],
    )
    annex = Paper(["Copie act de identitate"], annex=True)
    office.finish("registratura-001.pdf", "s00ks1b2", [first, second, annex])
    office.work_on(office.drop("registratura-002.tif", 40), 12)
    office.drop("registratura-003.pdf", 5)
    office.quarantine("stricat.pdf", "Fișierul este trunchiat: scanați din nou documentele.")


@pytest.fixture
def paper() -> type[Paper]:
    return Paper


@pytest.fixture
def certain() -> Callable[..., Link]:
    return link_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Empty."""
    with opened(tmp_path) as office:
        yield office


@pytest.fixture
def filled(office: Office) -> Office:
    """Filled anew for each test, which may change it."""
    fill(office)
    return office


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Filled once, for tests that only look."""
    with opened(tmp_path_factory.mktemp("shown")) as office:
        fill(office)
        yield office
