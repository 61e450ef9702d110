"""Makes documents, links, filings and reviews of what the splitter left: values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.domain.batches import (
    Batch,
    BatchAccount,
    BatchState,
    Document,
    DocumentKind,
    DocumentState,
    Fate,
    PageFate,
    Problem,
    Review,
    ReviewKind,
    ledger_of,
)
from pipeline.domain.decisions import NO_ORDERS, Orders, PageOrder
from pipeline.domain.filing import FilingState
from pipeline.domain.ids import document_id
from pipeline.domain.marks import SplitRules
from pipeline.domain.messages import say
from pipeline.domain.pages import PageReading
from pipeline.domain.registry import Announced, LinkSource, LinkState
from pipeline.domain.settings import Institution, Profile
from pipeline.ports.classifier import Classifier
from pipeline.ports.meter import UNMETERED, Meter, timed
from pipeline.stages.claims import make_review
from pipeline.stages.decided import Decided
from pipeline.stages.file import file_document
from pipeline.stages.link import RegisterLookup, add_claim, claims_of, link_document, sheets_question
from pipeline.stages.link_values import CLAIMED_TWICE, ClaimKey, LinkOutcome, other_claimants
from pipeline.stages.split import split_pages
from pipeline.stages.split_values import Draft, Split


@dataclass(frozen=True, slots=True)
class Desk:
    """What is known beside the pages: institution, profile as it was, register, rules."""

    institution: Institution
    profile: Profile
    register: RegisterLookup
    classifier: Classifier
    meter: Meter = UNMETERED


@dataclass(frozen=True, slots=True)
class Composed:
    """The account of a batch before its objects are written; ``rivals``: document of ours → documents elsewhere."""

    account: BatchAccount
    rivals: Mapping[str, tuple[str, ...]]


def compose(batch: Batch, readings: Sequence[PageReading], desk: Desk, orders: Orders = NO_ORDERS) -> Composed:
    """Decides what a fully read batch is, as seen and as persons decided. Pure but for look-ups in the register."""
    batch_id = batch.id or ""
    with timed(desk.meter, "split"):
        split = split_pages([reading.observation for reading in readings], split_rules(desk), orders)
    ids = [document_id(batch_id, draft.pages) for draft in split.drafts]
    texts = {reading.observation.page: reading for reading in readings}
    reviews = _Reviews(batch_id)
    for doubt in split.doubts:
        document = None if doubt.draft is None else ids[doubt.draft]
        reviews.ask(doubt.kind, document, doubt.pages, f"split.{doubt.code}", dict(doubt.values))
    documents, rivals = _documents(batch_id, split, ids, texts, desk, reviews, orders)
    fates = _fates(split, ids)
    problems = _page_problems(readings, fates, reviews, orders)
    account = BatchAccount(
        batch=batch,
        fates=tuple(fates),
        documents=tuple(documents),
        reviews=tuple(reviews.all),
        problems=tuple(problems),
        ledger=ledger_of(len(readings), fates),
    )
    return Composed(settled(account, orders), rivals)


def settled(account: BatchAccount, orders: Orders = NO_ORDERS) -> BatchAccount:
    """The account without the questions that were answered, each document and the batch held while any is open."""
    open_ = [review for review in account.reviews if review.id not in orders.accepted]
    held = {review.document for review in open_}
    documents = [
        replace(document, state=DocumentState.HELD if document.id in held else DocumentState.FILED)
        for document in account.documents
    ]
    state = BatchState.HELD if open_ else BatchState.FILED
    return replace(account, batch=replace(account.batch, state=state), documents=tuple(documents), reviews=tuple(open_))


def split_rules(desk: Desk) -> SplitRules:
    profile = desk.profile
    return SplitRules(
        institution=desk.institution.code,
        duplex=profile.duplex,
        separators=profile.separators,
        sticker_pattern=profile.sticker_pattern,
        blanks=profile.blanks,
        default_register=desk.institution.default_register,
    )


class _Reviews:
    """Collects the questions of a batch; the same question twice is one."""

    def __init__(self, batch_id: str) -> None:
        self._batch = batch_id
        self.all: list[Review] = []

    def ask(
        self, kind: ReviewKind, document: str | None, pages: Sequence[int], code: str, values: Mapping[str, Any]
    ) -> str:
        """The id of the question."""
        review = make_review(self._batch, kind, document, pages, code, values)
        if all(known.id != review.id for known in self.all):
            self.all.append(review)
        return review.id


def _documents(
    batch_id: str,
    split: Split,
    ids: Sequence[str],
    readings: Mapping[int, PageReading],
    desk: Desk,
    reviews: _Reviews,
    orders: Orders,
) -> tuple[list[Document], dict[str, tuple[str, ...]]]:
    claims = claims_of(
        [
            (identity, _claimed(draft, orders))
            for identity, draft in zip(ids, split.drafts, strict=True)
            if draft.kind is DocumentKind.DOCUMENT
        ]
    )
    documents: list[Document] = []
    rivals: dict[str, tuple[str, ...]] = {}
    for identity, draft in zip(ids, split.drafts, strict=True):
        plain = Document(identity, batch_id, draft.pages, kind=draft.kind)
        decided = Decided(orders, draft.pages[0])
        if draft.parent is not None and not decided.numbered and _follows(draft, split.drafts[draft.parent]):
            documents.append(_annex(plain, documents[draft.parent], reviews, decided))
            continue
        if draft.parent is not None:
            plain = replace(plain, parent=ids[draft.parent])
            if not decided.numbered:
                reviews.ask(ReviewKind.LINK, identity, draft.pages[:1], "pages.annex_number", {})
        linked, found = _linked(plain, draft, readings, desk, claims, reviews, decided)
        if draft.kind is DocumentKind.DOCUMENT:
            add_claim(claims, plain.id, linked.link)
        elsewhere = tuple(rival for rival in found if rival not in ids)
        if elsewhere:
            rivals[identity] = elsewhere
        documents.append(linked)
    return documents, rivals


def _follows(annex: Draft, parent: Draft) -> bool:
    """The annex names no number, or its parent's: it goes where the parent goes."""
    if annex.announced is None or parent.announced is None:
        return annex.announced is None
    return annex.announced.names_same(parent.announced)


