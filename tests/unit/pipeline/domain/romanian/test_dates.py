import datetime as dt

import pytest

from pipeline.domain.romanian.dates import find_dates, parse_date
from pipeline.domain.romanian.letters import comma_letters

DAY = dt.date(2021, 9, 27)


@pytest.mark.parametrize(
    "written",
    [
        "27.09.2021",
        "27/09/2021",
        "27-09-2021",
        "27. 09. 2021",
        "27 septembrie 2021",
        "27 SEPTEMBRIE 2021",
        "27-septembrie-2021",
        "27 SEP 2021",
        "27 sept. 2021",
        "27.IX.2021",
        "27 IX 2021",
        "2021-09-27",
        "Ziua 27 Luna 09 Anul 2021",
        "Ziua ...27... Luna ..septembrie.. Anul 2021",
        "Anul 2021 luna IX ziua 27",
        " 27.09.2021 10:15 ",
        "2021-09-27T00:00:00",
    ],
)
def test_one_day_in_all_its_forms(written: str) -> None:
    assert parse_date(written) == DAY
    assert [found.date for found in find_dates(f"azi, {written.strip()} la sediu")] == [DAY]


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("30.XII.2008", dt.date(2008, 12, 30)),
        ("17.VII.2018", dt.date(2018, 7, 17)),
        ("27.1X.2021", dt.date(2021, 9, 27)),
        ("27.X1.2021", dt.date(2021, 11, 27)),
        ("27.V1l.2021", dt.date(2021, 7, 27)),
        ("27.11.2021", dt.date(2021, 11, 27)),
        ("16 februarie 2011", dt.date(2011, 2, 16)),
        ("1 mai 2020", dt.date(2020, 5, 1)),
        ("05.04.2021", dt.date(2021, 4, 5)),
        ("29.02.2020", dt.date(2020, 2, 29)),
    ],
)
def test_day_comes_first(written: str, date: dt.date) -> None:
    assert parse_date(written) == date


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31.02.2021",
        "29.02.2021",
        "09.27.2021",
        "27.09",
        "27.09.20211",
        "1.27.09.2021",
        "192.168.10.2021",
        "27 cai 2021",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert parse_date(text) is None
    assert find_dates(text) == []


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("27 SEPTEMBRIE - 01 OCTOMBRIE 2021", DAY, dt.date(2021, 10, 1)),
        ("27.09 - 01.10.2021", DAY, dt.date(2021, 10, 1)),
        ("27-30 septembrie 2021", DAY, dt.date(2021, 9, 30)),
        ("27.09.2021 – 01.10.2021", DAY, dt.date(2021, 10, 1)),
        ("29 decembrie - 3 ianuarie 2022", dt.date(2021, 12, 29), dt.date(2022, 1, 3)),
    ],
)
def test_ranges(written: str, first: dt.date, last: dt.date) -> None:
    (found,) = find_dates(f"perioada {written}.")
    assert (found.date, found.until) == (first, last)
    assert (found.start, found.end) == (len("perioada "), len("perioada ") + len(written))
    assert parse_date(written) is None


def test_a_number_before_a_date_is_no_range() -> None:
    (found,) = find_dates("nr. 12-27.09.2021")
    assert (found.date, found.until) == (DAY, None)


def test_offsets_are_those_of_the_comma_text() -> None:
    text = "ş" + "s\u0327" + " din 27.09.2021, apoi 1 mai 2020"
    assert [comma_letters(text)[found.start : found.end] for found in find_dates(text)] == ["27.09.2021", "1 mai 2020"]
