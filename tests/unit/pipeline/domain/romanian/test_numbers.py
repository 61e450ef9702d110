import datetime as dt

import pytest

from pipeline.domain.romanian.letters import comma_letters
from pipeline.domain.romanian.numbers import NumberRole, find_numbers, number_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("48213", "48213"),
        (" 48 213 ", "48213"),
        ("048213", "48213"),
        ("000", "0"),
        ("60.167", "60167"),
        ("1.665", "1665"),
        ("1.234.567", "1234567"),
        ("6.11.0", "6.11.0"),
        ("12.45", "12.45"),
        ("p.12.4545", "P.12.4545"),
        ("sc2015-28487", "SC2015-28487"),
        ("", ""),
    ],
)
def test_number_key(written: str, key: str) -> None:
    assert number_key(written) == key
    assert number_key(key) == key


def d(day: int, month: int, year: int) -> dt.date:
    return dt.date(year, month, day)


@pytest.mark.parametrize(
    ("text", "number", "department", "year", "date"),
    [
        ("nr. 156746/03.08.2018", "156746", None, 2018, d(3, 8, 2018)),
        ("nr. 156773/CP/03.08.2018", "156773", "CP", 2018, d(3, 8, 2018)),
        ("nr. 298389/451/06.07.2016", "298389", "451", 2016, d(6, 7, 2016)),
        ("nr. 605408/451.2/21.11.2007", "605408", "451.2", 2007, d(21, 11, 2007)),
        ("nr. 13956 din 24.02.2020", "13956", None, 2020, d(24, 2, 2020)),
        ("nr. 13958/24.02.2020", "13958", None, 2020, d(24, 2, 2020)),
        ("nr.SC2015-28487 din 29.10.2015", "SC2015-28487", None, 2015, d(29, 10, 2015)),
        ("nr. P.12.4545/04.10.2016", "P.12.4545", None, 2016, d(4, 10, 2016)),
        ("nr.60.167/16 februarie 2011", "60.167", None, 2011, d(16, 2, 2011)),
        ("nr. 1.665/2008", "1.665", None, 2008, None),
        ("nr. 18563/2009", "18563", None, 2009, None),
        ("nr.1244/2019", "1244", None, 2019, None),
        ("nr.1040/2010", "1040", None, 2010, None),
        ("nr. 42 / 13.02.2020", "42", None, 2020, d(13, 2, 2020)),
        ("nr.92 /2020", "92", None, 2020, None),
        ("nr. 6.11.0 din 04.11.2018", "6.11.0", None, 2018, d(4, 11, 2018)),
        ("Nr. 894/30.XII.2008", "894", None, 2008, d(30, 12, 2008)),
        ("nr. 4567 / CP / 2021", "4567", "CP", 2021, None),
        ("nr. 123 din 2021", "123", None, 2021, None),
        ("Nr. 48213, data 27.09.2021", "48213", None, 2021, d(27, 9, 2021)),
        ("Nr. 48213 27.09.2021", "48213", None, 2021, d(27, 9, 2021)),
    ],
)
def test_written_forms(text: str, number: str, department: str | None, year: int, date: dt.date | None) -> None:
    (found,) = find_numbers(f"Potrivit documentelor, {text} se află la dosar.")
    assert (found.number, found.department, found.year, found.date) == (number, department, year, date)
    assert found.role is NumberRole.PLAIN
    assert not found.repaired
    place = f"Potrivit documentelor, {text}"[found.start :]
    assert place.startswith(number)
    assert found.end == len(f"Potrivit documentelor, {text}")


@pytest.mark.parametrize(
    ("text", "number", "register", "year"),
    [
        ("Nr. înreg.: RG 48213", "48213", "RG", None),
        ("Nr. de înregistrare 48213 din 27.09.2021", "48213", None, 2021),
        ("Număr de înregistrare: 48213 / 27-09-2021", "48213", None, 2021),
        ("Nr. înregistrare RG-48213/2021", "48213", "RG", 2021),
        ("INTRARE Nr. 48213", "48213", None, None),
        ("INTRARE 48213/27.09.2021", "48213", None, 2021),
        ("NR.INREG 48213", "48213", None, None),
        ("Înregistrat sub nr. 48.213/2021", "48.213", None, 2021),
        ("înregistrată cu numărul 77/2021", "77", None, 2021),
        ("Registratura generală nr. 48213/27.09.2021", "48213", None, 2021),
        ("Nr. intrare: 48213/27 septembrie 2021", "48213", None, 2021),
    ],
)
def test_words_of_registering(text: str, number: str, register: str | None, year: int | None) -> None:
    (found,) = find_numbers(text)
    assert (found.number, found.register, found.year) == (number, register, year)
    assert found.role is NumberRole.REGISTRATION


