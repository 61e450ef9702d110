"""What the pages are made from: the ports they read and the names they show."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.domain.settings import Institution
from pipeline.ports.catalog import Catalog
from pipeline.ports.index import Index
from pipeline.ports.objects import ObjectStore
from search_api.previews import PagePreviews


@dataclass(frozen=True, slots=True)
class WebParts:
    catalog: Catalog
    index: Index
    objects: ObjectStore
    departments: Mapping[str, str]
    """name of each department by its code"""
    institution: Institution
    previews: PagePreviews
