"""The splitting table of the design, a row a test, and the balance under any order of pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.batches import DocumentKind, Fate
from pipeline.domain.marks import SplitRules
from pipeline.domain.pages import Code, PageObservation, SheetLook
from pipeline.domain.payload import PayloadKind, make_payload
from pipeline.domain.registry import LinkSource, RegistryNumber
from pipeline.domain.settings import DEFAULT_STICKER_PATTERN, Blanks
from pipeline.stages.split import split_pages
from pipeline.stages.split_values import Split

BOX = (10, 10, 300, 300)


def rules(separators=("opis",), duplex=False, blanks=Blanks.KEEP, pattern=DEFAULT_STICKER_PATTERN):
    return SplitRules("DEMO", duplex, tuple(separators), pattern, blanks, "RG")


def payload(kind="D", number=None, count=None, institution="DEMO"):
    triple = None if number is None else RegistryNumber("RG", 2026, str(number))
    return make_payload(PayloadKind(kind), institution, triple, count)


def codes(*texts):
    return tuple(Code(text, "QR", BOX, "zbar") for text in texts)


def sheet(*texts, framed=True):
    return {"codes": codes(*texts), "look": SheetLook.SHEET, "framed": framed}


def D(number=None, count=None):
    return sheet(payload("D", number, count))


def A(number=None, count=None):
    return sheet(payload("A", number, count))


def B(number, count):
    return sheet(payload("B", number, count))


def E(number, count):
    return sheet(payload("E", number, count))


def letter(*texts):
    return {"codes": codes(*texts), "look": SheetLook.CONTENT}


P = letter()
BLANK = {"look": SheetLook.BLANK, "nearly_blank": True}
HOLE = {"look": SheetLook.CONTENT, "nearly_blank": True}
FRAMED = {"look": SheetLook.CONTENT, "framed": True}
PATCH = {"codes": codes("PATCHT"), "look": SheetLook.SHEET}


def split(*pages, **settings) -> Split:
    observed = [PageObservation(page=place + 1, **page) for place, page in enumerate(pages)]
    return split_pages(observed, rules(**settings))


def documents(result: Split):
    return [list(draft.pages) for draft in result.drafts]


def numbers(result: Split):
    return [draft.announced.number if draft.announced else None for draft in result.drafts]


def doubts(result: Split):
    return [(doubt.kind.value, doubt.code, doubt.pages, doubt.draft) for doubt in result.doubts]


def fates(result: Split):
    signs = {Fate.DOCUMENT: "d", Fate.SEPARATOR: "S", Fate.SEPARATOR_BACK: "s", Fate.BLANK: "b"}
    return "".join(signs[fate] for fate in result.fates)


SIMPLEX = {
    "separators start documents": ([D(1, 2), P, P, D(2, 1), P], [[2, 3], [5]], ["1", "2"], []),
    "a separator without number": ([D(), P, D(), P, P], [[2], [4, 5]], [None, None], []),
    "slipped only between documents": ([P, P, D(7), P], [[1, 2], [4]], [None, "7"], []),
    "the annex belongs to the document before it": ([D(1), P, A(1, 1), P], [[2], [4]], ["1", "1"], []),
    "an annex before any document": (
        [A(1), P],
        [[2]],
        ["1"],
        [("split", "annex_without_document", (1,), 0)],
    ),
    "a batch slip closes and starts none": ([B(17, 1), D(1), P, E(17, 1)], [[3]], ["1"], []),
    "pages after the batch end are a document of their own": (
        [D(1), P, E(17, 1), P, P],
        [[2], [4, 5]],
        ["1", None],
        [],
    ),
    "documents unlike the slip": (
        [B(17, 3), D(1), P, D(2), P],
        [[3], [5]],
        ["1", "2"],
        [("balance", "documents_unlike_slip", (1,), None)],
    ),
    "documents unlike the batch end": (
        [D(1), P, E(17, 2)],
        [[2]],
        ["1"],
        [("balance", "documents_unlike_slip", (3,), None)],
    ),
    "annexes are no documents of the slip": ([B(17, 1), D(1), P, A(1), P], [[3], [5]], ["1", "1"], []),
    "two separators in a row, one without number": ([D(), D(5), P], [[3]], ["5"], []),
    "the same separator twice": ([D(5, 1), D(5, 1), P], [[3]], ["5"], []),
    "two separators in a row with different numbers": (
        [D(4), D(5), P],
        [[3]],
        ["5"],
        [("split", "two_numbers_in_row", (1, 2), 0)],
    ),
    "a numbered separator before one without number": (
        [D(4), D(), P],
        [[3]],
        [None],
        [("split", "number_without_pages", (1,), 0)],
    ),
    "a numbered separator at the end": (
        [D(4), P, D(5)],
        [[2]],
        ["4"],
        [("split", "number_without_pages", (3,), None)],
    ),
    "a numbered document before its annex is missing": (
        [D(4), A(4), P],
        [[3]],
        ["4"],
        [("split", "two_numbers_in_row", (1, 2), 0), ("split", "annex_without_document", (2,), 0)],
    ),
    "no separator": ([P, P], [[1, 2]], [None], [("split", "no_separator", (), 0)]),
    "sheets unlike the count": (
        [D(1, 3), P, P],
        [[2, 3]],
        ["1"],
        [("balance", "sheets_unlike_count", (1,), 0)],
    ),
    "blanks count as sheets": ([D(1, 2), P, BLANK], [[2, 3]], ["1"], []),
    "an unsound payload is held": (
        [D(1), P, sheet("OPIS1:D:DEMO:RG:2026:2:1:Z"), P],
        [[2, 3, 4]],
        ["1"],
        [("split", "payload_unsound", (3,), 0)],
    ),
    "lower case is not obeyed": (
        [D(1), P, sheet("opis1:d:demo:::::x")],
        [[2, 3]],
        ["1"],
        [("split", "payload_unsound", (3,), 0)],
    ),
    "another institution's separator": (
        [sheet(payload("D", 3, None, "PS3")), P],
        [[1, 2]],
        [None],
        [("split", "foreign_institution", (1,), 0)],
    ),
    "two codes on one sheet that disagree": (
        [D(1), P, sheet(payload("D", 2), payload("D", 3)), P],
        [[2, 3, 4]],
        ["1"],
        [("split", "codes_disagree", (3,), 0)],
    ),
    "a sheet that looks like a separator and cannot be read": (
        [D(1), P, FRAMED, P],
        [[2, 3, 4]],
        ["1"],
        [("split", "separator_unreadable", (3,), 0)],
    ),
    "a crashed reader is not no separator": (
        [D(1), P, {"codes_failed": True}, P],
        [[2, 3, 4]],
        ["1"],
        [("split", "codes_failed", (3,), 0)],
    ),
    "a sound payload printed in a letter": (
        [D(1), P, letter(payload("D", 2)), P],
        [[2, 3, 4]],
        ["1"],
        [("split", "payload_in_content", (3,), 0)],
    ),
    "any other code is content": ([D(1), letter("5941234567899", "PATCHT")], [[2]], ["1"], []),
    "only separators, no number": ([D(), D()], [], [], []),
    "only separators, a number announced": (
        [D(), D(9)],
        [],
        [],
        [("split", "number_without_pages", (2,), None)],
    ),
}


@pytest.mark.parametrize("case", SIMPLEX.values(), ids=SIMPLEX.keys())
def test_simplex(case):
    pages, expected_documents, expected_numbers, expected_doubts = case
    result = split(*pages)
    assert documents(result) == expected_documents
    assert numbers(result) == expected_numbers
    assert doubts(result) == expected_doubts


def test_annex_names_its_parent():
    result = split(D(1), P, A(1), P, A(1), P, D(2), P)
    assert [(draft.kind, draft.parent) for draft in result.drafts] == [
        (DocumentKind.DOCUMENT, None),
        (DocumentKind.ANNEX, 0),
        (DocumentKind.ANNEX, 0),
        (DocumentKind.DOCUMENT, None),
    ]


DUPLEX = {
    "blank back of a separator": ([D(1, 1), BLANK, P, BLANK], "Ssdd", [[3, 4]], []),
    "a feed mark on the back": ([D(1, 1), HOLE, P, P], "Ssdd", [[3, 4]], []),
    "a back with content": (
        [D(1, 1), P, P, P],
        "Sddd",
        [[2, 3, 4]],
        [("split", "back_with_content", (2,), 0)],
    ),
    "a separator fed with its back first": ([BLANK, D(1, 1), P, P], "sSdd", [[3, 4]], []),
    "a written back fed first": (
        [P, P, P, D(1), P, P],
        "dddSdd",
        [[1, 2], [3, 5, 6]],
        [("split", "back_with_content", (3,), 1)],
    ),
    "a raster that cannot be trusted is no blank back": (
        [D(1), {"look": SheetLook.UNKNOWN}, P, P],
        "Sddd",
        [[2, 3, 4]],
        [("split", "back_with_content", (2,), 0)],
    ),
    "printed on both sides": ([D(1), D(1), P, P], "SSdd", [[3, 4]], []),
    "odd pages": ([D(1, 1), BLANK, P], "Ssd", [[3]], [("balance", "odd_pages", (3,), None)]),
}


@pytest.mark.parametrize("case", DUPLEX.values(), ids=DUPLEX.keys())
def test_duplex(case):
    pages, expected_fates, expected_documents, expected_doubts = case
    result = split(*pages, duplex=True)
    assert fates(result) == expected_fates
    assert documents(result) == expected_documents
    assert doubts(result) == expected_doubts


def test_fixed_separators():
    result = split(PATCH, P, P, PATCH, P, separators=["fixed:PATCHT"])
    assert documents(result) == [[2, 3], [5]]
    assert doubts(result) == []


def test_fixed_code_printed_in_a_letter_does_nothing():
    result = split(PATCH, P, letter("PATCHT"), separators=["fixed:PATCHT"])
    assert documents(result) == [[2, 3]]
    assert doubts(result) == []


@pytest.mark.parametrize("doubtful", [{"sheetlike": True}, {"look": SheetLook.UNKNOWN}])
def test_fixed_code_on_what_may_be_a_sheet_is_held(doubtful):
    result = split(PATCH, P, {**letter("PATCHT"), **doubtful}, P, separators=["fixed:PATCHT"])
    assert documents(result) == [[2, 3, 4]]
    assert doubts(result) == [("split", "fixed_in_doubt", (3,), 0)]


def test_a_sheet_by_anybody_without_a_readable_code_is_held():
    unread = {"look": SheetLook.CONTENT, "sheetlike": True}
    for separators in (["opis"], ["fixed:PATCHT"]):
        assert ("split", "separator_unreadable", (1,), 0) in doubts(split(unread, P, separators=separators))
    assert doubts(split(letter("1/2026"), unread, separators=["sticker"])) == []


def test_fixed_text_is_the_whole_payload():
    result = split(PATCH, P, {"codes": codes("PATCHT 2"), "look": SheetLook.SHEET}, separators=["fixed:PATCHT"])
    assert documents(result) == [[2, 3]]


def test_fixed_text_may_hold_blanks():
    page = {"codes": codes("DOC NOU"), "look": SheetLook.SHEET}
    assert documents(split(page, P, page, P, separators=["fixed:DOC NOU"])) == [[2], [4]]


def test_own_separator_where_none_is_expected_is_held():
    result = split(PATCH, P, D(1), P, separators=["fixed:PATCHT"])
    assert documents(result) == [[2, 3, 4]]
    assert doubts(result) == [("split", "separator_unexpected", (3,), 0)]


def test_stickers_start_documents_and_stay_in_them():
    result = split(letter("RG-12/2026"), P, letter("13/2026"), separators=["sticker"])
    assert documents(result) == [[1, 2], [3]]
    assert numbers(result) == ["12", "13"]
    assert {draft.announced.source for draft in result.drafts} == {LinkSource.STICKER}
    assert {draft.announced.register for draft in result.drafts} == {"RG"}
    assert doubts(result) == []


def test_payload_as_sticker():
    result = split(letter(payload("D", 5)), P, letter(payload("D")), separators=["sticker"])
    assert documents(result) == [[1, 2], [3]]
    assert numbers(result) == ["5", None]


def test_annex_payload_is_no_sticker():
    result = split(letter(payload("D", 5)), letter(payload("A", 5)), separators=["sticker"])
    assert documents(result) == [[1, 2]]
    assert doubts(result) == [("split", "payload_in_content", (2,), 0)]


def test_sticker_without_year():
    result = split(letter("12"), separators=["sticker"], pattern=r"^(?P<number>\d+)$")
    assert result.drafts[0].announced.year is None


def test_stickers_that_disagree_are_not_obeyed():
    result = split(letter("1/2026"), letter("2/2026", "3/2026"), separators=["sticker"])
    assert documents(result) == [[1, 2]]
    assert doubts(result) == [("split", "codes_disagree", (2,), 0)]


def test_separator_and_sticker_that_say_the_same():
    result = split(D(12), letter("RG-12/2026"), P, separators=["opis", "sticker"])
    assert documents(result) == [[2, 3]]
    assert doubts(result) == []


def test_separator_without_number_takes_the_stickers():
    result = split(D(), letter("RG-12/2026"), separators=["opis", "sticker"])
    assert numbers(result) == ["12"]


def test_separator_and_sticker_that_disagree():
    result = split(D(11), letter("RG-12/2026"), separators=["opis", "sticker"])
    assert doubts(result) == [("split", "sticker_unlike_separator", (2,), 0)]


def test_a_pattern_that_explodes_fits_nothing():
    result = split(letter("a" * 60 + "!"), separators=["sticker"], pattern=r"^(?P<number>(a|a)+)$")
    assert doubts(result) == [("split", "no_separator", (), 0)]


def test_blanks_set_aside_count_as_sheets():
    result = split(D(1, 3), P, BLANK, P, blanks=Blanks.SET_ASIDE)
    assert fates(result) == "Sdbd"
    assert documents(result) == [[2, 4]]
    assert doubts(result) == []


def test_only_blank_pages_after_a_number():
    result = split(D(1, 1), BLANK, blanks=Blanks.SET_ASIDE)
    assert fates(result) == "Sb"
    assert doubts(result) == [("split", "number_without_pages", (1,), None)]


def test_pages_out_of_order_are_refused():
    with pytest.raises(ValueError):
        split_pages([PageObservation(page=2)], rules())


ANY_PAGE = st.sampled_from(
    [
        *(P, BLANK, HOLE, FRAMED, PATCH, D(), D(1), D(1, 1), D(2, 3), A(), A(1), B(9, 2), E(9, 2), D(3)),
        *(letter("1/2026"), letter("2/2026", "3/2026"), letter(payload("D", 4)), sheet("OPIS1:X"), sheet("OPIS")),
        *({"look": SheetLook.UNKNOWN}, {"codes_failed": True}, sheet(payload("D", 1, None, "PS3"))),
    ]
)
ANY_RULES = st.fixed_dictionaries(
    {
        "separators": st.sampled_from(
            [("opis",), ("opis", "sticker"), ("sticker",), ("fixed:PATCHT",), ("opis", "fixed:PATCHT"), ()]
        ),
        "duplex": st.booleans(),
        "blanks": st.sampled_from(list(Blanks)),
    }
)


@given(st.lists(ANY_PAGE, max_size=30), ANY_RULES)
def test_any_batch_balances(pages, settings):
    result = split(*pages, **settings)
    assert len(result.fates) == len(pages)
    inside = [page for draft in result.drafts for page in draft.pages]
    assert sorted(inside) == [place + 1 for place, fate in enumerate(result.fates) if fate is Fate.DOCUMENT]
    assert len(set(inside)) == len(inside)
    assert all(draft.pages and list(draft.pages) == sorted(draft.pages) for draft in result.drafts)
    firsts = [draft.pages[0] for draft in result.drafts]
    assert firsts == sorted(firsts)
    for draft in result.drafts:
        assert (draft.kind is DocumentKind.ANNEX) == (draft.parent is not None)
        if draft.parent is not None:
            assert result.drafts[draft.parent].kind is DocumentKind.DOCUMENT
    for doubt in result.doubts:
        assert doubt.draft is None or 0 <= doubt.draft < len(result.drafts)


@given(st.lists(ANY_PAGE, max_size=30), ANY_RULES)
def test_a_doubtful_page_is_never_silent(pages, settings):
    result = split(*pages, **settings)
    doubted = {page for doubt in result.doubts for page in doubt.pages}
    for place, page in enumerate(pages):
        unsound = any(code.text in ("OPIS1:X", "OPIS") for code in page.get("codes", ()))
        if unsound or page.get("codes_failed") or page == FRAMED:
            assert place + 1 in doubted
            assert result.fates[place] is Fate.DOCUMENT


def test_every_doubt_has_a_text():
    import inspect
    import re

    from pipeline.domain import marks as recognise
    from pipeline.domain.messages import codes as known
    from pipeline.stages import split

    source = inspect.getsource(split) + inspect.getsource(recognise)
    used = set(re.findall(r'ReviewKind\.\w+, "(\w+)"', source)) | set(re.findall(r'doubt="(\w+)"', source))
    assert used == known("split")
