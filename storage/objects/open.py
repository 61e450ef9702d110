"""Opens the object store that a URL of the configuration names."""

from pathlib import Path

from pipeline.domain.errors import ConfigurationError
from pipeline.ports.objects import ObjectStore
from storage.objects.folder import FolderStore


def open_objects(url: str, home: Path) -> ObjectStore:
    """``file:PATH`` (relative to the home, taken literally) is a folder, made when missing and swept of leftovers.

    ``s3://BUCKET?endpoint=URL`` is a bucket (see ``storage.objects.s3``). Errors: ``ConfigurationError`` (another
    scheme, no path), ``PartUnfit``, ``PartDown``, ``StorageFull``.
    """
    scheme, colon, rest = url.partition(":")
    if scheme == "s3":
        from storage.objects.s3 import open_s3

        return open_s3(url)
    if not colon or scheme != "file":
        raise ConfigurationError(f"objects.url: objects are kept in a folder (file:…) or in s3://…, not in {scheme!r}")
    path = rest.removeprefix("//") if rest.startswith("///") else rest
    if not path or path.startswith("//"):
        raise ConfigurationError("objects.url: file: needs the path of a folder")
    store = FolderStore(home / path)
    store.sweep()
    return store
