"""``opis doctor``: every external part: present, version, good or not, how to mend it."""

import platform
import shutil

import click

from opis.context import Context, pass_own
from pipeline.domain.errors import OpisError
from pipeline.engines.fonts import probe_fonts
from pipeline.engines.poppler import probe_poppler
from pipeline.engines.sandbox import probe_sandbox
from pipeline.engines.tesseract import probe_tesseract
from pipeline.engines.zbar import probe_zbar
from pipeline.engines.zxing import probe_zxing
from pipeline.ports.probe import Probe

LEAST_FREE = 2 * 2**30


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
        *_stores(own),
    ]
    answer = {
        "good": all(probe.good for probe in probes),
        "parts": [
            {
                "part": probe.part,
                "found": probe.found,
                "version": probe.version,
                "good": probe.good,
                "mend": probe.mend,
            }
            for probe in probes
        ],
    }
    own.answer(answer, "\n".join(map(_line, probes)))
    return 0 if answer["good"] else 3


def _stores(own: Context) -> list[Probe]:
    try:
        parts = own.parts
        parts.open_all()
    except OpisError as fault:
        return [Probe("home", False, None, False, f"{fault} {fault.advice}")]
    return [parts.objects.probe(), parts.catalog.probe(), parts.index.probe(), _space(own)]


def _space(own: Context) -> Probe:
    free = shutil.disk_usage(own.settings.home).free
    mend = "" if free >= LEAST_FREE else "eliberați spațiu pe disc"
    return Probe("spațiu pe disc", True, f"{free / 2**30:.1f} GiB", free >= LEAST_FREE, mend)


def _line(probe: Probe) -> str:
    sign = "✓" if probe.good else "✗"
    return f"{sign} {probe.part:<20} {probe.version or '—':<24} {probe.mend}".rstrip()
