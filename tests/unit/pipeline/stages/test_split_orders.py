"""What persons decide about pages, a decision a test, and the balance under any decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.batches import DocumentKind, Fate, ReviewKind
from pipeline.domain.decisions import Orders, PageOrder
from pipeline.domain.marks import SplitRules
from pipeline.domain.pages import Code, PageObservation, SheetLook
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.domain.registry import LinkSource, RegistryNumber
from pipeline.domain.settings import DEFAULT_STICKER_PATTERN, Blanks
from pipeline.stages.split import split_pages
from pipeline.stages.split_values import Split

RULES = SplitRules("DEMO", False, ("opis",), DEFAULT_STICKER_PATTERN, Blanks.KEEP, "RG")
P = {"look": SheetLook.CONTENT}
BLANK = {"look": SheetLook.BLANK, "nearly_blank": True}
FRAMED = {"look": SheetLook.CONTENT, "framed": True}


def sheet(kind: str = "D", number: str | None = None) -> dict:
    triple = None if number is None else RegistryNumber("RG", 2026, number)
    text = make_payload(PayloadKind(kind), "DEMO", triple, None)
    return {"codes": (Code(text, "QR", (0, 0, 9, 9), "zbar"),), "look": SheetLook.SHEET, "framed": True}


def split(
    pages: list[dict],
    duplex: bool = False,
    numbers: dict | None = None,
    bounds: dict | None = None,
    **orders: PageOrder,
) -> Split:
    observed = [PageObservation(page=place + 1, **page) for place, page in enumerate(pages)]
    given = {int(name.removeprefix("p")): order for name, order in orders.items()}
    rules = SplitRules("DEMO", duplex, ("opis",), DEFAULT_STICKER_PATTERN, Blanks.KEEP, "RG")
    return split_pages(observed, rules, Orders(given, bounds or {}, numbers=numbers or {}))


def documents(result: Split) -> list[tuple[int, ...]]:
    return [draft.pages for draft in result.drafts]


def test_a_document_starts_where_a_person_says():
    result = split([sheet(number="1"), P, P, P], p3=PageOrder.START)
    assert documents(result) == [(2,), (3, 4)]
    assert result.drafts[0].announced is not None
    assert result.drafts[1].announced is None
    assert not result.doubts


def test_a_start_right_after_a_separator_changes_nothing():
    result = split([sheet(number="1"), P, P], p2=PageOrder.START)
    assert documents(result) == [(2, 3)]
    assert result.drafts[0].announced is not None


def test_a_start_answers_that_no_separator_was_found():
    assert [doubt.code for doubt in split([P, P]).doubts] == ["no_separator"]
    result = split([P, P], p2=PageOrder.START)
    assert documents(result) == [(1,), (2,)]
    assert not result.doubts


def test_joined_pages_pass_over_the_separator_between_them():
    result = split([sheet(number="1"), P, sheet(number="2"), P, sheet(number="3"), P], p4=PageOrder.CONTINUE)
    assert documents(result) == [(2, 4), (6,)]
    assert result.fates[2] is Fate.SEPARATOR
    assert [draft.announced.number for draft in result.drafts if draft.announced] == ["1", "3"]
    assert not result.doubts


def test_joined_pages_pass_over_a_duplex_separator_and_its_back():
    pages = [sheet(number="1"), BLANK, P, P, sheet(number="2"), BLANK, P, P]
    assert documents(split(pages, duplex=True)) == [(3, 4), (7, 8)]
    result = split(pages, duplex=True, p7=PageOrder.CONTINUE)
    assert documents(result) == [(3, 4, 7, 8)]
    assert result.fates[4:6] == (Fate.SEPARATOR, Fate.SEPARATOR_BACK)


def test_a_sheet_that_could_not_be_read_becomes_a_separator():
    pages = [sheet(number="1"), P, FRAMED, P]
    assert [doubt.code for doubt in split(pages).doubts] == ["separator_unreadable"]
    result = split(pages, p3=PageOrder.SEPARATOR)
    assert documents(result) == [(2,), (4,)]
    assert result.fates[2] is Fate.SEPARATOR
    assert not result.doubts


def test_a_separator_by_hand_may_name_a_number():
    number = RegistryNumber("RG", 2026, "7")
    result = split([sheet(number="1"), P, FRAMED, P], numbers={3: number}, p3=PageOrder.SEPARATOR)
    announced = result.drafts[1].announced
    assert announced is not None
    assert (announced.number, announced.source) == ("7", LinkSource.PERSON)


def test_a_page_set_aside_and_one_rejected_leave_their_document():
    result = split([sheet(number="1"), P, P, P], p3=PageOrder.BLANK, p4=PageOrder.REJECTED)
    assert documents(result) == [(2,)]
    assert result.fates[2:] == (Fate.BLANK, Fate.REJECTED)


def test_a_document_of_which_all_pages_are_rejected_is_asked_about():
    result = split([sheet(number="1"), P, sheet(number="2"), P], p2=PageOrder.REJECTED)
    assert documents(result) == [(4,)]
    assert [doubt.kind for doubt in result.doubts] == [ReviewKind.SPLIT]


TAKEN_OUT = pytest.mark.parametrize("order", [PageOrder.BLANK, PageOrder.REJECTED])


@TAKEN_OUT
def test_a_separator_that_is_taken_out_still_parts_what_it_stood_between(order: PageOrder):
    result = split([sheet(number="1"), P, sheet(number="2"), P], p3=order)
    assert documents(result) == [(2,), (4,)]
    assert [draft.announced.number for draft in result.drafts if draft.announced] == ["1", "2"]
    assert result.fates[2].value == order.value


@TAKEN_OUT
def test_the_first_page_of_a_document_is_taken_out_and_the_rest_stays_a_document(order: PageOrder):
    result = split([sheet(number="1"), P, P, P], bounds={3: PageOrder.START}, p3=order)
    assert documents(result) == [(2,), (4,)]


@TAKEN_OUT
def test_the_page_with_the_sticker_is_taken_out_and_the_rest_stays_a_document(order: PageOrder):
    sticker = {"codes": (Code("RG-2026-5", "CODE128", (0, 0, 9, 9), "zbar"),)}
    observed = [PageObservation(1), PageObservation(2, **sticker), PageObservation(3)]
    rules = SplitRules("DEMO", False, ("sticker",), r"RG-(?P<year>\d+)-(?P<number>\d+)", Blanks.KEEP, "RG")
    result = split_pages(observed, rules, Orders({2: order}))
    assert documents(result) == [(1,), (3,)]
    assert result.drafts[1].announced is not None


@TAKEN_OUT
def test_what_was_joined_stays_joined_when_its_first_page_is_taken_out(order: PageOrder):
    result = split([sheet(number="1"), P, sheet(number="2"), P, P], bounds={4: PageOrder.CONTINUE}, p4=order)
    assert documents(result) == [(2, 5)]


@TAKEN_OUT
def test_joined_pages_pass_over_pages_that_were_taken_out(order: PageOrder):
    pages = [sheet(number="1"), P, sheet(number="2"), P, P]
    assert documents(split(pages, p4=order, p5=PageOrder.CONTINUE)) == [(2, 5)]
    assert documents(split(pages, p3=order, p4=PageOrder.CONTINUE)) == [(2, 4, 5)]


def test_joined_pages_pass_over_blanks_that_were_set_aside():
    pages = [sheet(number="1"), P, sheet(number="2"), BLANK, P]
    observed = [PageObservation(page=place + 1, **page) for place, page in enumerate(pages)]
    rules = SplitRules("DEMO", False, ("opis",), DEFAULT_STICKER_PATTERN, Blanks.SET_ASIDE, "RG")
    assert documents(split_pages(observed, rules, Orders({5: PageOrder.CONTINUE}, {5: PageOrder.CONTINUE}))) == [(2, 5)]


def test_joined_pages_pass_over_a_duplex_separator_that_went_in_reversed():
    pages = [sheet(number="1"), BLANK, P, P, P, sheet(number="2"), P, P]
    assert documents(split(pages, duplex=True)) == [(3, 4), (5, 7, 8)]
    assert documents(split(pages, duplex=True, p5=PageOrder.CONTINUE)) == [(3, 4, 5, 7, 8)]


ANY_PAGE = st.sampled_from(
    [P, BLANK, FRAMED, sheet(), sheet(number="1"), sheet("A"), sheet("B", "9"), sheet(number="2")]
)
ANY_ORDER = st.one_of(st.none(), st.sampled_from(list(PageOrder)))


@given(st.lists(st.tuples(ANY_PAGE, ANY_ORDER), max_size=24), st.booleans())
def test_any_batch_balances_under_any_decisions(pages, duplex):
    orders = {f"p{place + 1}": order for place, (_, order) in enumerate(pages) if order is not None}
    result = split([page for page, _ in pages], duplex=duplex, **orders)
    assert len(result.fates) == len(pages)
    inside = [page for draft in result.drafts for page in draft.pages]
    assert sorted(inside) == [place + 1 for place, fate in enumerate(result.fates) if fate is Fate.DOCUMENT]
    assert all(draft.pages and list(draft.pages) == sorted(draft.pages) for draft in result.drafts)
    assert [draft.pages[0] for draft in result.drafts] == sorted(draft.pages[0] for draft in result.drafts)
    for place, (_, order) in enumerate(pages):
        if order is PageOrder.REJECTED:
            assert result.fates[place] is Fate.REJECTED
        elif order is PageOrder.START:
            assert any(draft.pages[0] == place + 1 for draft in result.drafts)
    for draft in result.drafts:
        assert draft.parent is None or result.drafts[draft.parent].kind is DocumentKind.DOCUMENT
