"""Tesseract's answers are believed only as far as they fit: its exit code proves nothing."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.domain.errors import WorkerFault
from pipeline.engines import tesseract
from pipeline.engines.tesseract import Tesseract
from pipeline.ports.engines import OcrPage
from tests.support.scans import blank, words

HEADER = r"level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
"""for printf"""

FAKES = {
    "nothing at all": ': > "$2.tsv"; : > "$2.txt"',
    "no file": "true",
    "a table without the page": f'printf \'{HEADER}\\n\' > "$2.tsv"; : > "$2.txt"',
    "a table that is none": f'printf \'{HEADER}\\n1\\tx\\n\' > "$2.tsv"; : > "$2.txt"',
    "bytes that are no UTF-8": 'printf "\\377\\376" > "$2.tsv"; printf "\\377" > "$2.txt"',
    "more pages than asked for": f"printf '{HEADER}\\n1\\t1\\n1\\t2\\n' > \"$2.tsv\"; printf 'a\\fb' > \"$2.txt\"",
    "exit code": "echo cannot >&2; exit 1",
    "signal": "kill -SEGV $$",
    "a hang": "exec sleep 30",
}


def page(folder: Path, name: str, *texts: str) -> OcrPage:
    image = blank(200)
    for place, text in enumerate(texts):
        image = words(image, 25, 40 + 12 * place, text, 6)
    path = folder / f"{name}.pgm"
    assert cv2.imwrite(str(path), image)
    height, width = np.shape(image)
    return OcrPage(path, width, height, 200, 1.0, 0)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Puts another ``tesseract`` first on PATH; what it is asked of itself the real one answers."""
    tesseract.version()

    def make(body: str) -> None:
        program = tmp_path / "bin" / "tesseract"
        program.parent.mkdir()
        program.write_text(f"#!/bin/bash\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return make


@pytest.mark.parametrize("answer", FAKES)
def test_an_engine_that_answers_wrongly_is_a_fault(answer, fake, tmp_path, monkeypatch):
    monkeypatch.setattr(tesseract, "SECONDS_A_PAGE", 1)
    fake(FAKES[answer])
    with pytest.raises(WorkerFault):
        Tesseract().read([page(tmp_path, "p", "x")], "ron", tmp_path, 200)


def test_pages_without_a_word_are_pages_wherever_they_stand(tmp_path):
    empty, full = page(tmp_path, "empty"), page(tmp_path, "full", "Certificat de urbanism", "pentru o locuință")
    for order in ([empty, full, empty], [full, empty, empty], [empty]):
        texts = Tesseract().read(order, "ron", tmp_path, 200)
        assert ["urbanism" in text.text for text in texts] == [one is full for one in order]
