"""Store, index and catalog down, each alone and in pairs, with a restart in the middle, under a load of 20 batches.

The real program on real servers that are killed and come back. Asserted each time: what is down keeps waiting only what
needs it, nothing is lost, nothing is done twice, and all is found at the end.
"""

import hashlib
import itertools
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from opis.wiring import open_parts
from pipeline.domain.settings import Settings
from pipeline.engines.fonts import SANS, font_path
from pipeline.ports.index import SearchRequest
from tests.servers.elasticsearch import ElasticsearchServer
from tests.servers.plugin import covering
from tests.servers.postgres import PostgresServer
from tests.servers.process import ServerProcess
from tests.servers.seaweed import SeaweedServer
from tests.support.program import Program

pytestmark = pytest.mark.xdist_group("degrading")
BATCHES = 20
FIRST = 4
"""batches that are filed before something goes down"""
DEADLINE = 240
WORDS = ("salubrizare", "urbanism", "certificat", "pensie", "impozit", "parcare", "chirie", "spital", "cadastru")


@dataclass
class Servers:
    store: SeaweedServer
    index: ElasticsearchServer
    catalog: PostgresServer

    def named(self, part: str) -> ServerProcess:
        server = getattr(self, part)
        assert isinstance(server, ServerProcess)
        return server


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    kinds = (SeaweedServer, ElasticsearchServer, PostgresServer)
    started: list[ServerProcess] = []
    try:
        for kind in kinds:
            with covering(kind.name):
                started.append(kind(tmp_path_factory.mktemp(kind.name) / "server").start())
        store, index, catalog = started
        assert isinstance(store, SeaweedServer)
        assert isinstance(index, ElasticsearchServer)
        assert isinstance(catalog, PostgresServer)
        yield Servers(store, index, catalog)
    finally:
        for server in started:
            server.kill()


class Place:
    """One home on the servers, its hot folder, and the line that works on it."""

    def __init__(self, program: Program, servers: Servers, name: str) -> None:
        self.program = program
        bucket = hashlib.sha256(name.encode()).hexdigest()[:20]
        self.objects_url = servers.store.bucket_url(bucket)
        self.catalog_url = servers.catalog.new_database()
        self.index_url = servers.index.index_url(f"opis-{bucket}")
        self.environment = dict(servers.store.environment)
        program.configure(
            f'[objects]\nurl = "{self.objects_url}"\n[catalog]\nurl = "{self.catalog_url}"\n'
            f'[index]\nurl = "{self.index_url}"\n[work]\nworkers = 1\n[web]\nport = 0\n'
            '[profiles.registratura]\nsettle_seconds = 0.2\nbroken_after_seconds = 1\nseparators = []\nlane = "retro"\n'
        )
        done = program.run("init", **self.environment)
        assert done.code == 0, done.err
        self.hot = program.home / "hot" / "registratura"
        self.line: subprocess.Popen[bytes] | None = None

    def drop(self, numbers: range) -> None:
        for number in numbers:
            page = Image.new("L", (1000, 260), 250)
            text = f"{WORDS[number % len(WORDS)]} numărul {1000 + number}"
            ImageDraw.Draw(page).text((60, 90), text, font=ImageFont.truetype(str(font_path(SANS)), 44), fill=20)
            page.save(self.hot / f".{number}.tmp", format="png", dpi=(150, 150))
            (self.hot / f".{number}.tmp").rename(self.hot / f"{number:02d}.png")

    def start(self) -> None:
        log = (self.program.home / "run.log").open("ab")
        self.line = subprocess.Popen(
            self.program.command("run"), stdout=log, stderr=log, env=self.program.environment(**self.environment)
        )

    def stop(self, number: signal.Signals) -> int:
        assert self.line is not None
        self.line.send_signal(number)
        code = self.line.wait(60)
        self.line = None
        return code

    @property
    def log(self) -> str:
        return (self.program.home / "run.log").read_text(encoding="utf-8", errors="replace")

    def finished(self) -> list[Path]:
        return sorted(self.hot.glob("finalizate/*/*.png"))

    def waiting(self) -> list[Path]:
        return [*self.hot.glob("*.png"), *(self.hot / ".opis" / "claimed").rglob("*.png")]

    def search(self, query: str) -> tuple[int, str]:
        ran = self.program.run("search", query, "--json", **self.environment)
        return ran.code, ran.out or ran.err


