"""The frame of a separator sheet printed by Opis: where its lines and marks are, for the printer and the recogniser.

Millimetres on an upright A4 page, from its top left corner. Eight round marks sit on a double line: one in each corner
and one a third of the way along each side, going clockwise. So the frame is the same after half a turn, and its mirror
image (the sheet showing through on its back) is another one.
"""

PAGE = (210.0, 297.0)
INSET = 16.0
"""from the paper's edge to the middle of the marks"""
SIDE_SHARE = 0.32
"""place of the mark on a side, as a share of the side, clockwise"""
MARK_RINGS = (6.0, 4.1, 2.1)
"""radii of black disc, white disc on it, black disc on that"""
MARK_CLEAR = 8.5
"""radius around a mark that the lines leave white"""
LINE_WIDTH = 1.5
LINE_OFFSET = 1.6
"""each line of the double frame is so far from the middle"""

CORNERS = (
    (INSET, INSET),
    (PAGE[0] - INSET, INSET),
    (PAGE[0] - INSET, PAGE[1] - INSET),
    (INSET, PAGE[1] - INSET),
)


def _along(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


SIDES = tuple((CORNERS[place], CORNERS[(place + 1) % 4]) for place in range(4))
"""start and end of each side, clockwise from the top"""
MARKS = tuple(mark for start, end in SIDES for mark in (start, _along(start, end, SIDE_SHARE)))
"""middle of each mark, clockwise from the top left corner: corner, side, corner, side …"""
