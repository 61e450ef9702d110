"""The DejaVu fonts of the Debian package ``fonts-dejavu-core``: where they are, whether they are there."""

from functools import cache
from pathlib import Path

from pipeline.domain.errors import MissingPart
from pipeline.domain.messages import say
from pipeline.ports.probe import Probe

PACKAGE = "fonts-dejavu-core"
SANS = "DejaVuSans.ttf"
SANS_BOLD = "DejaVuSans-Bold.ttf"
_ROOTS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
)


@cache
def font_path(name: str = SANS) -> Path:
    """The font file of that name; ``MissingPart`` naming the package when the system has none."""
    for root in _ROOTS:
        path = root / name
        if path.is_file():
            return path
    for root in _ROOTS[1:]:
        found = sorted(root.rglob(name)) if root.is_dir() else []
        if found:
            return found[0]
    raise MissingPart(f"font {name} not found (Debian package {PACKAGE})")


def probe_fonts() -> Probe:
    """Whether the fonts that sheets and text layers are set in can be found."""
    try:
        folders = {font_path(name).parent for name in (SANS, SANS_BOLD)}
    except MissingPart:
        return Probe("fonturi DejaVu", False, None, False, say("separators.mend_fonts"))
    return Probe("fonturi DejaVu", True, str(min(folders)), True, "")
