"""Page images for the web, made in a sandboxed child from what is stored."""

import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

from opis.wiring import Parts
from pipeline.domain.errors import NotFound
from pipeline.domain.work import SourceFormat
from pipeline.engines.calls import PREVIEW, PreviewCall
from pipeline.engines.sandbox import Sandbox

SECONDS = 60
KEPT = 64
"""page images kept in memory, the oldest goes first"""


class SandboxPreviews:
    """Pages of stored PDFs as JPEG. Safe for several threads: one page at a time."""

    def __init__(self, parts: Parts) -> None:
        self._objects = parts.objects
        self._sandbox = Sandbox(parts.settings.home / "scratch-web")
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()

    def page(self, key: str, place: int, width: int) -> bytes:
        """Page ``place`` (from 1) of the PDF under ``key``, ``width`` pixels wide.

        Errors: ``NotFound``, ``InputFault`` (no such page), ``WorkerFault``.
        """
        wanted = (key, place, width)
        with self._lock:
            if wanted not in self._made:
                self._made[wanted] = self._make(key, place, width)
                if len(self._made) > KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(wanted)
            return self._made[wanted]

    def close(self) -> None:
        with self._lock:
            self._sandbox.close()

    def _make(self, key: str, place: int, width: int) -> bytes:
        local = self._objects.local_path(key)
        if local is not None:
            return self._render(local, place, width)
        if not self._objects.exists(key):
            raise NotFound(key)
        with tempfile.NamedTemporaryFile(dir=self._sandbox.folder) as copy:
            copy.write(self._objects.read(key))
            copy.flush()
            return self._render(Path(copy.name), place, width)

    def _render(self, path: Path, place: int, width: int) -> bytes:
        out = self._sandbox.folder / "page.jpg"
        self._sandbox.call(PREVIEW, PreviewCall(str(path), SourceFormat.PDF, place - 1, width, str(out)), SECONDS)
        try:
            return out.read_bytes()
        finally:
            out.unlink(missing_ok=True)
