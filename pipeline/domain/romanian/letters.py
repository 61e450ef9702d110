"""Romanian letters: comma-below ș and ț for every other spelling of them, and the folded form that is compared."""

import unicodedata

_COMMA = str.maketrans("şţŞŢ", "șțȘȚ")


class _Folding(dict[int, str]):
    """Code point → its folded letter, filled as letters are met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        parts = unicodedata.normalize("NFD", letter)
        if all(unicodedata.combining(mark) for mark in parts[1:]):
            letter = parts[0]
        lower = letter.lower()
        self[code] = folded = lower if len(lower) == 1 else letter
        return folded


_FOLDING = _Folding()


def comma_letters(text: str) -> str:
    """NFC text with ș ț Ș Ț where it had cedilla letters, or s and t with a combining comma or cedilla."""
    composed = unicodedata.normalize("NFC", text).translate(_COMMA)
    return unicodedata.normalize("NFC", composed)


def fold(text: str) -> str:
    """Lower case without diacritics: ``Înștiințare`` → ``instiintare``.

    One code point of ``comma_letters(text)`` gives exactly one of the result, so an offset into the one is an offset
    into the other. (A mark that composes with no letter stands for itself.)
    """
    return comma_letters(text).translate(_FOLDING)
