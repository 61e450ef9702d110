"""Batches, outcomes and readings for the catalog's contract tests."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from pipeline.domain.batches import (
    Batch,
    BatchAccount,
    BatchState,
    Document,
    Fate,
    PageFate,
    Review,
    ReviewKind,
    ledger_of,
)
from pipeline.domain.filing import Filing
from pipeline.domain.ids import document_id
from pipeline.domain.pages import PageObservation, PageReading, PageText, Word
from pipeline.domain.registry import Link, LinkSource, LinkState
from pipeline.domain.settings import Lane, Profile
from pipeline.ports.catalog import Arrival, LineCatalog

NOW = dt.datetime(2026, 3, 2, 9, 30, 15, 250, tzinfo=dt.UTC)
PROFILE = Profile(name="registratura", separators=("opis", "fixed:PATCHT"), department="URB")
RETRO = Profile(name="arhiva", lane=Lane.RETRO)
FATES = {"s": Fate.SEPARATOR, "k": Fate.SEPARATOR_BACK, "b": Fate.BLANK, "r": Fate.REJECTED}
_arrivals = count()


def digest(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def arrived(name: object, pages: int = 3, **changes: object) -> BatchAccount:
    key = f"batches/{digest(name)}/original.pdf"
    batch = Batch(
        digest(name), f"{name}.pdf", digest(name), "registratura", BatchState.RECEIVED, pages, NOW, originals=(key,)
    )
    return BatchAccount(replace(batch, **changes))  # type: ignore[arg-type]


def arrival_of(account: BatchAccount, profile: Profile = PROFILE) -> Arrival:
    place = next(_arrivals)
    claimed = f"hot/{profile.name}/.opis/claimed/{place}"
    return Arrival(f"arrival-{place}", account.batch.id or "", profile.name, account.batch.source, claimed, NOW)


def receive(line: LineCatalog, account: BatchAccount, profile: Profile = PROFILE) -> bool:
    return line.receive(account, [account.batch.pages or 0], profile, arrival_of(account, profile))


def outcome(name: object, layout: str, links: Sequence[Link] = (), asked: int = 0) -> BatchAccount:
    """``layout`` has one sign a page: s, k, b, r as in ``FATES``, else the digit of the page's document."""
    batch = arrived(name, len(layout)).batch
    pages = {
        sign: [page for page, one in enumerate(layout, 1) if one == sign] for sign in sorted(set(layout) - set(FATES))
    }
    documents = tuple(Document(document_id(digest(name), own), digest(name), tuple(own)) for own in pages.values())
    for place, link in enumerate(links):
        changed = replace(documents[place], link=link, filing=Filing(code="URB"))
        documents = (*documents[:place], changed, *documents[place + 1 :])
    named = {page: document.id for document in documents for page in document.pages}
    fates = tuple(
        PageFate(page, FATES.get(sign, Fate.DOCUMENT), named.get(page)) for page, sign in enumerate(layout, 1)
    )
    reviews = tuple(review(f"{name}-{place}", documents[0].id) for place in range(asked))
    state = BatchState.HELD if asked else BatchState.FILED
    done = replace(batch, state=state, version=1)
    return BatchAccount(done, fates, documents, reviews, (), ledger_of(len(layout), fates))


def review(name: str, document: str | None) -> Review:
    return Review(digest(name)[:32], ReviewKind.LINK, document, (1,), "Numărul nu este în registru.")


def reading(page: int, text: str = "Către Primăria ș") -> PageReading:
    word = Word("Către", 10, 20, 80, 22, 0.93, 0)
    read = PageText(2480, 3508, 300.0, 90, (word,), text, text, 0.93, "tesseract")
    return PageReading(PageObservation(page, ink=0.04), read)


def link(number: str, state: LinkState = LinkState.CERTAIN, year: int = 2021, day: dt.date | None = None) -> Link:
    return Link("RG", year, number, day, "ghișeu", LinkSource.SEPARATOR, state)
