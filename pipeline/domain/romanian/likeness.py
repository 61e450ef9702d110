"""Whether a word is among words as OCR may have read them."""

from collections.abc import Collection

from pipeline.domain.romanian.edits import within_edits


def tolerance(word: str) -> int:
    """Letters that OCR may have got wrong in a word: none in short ones, and none in digits."""
    if len(word) < 6 or not word.isalpha():
        return 0
    return 1 if len(word) < 10 else 2


def read_as(word: str, read: Collection[str]) -> bool:
    """Whether a folded word is among the folded words read, allowing for OCR."""
    if word in read:
        return True
    limit = tolerance(word)
    return limit > 0 and any(within_edits(word, seen, limit) for seen in read if seen.isalpha())
