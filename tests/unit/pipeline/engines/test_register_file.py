"""Register files: every spelling of header, encoding, number and date that registers have, and what cannot go in."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from pipeline.domain.errors import InputFault
from pipeline.domain.filing import Department
from pipeline.domain.registry import RegistryNumber
from pipeline.domain.wire import from_json, to_json
from pipeline.engines import register_table, register_xlsx
from pipeline.engines.register_file import RegisterFile, bad_row_text, fault_text, read_register, warning_text

DEPARTMENTS = (
    Department("URBANISM", "Direcția Urbanism și Amenajarea Teritoriului", ("Urbanism", "Arhitect Șef")),
    Department("SPATII_VERZI", "Direcția Spații Verzi", ("Parcuri",)),
    Department("ARHIVA", "Serviciul Arhivă", ("Comun",)),
    Department("EXTERN", "Altă autoritate", ("Comun",)),
)
HEADER = "registru;an;număr;data;expeditor;subiect;file;departament;canal"
ROW = "RG;2021;48213;27.09.2021;Ion Pop;Toaletare copaci;4;Spații Verzi;ghișeu"


def read(tmp_path: Path, content: str | bytes, default: str = "RG") -> RegisterFile:
    path = tmp_path / "registru"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_register(path, DEPARTMENTS, default)


def workbook(*rows: tuple[object, ...], title_rows: int = 0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number in range(title_rows):
        sheet.append((f"Registru intrare-ieșire, partea {number}",))
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def fault(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(InputFault) as caught:
        read(tmp_path, content)
    assert fault_text(caught.value.code)
    return caught.value.code


def test_a_full_row(tmp_path: Path) -> None:
    answer = read(tmp_path, f"{HEADER}\n{ROW}\n")
    assert answer.bad == () and answer.warnings == ()
    (entry,) = answer.rows
    assert entry.number == RegistryNumber("RG", 2021, "48213")
    assert entry.date == dt.date(2021, 9, 27)
    assert (entry.sender, entry.subject, entry.sheets) == ("Ion Pop", "Toaletare copaci", 4)
    assert (entry.department, entry.channel) == ("SPATII_VERZI", "ghișeu")
    assert from_json(RegisterFile, to_json(RegisterFile, answer)) == answer


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    text = f"Nr. înreg.;Emitent;Conţinut{end}48213;Ştefan Ţuţu;Împrejmuire{end}".replace(";", delimiter)
    text = text.replace(f"48213{delimiter}", f"48213/2021{delimiter}")
    (entry,) = read(tmp_path, text.encode(encoding)).rows
    assert (entry.sender, entry.subject) == ("Ștefan Țuțu", "Împrejmuire")


@pytest.mark.parametrize(
    "header",
    [
        "Număr;Data;Expeditor",
        "nr.;DATA ÎNREG.;Emitent",
        "Nr. înreg.;Data înregistrării;Petent",
        "NR. INREGISTRARE;data;EMITENTUL",
        "number;date;sender",
        "Nr. de înregistrare;Data;Solicitant",
        "NUMĂR ÎNREG.;Data;EXPEDITOR / EMITENT",
        "Număr;Data;Expeditor (nume și prenume)",
    ],
)
def test_header_names(tmp_path: Path, header: str) -> None:
    (entry,) = read(tmp_path, f"{header}\n17;03.02.2022;Ana\n").rows
    assert (entry.number, entry.sender) == (RegistryNumber("RG", 2022, "17"), "Ana")


def test_names_that_go_on_are_known_where_nothing_else_can_be_meant(tmp_path: Path) -> None:
    text = "Nr. crt.;Nr. înreg.;Data;Data expedierii;Conținutul pe scurt al actului;Direcția repartizată;"
    text += "Expeditor dosar;Expeditor\n"
    row = "1;48213;27.09.2021.;30.09.2021;Cerere;Spații Verzi;D;Ion Pop\n"
    (entry,) = read(tmp_path, text + row).rows
    assert (entry.number.number, entry.date) == ("48213", dt.date(2021, 9, 27))
    assert (entry.sender, entry.subject, entry.department) == ("Ion Pop", "Cerere", "SPATII_VERZI")


def test_columns_in_any_order_and_the_running_number_is_not_the_number(tmp_path: Path) -> None:
    text = "Nr. crt.;canal;Nr.;Nr. înreg.;data documentului;data înreg.\n1;fax;9;48213;01.09.2021;27.09.2021\n"
    (entry,) = read(tmp_path, text).rows
    assert (entry.number.number, entry.date, entry.channel) == ("48213", dt.date(2021, 9, 27), "fax")


def test_titles_and_empty_lines_stand_around_the_header(tmp_path: Path) -> None:
    text = "sep=;\nRegistru 2021;;\n;;\n\nnr.;an;file\n\n;;\n5;2021;3\n\n6;2021;-\n"
    answer = read(tmp_path, text)
    assert [(entry.number.number, entry.sheets) for entry in answer.rows] == [("5", 3), ("6", None)]
    assert answer.bad == ()


def test_whole_numbers_that_a_table_wrote_with_a_fraction(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "nr.;an;file\n48213.0;2021.0;4.0\n").rows
    assert (entry.number, entry.sheets) == (RegistryNumber("RG", 2021, "48213"), 4)


def test_default_register(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "nr.;an\n5;2021\n", default="SEC").rows
    assert entry.number.register == "SEC"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("48213/27.09.2021", RegistryNumber("RG", 2021, "48213")),
        ("48213/27/09/2021", RegistryNumber("RG", 2021, "48213")),
        ("48213/2021", RegistryNumber("RG", 2021, "48213")),
        ("Nr. 48213 din 27.09.2021", RegistryNumber("RG", 2021, "48213")),
        ("156773/CP/03.08.2018", RegistryNumber("RG", 2018, "156773")),
        ("298389/451/06.07.2016", RegistryNumber("RG", 2016, "298389")),
        ("60.167/16 februarie 2011", RegistryNumber("RG", 2011, "60167")),
        ("6.11.0 din 04.11.2018", RegistryNumber("RG", 2018, "6.11.0")),
        ("SC2015-28487 din 29.10.2015", RegistryNumber("RG", 2015, "SC2015-28487")),
        ("P.12.4545/04.10.2016", RegistryNumber("RG", 2016, "P.12.4545")),
        ("42 / 13.02.2020", RegistryNumber("RG", 2020, "42")),
        ("SEC 92 /2020", RegistryNumber("SEC", 2020, "92")),
    ],
)
def test_numbers_written_with_their_date(tmp_path: Path, cell: str, number: RegistryNumber) -> None:
    (entry,) = read(tmp_path, f"nr.;expeditor\n{cell};x y\n").rows
    assert entry.number == number


@pytest.mark.parametrize(
    "cell",
    ["27.09.2021", "27/09/2021", "2021-09-27", "2021-09-27 08:15:00", "27 septembrie 2021", "27.IX.2021", "44466"],
)
def test_dates(tmp_path: Path, cell: str) -> None:
    (entry,) = read(tmp_path, f"nr.;data\n5;{cell}\n").rows
    assert entry.date == dt.date(2021, 9, 27)


@pytest.mark.parametrize(
    ("written", "channel"),
    [
        ("ghiseu", "ghișeu"), ("Registratură", "ghișeu"), ("POȘTĂ", "poștă"), ("prin posta", "poștă"), ("Fax", "fax"),
        ("email", "e-mail"), ("E-Mail", "e-mail"), ("mail", "e-mail"),
        ("online", "aplicație"), ("Platformă", "aplicație"),
        ("Telefonic", "telefon"), ("porumbel voiajor", "porumbel voiajor"), ("", None), ("-", None),
    ],
)  # fmt: skip
def test_channels(tmp_path: Path, written: str, channel: str | None) -> None:
    (entry,) = read(tmp_path, f"nr.;an;canal\n5;2021;{written}\n").rows
    assert entry.channel == channel


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("URBANISM", "URBANISM"), ("urbanism", "URBANISM"),
        ("arhitect-sef", "URBANISM"), ("Serviciul Urbanism", "URBANISM"),
        ("DIRECTIA SPATII VERZI", "SPATII_VERZI"), ("spatii_verzi", "SPATII_VERZI"), ("Arhiva", "ARHIVA"),
    ],
)  # fmt: skip
def test_departments(tmp_path: Path, written: str, code: str) -> None:
    answer = read(tmp_path, f"nr.;an;compartiment\n5;2021;{written}\n")
    assert answer.rows[0].department == code and answer.warnings == ()


@pytest.mark.parametrize("written", ["Direcția Zboruri", "Comun"])
def test_an_unknown_or_shared_department_is_a_warning(tmp_path: Path, written: str) -> None:
    answer = read(tmp_path, f"nr.;an;direcție\n5;2021;{written}\n")
    assert answer.rows[0].department is None
    (warning,) = answer.warnings
    assert warning.line == 2 and written in warning_text(warning)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (";2021;;", "number_missing"),
        ("abc;2021;;", "number_shape"),
        ("12*4;2021;;", "number_shape"),
        ("1234567890123456789012345;2021;;", "number_shape"),
        ("27.09.2021;2021;;", "number_is_date"),
        ("5;;;", "year_missing"),
        ("5;21;;", "year"),
        ("5;2021;31.02.2021;", "date"),
        ("5;2021;mâine;", "date"),
        ("5;2021;27.09.2020;", "years"),
        ("5/2020;2021;;", "years"),
        ("5/01.09.2021;;02.09.2021;", "dates"),
        ("5;2021;;patru", "sheets"),
        ("5;2021;;4;surplus", "cells"),
    ],
)
def test_bad_rows_are_listed_and_the_others_go_in(tmp_path: Path, row: str, reason: str) -> None:
    answer = read(tmp_path, f"nr.;an;data;file\n4;2021;;\n{row}\n6;2021;;\n")
    assert [entry.number.number for entry in answer.rows] == ["4", "6"]
    (bad,) = answer.bad
    assert (bad.line, bad.reason_code) == (3, reason)
    assert bad_row_text(bad).startswith("Linia 3: ")


def test_registers_have_a_shape(tmp_path: Path) -> None:
    answer = read(tmp_path, "registru;nr.;an\nRegistru general;5;2021\nrg;6;2021\n")
    assert [bad.reason_code for bad in answer.bad] == ["register"]
    assert answer.rows[0].number.register == "RG"


def test_one_number_twice(tmp_path: Path) -> None:
    rows = "60.167;2021;Ana\n60167;2021;Ana\n060167;2021;Ion\n60167;2022;Ion\n"
    answer = read(tmp_path, f"nr.;an;expeditor\n{rows}")
    assert [str(entry.number) for entry in answer.rows] == ["RG 60167/2021", "RG 60167/2022"]
    (bad,) = answer.bad
    assert (bad.line, bad.reason_code, bad.values["first"]) == (4, "twice", "2")


def test_lines_are_physical_lines(tmp_path: Path) -> None:
    text = 'nr.;an;subiect\n5;2021;"doua\r\nrânduri; și ""ghilimele"""\n6;21;x\n'
    answer = read(tmp_path, text)
    assert answer.rows[0].subject == 'doua rânduri; și "ghilimele"'
    assert [(bad.line, bad.reason_code) for bad in answer.bad] == [(4, "year")]


