"""A light stem as second chance for words that the dictionary lacks: endings of case, number and article come off."""

from functools import lru_cache

from pipeline.domain.romanian.words import word_lists

_LISTS = word_lists("stems")
_ENDINGS = tuple(sorted(_LISTS["endings"], key=len, reverse=True))
_SHORTEST: int = _LISTS["shortest"]


@lru_cache(maxsize=100_000)
def light_stem(key: str) -> str:
    """A folded word without its longest ending; short words and words with digits stay whole."""
    if not key.isalpha():
        return key
    for ending in _ENDINGS:
        if key.endswith(ending) and len(key) - len(ending) >= _SHORTEST:
            return key[: -len(ending)]
    return key
