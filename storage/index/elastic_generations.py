"""The indices behind the alias: which one holds, which are being built, and how one takes the other's place at once."""

import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.domain.errors import PartUnfit
from pipeline.domain.messages import say
from storage.index.elastic_mapping import MAKER, mapping, settings
from storage.index.elastic_server import Server
from storage.index.faults import IndexBlocked, OtherLayout
from storage.index.fields import LAYOUT

_FIRST = "first"
"""the generation that begins without a rebuild: two processes that begin at once begin the same"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found on the server."""

    address: str
    """of the server, without password"""
    current: str | None
    """name of the index that the alias stands for"""
    layout: str | None
    building: tuple[str, ...]
    """indices of ours that do not hold: of a rebuild under way, or left by one that was cut off"""

    @property
    def usable(self) -> str | None:
        """The current index; raises ``OtherLayout`` when this program cannot read it."""
        if self.current is not None and self.layout != LAYOUT:
            raise OtherLayout(f"index at {self.address}: {self.current} has another layout, wanted {LAYOUT}")
        return self.current


class Generations:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._alias = server.address.name
        self._ours = re.compile(rf"{re.escape(self._alias)}-v\d+-[0-9a-z]+")

    def look(self) -> Standing:
        """Errors: ``PartUnfit`` when the name belongs to somebody else."""
        wanted = f"/{self._alias},{self._alias}-*?ignore_unavailable=true&expand_wildcards=open,closed"
        found = self._server.ask("GET", f"{wanted}&filter_path=*.aliases,*.mappings._meta")
        holding = [name for name, index in found.items() if self._alias in index.get("aliases", {})]
        foreign = [name for name in holding if not self._is_ours(name, found[name])]
        if foreign or self._alias in found or len(holding) > 1:
            named = ", ".join(foreign or holding or [self._alias])
            raise PartUnfit(
                f"index at {self._server.address.shown}: the name is taken by {named}",
                say("elastic.taken", name=self._alias),
            )
        building = [name for name, index in found.items() if name not in holding and self._is_ours(name, index)]
        current = holding[0] if holding else None
        layout = _meta(found[current]).get("layout") if current else None
        return Standing(self._server.address.shown, current, layout, tuple(sorted(building)))

    def check(self) -> None:
        """Raises what keeps the current index from being read (``look``, ``usable``) or, ``IndexBlocked``, written."""
        current = self.look().usable
        if current is None:
            return
        found = self._server.ask("GET", f"/{current}/_settings/index.blocks.*?flat_settings=true")
        blocks = found.get(current, {}).get("settings", {})
        on = sorted(key for key, value in blocks.items() if value == "true")
        if on:
            raise IndexBlocked(f"index at {self._server.address.shown}: {current} has {', '.join(on)}")

    def begin(self) -> str:
        """The first generation, holding at once; one that another process began meanwhile will do."""
        name = f"{self._alias}-{LAYOUT}-{_FIRST}"
        answer = self._create(name, self._alias, accept=(400,))
        if "error" in answer:
            standing = self.look()
            if standing.usable is not None:
                return standing.usable
            self.remove([name])
            self._create(name, self._alias)
        return name

    def build(self) -> str:
        """A new generation beside; it is written by its own alias (see ``door``)."""
        name = f"{self._alias}-{LAYOUT}-{time.time_ns() // 1_000_000:x}{secrets.token_hex(3)}"
        self._create(name, door(name))
        return name

    def adopt(self, generation: str) -> None:
        """In one step the alias stands for this generation, and the one it stood for is gone."""
        current = self.look().current
        actions: list[dict[str, Any]] = [{"add": {"index": generation, "alias": self._alias}}]
        if current is not None and current != generation:
            actions.append({"remove_index": {"index": current}})
        self._server.ask("POST", "/_aliases", {"actions": actions})

    def remove(self, generations: Iterable[str]) -> None:
        for name in generations:
            self._server.ask("DELETE", f"/{name}?ignore_unavailable=true")

    def _create(self, name: str, alias: str, accept: tuple[int, ...] = ()) -> Any:
        body = {
            "settings": settings(self._server.address.replicas),
            "mappings": mapping(self._alias),
            "aliases": {alias: {}},
        }
        return self._server.ask("PUT", f"/{name}", body, accept=accept)

    def _is_ours(self, name: str, index: dict[str, Any]) -> bool:
        meta = _meta(index)
        mine = meta.get("made_by") == MAKER and meta.get("for") == self._alias
        return mine and self._ours.fullmatch(name) is not None


def door(generation: str) -> str:
    """The alias by which a generation under way is written: with its index it goes, and is not made anew by a write."""
    return f"{generation}~"


def _meta(index: dict[str, Any]) -> dict[str, Any]:
    meta = index.get("mappings", {}).get("_meta", {})
    return meta if isinstance(meta, dict) else {}
