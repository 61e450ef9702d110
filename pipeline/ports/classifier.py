"""Which department is competent, as far as the text says."""

from collections.abc import Sequence
from typing import Protocol

from pipeline.domain.filing import Classification, Department


class Classifier(Protocol):
    def departments(self) -> tuple[Department, ...]:
        """All departments of the institution, EXTERN among them."""

    def classify(self, pages: Sequence[tuple[int, str]], sender: str | None, subject: str | None) -> Classification:
        """``pages`` are (batch page, text). An empty text gives no candidates."""