@pytest.mark.parametrize(
    "text",
    [
        "Legea nr. 544/2001 privind liberul acces",
        "legea contenciosului administrativ nr. 554/2004",
        "Legea nr. 24/2007 și nr. 101/2006",
        "O.U.G. nr. 57/2019",
        "OUG nr. 57/2019",
        "HG nr. 1/2020, H.G. nr. 2/2020",
        "H.C.L. nr. 463/30.10.2015",
        "HCL nr. 463/30.10.2015",
        "Hotărârea Consiliului Local nr. 463/30.10.2015",
        "Ordonanța Guvernului nr. 27/2002 privind activitatea de soluționare a petițiilor",
        "Ordonanța privind soluționarea petițiilor nr. 27/2002",
        "Monitorul Oficial nr. 123/2020",
        "Dispoziția Primarului nr. 5/2021",
        "dosar nr. 4521/302/2020",
        "Dosarul penal nr. 4521/302/2020",
        "str. Parcului nr. 12, bl. 3",
        "Strada Ion Creangă, nr. 5",
        "domiciliat în Arad, str. Lungă nr. 12",
        "tel. nr. 0721234567",
        "telefon 0721.234.567",
        "seria RX nr. 123456",
        "CNP 1630615123457",
        "IBAN RO49AAAA1B31007593840000",
        "art. 5 alin. (2)",
        "nr. 27.09.2021",
        "nr. crt. 5",
        "au fost înregistrate 5 petiții",
        "nr. 12/3/2020",
        "Nr. ______ / ________",
    ],
)
def test_other_numbers_are_not_taken(text: str) -> None:
    assert find_numbers(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "adresa dumneavoastră nr. 123/2021",
        "Referitor la cererea nr. 77/03.08.2018",
        "contractul nr. 5/2020",
        "factura nr. 9/2021",
    ],
)
def test_papers_spoken_of_are_quoted(text: str) -> None:
    assert [found.role for found in find_numbers(text)] == [NumberRole.QUOTED]


def test_several_numbers_on_one_paper() -> None:
    text = (
        "înregistrată la Cabinet Primar General cu nr. 6944/03.10.2017 și la Direcția de Mediu cu nr. 10241/10.10.2017"
    )
    assert [(found.number, found.date, found.role) for found in find_numbers(text)] == [
        ("6944", d(3, 10, 2017), NumberRole.REGISTRATION),
        ("10241", d(10, 10, 2017), NumberRole.REGISTRATION),
    ]


def test_a_registration_after_a_law_is_taken() -> None:
    text = "în temeiul Legii nr. 544/2001, cererea înregistrată sub nr. 77/2021, str. Lungă nr. 4"
    assert [(found.number, found.role) for found in find_numbers(text)] == [("77", NumberRole.REGISTRATION)]


@pytest.mark.parametrize(
    ("text", "number"),
    [("nrl62830/09.12.2011", "162830"), ("nr. 482l3 din 27.09.2021", "48213"), ("nr. 1O5/2O.01.2020", None)],
)
def test_misread_digits_are_marked(text: str, number: str | None) -> None:
    found = find_numbers(text)
    assert [(each.number, each.repaired) for each in found] == ([] if number is None else [(number, True)])


def test_a_bare_number_needs_a_date_unless_told() -> None:
    assert find_numbers("Nr. 48213") == []
    assert [found.number for found in find_numbers("Nr. 48213", undated=True)] == ["48213"]


def test_cue_and_offsets_are_those_of_the_comma_text() -> None:
    text = "s\u0327i Nr. de înregistrare: 48213/CP/27.09.2021."
    (found,) = find_numbers(text)
    comma = comma_letters(text)
    assert found.cue == "Nr. de înregistrare:"
    assert comma[found.start : found.number_end] == "48213"
    assert comma[found.start : found.end] == "48213/CP/27.09.2021"
