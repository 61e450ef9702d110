"""Lays a letter out on page one: letterhead, addressee, body, signature, and the registry's mark."""

from random import Random

from PIL import Image, ImageDraw

from opis.demo.canvas import BLUE, INK, RED, Canvas
from opis.demo.handwriting import signature
from opis.demo.letters import Letter
from opis.demo.stamps import BAND, Mark, apply_mark

BOTTOM = 282.0
SIZES = (12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0)
"""points, tried in turn until the letter is on one page"""


def letter_page(
    content: Letter | str,
    rng: Random | None = None,
    dpi: int = 300,
    mark: Mark | None = None,
    colour: bool = False,
    sheets: int = 1,
) -> tuple[Image.Image, str]:
    """Page one (A4; mode L, or RGB when ``colour``) and its text without the mark.

    A plain text is set paragraph by paragraph. ``sheets`` above one adds a line that names the enclosures.
    """
    state = (rng or Random(0)).getstate()
    for points in SIZES:
        drawn = Random()
        drawn.setstate(state)
        canvas = Canvas(dpi, colour, top=BAND if mark else 22.0)
        if isinstance(content, str):
            _plain(canvas, content, points)
        else:
            _letter(canvas, content, points, drawn, sheets, mark is not None)
        if canvas.y <= BOTTOM:
            break
    if mark is not None:
        apply_mark(canvas, mark, drawn)
    return canvas.image, canvas.text


def _plain(canvas: Canvas, text: str, points: float) -> None:
    for paragraph in text.split("\n"):
        canvas.paragraph(paragraph, points=points)
        canvas.y += 2.0


def _letter(canvas: Canvas, letter: Letter, points: float, rng: Random, sheets: int, marked: bool) -> None:
    face, formal = letter.face, bool(letter.letterhead)
    if formal:
        _letterhead(canvas, letter, rng, marked)
    elif not marked:
        canvas.y += rng.uniform(0, 14)
    if letter.own_number:
        canvas.y += 8.0
        canvas.put(25, canvas.y, letter.own_number, face, points)
        canvas.y += 4.0
    canvas.y += 6.0
    for number, line in enumerate(letter.addressee):
        left = 25.0 if formal or rng.random() < 0.5 else 35.0
        canvas.paragraph(line, face, points, left=left, bold=formal and number == 0)
    canvas.y += 4.0
    if letter.subject_line.isupper():
        canvas.y += 6.0
        canvas.put(107, canvas.y, letter.subject_line, face, points + 2, True, "ms")
        canvas.y += 2.0
    elif letter.subject_line:
        canvas.paragraph(letter.subject_line, face, points, bold=rng.random() < 0.5)
    canvas.y += 3.0
    justify = formal and rng.random() < 0.7
    indent = rng.choice([0.0, 12.5, 12.5])
    for paragraph in letter.paragraphs:
        canvas.paragraph(paragraph, face, points, indent=indent, justify=justify)
        canvas.y += 1.5
    if sheets > 1:
        canvas.paragraph(f"Anexe: {sheets - 1} {'filă' if sheets == 2 else 'file'}", face, points)
    _ending(canvas, letter, points, rng, formal)


def _letterhead(canvas: Canvas, letter: Letter, rng: Random, marked: bool) -> None:
    """At the left when a mark stands at the right, else in the middle, with a rule below."""
    y, middle = 20.0, 105.0
    for number, line in enumerate(letter.letterhead):
        points = 12.0 if number == 0 else 9.0
        if marked:
            canvas.fitted(25, y, line, 92, letter.face, points, number == 0)
        else:
            canvas.put(middle, y, line, letter.face, points, number == 0, "ms")
        y += 5.5
    rule = max(y, BAND - 4.0) if marked else y
    canvas.line([(25, rule), (190, rule)], 0.5 if rng.random() < 0.5 else 0.25)
    canvas.y = rule + 1.0


def _ending(canvas: Canvas, letter: Letter, points: float, rng: Random, formal: bool) -> None:
    canvas.y += 4.0
    canvas.paragraph(letter.close, letter.face, points, left=25.0 if rng.random() < 0.5 else 37.5)
    canvas.y += 9.0
    row, left = canvas.y, 125.0
    canvas.put(25, row, letter.place_and_date, letter.face, points)
    for number, line in enumerate(letter.signer):
        canvas.put(left, row + number * 5.5, line, letter.face, points)
    under = row + len(letter.signer) * 5.5
    ink = BLUE if rng.random() < 0.6 else INK
    canvas.stamp(signature(canvas.pixels(rng.uniform(36, 52)), rng), left + rng.uniform(-4, 12), under - 3.0, ink)
    if formal and rng.random() < 0.6:
        _round_seal(canvas, left - 34.0, under - 12.0, rng)
    canvas.y = under + 14.0


def _round_seal(canvas: Canvas, x: float, y: float, rng: Random) -> None:
    """The sender's round seal: two rings and a star of strokes, no words."""
    size = canvas.pixels(32)
    mask = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(mask)
    pen = max(2, canvas.pixels(0.4))
    for share in (0.0, 0.06, 0.28):
        edge = size * share / 2 + pen
        draw.ellipse((edge, edge, size - edge, size - edge), outline=200, width=pen)
    for step in range(0, 360, 30):
        draw.arc((size * 0.2, size * 0.2, size * 0.8, size * 0.8), step, step + 12, fill=160, width=pen * 2)
    canvas.stamp(mask.rotate(rng.uniform(0, 90), Image.Resampling.BILINEAR), x, y, BLUE if rng.random() < 0.7 else RED)
