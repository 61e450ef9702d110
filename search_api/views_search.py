"""A search → what the result page shows: hits, facets and the addresses that change one thing at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from pipeline.ports.index import FacetCount, SearchHit
from search_api.finding import Found
from search_api.rendering import word
from search_api.views import (
    FilingView,
    LinkView,
    Piece,
    document_address,
    filing_view,
    link_view,
    page_numbers,
    pieces,
)

AT_ONCE = 20
FACET_VALUES = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a result page says; empty and None are not said."""

    q: str = ""
    directie: str = ""
    registru: str = ""
    an: int | None = None
    pagina: int = 1

    @property
    def nothing(self) -> bool:
        return not (self.q or self.directie or self.registru or self.an)

    def with_value(self, name: str, value: str | int | None) -> "Asked":
        """The first page of the same with one thing changed."""
        changed: dict[str, Any] = {name: value, "pagina": 1}
        return replace(self, **changed)

    @property
    def address(self) -> str:
        said = {"q": self.q, "directie": self.directie, "registru": self.registru, "an": self.an}
        said["pagina"] = self.pagina if self.pagina > 1 else None
        asked = urlencode({name: value for name, value in said.items() if value})
        return "/cautare" + (f"?{asked}" if asked else "")


@dataclass(frozen=True, slots=True)
class HitView:
    address: str
    snippet: tuple[Piece, ...]
    page: int | None
    link: LinkView
    filing: FilingView
    annex: bool
    held: bool


@dataclass(frozen=True, slots=True)
class FacetValue:
    label: str
    count: int
    address: str | None
    """None where it cannot be filtered by, or is"""
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    title: str
    values: tuple[FacetValue, ...]
    more: int
    """values that are not shown"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter that holds, and the address without it."""

    title: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Results:
    total: int
    hits: tuple[HitView, ...]
    facets: tuple[Facet, ...]
    pages: tuple[tuple[int | None, str], ...]
    """(page, address); None where some are left out"""


_FACETS = {"department": "directie", "register": "registru", "year": "an"}


def results(found: Found, asked: Asked, names: Mapping[str, str], last_page: int) -> Results:
    """``last_page`` bounds how far a list can be followed."""
    answer = found.answer
    last = min(last_page, max(1, -(-answer.total // AT_ONCE)))
    pages = page_numbers(asked.pagina, last) if last > 1 and asked.pagina <= last else ()
    return Results(
        total=answer.total,
        hits=tuple(
            HitView(
                address=document_address(document.id, hit.page, asked.q),
                snippet=_snippet(hit),
                page=hit.page,
                link=link_view(document.link),
                filing=filing_view(document.filing, names, document.pages),
                annex=document.parent is not None,
                held=document.state.value == "held",
            )
            for hit, document in zip(answer.hits, found.documents, strict=True)
        ),
        facets=tuple(
            _facet(name, answer.facets.get(name, ()), asked, names) for name in _FACETS if answer.facets.get(name)
        ),
        pages=tuple((page, replace(asked, pagina=page or 1).address) for page in pages),
    )


def chosen(asked: Asked, names: Mapping[str, str]) -> tuple[Chosen, ...]:
    """The filters that hold."""
    said = {
        "directie": names.get(asked.directie, asked.directie),
        "registru": asked.registru,
        "an": str(asked.an or ""),
    }
    without: dict[str, str | None] = {"directie": "", "registru": "", "an": None}
    return tuple(
        Chosen(word(f"facet_{name}"), said[name], asked.with_value(name, without[name]).address)
        for name in said
        if said[name]
    )


def _snippet(hit: SearchHit) -> tuple[Piece, ...]:
    return pieces(hit.snippet, hit.marks)


def _facet(name: str, counts: Sequence[FacetCount], asked: Asked, names: Mapping[str, str]) -> Facet:
    parameter = _FACETS[name]
    held = str(getattr(asked, parameter) or "")
    values = []
    for count in counts[:FACET_VALUES]:
        known = count.value is not None
        label = names.get(str(count.value), str(count.value)) if known else word(f"facet_{parameter}_none")
        here = known and str(count.value) == held
        address = asked.with_value(parameter, count.value).address if known and not here else None
        values.append(FacetValue(label, count.count, address, here))
    return Facet(word(f"facet_{parameter}"), tuple(values), max(0, len(counts) - FACET_VALUES))
