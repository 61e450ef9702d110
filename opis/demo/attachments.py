"""Pages two to n of a document: declarations, tables of sums, extracts, decisions, plans, reports, each drawn anew."""

from collections.abc import Callable
from random import Random
from typing import Any

from PIL import Image

from opis.demo.canvas import BLUE, Canvas
from opis.demo.handwriting import signature
from opis.demo.knowledge import data
from opis.demo.people import Facts, full_name
from opis.demo.sketches import draw_plan

KINDS = {
    "report": 7,
    "table": 4,
    "declaration": 2,
    "extract": 2,
    "decision": 2,
    "minutes": 2,
    "contract": 2,
    "receipt": 2,
    "plan": 2,
    "signatures": 1,
    "identity": 1,
}
"""how often each kind comes, by weight"""
BOTTOM = 270.0


def attachment_page(
    department: str, facts: Facts, rng: Random, number: int, dpi: int = 300, kind: str | None = None
) -> tuple[Image.Image, str]:
    """An A4 page (mode L) and its text; ``number`` is its place in the document, from 2, sometimes printed."""
    chosen = kind or rng.choices(list(KINDS), weights=list(KINDS.values()))[0]
    canvas = Canvas(dpi, top=24.0)
    form = data("attachments")[chosen]
    face = rng.choice(["serif", "serif", "sans", "typewriter"])
    _title(canvas, rng.choice(form["title"]).format_map(facts), face)
    _DRAWERS[chosen](canvas, form, facts, rng, face, department)
    if chosen != "plan" and rng.random() < 0.5:
        canvas.put(105, 285, f"– {number} –", face, 9.5, anchor="ms")
    return canvas.image, canvas.text


def _title(canvas: Canvas, title: str, face: str) -> None:
    canvas.y += 8.0
    canvas.fitted(105, canvas.y, title, 165, face, 13.0, True, "ms")
    canvas.y += 8.0


