"""The ledger as a sentence, with Romanian plurals."""

import pytest

from pipeline.domain.batches import Ledger
from pipeline.domain.sentences import ledger_sentence


@pytest.mark.parametrize(
    ("ledger", "sentence"),
    [
        (Ledger(40, 32, 8), "40 de pagini = 32 în documente + 8 separatoare"),
        (Ledger(1, 1), "o pagină = 1 în documente"),
        (Ledger(0), "0 pagini = 0 în documente"),
        (Ledger(4, 1, 1, 1, 1), "4 pagini = 1 în documente + 1 separator + 1 verso de separator + 1 goală"),
        (Ledger(121, 100, 0, 0, 20, 1), "121 de pagini = 100 în documente + 20 goale + 1 respinsă"),
        (
            Ledger(1254, 1214, 20, 20),
            "1.254 de pagini = 1.214 în documente + 20 de separatoare + 20 de versouri de separator",
        ),
        (Ledger(202, 100, 101, 0, 0, 1), "202 pagini = 100 în documente + 101 separatoare + 1 respinsă"),
        (Ledger(3, 1), "3 pagini = 1 în documente (NU se închide)"),
    ],
)
def test_the_sentence_adds_up(ledger: Ledger, sentence: str) -> None:
    assert ledger_sentence(ledger) == sentence