def eventually(condition: Callable[[], object], what: str, place: Place) -> None:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain until {what}\n{place.log[-6000:]}")


CASES = [
    pytest.param(parts, id="-and-".join(parts))
    for number in (1, 2)
    for parts in itertools.combinations(("store", "index", "catalog"), number)
]


@pytest.mark.parametrize("down", CASES)
def test_parts_down_under_load(
    down: tuple[str, ...],
    program: Program,
    servers: Servers,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place(program, servers, request.node.nodeid)
    place.start()
    try:
        place.drop(range(FIRST))
        eventually(lambda: len(place.finished()) == FIRST, "the first batches are filed", place)
        for part in down:
            servers.named(part).kill()
        place.drop(range(FIRST, BATCHES // 2))
        _while_down(place, down)
        code = place.stop(signal.SIGKILL if "catalog" in down else signal.SIGTERM)
        assert code in (0, -signal.SIGKILL), place.log[-3000:]
        _started_while_down(place, down)
        for part in down:
            servers.named(part).restart()
        if place.line is None:
            place.start()
        place.drop(range(BATCHES // 2, BATCHES))
        eventually(lambda: len(place.finished()) == BATCHES, "all batches are filed", place)
        _all_is_there(place, monkeypatch)
    finally:
        if place.line is not None:
            place.stop(signal.SIGTERM)
        for part in down:
            if not servers.named(part).running:
                servers.named(part).restart()
    assert "Traceback" not in place.log


def _while_down(place: Place, down: tuple[str, ...]) -> None:
    """What needs what is down waits; what does not goes on."""
    if down == ("index",):
        eventually(lambda: len(place.finished()) == BATCHES // 2, "documents are filed without the index", place)
    else:
        eventually(lambda: "; again in" in place.log or "; waiting" in place.log, "the line says that it waits", place)
        assert len(place.finished()) + len(place.waiting()) == BATCHES // 2
        assert len(place.finished()) < BATCHES // 2
    code, said = place.search("*")
    if "index" in down or "catalog" in down:
        assert code in (0, 3), said
        assert "Traceback" not in said
    else:
        assert code == 0, said
    if "index" in down:
        assert code == 3


def _started_while_down(place: Place, down: tuple[str, ...]) -> None:
    """Without the index a new line files; without store or catalog it does not begin, and says what is missing."""
    before = len(place.log)
    place.start()
    assert place.line is not None
    if down == ("index",):
        eventually(lambda: "index: " in place.log[before:], "it begins, and says that the index is down", place)
        assert place.line.poll() is None
        return
    assert place.line.wait(90) == 3, place.log[-3000:]
    place.line = None


def _all_is_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        home=place.program.home,
        objects_url=place.objects_url,
        catalog_url=place.catalog_url,
        index_url=place.index_url,
    )
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    parts = open_parts(settings)
    idle = {"received": 0, "working": 0, "outbox": 0}
    eventually(lambda: idle.items() <= parts.catalog.counts().items(), "all is worked on and indexed", place)
    batches = parts.catalog.batches(limit=100)
    assert sorted(batch.source for batch in batches) == sorted(f"{number:02d}.png" for number in range(BATCHES))
    documents = {}
    for batch in batches:
        account = parts.catalog.account(batch.id or "")
        assert account.ledger.balanced
        assert account.ledger.received == account.ledger.filed == 1
        for key in batch.originals:
            stored = parts.objects.hash(key)
            assert stored is not None
            assert stored.sha256 == batch.sha256
        for document in account.documents:
            assert document.id not in documents
            documents[document.id] = document
            assert parts.objects.exists(document.objects.pdf or "")
    assert len(documents) == BATCHES
    assert set(parts.index.versions()) == set(documents)
    assert parts.index.search(SearchRequest("numărul", limit=100)).total == BATCHES
    assert not place.waiting()
    finished = {hashlib.sha256(path.read_bytes()).hexdigest() for path in place.finished()}
    assert finished == {batch.sha256 for batch in batches}
    assert not list((place.hot / "eroare").iterdir())
