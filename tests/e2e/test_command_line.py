"""The command line as outsiders use it: global options anywhere, clean JSON, exit codes, separators read back."""

import csv
import json
from pathlib import Path

import pytest
from pdf2image import convert_from_path

from pipeline.domain.payload import parse_payload
from tests.support.answers import check_batch

REGISTER = """registru;nr. înreg.;an;data;emitent;conținut;nr. file;compartiment;canal
RG;48213;2026;27.02.2026;Popescu Ion;Certificat de urbanism;2;URBANISM;ghișeu
RG;48214;2026;27.02.2026;S.C. Alfa S.R.L.;Ofertă;1;Direcția Necunoscută;poștă
RG;48215;2026;27.02.2026;Ionescu Maria;Sesizare;;;e-mail
RG;;2026;27.02.2026;Fără număr;x;1;;fax
"""


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "registru.csv"
    path.write_bytes(REGISTER.replace("ț", "ţ").replace("ș", "ş").encode("cp1250"))
    return path


def test_global_options_stand_anywhere(program):
    before = program.run("--json", "batch", "list")
    after = program.run("batch", "list", "--json")
    assert before.json == after.json == []
    assert (before.code, after.code) == (0, 0)


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("search",), ("batch", "show"), ("batch", "list", "--limit", "x"), ("process",)]
)
def test_wrong_usage(program, arguments):
    ran = program.run(*arguments)
    assert ran.code == 2
    assert ran.out == ""


def test_unknown_and_short_ids(program):
    assert program.run("batch", "show", "0123456789ab").code == 2
    assert program.run("batch", "show", "0123").code == 2
    assert program.run("document", "show", "0123456789ab").code == 2


def test_init_makes_home_and_hot_folders(program):
    program.configure("[profiles.registratura]\n[profiles.arhiva]\nlane = 'retro'\n")
    ran = program.run("init", "--json")
    assert ran.code == 0
    for name in ("registratura", "arhiva"):
        assert (program.home / "hot" / name / "finalizate").is_dir()
    assert set(ran.json["hot"]) == {"registratura", "arhiva"}
    assert (program.home / "catalog.db").is_file()


def test_a_department_of_a_profile_must_exist(program):
    program.configure('[profiles.registratura]\ndepartment = "NIMENI"\n')
    ran = program.run("init")
    assert ran.code == 2
    assert "profiles.registratura.department" in ran.err


def test_registry_import_lists_bad_rows_and_is_idempotent(program, register):
    first = program.run("registry", "import", register, "--json")
    assert first.code == 1
    assert (first.json["new"], first.json["unchanged"]) == (3, 0)
    assert [row["line"] for row in first.json["bad"]] == [5]
    assert first.json["bad"][0]["reason"]
    assert [row["line"] for row in first.json["warnings"]] == [3]
    again = program.run("registry", "import", register, "--json")
    assert (again.json["new"], again.json["changed"], again.json["unchanged"]) == (0, 0, 3)
    assert (program.home / "objects" / first.json["register"]).read_bytes() == register.read_bytes()


def test_reconcile(program, register):
    program.run("registry", "import", register)
    ran = program.run("registry", "reconcile", "--date", "2026-02-27", "--json")
    assert ran.code == 0
    assert [entry["number"] for entry in ran.json["missing"]] == ["48213", "48214"]
    assert ran.json["scanned"] == ran.json["extra"] == []


def test_a_register_that_is_none(program, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\x00\x01\x02" * 100)
    ran = program.run("registry", "import", path)
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert program.run("registry", "import", tmp_path / "none.csv").code == 2


def test_separators_are_read_back_by_our_own_splitter(program, tmp_path):
    out = tmp_path / "s.pdf"
    printed = program.run(
        "separators", "--register", "RG", "--year", 2026, "--numbers", "7-8,48213", "-o", out, "--json"
    )
    assert printed.code == 0
    payloads = [parse_payload(text) for text in printed.json["payloads"]]
    assert [payload.number.number for payload in payloads] == ["7", "8", "48213"]
    (answer,) = program.run("process", out, "--json").json
    check_batch(answer)
    assert [page["fate"] for page in answer["pages"]] == ["separator"] * 3
    assert answer["documents"] == []
    assert {review["kind"] for review in answer["reviews"]} == {"split"}


def test_blank_separators_scanned_alone_are_filed(program, tmp_path):
    out = tmp_path / "s.pdf"
    assert program.run("separators", "--blank", 2, "-o", out).code == 0
    pages = convert_from_path(out, dpi=200, grayscale=True)
    scan = tmp_path / "scan.tif"
    pages[0].convert("1").save(
        scan,
        save_all=True,
        append_images=[page.convert("1") for page in pages[1:]],
        dpi=(200, 200),
        compression="group4",
    )
    ran = program.run("process", scan, "--json")
    (answer,) = ran.json
    check_batch(answer)
    assert (ran.code, answer["batch"]["state"]) == (0, "filed")


def test_slip_and_register_separators(program, register, tmp_path):
    assert program.run("separators", "--batch-slip", "17:32", "-o", tmp_path / "b.pdf", "--json").json["pages"] == 1
    good = tmp_path / "good.csv"
    rows = [row for row in csv.reader(REGISTER.splitlines(), delimiter=";") if row[1]]
    good.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8")
    made = program.run("separators", "--csv", good, "-o", tmp_path / "c.pdf", "--json")
    assert made.json["pages"] == 3
    assert parse_payload(made.json["payloads"][0]).count == 2
    assert program.run("separators", "--csv", register, "-o", tmp_path / "d.pdf").code == 2
    assert program.run("separators", "-o", tmp_path / "d.pdf").code == 2
    assert program.run("separators", "--numbers", "5-1", "-o", tmp_path / "d.pdf").code == 2


def test_doctor(program):
    ran = program.run("doctor", "--json")
    assert ran.code == 0, ran.out
    assert ran.json["good"]
    parts = {part["part"] for part in ran.json["parts"]}
    assert any("tesseract" in part for part in parts)
    fields = {"part", "found", "version", "good", "mend", "address", "details"}
    assert all(set(part) == fields for part in ran.json["parts"])


def test_doctor_names_what_is_missing(program):
    ran = program.run("doctor", "--json", PATH="/nonexistent")
    assert ran.code == 3
    bad = [part for part in ran.json["parts"] if not part["good"]]
    assert bad
    assert all(part["mend"] for part in bad)


def test_demo_same_seed_same_bytes(program):
    first = program.run("demo", "--seed", 5, "--json").json
    assert first["seed"] == 5
    assert first["batches"][0].startswith(str(program.home / "hot" / "registratura"))
    again = program.run("demo", "--seed", 5, "--json").json
    one, two = (Path(answer["batches"][0]).read_bytes() for answer in (first, again))
    assert one == two


def test_json_is_one_document_and_nothing_else(program):
    ran = program.run("search", "ceva", "--json", "-v")
    assert ran.out.count("\n") == 1
    json.loads(ran.out)