def test_an_open_quote_does_not_swallow_rows_in_silence(tmp_path: Path) -> None:
    rows = "".join(f"{number};2021;x\n" for number in range(6, 40))
    answer = read(tmp_path, f'nr.;an;subiect\n4;2021;x\n5;2021;"deschis\n{rows}')
    assert [entry.number.number for entry in answer.rows] == ["4"]
    (bad,) = answer.bad
    assert (bad.line, bad.reason_code, bad.values["last"]) == (3, "quotes", "37")
    last = read(tmp_path, 'nr.;an;subiect\n4;2021;x\n5;"2021;x')
    assert [(bad.line, bad.reason_code) for bad in last.bad] == [(3, "quotes")]


def test_xlsx_cells(tmp_path: Path) -> None:
    header = ("Registru", "An", "Nr. înreg.", "Data", "Expeditor", "File", "Departament", "Canal")
    content = workbook(
        header,
        ("RG", 2021, 48213.0, dt.datetime(2021, 9, 27, 10, 0), "Ana Șerban", 4, "Urbanism", "poștă"),
        (None, None, None, None, None, None, None, None),
        ("RG", "2021", "48214", "27.09.2021", None, None, None, None),
        ("RG", 2020, 48215, dt.date(2021, 9, 27), None, None, None, None),
        title_rows=2,
    )
    answer = read(tmp_path, content)
    assert [entry.number.number for entry in answer.rows] == ["48213", "48214"]
    first = answer.rows[0]
    assert (first.date, first.sheets, first.department) == (dt.date(2021, 9, 27), 4, "URBANISM")
    assert [(bad.line, bad.reason_code) for bad in answer.bad] == [(7, "years")]


