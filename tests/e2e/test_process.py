"""``opis process`` on every format: what came in is what went out, to the page, and can be found."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from opis.demo.spec import NumberOn, Side, Wish
from tests.support.answers import check_batch, check_document, check_search

FORMATS = ["pdf", "tiff", "tiff-lzw", "tiff-g4", "folder"]
FATES = {
    Side.SEPARATOR: "separator",
    Side.SEPARATOR_BACK: "separator_back",
    Side.CONTENT: "document",
    Side.BLANK_BACK: "document",
}


def process(program, files, *options):
    program.run("registry", "import", files.register_csv)
    return program.run("process", files.batches[0].path, "--json", *options)


@pytest.mark.parametrize("page_format", FORMATS)
def test_every_format(program, made, page_format):
    files = made(page_format)
    ran = process(program, files)
    (answer,) = ran.json
    check_batch(answer)
    truth = files.batches[0].batch
    assert [page["fate"] for page in answer["pages"]] == [FATES[page.side] for page in truth.pages]
    assert [document["pages"] for document in answer["documents"]] == [list(made.pages) for made in truth.documents]
    for document, true in zip(answer["documents"], truth.documents, strict=True):
        assert document["registry"] == {
            "register": true.number.register,
            "year": true.number.year,
            "number": true.number.number,
            "date": true.date.isoformat(),
            "channel": true.channel,
            "source": "separator",
            "state": "certain",
        }
        assert document["department"]["code"] == true.department
        assert document["department"]["decided_by"] == "register"
        assert document["text"]["characters"] > 200
    assert ran.code == 0
    assert answer["batch"]["state"] == "filed"
    assert_kept(program.home / "objects", answer)


def assert_kept(objects: Path, answer) -> None:
    """Every key is there; ids are what the contract says."""
    batch = answer["batch"]["id"]
    assert list((objects / "batches" / batch / "state").iterdir())
    originals = sorted((objects / "batches" / batch).glob("original*"))
    assert originals
    for document in answer["documents"]:
        pages = ",".join(map(str, document["pages"]))
        assert document["id"] == hashlib.sha256(f"{batch}:{pages}".encode()).hexdigest()
        keys = document["objects"]
        for key in (keys["pdf"], keys["text"], keys["manifest"], *keys["alto"]):
            assert (objects / key).is_file()
        assert len(keys["alto"]) == len(document["pages"])
        text = subprocess.run(
            ["pdftotext", "-raw", str(objects / keys["pdf"]), "-"], capture_output=True, text=True, check=True
        ).stdout
        stored = (objects / keys["text"]).read_text(encoding="utf-8")
        assert stored.count("\f") == len(document["pages"]) - 1
        words = [word for word in stored.split() if len(word) > 3]
        assert sum(word in text for word in words) >= 0.98 * len(words)
        assert not set(stored) & set("şţŞŢ")


def test_ids_of_files_and_folders(program, made):
    path = made("pdf").batches[0].path
    folder = made("folder").batches[0].path
    (one,) = program.run("process", path, "--json").json
    assert one["batch"]["id"] == one["batch"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    (two,) = program.run("process", folder, "--json").json
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())]
    assert two["batch"]["id"] == hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def test_a_known_batch_answers_as_it_stands(program, made, tmp_path):
    files = made("pdf")
    first = process(program, files)
    again = program.run("process", files.batches[0].path, "--json")
    assert again.json == first.json
    shown = program.run("batch", "show", first.json[0]["batch"]["id"][:8], "--json")
    assert shown.json == first.json[0]
    document = first.json[0]["documents"][0]
    alone = program.run("document", "show", document["id"][:10], "--json").json
    check_document(alone)
    assert alone == document


def test_found_without_diacritics_and_by_number(program, made):
    files = made("pdf")
    (answer,) = process(program, files).json
    truth = files.batches[0].batch.documents[0]
    found = program.run("search", truth.number.number, "--json")
    check_search(found.json)
    assert found.code == 0
    assert found.json["hits"][0]["document"] == answer["documents"][0]["id"]
    name = truth.sender.split()[0]
    hits = program.run("search", name.lower(), "--json", "--department", "URBANISM").json["hits"]
    assert answer["documents"][0]["id"] in [hit["document"] for hit in hits]
    nothing = program.run("search", "zzzyyyxxx", "--json")
    assert (nothing.code, nothing.json["total"]) == (0, 0)


@pytest.mark.parametrize("page_format", ["jpeg", "png"])
def test_single_images(program, made, page_format):
    wishes = (Wish(sheets=1, number_on=NumberOn.LABEL, department="JURIDIC"),)
    files = made(page_format, separators="none", wishes=wishes)
    ran = process(program, files)
    (answer,) = ran.json
    check_batch(answer)
    assert ran.code == 1
    assert answer["batch"]["pages"] == 1
    assert [review["kind"] for review in answer["reviews"]].count("split") == 1
    assert answer["documents"][0]["registry"]["state"] in ("proposed", "certain", "none")


def test_duplex(program, made):
    files = made("pdf", duplex=True)
    program.configure("[profiles.registratura]\nduplex = true\n")
    ran = process(program, files)
    (answer,) = ran.json
    check_batch(answer)
    truth = files.batches[0].batch
    assert [page["fate"] for page in answer["pages"]] == [FATES[page.side] for page in truth.pages]
    assert ran.code == 0


def test_a_label_is_read(program, made):
    wishes = (
        Wish(sheets=1, number_on=NumberOn.SEPARATOR, department="URBANISM", filed=True),
        Wish(sheets=1, number_on=NumberOn.LABEL, department="STARE_CIVILA", filed=True),
    )
    files = made("pdf", wishes=wishes)
    (answer,) = process(program, files).json
    check_batch(answer)
    labelled = answer["documents"][1]
    assert labelled["registry"]["number"] == files.batches[0].batch.documents[1].number.number
    assert labelled["registry"]["source"] == "label"
    assert labelled["registry"]["state"] in ("certain", "proposed")


def test_a_folder_of_files_is_a_batch_each(program, made, tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(made("pdf").batches[0].path.read_bytes())
    (folder / "b.tif").write_bytes(made("tiff-g4").batches[0].path.read_bytes())
    (folder / "notes.txt").write_text("nimic")
    ran = program.run("process", folder, "--json")
    assert [entry["batch"]["source"] for entry in ran.json] == ["a.pdf", "b.tif"]
    for entry in ran.json:
        check_batch(entry)


def test_the_same_number_in_two_batches_is_certain_for_neither(program, made):
    one, two = made("pdf"), made("tiff-g4")
    program.run("registry", "import", one.register_csv)
    (first,) = program.run("process", one.batches[0].path, "--json").json
    assert first["batch"]["state"] == "filed"
    (second,) = program.run("process", two.batches[0].path, "--json").json
    check_batch(second)
    after = program.run("batch", "show", first["batch"]["id"], "--json").json
    check_batch(after)
    for entry in (second, after):
        assert entry["batch"]["state"] == "held"
        assert {document["registry"]["state"] for document in entry["documents"]} == {"conflict"}
        assert {document["state"] for document in entry["documents"]} == {"held"}
    hits = program.run("search", "*", "--json").json["hits"]
    assert all(hit["registry"]["state"] == "conflict" for hit in hits)