def _annex(plain: Document, parent: Document, reviews: _Reviews, decided: Decided) -> Document:
    """Link and filing of the parent; where these are open questions, they are open for the annex too."""
    link, filing = parent.link, parent.filing
    if link.state in (LinkState.PROPOSED, LinkState.CONFLICT):
        values = {"number": f"{link.register} {link.number}" + (f"/{link.year}" if link.year else "")}
        asked = reviews.ask(ReviewKind.LINK, plain.id, plain.pages[:1], "pages.annex_link", values)
        link = decided.accepted_link(LinkOutcome(link), [asked]).link
    given = decided.filing()
    if given is not None:
        filing = given.filing
    elif filing.state is FilingState.PROPOSED:
        values = {"department": filing.code or ""}
        asked = reviews.ask(ReviewKind.FILING, plain.id, plain.pages[:1], "pages.annex_filing", values)
        filing = decided.accepted_filing(filing, asked)
    return replace(plain, parent=parent.id, link=link, filing=filing)


def _linked(
    plain: Document,
    draft: Draft,
    readings: Mapping[int, PageReading],
    desk: Desk,
    claims: dict[ClaimKey, list[str]],
    reviews: _Reviews,
    decided: Decided,
) -> tuple[Document, tuple[str, ...]]:
    texts = [(page, readings[page].text) for page in draft.pages]
    with timed(desk.meter, "link"):
        outcome = decided.link(desk.register) or link_document(
            plain.id, draft.announced, texts, desk.profile.lane, desk.institution, desk.register, claims, plain.batch
        )
    left = _rivals_left(plain, outcome, desk, claims, decided)
    asked = [
        reviews.ask(ReviewKind.LINK, plain.id, question.pages, f"link.{question.code}", dict(question.values))
        for question in outcome.questions
        if not (left and question.code in CLAIMED_TWICE)
    ]
    outcome = decided.accepted_link(outcome, [*asked, *left])
    entry = outcome.entry
    sheets = sheets_question(entry, draft.sheets, draft.pages[:1]) if outcome.link.state is LinkState.CERTAIN else None
    if sheets is not None:
        reviews.ask(ReviewKind.BALANCE, plain.id, sheets.pages, f"link.{sheets.code}", dict(sheets.values))
    running = [(page, text.text) for page, text in texts if text is not None]
    certain = entry if outcome.link.state is LinkState.CERTAIN else None
    with timed(desk.meter, "file"):
        classification = desk.classifier.classify(
            running, certain.sender if certain else None, certain.subject if certain else None
        )
        filed = decided.filing() or file_document(certain, desk.profile, classification, outcome.link.state)
    filing = filed.filing
    if filed.question is not None:
        question_pages = filed.question.pages or draft.pages[:1]
        values = dict(filed.question.values)
        unsure = reviews.ask(ReviewKind.FILING, plain.id, question_pages, f"filing.{filed.question.code}", values)
        filing = decided.accepted_filing(filing, unsure)
    return replace(plain, link=outcome.link, filing=filing), tuple(outcome.rivals)


def _rivals_left(
    plain: Document, outcome: LinkOutcome, desk: Desk, claims: Mapping[ClaimKey, Sequence[str]], decided: Decided
) -> set[str]:
    """Answered questions that came from the others who claim the number; empty unless they answer what is asked now."""
    number = outcome.link.registry_number
    if number is None or not any(question.code in CLAIMED_TWICE for question in outcome.questions):
        return set()
    rivals = other_claimants(number, plain.id, desk.register, claims, plain.batch)
    return decided.rivals_left(replace(plain, link=outcome.link), rivals, desk.register)


def _claimed(draft: Draft, orders: Orders) -> Announced | None:
    number = orders.numbers.get(draft.pages[0])
    if number is None:
        return draft.announced
    return Announced(number.register, number.year, number.number, LinkSource.PERSON)


def _fates(split: Split, ids: Sequence[str]) -> list[PageFate]:
    owner = {page: identity for identity, draft in zip(ids, split.drafts, strict=True) for page in draft.pages}
    return [
        PageFate(page, fate, owner[page] if fate is Fate.DOCUMENT else None)
        for page, fate in enumerate(split.fates, start=1)
    ]


def _page_problems(
    readings: Sequence[PageReading], fates: Sequence[PageFate], reviews: _Reviews, orders: Orders
) -> list[Problem]:
    """Pages that cannot be trusted as seen: a problem each, and a question unless a person took them out."""
    problems = []
    for reading, fate in zip(readings, fates, strict=True):
        if reading.degraded is None:
            continue
        code = f"pages.{reading.degraded.code.replace('-', '_')}"
        problems.append(Problem(reading.degraded.code, say(code, page=fate.page), fate.page))
        if orders.pages.get(fate.page) not in (PageOrder.BLANK, PageOrder.REJECTED):
            reviews.ask(ReviewKind.PAGE, fate.document, (fate.page,), code, {"page": fate.page})
    return problems
