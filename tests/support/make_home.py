"""Keeps a tiny home of this version in ``tests/data/homes``: ``python -m tests.support.make_home 0.1.0``.

Later versions prove with ``tests/e2e/test_old_homes.py`` that they open it and answer the same.
"""

import json
import sys
import tarfile
import tempfile
from pathlib import Path

from opis.demo.batch import make_demo, write_demo
from opis.demo.spec import DemoSpec, NumberOn, Wish
from tests.support.program import Program

HOMES = Path(__file__).parents[1] / "data" / "homes"
LEFT_OUT = {"scratch", "scratch-web"}


def main(version: str) -> Path:
    """Makes the home with the program as it is, and writes it with its answers beside it."""
    with tempfile.TemporaryDirectory() as name:
        program = Program(Path(name) / "home")
        wishes = (Wish(sheets=1, number_on=NumberOn.SEPARATOR), Wish(sheets=1, number_on=NumberOn.NOWHERE))
        spec = DemoSpec(format="tiff-g4", dpi=150, seed=4, damage=0, wishes=wishes)
        files = write_demo(make_demo(spec), Path(name) / "scans")
        program.run("registry", "import", files.register_csv)
        (answer,) = program.run("process", files.batches[0].path, "--json").json
        number = files.batches[0].batch.documents[0].number.number
        found = program.run("search", number, "--json").json
        answers = {"batch": answer, "query": number, "hits": [hit["document"] for hit in found["hits"]]}
        (program.home / "answers.json").write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
        HOMES.mkdir(parents=True, exist_ok=True)
        archive = HOMES / f"{version}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            for path in sorted(program.home.iterdir()):
                if path.name not in LEFT_OUT:
                    tar.add(path, arcname=path.name)
    return archive


if __name__ == "__main__":
    print(main(sys.argv[1]))
