"""Input that cannot become a batch ends with a reason a clerk understands, and the next batch is processed."""

import json
import os
import shutil

import pikepdf
import pytest
from PIL import Image

from tests.support.answers import check_batch


def encrypted(path, good):
    with pikepdf.open(good) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="o", user="u"))


BAD = {
    "zero.pdf": ("empty", lambda path, good: path.touch()),
    "cut.pdf": ("truncated", lambda path, good: path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])),
    "locked.pdf": ("encrypted", encrypted),
    "letter.tif": ("unsupported-format", lambda path, good: path.write_text("Stimate domnule primar")),
    "letter.docx": ("unsupported-format", lambda path, good: path.write_bytes(b"PK\x03\x04" + b"x" * 200)),
    "noise.png": (None, lambda path, good: path.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(500))),
    "large.png": ("too-large", lambda path, good: Image.new("1", (40_000, 40_000)).save(path)),
}


@pytest.fixture
def good(made):
    return made("pdf").batches[0].path


@pytest.mark.parametrize("name", BAD)
def test_process_refuses_with_a_problem(program, good, tmp_path, name):
    code, make = BAD[name]
    path = tmp_path / name
    make(path, good)
    ran = program.run("process", path, "--json")
    (answer,) = ran.json
    check_batch(answer)
    assert ran.code == 1
    assert answer["batch"]["state"] == "quarantined"
    assert code is None or answer["problems"][0]["code"] == code
    assert "Traceback" not in ran.err
    assert path.exists()


def test_a_file_of_the_wrong_name_is_taken_by_what_it_is(program, made, tmp_path):
    path = tmp_path / "scan.tif"
    shutil.copy(made("pdf").batches[0].path, path)
    (answer,) = program.run("process", path, "--json").json
    check_batch(answer)
    assert answer["batch"]["pages"] == 5


def test_links_and_fifos_are_refused(program, good, tmp_path):
    (tmp_path / "link.pdf").symlink_to(good)
    os.mkfifo(tmp_path / "pipe.pdf")
    ran = program.run("process", tmp_path / "link.pdf", tmp_path / "pipe.pdf", "--json")
    assert ran.code == 1
    for entry in ran.json:
        check_batch(entry)
        assert entry["batch"]["state"] == "quarantined"
        assert entry["problems"][0]["code"] == "not-regular"


def test_hot_folder_quarantines_and_goes_on(program, good):
    program.run("init")
    hot = program.home / "hot" / "registratura"
    for name, (_, make) in BAD.items():
        make(hot / name, good)
    (hot / "link.pdf").symlink_to(good)
    shutil.copy(good, hot / "good.pdf")
    ran = program.run("run", "--until-idle")
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    for name, (code, _) in BAD.items():
        assert (hot / "eroare" / name).exists()
        assert (hot / "eroare" / f"{name}.motiv.txt").read_text(encoding="utf-8").strip()
        reason = json.loads((hot / "eroare" / f"{name}.reason.json").read_text(encoding="utf-8"))
        assert code is None or reason["code"] == code
    assert (hot / "eroare" / "link.pdf").is_symlink()
    assert [path.name for path in (hot / "finalizate").rglob("*.pdf")] == ["good.pdf"]
    assert not list((hot / ".opis" / "claimed").iterdir())
    states = [entry["state"] for entry in program.run("batch", "list", "--json").json]
    assert states.count("quarantined") == len(BAD)


def test_retry_takes_a_batch_out_of_quarantine(program, good):
    program.run("init")
    hot = program.home / "hot" / "registratura"
    (hot / "cut.pdf").write_bytes(good.read_bytes()[:1000])
    program.run("run", "--until-idle")
    (entry,) = program.run("batch", "list", "--state", "quarantined", "--json").json
    ran = program.run("batch", "retry", entry["id"][:8], "--json")
    assert ran.code == 0, ran.err
    assert (hot / "cut.pdf").exists()
    assert not list((hot / "eroare").iterdir())


def test_configuration_fault_names_the_key(program):
    program.configure("[web]\nprot = 1\n")
    ran = program.run("batch", "list")
    assert ran.code == 2
    assert "web.prot" in ran.err
    assert "web.port" in ran.err


def test_a_missing_path_is_wrong_usage(program, tmp_path):
    assert program.run("process", tmp_path / "none.pdf").code == 2


def test_missing_tesseract_names_the_package(program, good):
    ran = program.run("process", good, PATH="/nonexistent")
    assert ran.code == 3
    assert "tesseract-ocr" in ran.err


def test_missing_language_names_the_package(program, good):
    program.configure('[profiles.registratura]\nlanguage = "hun"\n')
    ran = program.run("process", good)
    assert ran.code == 3
    assert "tesseract-ocr-hun" in ran.err


def test_only_loopback(program):
    program.configure('[web]\nhost = "0.0.0.0"\n')
    ran = program.run("run", "--until-idle")
    assert ran.code == 2
    assert "web.host" in ran.err