def _prose(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    """The first sentence, most of the others in order, the last; signed by hand."""
    first, *middle, last = form["lines"]
    for text in [first, *(line for line in middle if rng.random() < 0.85), last]:
        canvas.paragraph(text.format_map(facts), face, 11.0, indent=8.0)
        canvas.y += 2.5
    _signed(canvas, rng, face, [full_name(rng) for _ in range(rng.randint(1, 2))])


def _signed(canvas: Canvas, rng: Random, face: str, names: list[str]) -> None:
    canvas.y += 12.0
    for place, name in enumerate(names):
        left = 30.0 + 85.0 * place
        canvas.put(left, canvas.y, name, face, 10.5)
        canvas.stamp(signature(canvas.pixels(38), rng), left + rng.uniform(0, 10), canvas.y + 1.0, BLUE)


def _report(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    """Numbered chapters of running text; some sentences are of the department's own matters."""
    cases = data(f"letters/{department}")["case"]
    own = [sentence for case in cases for sentence in case["facts"]]
    chapter = rng.randint(1, 5)
    fill = rng.uniform(0.5, 1.0) * BOTTOM
    sentences = rng.sample(form["lines"], len(form["lines"]))
    while sentences and canvas.y < fill - 30:
        chapter += 1
        canvas.paragraph(f"{chapter}. {rng.choice(CHAPTERS)}", face, 11.0, bold=True)
        for _ in range(rng.randint(1, 3)):
            taken = [sentences.pop() for _ in range(min(len(sentences), rng.randint(2, 4)))]
            if not taken or canvas.y > fill - 30:
                break
            if rng.random() < 0.5:
                taken.insert(rng.randrange(len(taken) + 1), rng.choice(own))
            canvas.paragraph(" ".join(taken).format_map(facts), face, 11.0, indent=8.0, justify=rng.random() < 0.6)
            canvas.y += 1.5
        canvas.y += 3.0


CHAPTERS = (
    "Date generale",
    "Situația existentă",
    "Constatări",
    "Soluția propusă",
    "Costuri",
    "Concluzii",
    "Observații",
    "Măsuri",
    "Termene",
)


def _table(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    """Quantities, prices, values; the total is their sum."""
    columns = (22.0, 34.0, 100.0, 116.0, 136.0, 161.0, 190.0)
    heads = ("Nr.", "Denumirea", "U.M.", "Cantitate", "Preț (lei)", "Valoare (lei)")
    count, total = rng.randint(8, 24), 0
    top = canvas.y
    rows = rng.sample(form["rows"], min(count, len(form["rows"])))
    _row(canvas, columns, heads, face, bold=True)
    for number, name in enumerate(rows, 1):
        amount, price = rng.randint(1, 240), rng.randint(3, 1900)
        total += amount * price
        values = (str(number), name, rng.choice(form["units"]), str(amount), _lei(price), _lei(amount * price))
        _row(canvas, columns, values, face)
    _row(canvas, columns, ("", "TOTAL", "", "", "", _lei(total)), face, bold=True)
    for x in columns:
        canvas.line([(x, top), (x, canvas.y)])
    canvas.y += 6.0
    canvas.paragraph(f"Întocmit: {full_name(rng)}", face, 10.5)
    _signed(canvas, rng, face, [])


def _row(canvas: Canvas, columns: tuple[float, ...], values: tuple[str, ...], face: str, bold: bool = False) -> None:
    canvas.line([(columns[0], canvas.y), (columns[-1], canvas.y)])
    canvas.y += 7.5
    for place, value in enumerate(values):
        left, right = columns[place], columns[place + 1]
        if place in (0, 3, 4, 5):
            canvas.fitted(right - 1.4, canvas.y - 2.2, value, right - left - 2.4, face, 9.5, bold, "rs")
        else:
            canvas.fitted(left + 1.4, canvas.y - 2.2, value, right - left - 2.4, face, 9.5, bold)
    canvas.line([(columns[0], canvas.y), (columns[-1], canvas.y)])


def _lei(value: int) -> str:
    return f"{value:,}".replace(",", ".") + ",00"


def _fields(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    """Name and value, ruled or boxed."""
    top, boxed = canvas.y, rng.random() < 0.5
    for field in form["fields"]:
        name, value = field.format_map(facts).split("|")
        canvas.y += 10.0
        canvas.put(28, canvas.y, f"{name}:", face, 10.5)
        canvas.fitted(84, canvas.y, value, 104, face, 10.5, True)
        if not boxed:
            canvas.line([(84, canvas.y + 1.5), (188, canvas.y + 1.5)], 0.2)
    if boxed:
        canvas.box(24, top, 190, canvas.y + 5)
    canvas.y += 8.0
    _signed(canvas, rng, face, [full_name(rng)])


def _identity(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    """The copy of a card on an otherwise empty page: a small box with a dark portrait."""
    left, top = 30.0 + rng.uniform(0, 40), canvas.y + rng.uniform(4, 60)
    canvas.box(left, top, left + 112, top + 74, 0.5)
    canvas.shade(left + 4, top + 14, left + 32, top + 50, 96)
    y = top + 9.0
    canvas.put(left + 56, y, "ROMÂNIA – CARTE DE IDENTITATE", "sans", 9.0, True, "ms")
    for field in form["fields"]:
        name, value = field.format_map(facts).split("|")
        y += 8.5
        canvas.fitted(left + 37, y, f"{name}: {value}", 72, "sans", 9.0)


def _signatures(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    columns = (22.0, 34.0, 92.0, 150.0, 190.0)
    top = canvas.y
    _signature_row(canvas, columns, ("Nr.", "Numele și prenumele", "Adresa", "Semnătura"), face)
    for number in range(1, rng.randint(9, 22)):
        street = f"{rng.choice(data('people')['streets'])} {rng.randint(1, 120)}"
        _signature_row(canvas, columns, (str(number), full_name(rng), street, ""), face)
        canvas.stamp(signature(canvas.pixels(rng.uniform(18, 26)), rng), 156 + rng.uniform(0, 6), canvas.y - 9.5, BLUE)
    for x in columns:
        canvas.line([(x, top), (x, canvas.y)])


def _signature_row(canvas: Canvas, columns: tuple[float, ...], values: tuple[str, ...], face: str) -> None:
    canvas.line([(columns[0], canvas.y), (columns[-1], canvas.y)])
    canvas.y += 9.0
    for left, right, value in zip(columns, columns[1:], values, strict=False):
        canvas.fitted(left + 1.4, canvas.y - 3.0, value, right - left - 2.4, face, 9.5)
    canvas.line([(columns[0], canvas.y), (columns[-1], canvas.y)])


def _plan(canvas: Canvas, form: dict[str, Any], facts: Facts, rng: Random, face: str, department: str) -> None:
    draw_plan(canvas, form, facts, rng)


_Drawer = Callable[[Canvas, dict[str, Any], Facts, Random, str, str], None]
_DRAWERS: dict[str, _Drawer] = {
    "declaration": _prose,
    "decision": _prose,
    "minutes": _prose,
    "contract": _prose,
    "report": _report,
    "table": _table,
    "extract": _fields,
    "receipt": _fields,
    "identity": _identity,
    "signatures": _signatures,
    "plan": _plan,
}
