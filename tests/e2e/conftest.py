"""Small demo batches in every format, made once a session."""

from pathlib import Path

import pytest

from opis.demo.batch import make_demo, write_demo
from opis.demo.spec import DemoFiles, DemoSpec, NumberOn, Wish

WISHES = (
    Wish(sheets=2, number_on=NumberOn.SEPARATOR, department="URBANISM", filed=True),
    Wish(sheets=1, number_on=NumberOn.SEPARATOR, department="STARE_CIVILA", filed=True),
)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A function from a format to its demo files; each is drawn once."""
    done: dict[tuple[object, ...], DemoFiles] = {}

    def make(page_format: str = "pdf", **more: object) -> DemoFiles:
        key = (page_format, *sorted(more.items()))
        if key not in done:
            wishes = {"wishes": WISHES, **more}
            folder: Path = tmp_path_factory.mktemp("demo")
            done[key] = write_demo(make_demo(DemoSpec(format=page_format, seed=11, **wishes)), folder)
        return done[key]

    return make
