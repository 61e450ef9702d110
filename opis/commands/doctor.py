"""``opis doctor``: every external part: present, version, good or not, how to mend it."""

import platform
from typing import Any

import click

from opis.context import Context, pass_own
from opis.examination import examine
from pipeline.domain.errors import OpisError
from pipeline.engines.fonts import probe_fonts
from pipeline.engines.poppler import probe_poppler
from pipeline.engines.sandbox import probe_sandbox
from pipeline.engines.tesseract import probe_tesseract
from pipeline.engines.zbar import probe_zbar
from pipeline.engines.zxing import probe_zxing
from pipeline.ports.probe import Probe


@click.command()
@pass_own
def doctor(own: Context) -> int:
    """Look at every external part; exit 3 when one is missing or not good."""
    languages = sorted({profile.language for profile in own.settings.profiles} | {"osd"})
    probes = [
        Probe("python", True, platform.python_version(), True, ""),
        *(probe_tesseract(language) for language in languages),
        probe_poppler(),
        probe_zbar(),
        probe_zxing(),
        probe_fonts(),
        probe_sandbox(),
        *_configured(own),
    ]
    good = all(probe.good for probe in probes)
    own.answer({"good": good, "parts": [*map(_answer, probes)]}, "\n".join(map(_text, probes)))
    return 0 if good else 3


def _configured(own: Context) -> list[Probe]:
    try:
        parts = own.parts
    except OpisError as fault:
        return [Probe("home", False, None, False, f"{fault} {fault.advice}", str(own.settings.home))]
    return examine(parts)


def _answer(probe: Probe) -> dict[str, Any]:
    return {
        "part": probe.part,
        "found": probe.found,
        "version": probe.version,
        "good": probe.good,
        "mend": probe.mend,
        "address": probe.address,
        "details": dict(probe.details),
    }


def _text(probe: Probe) -> str:
    """One line, and one more for where it is and what else is known."""
    sign = "✓" if probe.good else "✗"
    line = f"{sign} {probe.part:<22} {probe.version or '—':<24} {probe.mend}".rstrip()
    known = [probe.address, *(f"{name}: {value}" for name, value in probe.details)]
    more = " · ".join(filter(None, known))
    return f"{line}\n    {more}" if more else line
