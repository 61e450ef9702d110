import datetime as dt
from dataclasses import replace

import pytesseract
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.domain.pages import PageText, Word
from pipeline.domain.registry import LinkSource
from pipeline.domain.romanian.stamps import Standing, find_registrations
from pipeline.domain.settings import Institution

DEMO = Institution()
DAY = dt.date(2021, 9, 27)
OWN_LINES = ("PRIMĂRIA DEMONSTRATIVĂ", "REGISTRATURA GENERALĂ", "INTRARE Nr. 48213", "Ziua 27 Luna 09 Anul 2021")
LETTERHEAD = [
    (200, 150, "S.C. APA CURATA SRL"),
    (200, 200, "Str. Parcului nr. 5, Arad"),
    (200, 250, "Nr. 45/CP/03.08.2018"),
]
BODY = [
    (200, 900, "Subsemnatul Popescu Ion, domiciliat in Arad, str. Lunga nr. 12, bl. 3, va rog sa dispuneti masurile"),
    (200, 950, "legale conform Legii nr. 544/2001 privind liberul acces. Revin la petitia mea de anul trecut, fiind"),
    (200, 1000, "înregistrată la Primăria Demonstrativă sub nr. 555/12.03.2020, ramasa fara raspuns, precum si la"),
    (200, 1050, "adresa dumneavoastra nr. 123/2021. Va multumesc."),
]


def stamp(*lines: str, left: int = 1500, confidence: float = 0.95) -> list[tuple[int, int, str, float]]:
    return [(left, 150 + 50 * row, text, confidence) for row, text in enumerate(lines)]


