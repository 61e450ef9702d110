"""What an object key may look like: one rule for every adapter."""

import re

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")


def fault_of_key(key: str) -> str | None:
    """Why the text is no key, in English; None when it is one.

    A key is segments joined by ``/``: none empty, none that begins with a dot (``.`` and ``..`` among them, and the
    adapters' own files), no backslash, no control character, at most 255 bytes each and 1024 in all.
    """
    if _FORBIDDEN.search(key):
        return "a backslash or a character that cannot be shown"
    if len(key.encode("utf-8")) > MAX_KEY_BYTES:
        return "longer than 1024 bytes"
    for segment in key.split("/"):
        if not segment:
            return "an empty segment"
        if segment.startswith("."):
            return "a segment that begins with a dot"
        if len(segment.encode("utf-8")) > MAX_SEGMENT_BYTES:
            return "a segment longer than 255 bytes"
    return None


def checked_key(key: str) -> str:
    """The key itself; raises ``ValueError`` when it is none."""
    fault = fault_of_key(key)
    if fault is not None:
        raise ValueError(f"not an object key ({fault}): {key!r}")
    return key


def checked_prefix(prefix: str) -> str:
    """A beginning of keys: empty, or a key that may end in ``/``; raises ``ValueError`` for anything else."""
    if prefix:
        checked_key(prefix.removesuffix("/"))
    return prefix