def test_xlsx_register_on_the_second_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    second = book.create_sheet("registru")
    second.append(("nr.", "an"))
    second.append((5, 2021))
    path = tmp_path / "two.xlsx"
    book.save(path)
    assert [entry.number.number for entry in read_register(path, (), "RG").rows] == ["5"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "register-empty"),
        (b"  \r\n \n", "register-empty"),
        (b"\xef\xbb\xbf", "register-empty"),
        (b"nr.;an\n5;\x00\x01\x02", "register-binary"),
        (b"%PDF-1.7\n\x81\x83\x88\xff", "register-binary"),
        (b"denumire;valoare\nx;y\n", "register-header"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"W\0o\0r\0k\0b\0o\0o\0k\0", "register-xls"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "register-encrypted"),
        (b"PK\x03\x04 broken", "register-broken"),
    ],
)
def test_files_that_are_no_register(tmp_path: Path, content: bytes, code: str) -> None:
    assert fault(tmp_path, content) == code


def test_archives_that_are_no_workbook(tmp_path: Path) -> None:
    other, broken = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x")
    assert fault(tmp_path, other.getvalue()) == "register-format"
    assert fault(tmp_path, broken.getvalue()) == "register-broken"
    assert fault(tmp_path, workbook(("nr.", "an"), (5, 2021))[:900]) == "register-broken"
    assert fault(tmp_path, workbook(("a", "b"))) == "register-header"


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    monkeypatch.setattr(register_xlsx, "MAX_UNPACKED", 1_000_000)
    assert fault(tmp_path, bomb.getvalue()) == "register-too-large"
    monkeypatch.setattr(register_table, "MAX_ROWS", 3)
    rows = b"".join(b"%d;2021\n" % number for number in range(1, 6))
    assert fault(tmp_path, b"nr.;an\n" + rows) == "register-too-large"
    assert fault(tmp_path, workbook(("nr.", "an"), *((number, 2021) for number in range(1, 6)))) == "register-too-large"
