"""Opens the index that a URL of the configuration names."""

from pathlib import Path

from pipeline.domain.errors import ConfigurationError
from pipeline.ports.index import Index
from storage.index.tantivy_index import TantivyIndex


def open_index(url: str, home: Path) -> Index:
    """``tantivy:PATH`` (relative to the home, taken literally) is a folder, made at the first document.

    ``elasticsearch+http(s)://HOST:PORT/NAME`` is a server (see ``storage.index.elastic_index``). Errors:
    ``ConfigurationError`` (another scheme, no path), ``PartUnfit``, ``PartDown``.
    """
    scheme, colon, rest = url.partition(":")
    if scheme.startswith("elasticsearch+"):
        from storage.index.elastic_index import open_elastic

        return open_elastic(url)
    if not colon or scheme != "tantivy":
        raise ConfigurationError(f"index.url: the index is tantivy:… or elasticsearch+http(s)://…, not {scheme!r}")
    path = rest.removeprefix("//") if rest.startswith("///") else rest
    if not path or path.startswith("//"):
        raise ConfigurationError("index.url: tantivy: needs the path of a folder")
    return TantivyIndex(home / path)
