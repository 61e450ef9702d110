"""Settings: read once into frozen values and handed down; the defaults are the embedded ones."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

DEFAULT_STICKER_PATTERN = r"^(?:(?P<register>[A-Z]{1,12})[- ])?(?P<number>\d{1,12})/(?P<year>\d{4})$"


class Lane(StrEnum):
    REGISTRY = "registry"
    RETRO = "retro"


class Blanks(StrEnum):
    KEEP = "keep"
    SET_ASIDE = "set-aside"


@dataclass(frozen=True, slots=True)
class Institution:
    code: str = "DEMO"
    """what separators must name"""
    name: str = "Primăria Demonstrativă"
    departments: Path | None = None
    """a TOML file; None: the shipped ones"""
    default_register: str = "RG"
    """stamps name none"""


@dataclass(frozen=True, slots=True)
class Profile:
    """One hot folder: ``home/hot/<name>``."""

    name: str = "registratura"
    lane: Lane = Lane.REGISTRY
    duplex: bool = False
    separators: tuple[str, ...] = ("opis",)
    """``opis``, ``fixed:TEXT``, ``sticker``"""
    sticker_pattern: str = DEFAULT_STICKER_PATTERN
    language: str = "ron"
    blanks: Blanks = Blanks.KEEP
    settle_seconds: float = 5.0
    broken_after_seconds: float = 60.0
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path
    institution: Institution = Institution()
    profiles: tuple[Profile, ...] = (Profile(),)
    objects_url: str = "file:objects"
    catalog_url: str = "sqlite:///catalog.db"
    index_url: str = "tantivy:index"
    workers: int = 0
    """0 = one a core"""
    scheduler: str = ""
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    source: Path | None = field(default=None, compare=False)
    """the TOML file they came from"""

    def profile(self, name: str) -> Profile | None:
        return next((profile for profile in self.profiles if profile.name == name), None)
