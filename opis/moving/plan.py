"""What a move has to do: where each part is now, where it is to be, and whether that can be."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import parse_qs, urlsplit

from pipeline.domain.addresses import without_password
from pipeline.domain.errors import UsageError
from pipeline.domain.messages import say
from pipeline.domain.settings import Settings

PARTS = ("objects", "catalog", "index")
_PORTS = {"postgresql": 5432, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part is kept: two places are the same when their ``identity`` is, whatever user the URL names."""

    identity: tuple[str, ...]
    shown: str
    """for persons: no user, no password"""
    path: Path | None = None
    """of a part on this machine, without links"""
    bucket: PurePath | None = None
    """of objects on a server: where the bucket is, its name, the prefix"""

    @property
    def area(self) -> PurePath | None:
        """What may lie inside another part's area; None for what cannot."""
        return self.path or self.bucket


@dataclass(frozen=True, slots=True)
class MovePlan:
    source: Settings
    target: Settings
    places: dict[str, tuple[Place, Place]]
    """part → where it is, where it is to be"""

    def moves(self, part: str) -> bool:
        was, becomes = self.places[part]
        return was.identity != becomes.identity

    @property
    def home_changes(self) -> bool:
        return self.source.home.resolve() != self.target.home.resolve()


def plan_move(source: Settings, target: Settings) -> MovePlan:
    """Raises ``UsageError`` when nothing would move, or one place lies inside another."""
    places = {part: (place_of(part, source), place_of(part, target)) for part in PARTS}
    plan = MovePlan(source, target, places)
    if not plan.home_changes and not any(plan.moves(part) for part in PARTS):
        raise _refused("nothing to move: each part is already where the file says", "moving.nothing_to_move")
    _refuse_nested(plan)
    return plan


def place_of(part: str, settings: Settings) -> Place:
    """``part``: ``objects``, ``catalog`` or ``index``."""
    return _PLACES[part](getattr(settings, f"{part}_url"), settings.home)


def _refuse_nested(plan: MovePlan) -> None:
    """A copy inside what is copied would change the source, and never end."""
    moving = [plan.places[part] for part in PARTS if plan.moves(part)]
    staying = [plan.places[part][0] for part in PARTS if not plan.moves(part)]
    old = [place.area for place in (*(was for was, _ in moving), *staying) if place.area is not None]
    new = [becomes.area for _, becomes in moving if becomes.area is not None]
    if plan.home_changes and any(plan.target.home.resolve().is_relative_to(path) for path in old):
        new.append(plan.target.home.resolve())
    for path in new:
        for other in old:
            if path.is_relative_to(other) or other.is_relative_to(path):
                raise _refused(f"{path} and {other} lie inside each other", "moving.nested", one=path, other=other)
    for place, path in enumerate(new):
        if any(path.is_relative_to(other) or other.is_relative_to(path) for other in new[:place]):
            raise _refused(f"{path}: two parts of the target lie inside each other", "moving.nested_new", path=path)


def _refused(message: str, code: str, **values: object) -> UsageError:
    fault = UsageError(message)
    fault.advice = say(code, **values)
    return fault


def _objects_place(url: str, home: Path) -> Place:
    if url.startswith("file:"):
        return _folder(_literal(url), home)
    parts = urlsplit(url)
    endpoint = urlsplit("".join(parse_qs(parts.query).get("endpoint", [])))
    server = _server(endpoint.scheme, endpoint.netloc)
    bucket = PurePath("s3:", *server, parts.netloc.rpartition("@")[2], parts.path.strip("/"))
    return Place((str(bucket),), without_password(url), bucket=bucket)


def _catalog_place(url: str, home: Path) -> Place:
    scheme, _, rest = url.partition(":")
    if scheme.startswith("sqlite"):
        return _folder(rest.removeprefix("///"), home)
    parts = urlsplit(url)
    host = "".join(parse_qs(parts.query).get("host", [])) or parts.netloc
    return Place((*_server("postgresql", host), parts.path.strip("/")), without_password(url))


def _index_place(url: str, home: Path) -> Place:
    if url.startswith("tantivy:"):
        return _folder(_literal(url), home)
    parts = urlsplit(url.removeprefix("elasticsearch+"))
    return Place((*_server(parts.scheme, parts.netloc), parts.path.strip("/")), without_password(url))


_PLACES = {"objects": _objects_place, "catalog": _catalog_place, "index": _index_place}


def _literal(url: str) -> str:
    rest = url.partition(":")[2]
    return rest.removeprefix("//") if rest.startswith("///") else rest


def _folder(path: str, home: Path) -> Place:
    resolved = (home / path).resolve()
    return Place(("folder", str(resolved)), str(resolved), resolved)


def _server(scheme: str, address: str) -> tuple[str, str]:
    """Scheme, and host with port, of an address that may begin with a user."""
    host = address.rpartition("@")[2].lower()
    bare = ":" not in host.rpartition("]")[2]
    return scheme, f"{host}:{_PORTS[scheme]}" if bare and scheme in _PORTS else host
