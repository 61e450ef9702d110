import csv
import datetime as dt
import hashlib

import pikepdf
import pytest
from PIL import Image

from opis.demo import writing
from opis.demo.batch import make_demo, write_demo
from opis.demo.spec import DemoSpec, Side
from pipeline.domain.errors import UsageError


def spec(**changes):
    return DemoSpec(**{"documents": 2, "seed": 11, "max_pages": 2, "dpi": 100, **changes})


def digest(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def test_a_pdf_is_one_jpeg_a_page_at_its_dots(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "CHUNK", 2)
    calls = []
    files = write_demo(make_demo(spec()), tmp_path, lambda done, total: calls.append((done, total)))
    (written,) = files.batches
    with pikepdf.open(written.path) as pdf:
        assert len(pdf.pages) == len(written.batch.pages) == len(written.texts)
        for page in pdf.pages:
            (image,) = page.get_images().values()
            assert image.Filter == "/DCTDecode"
            assert float(page.mediabox[2]) == pytest.approx(595.4, abs=1)
    assert calls == [(done + 1, len(written.texts)) for done in range(len(written.texts))]
    for page, text in zip(written.batch.pages, written.texts, strict=True):
        assert bool(text) == (page.side is Side.CONTENT)


@pytest.mark.parametrize(("kind", "compression"), [("tiff", "jpeg"), ("tiff-lzw", "tiff_lzw"), ("tiff-g4", "group4")])
def test_tiffs_have_all_pages(tmp_path, kind, compression):
    (written,) = write_demo(make_demo(spec(format=kind)), tmp_path).batches
    with Image.open(written.path) as image:
        assert image.n_frames == len(written.texts)
        for frame in range(image.n_frames):
            image.seek(frame)
            image.load()
            assert image.info["compression"] == compression
            assert image.info["dpi"] == (100, 100)
            assert (image.mode == "1") == (kind == "tiff-g4")


@pytest.mark.parametrize(("kind", "name"), [("jpeg", "JPEG"), ("png", "PNG")])
def test_single_images(tmp_path, kind, name):
    wanted = spec(format=kind, documents=1, max_pages=1, separators="none")
    (written,) = write_demo(make_demo(wanted), tmp_path).batches
    with Image.open(written.path) as image:
        assert image.format == name
        assert image.info["dpi"][0] == pytest.approx(100, abs=0.1)


def test_a_folder_of_page_images(tmp_path):
    (written,) = write_demo(make_demo(spec(format="folder", documents=5)), tmp_path).batches
    names = {file.name for file in written.path.iterdir()}
    assert names == {f"p{page}.jpg" for page in range(1, len(written.texts) + 1)}
    assert "p10.jpg" in names


@pytest.mark.parametrize("kind", ["pdf", "tiff", "tiff-g4", "folder"])
def test_the_same_seed_gives_the_same_bytes(tmp_path, kind):
    runs = [write_demo(make_demo(spec(format=kind, documents=1)), tmp_path / str(n)) for n in range(2)]
    assert digest(runs[0].batches[0].path) == digest(runs[1].batches[0].path)
    assert runs[0].register_csv.read_bytes() == runs[1].register_csv.read_bytes()
    assert runs[0].batches[0].texts == runs[1].batches[0].texts


def test_nothing_half_written_stays_when_drawing_fails(tmp_path):
    def fail(done, total):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_demo(make_demo(spec()), tmp_path, fail)
    assert list(tmp_path.iterdir()) == []


def test_a_batch_that_is_there_is_not_overwritten(tmp_path):
    demo = make_demo(spec(documents=1, max_pages=1))
    (tmp_path / demo.batches[0].name).write_text("mine")
    with pytest.raises(UsageError, match="already there"):
        write_demo(demo, tmp_path)
    assert (tmp_path / demo.batches[0].name).read_text() == "mine"


def test_the_register_is_a_romanian_csv(tmp_path):
    demo = make_demo(spec(documents=1, max_pages=1))
    path = write_demo(demo, tmp_path / "hot", register=tmp_path / "deep" / "r.csv").register_csv
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert list(rows[0]) == ["registru", "an", "număr", "data", "expeditor", "subiect", "file", "direcție", "canal"]
    assert [row["număr"] for row in rows] == [entry.number.number for entry in demo.register]
    assert dt.datetime.strptime(rows[0]["data"], "%d.%m.%Y").date() == demo.register[0].date
    assert len(list((tmp_path / "hot").iterdir())) == 1
