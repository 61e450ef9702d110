"""How many sheets a document has: most have one to three, the mean is near ten, a few are dossiers of a hundred."""

from random import Random

DISTRIBUTION = (
    (0.33, 1, 1),
    (0.22, 2, 2),
    (0.13, 3, 3),
    (0.14, 4, 8),
    (0.07, 9, 20),
    (0.055, 21, 60),
    (0.055, 61, 100),
)
"""share of documents, fewest and most sheets (each number between them as likely): a mean of 9.8"""


def draw_sheets(rng: Random, most: int | None = None) -> int:
    _, fewest, greatest = rng.choices(DISTRIBUTION, weights=[share for share, _, _ in DISTRIBUTION])[0]
    sheets = rng.randint(fewest, greatest)
    return sheets if most is None else min(sheets, most)