@pytest.mark.parametrize(
    "lines",
    [
        OWN_LINES,
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. .....48213.....", "Ziua ..27.. Luna ..IX.. Anul 2021"),
        ("REGISTRATURA GENERALĂ", "Nr. de înregistrare: 48213", "27 SEP 2021"),
        ("Primăria Demonstrativă", "Nr. 48213, data 27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "NR. 48213 / 27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48.213 din 27 septembrie 2021"),
        ("INTRARE Nr. 48213 din 27.09.2021",),
        ("PRIMĂRIA DEMONSTRATIVĂ", "Nr. înreg.", "48213", "Data 27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "IEȘIRE Nr. 48213", "27.09.2021"),
        ("Registratura Primăriei Demonstrative", "Înregistrat sub nr. 48213/27.09.2021"),
        ("PRIMARIA DEMONSTRATJVA", "REG1STRATURA GENERALA", "lNTRARE Nr. 48213", "Ziua 27 Luna 09 Anul 2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "27.09.2021", "INTRARE Nr. 48213"),
        ("Registratura DEMO", "Nr. înregistrare 48213/CP/27.09.2021"),
        ("Registratura DEMO", "No. 48213 / 27.09.2021"),
        ("Primăria Demonstrativă", "Nr. 48213/2021", "Data: 27.09.2021 10:15"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "Registratura generală", "nr. 048213 / 27.1X.2021"),
    ],
)
@pytest.mark.parametrize("around", [[], [*LETTERHEAD, *BODY]], ids=["alone", "beside a letterhead"])
def test_own_stamps(page_of, lines, around) -> None:
    found = find_registrations(page_of([*stamp(*lines), *around]), DEMO, page=7)
    assert (found[0].register, found[0].number, found[0].year, found[0].date) == ("RG", "48213", 2021, DAY)
    assert (found[0].kind, found[0].standing, found[0].page) == (LinkSource.STAMP, Standing.OWN, 7)
    assert found[0].confidence == found[0].date_confidence == 0.95
    assert not found[0].names_register
    assert len(found) == 1


@pytest.mark.parametrize(
    ("lines", "register"),
    [
        (("BON DE ÎNREGISTRARE", "Primăria Demonstrativă", "Nr. înreg.: RG 48213", "27.09.2021"), "RG"),
        (
            ("Primăria Demonstrativă", "BON DE ÎNREGISTRARE", "Nr. înregistrare: 48213", "Data: 27.09.2021 Ora: 10:15"),
            None,
        ),
        (("BON DE INREGISTRARE", "Nr. SP-48213/2021", "Data 27.09.2021"), "SP"),
        (("BON DE ÎNREGISTRARE", "Nr. înreg.: R6 48213", "27.09.2021"), "RG"),
    ],
)
def test_own_labels(page_of, lines, register) -> None:
    (found,) = find_registrations(page_of([*stamp(*lines), *BODY]), DEMO)
    assert (found.number, found.year, found.kind) == ("48213", 2021, LinkSource.LABEL)
    assert (found.register, found.names_register) == (register or "RG", register is not None)
    assert found.standing is Standing.OWN


@pytest.mark.parametrize(
    ("lines", "standing"),
    [
        (("Nr. înregistrare 48213 din 27.09.2021",), Standing.CUED),
        (("INTRARE/IEȘIRE Nr. 48213", "27.09.2021"), Standing.CUED),
        (("Direcția Urbanism", "INTRARE Nr. 48213 / 27.09.2021"), Standing.CUED),
        (("Nr. 48213/27.09.2021",), Standing.BARE),
    ],
)
def test_numbers_that_name_nobody(page_of, lines, standing) -> None:
    (found,) = find_registrations(page_of([*stamp(*lines), *BODY]), DEMO)
    assert (found.number, found.date, found.standing) == ("48213", DAY, standing)


@pytest.mark.parametrize(
    "lines",
    [
        ("PREFECTURA ARAD", "REGISTRATURA GENERALĂ", "INTRARE Nr. 999 din 27.09.2021"),
        ("PRIMĂRIA OTOPENI", "Nr. 999/27.09.2021"),
        ("IEȘIRE Nr. 999/27.09.2021",),
        ("Adresa dumneavoastră nr. 999/27.09.2021",),
        ("PRIMĂRIA DEMONSTRATIVĂ", "Str. Parcului nr. 5"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "Mihai Viteazu nr. 5"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "HCL nr. 463/30.10.2015"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48Z1S", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 8 9 Q 9", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. / | 05]", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. | 05", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 05]", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48 2", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 4821 ?B", "27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr.", "Ziua Luna Anul"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "Nr. înreg.:", "4 file"),
        ("Dosar nr. 4521/302/2020",),
        ("Tel. 0257.281.850",),
    ],
)
def test_nothing_rather_than_another_number(page_of, lines) -> None:
    assert find_registrations(page_of([*stamp(*lines), *BODY]), DEMO) == []


def test_a_number_read_in_two_is_one(page_of) -> None:
    page = page_of(stamp("INTRARE Nr. 48 213", "27.09.2021"))
    close = tuple(replace(word, left=word.left - 10) if word.text == "213" else word for word in page.words)
    (found,) = find_registrations(replace(page, words=close), DEMO)
    assert (found.number, found.date) == ("48213", DAY)


def test_a_number_by_hand_is_told_by_its_height(page_of) -> None:
    page = page_of(stamp("INTRARE Nr. 48213 din 27.09.2021"))
    words = tuple(replace(word, top=120, height=70) if word.text == "48213" else word for word in page.words)
    assert [each.by_hand for each in find_registrations(page, DEMO)] == [False]
    assert [each.by_hand for each in find_registrations(replace(page, words=words), DEMO)] == [True]


def test_badly_read_digits_give_nothing(page_of) -> None:
    lines = ("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48213 din 27.09.2021")
    assert find_registrations(page_of(stamp(*lines, confidence=0.5)), DEMO) == []


def test_a_badly_read_date_is_left_out(page_of) -> None:
    lines = [(1500, 150, "INTRARE Nr. 48213"), (1500, 200, "27.09.2021", 0.4)]
    (found,) = find_registrations(page_of(lines), DEMO)
    assert (found.number, found.year, found.date) == ("48213", None, None)


def test_the_addressee_does_not_own_the_number_above_it(page_of) -> None:
    lines = [(200, 150, "APA CURATA"), (200, 200, "Nr. 45/03.08.2018"), (200, 250, "Către: Primăria Demonstrativă")]
    assert [each.standing for each in find_registrations(page_of(lines), DEMO)] == [Standing.BARE]
    lines = [(200, 150, "Către Primăria Demonstrativă"), (200, 200, "Nr. 45/03.08.2018")]
    assert [each.standing for each in find_registrations(page_of(lines), DEMO)] == [Standing.BARE]


def test_caption_and_value_in_two_columns(page_of) -> None:
    lines = [
        (1300, 150, "Nr. de înregistrare:"),
        (1900, 150, "48213"),
        (1300, 200, "Data:"),
        (1900, 200, "27.09.2021"),
    ]
    (found,) = find_registrations(page_of(lines), DEMO)
    assert (found.number, found.date) == ("48213", DAY)


def test_stamp_and_label_of_one_number_are_one(page_of) -> None:
    label = [
        (1500, 600 + top, text, sure) for _, top, text, sure in stamp("BON DE ÎNREGISTRARE", "Nr. 48213/27.09.2021")
    ]
    page = page_of([*stamp("INTRARE Nr. 48213 din 27.09.2021"), *label])
    assert [(each.number, each.kind) for each in find_registrations(page, DEMO)] == [("48213", LinkSource.LABEL)]


def test_the_frame_of_a_stamp_is_no_digit(page_of) -> None:
    page = page_of([*stamp(*OWN_LINES), (1460, 250, "|")])
    frame = tuple(replace(word, top=100, height=300) if word.text == "|" else word for word in page.words)
    assert [each.number for each in find_registrations(replace(page, words=frame), DEMO)] == ["48213"]


def test_two_numbers_are_two(page_of) -> None:
    other = [(1500, 2800, "INTRARE Nr. 777 din 28.09.2021")]
    page = page_of([*stamp("INTRARE Nr. 48213 din 27.09.2021"), *other])
    assert {each.number for each in find_registrations(page, DEMO)} == {"48213", "777"}


def test_an_empty_page_has_none(page_of) -> None:
    assert find_registrations(page_of([]), DEMO) == []


def test_a_stamp_read_by_tesseract() -> None:
    image = Image.new("L", (2480, 900), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(46)
    draw.rectangle((1450, 110, 2420, 440), outline=40, width=5)
    texts = ["PRIMARIA DEMONSTRATIVA", "REGISTRATURA GENERALA", "INTRARE Nr. 48213", "Ziua 27 Luna 09 Anul 2021"]
    for row, text in enumerate(texts):
        draw.text((1500, 150 + 70 * row), text, font=font, fill=30)
    for row, text in enumerate(["APA CURATA SRL", "Str. Parcului nr. 5, Arad", "Nr. 45/CP/03.08.2018"]):
        draw.text((200, 150 + 70 * row), text, font=font, fill=30)
    found = find_registrations(_read(image.rotate(0.7, fillcolor=255, resample=Image.Resampling.BICUBIC)), DEMO)
    assert [(each.number, each.date, each.standing) for each in found] == [("48213", DAY, Standing.OWN)]
    assert found[0].confidence >= 0.8


def _read(image: Image.Image) -> PageText:
    table = pytesseract.image_to_data(image, lang="ron", config="--dpi 300", output_type=pytesseract.Output.DICT)
    rows = list(zip(*(table[name] for name in ("block_num", "par_num", "line_num")), strict=True))
    lines = list(dict.fromkeys(rows))
    words = tuple(
        Word(text, left, top, width, height, float(sure) / 100, lines.index(row))
        for text, left, top, width, height, sure, row in zip(
            *(table[name] for name in ("text", "left", "top", "width", "height", "conf")), rows, strict=True
        )
        if text.strip()
    )
    return PageText(image.width, image.height, 300.0, 0, words, "", "", None, "tesseract")


ARAD = Institution(code="ARAD", name="Primăria Municipiului Arad")


@pytest.mark.parametrize(
    "letterhead",
    [
        ("S.C. TEHNOMONTAJ VEST S.R.L.", "Arad, Calea Aurel Vlaicu nr. 225", "Nr. 771 / 20.09.2021"),
        ("INSTITUȚIA PREFECTULUI - JUDEȚUL ARAD", "Serviciul Controlul Legalității", "Nr. 9915/24.09.2021"),
        ("INSTITUȚIA PREFECTULUI", "JUDEȚUL ARAD", "IEȘIRE NR. 9915", "24.09.2021"),
        ("ISU VASILE GOLDIȘ ARAD", "Nr. 1.234.567 din 21.09.2021"),
        ("SC BETA SRL", "Municipiul Arad", "Nr. 771 din 20.09.2021"),
        ("JUDECĂTORIA ARAD", "Secția civilă", "Nr. 1822 din 22.09.2021"),
    ],
)
def test_a_letterhead_of_the_same_town_is_not_the_institution(page_of, letterhead) -> None:
    """The town's name is in every letterhead of the town, also where it is the institution's code."""
    own = stamp("PRIMĂRIA MUNICIPIULUI ARAD", "INTRARE Nr. 48213", "din 27.09.2021")
    found = find_registrations(page_of([*own, *stamp(*letterhead, left=150)]), ARAD)
    assert (found[0].number, found[0].standing) == ("48213", Standing.OWN)
    assert all(each.standing < Standing.OWN for each in found[1:])
    alone = find_registrations(page_of(stamp(*letterhead, left=150)), ARAD)
    assert all(each.standing < Standing.OWN for each in alone)


def test_the_council_s_name_on_the_own_stamp_changes_nothing(page_of) -> None:
    lines = ("CONSILIUL LOCAL AL MUNICIPIULUI ARAD", "PRIMĂRIA MUNICIPIULUI ARAD", "Nr. 48213 din 27.09.2021")
    (found,) = find_registrations(page_of(stamp(*lines)), ARAD)
    assert found.standing is Standing.OWN


def test_the_registry_may_be_named_under_the_number(page_of) -> None:
    (found,) = find_registrations(
        page_of(stamp("Nr. 48213 / 27.09.2021", "REGISTRATURA GENERALĂ", "PRIMĂRIA MUNICIPIULUI ARAD")), ARAD
    )
    assert (found.number, found.standing) == ("48213", Standing.CUED)
    (addressed,) = find_registrations(
        page_of(stamp("Nr. 48213 / 27.09.2021", "Către Primăria Municipiului Arad", "Registratura")), ARAD
    )
    assert addressed.standing is Standing.BARE


def test_a_date_with_an_open_century_gives_the_number_alone(page_of) -> None:
    (found,) = find_registrations(page_of(stamp("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48213 / 27.09.21")), DEMO)
    assert (found.number, found.year, found.date) == ("48213", None, None)


def test_a_date_below_of_another_year_is_not_the_number_s(page_of) -> None:
    (found,) = find_registrations(
        page_of(stamp("PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48213/2021", "15.03.2020")), DEMO
    )
    assert (found.year, found.date) == (2021, None)


@pytest.mark.parametrize(
    "lines",
    [
        ("Răspuns la adresa Primăriei Demonstrative", "Nr. 48213/27.09.2021"),
        ("La adresa dumneavoastră", "Nr. înregistrare 48213/27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "Ref. nr. 48213/27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "CERTIFICAT DE URBANISM", "Nr. 48213 din 27.09.2021"),
        ("PRIMĂRIA DEMONSTRATIVĂ", "AUTORIZAȚIE DE CONSTRUIRE Nr. 48213 din 27.09.2021"),
        ("CONSILIUL LOCAL DEMONSTRATIVA", "PRIMĂRIA DEMONSTRATIVĂ", "HOTĂRÂREA", "Nr. 48213 din 27.09.2021"),
        ("FACTURA FISCALĂ", "Nr. 48213 / 27.09.2021"),
    ],
)
def test_numbers_of_acts_and_quoted_ones_are_no_registrations(page_of, lines) -> None:
    assert find_registrations(page_of(stamp(*lines, left=200)), DEMO) == []


def test_a_stamp_under_a_title_is_still_one(page_of) -> None:
    lines = ("CERERE PENTRU CERTIFICAT DE URBANISM", "PRIMĂRIA DEMONSTRATIVĂ", "INTRARE Nr. 48213 din 27.09.2021")
    (found,) = find_registrations(page_of(stamp(*lines)), DEMO)
    assert (found.number, found.standing) == ("48213", Standing.OWN)


@pytest.mark.parametrize(
    ("lines", "standing"),
    [
        (("PRIMĂRIA DEMONSTRATIVĂ", "CABINET PRIMAR", "Nr. 6944 / 03.10.2017"), Standing.CUED),
        (("PRIMĂRIA DEMONSTRATIVĂ", "DIRECȚIA DE MEDIU", "Nr. 10241 / 10.10.2017"), Standing.CUED),
        (
            ("PRIMĂRIA DEMONSTRATIVĂ", "DIRECȚIA RELAȚII CU PUBLICUL", "REGISTRATURA", "Nr. 48213/27.09.2021"),
            Standing.OWN,
        ),
    ],
)
def test_an_office_of_the_institution_may_number_for_itself(page_of, lines, standing) -> None:
    (found,) = find_registrations(page_of(stamp(*lines)), DEMO)
    assert found.standing is standing
