"""The text of a code as it is kept: foreign, possibly binary, never longer than a page can bear."""

MAX_CHARACTERS = 4096


def shown_text(text: str) -> str:
    """Cut to 4096 characters; halves of surrogate pairs become U+FFFD; control characters stay."""
    return text[:MAX_CHARACTERS].encode("utf-8", errors="replace").decode("utf-8", errors="replace")
