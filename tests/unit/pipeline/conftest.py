"""Pages as an OCR engine would have read them, set word by word."""

from collections.abc import Callable, Sequence

import pytest

from pipeline.domain.pages import PageText, Word

Line = tuple[int, int, str] | tuple[int, int, str, float]
"""left, top, text, and the confidence of its words where it is not 0.95"""
PageOf = Callable[[Sequence[Line]], PageText]

LETTER, HEIGHT = 20, 34


@pytest.fixture
def page_of() -> PageOf:
    """Makes an A4 page at 300 dpi; lines at one height are one text line, as engines that read across columns do."""

    def make(lines: Sequence[Line]) -> PageText:
        words: list[Word] = []
        rows: list[int] = []
        for left, top, text, *sure in sorted(lines, key=lambda line: (line[1], line[0])):
            if top not in rows:
                rows.append(top)
            for word in text.split(" "):
                if word:
                    width = LETTER * len(word)
                    confidence = sure[0] if sure else 0.95
                    words.append(Word(word, left, top, width, HEIGHT, confidence, rows.index(top)))
                left += LETTER * (len(word) + 1)
        by_row = [[word.text for word in words if word.line == row] for row in range(len(rows))]
        text = "\n".join(" ".join(row) for row in by_row)
        return PageText(2480, 3508, 300.0, 0, tuple(words), text, text, 0.95, "test")

    return make
