"""Frozen values to JSON and back: for manifests, the catalog's columns and the worker's pipe."""

from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")
_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(kind: Any, value: Any) -> bytes:
    """Compact UTF-8 JSON of a value of the given type."""
    return _adapter(kind).dump_json(value)


def from_json(kind: type[T], data: bytes | str) -> T:
    """The value back; raises ``pydantic.ValidationError`` (a ``ValueError``) when the data does not fit."""
    return cast(T, _adapter(kind).validate_json(data))


def to_plain(kind: Any, value: Any) -> Any:
    """Lists, dicts, strings, numbers: what ``json.dumps`` takes."""
    return _adapter(kind).dump_python(value, mode="json")
