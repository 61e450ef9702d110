import datetime as dt
from collections import Counter
from dataclasses import replace
from random import Random
from statistics import mean

import pytest

from opis.demo.batch import make_demo, small_demo, small_spec
from opis.demo.lengths import DISTRIBUTION, draw_sheets
from opis.demo.spec import DemoSpec, NumberOn, Side, Wish
from pipeline.domain.registry import PAPER_CHANNELS
from pipeline.domain.settings import Institution


def test_lengths_are_mostly_short_with_a_mean_near_ten():
    rng = Random(1)
    drawn = [draw_sheets(rng) for _ in range(2000)]
    assert 8.5 < mean(drawn) < 11.5
    assert sum(1 for sheets in drawn if sheets <= 3) > 0.6 * len(drawn)
    assert 80 < max(drawn) <= 100
    assert sum(share for share, _, _ in DISTRIBUTION) == pytest.approx(1)


def test_pages_are_consecutive_and_documents_do_not_overlap():
    demo = make_demo(DemoSpec(batches=2, documents=12, seed=4))
    for batch in demo.batches:
        assert [page.page for page in batch.pages] == list(range(1, len(batch.pages) + 1))
        taken = [page for document in batch.documents for page in document.pages]
        separators = [page.page for page in batch.pages if page.side is Side.SEPARATOR]
        assert sorted(taken + separators) == [page.page for page in batch.pages]
        assert all(len(document.pages) == document.sheets for document in batch.documents)
        assert [document.pages[0] - 1 for document in batch.documents] == separators


def test_duplex_sheets_have_two_pages_and_separators_a_back():
    demo = make_demo(DemoSpec(documents=20, seed=4, duplex=True, max_pages=6))
    (batch,) = demo.batches
    sides = Counter(page.side for page in batch.pages)
    assert sides[Side.SEPARATOR] == sides[Side.SEPARATOR_BACK] == 20
    assert sides[Side.BLANK_BACK] > 0
    for document in batch.documents:
        assert len(document.pages) == 2 * document.sheets <= 6
        assert document.pages[0] % 2 == 1
        own = [batch.pages[page - 1] for page in document.pages]
        assert own[0].side is Side.CONTENT
        content = [page.index for page in own if page.side is Side.CONTENT]
        assert content == list(range(len(content)))


def test_numbers_are_unique_and_in_order_also_over_new_year():
    demo = make_demo(DemoSpec(batches=3, documents=15, seed=2, day=dt.date(2026, 1, 2), max_pages=1))
    numbers = [entry.number for entry in demo.register]
    assert len(set(numbers)) == len(numbers)
    assert {number.year for number in numbers} == {2025, 2026}
    assert min(int(number.number) for number in numbers if number.year == 2026) == 1
    assert all(entry.date and entry.date.year == entry.number.year for entry in demo.register)


def test_the_register_has_all_documents_and_some_that_are_never_scanned():
    demo = make_demo(DemoSpec(documents=40, seed=9, max_pages=2, institution=Institution(default_register="CAB")))
    entries = {entry.number: entry for entry in demo.register}
    (batch,) = demo.batches
    for document in batch.documents:
        entry = entries.pop(document.number)
        assert (entry.sender, entry.subject, entry.sheets) == (document.sender, document.subject, document.sheets)
        assert entry.channel in PAPER_CHANNELS
        assert entry.department == (document.department if document.filed else None)
        assert entry.number.register == "CAB"
    assert entries
    assert {entry.channel for entry in entries.values()} == {"e-mail", "aplicație"}
    assert {document.filed for document in batch.documents} == {True, False}


def test_chance_gives_every_place_of_the_number_and_most_on_separators():
    demo = make_demo(DemoSpec(documents=120, seed=3, max_pages=1))
    places = Counter(document.number_on for document in demo.batches[0].documents)
    assert set(places) == set(NumberOn) - {NumberOn.STICKER}
    assert places[NumberOn.SEPARATOR] > 60
    assert len({document.department for document in demo.batches[0].documents}) >= 18


@pytest.mark.parametrize("separators", ["none", "fixed:PATCHT", "sticker"])
def test_only_opis_separators_name_numbers(separators):
    demo = make_demo(DemoSpec(documents=30, seed=3, max_pages=1, separators=separators))
    (batch,) = demo.batches
    assert all(document.number_on is not NumberOn.SEPARATOR for document in batch.documents)
    assert any(page.side is Side.SEPARATOR for page in batch.pages) == (separators == "fixed:PATCHT")


def test_a_wish_is_granted():
    wish = Wish(sheets=3, number_on=NumberOn.LABEL, department="ARHIVA", voice="pensioner", filed=False)
    (document,) = make_demo(DemoSpec(seed=1, wishes=(wish,))).batches[0].documents
    assert (document.sheets, document.number_on, document.department) == (3, NumberOn.LABEL, "ARHIVA")
    assert not document.filed
    assert not document.marked_too


@pytest.mark.parametrize("seed", range(5))
def test_the_small_demo_is_small_and_has_one_of_each(seed):
    demo = small_demo(seed)
    (batch,) = demo.batches
    assert len(batch.documents) == 6
    assert len(batch.pages) == 15
    places = Counter(document.number_on for document in batch.documents)
    assert places == {NumberOn.SEPARATOR: 3, NumberOn.STAMP: 1, NumberOn.LABEL: 1, NumberOn.NOWHERE: 1}
    assert len({document.department for document in batch.documents}) == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "bmp"},
        {"separators": "stickers"},
        {"separators": "fixed:"},
        {"batches": 0},
        {"documents": 0},
        {"damage": 4},
        {"max_pages": 0},
        {"max_pages": 1, "duplex": True},
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        DemoSpec(**wrong)


def test_a_single_image_takes_one_page():
    with pytest.raises(ValueError, match="one page"):
        make_demo(DemoSpec(documents=2, format="jpeg"))
    assert (
        make_demo(DemoSpec(documents=1, max_pages=1, format="jpeg", separators="none")).batches[0].name.endswith(".jpg")
    )


def test_stickers_are_on_every_document_whatever_is_wished():
    demo = make_demo(replace(small_spec(2), separators="sticker"))
    assert {document.number_on for document in demo.batches[0].documents} == {NumberOn.STICKER}
    assert len(demo.batches[0].pages) == 9


def test_a_separator_that_cannot_bear_the_number_leaves_it_to_the_paper():
    demo = make_demo(replace(small_spec(2), separators="fixed:PATCHT", duplex=True))
    assert NumberOn.SEPARATOR not in {document.number_on for document in demo.batches[0].documents}
    assert len(demo.batches[0].pages) == 30
