"""What C libraries write to stderr while they decode: often the only sign that an image is damaged."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_KEPT = 4096
_HARMLESS = re.compile(r"^Corrupt JPEG data: \d{1,2} extraneous bytes before marker 0xd9$")
"""a little padding before the end marker"""


class Complaints:
    """Filled when the block ends."""

    def __init__(self) -> None:
        self.text = ""
        """the first complaints on one line; empty when all went well"""


@contextmanager
def listening() -> Iterator[Complaints]:
    """Catches file descriptor 2 during the block. For the single-threaded child: other threads write there too."""
    complaints = Complaints()
    with tempfile.TemporaryFile(prefix="stderr-") as caught:
        kept = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield complaints
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            lines = caught.read(_KEPT).decode("utf-8", "replace").splitlines()
            complaints.text = "; ".join(line for line in lines if line and not _HARMLESS.match(line))[:300]
