"""How many typing errors lie between two words, up to a bound."""


def allowed_edits(word: str) -> int:
    """Errors that a word of this length is forgiven: none below four letters or with digits, one, two from eight on."""
    if len(word) < 4 or not word.isalpha() or len(word) > 40:
        return 0
    return 1 if len(word) < 8 else 2


def within_edits(one: str, other: str, most: int) -> bool:
    """Whether at most ``most`` letters were left out, added, changed or swapped with their neighbour."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, other_letter in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other_letter))
            if older and j > 1 and letter == other[j - 2] and one[i - 2] == other_letter:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most
