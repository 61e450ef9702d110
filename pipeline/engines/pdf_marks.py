"""What can be seen on a PDF page: only images laid down whole, or anything else.

A page of images (with or without invisible text over them) is a scan: its images can be taken out as they are.
Text, lines, shadings, see-through or clipped images, inline images, layers and visible annotations are *other*
marks: such a page has to be rendered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pikepdf

from pipeline.engines.page_geometry import IDENTITY, NOWHERE, Affine, Rect, common, covers
from pipeline.engines.pdf_pages import page_view

Rgb = tuple[float, float, float]

MOST_IMAGES = 200
_DEEPEST = 8
_SLACK = 1.5
"""points by which a clip may cut into an image without being seen"""
_BLACK: Rgb = (0.0, 0.0, 0.0)
_WHITE: Rgb = (1.0, 1.0, 1.0)
_INVISIBLE_TEXT = 3
_TEXT = {"Tj", "TJ", "'", '"'}
_FILLS = {"f", "F", "f*"}
_PAINTS = {"B", "B*", "b", "b*", "S", "s", "sh", "BI", "INLINE IMAGE", "EI"}
_PATHS = {"m", "l", "c", "v", "y"}
_OPERATORS = " ".join(
    ("q Q cm Do gs Tr re W W* n h g rg k cs sc scn BDC", *sorted(_TEXT | _FILLS | _PATHS | _PAINTS - {"INLINE IMAGE"}))
)
_SILENT_ANNOTATIONS = {"/Link", "/Popup"}
_HIDDEN = 2 | 32
"""annotation flags Hidden and NoView"""


@dataclass(frozen=True, slots=True)
class Placement:
    """An image laid down whole."""

    image: Any
    """the XObject stream"""
    matrix: Affine
    """unit square → user space"""
    fill: Rgb
    """what a stencil mask paints with"""


@dataclass(frozen=True, slots=True)
class Marks:
    placements: tuple[Placement, ...]
    other: str
    """the first other mark seen; empty on a page of images only"""


@dataclass(frozen=True, slots=True)
class _State:
    """The part of the graphics state that matters here."""

    matrix: Affine = IDENTITY
    fill: Rgb | None = _BLACK
    text_mode: int = 0
    clip: Rect | None = None
    """user space of the page; None: the whole page"""
    see_through: bool = False


class _Other(Exception):
    """Something else can be seen."""


def marks_of(page: pikepdf.Page) -> Marks:
    """Reads a page's content, stopping at the first mark that is no image."""
    walk = _Walk(page)
    try:
        walk.annotations()
        walk.content(page, page.obj.get("/Resources") or page.resources, _State(), 0)
    except _Other as other:
        return Marks(tuple(walk.placements), str(other))
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError) as fault:
        return Marks(tuple(walk.placements), f"content that cannot be parsed: {str(fault)[:100]}")
    return Marks(tuple(walk.placements), "")


class _Walk:
    def __init__(self, page: pikepdf.Page) -> None:
        self._page = page
        self._sheet = page_view(page).in_user_space
        self.placements: list[Placement] = []

    def annotations(self) -> None:
        for annotation in self._page.obj.get("/Annots") or ():
            hidden = int(annotation.get("/F", 0)) & _HIDDEN
            if "/AP" in annotation and not hidden and str(annotation.get("/Subtype")) not in _SILENT_ANNOTATIONS:
                raise _Other("an annotation")

    def content(self, stream: Any, resources: Any, state: _State, depth: int) -> None:
        if depth > _DEEPEST:
            raise _Other("forms nested too deep")
        saved: list[_State] = []
        path: list[Rect | None] = []
        """rectangles since the last painting; None for any other piece of a path"""
        clipping = False
        for operator, operands in _instructions(stream):
            if operator == "q":
                saved.append(state)
            elif operator == "Q":
                state = saved.pop() if saved else state
            elif operator == "cm":
                state = replace(state, matrix=_affine(operands).then(state.matrix))
            elif operator == "Do":
                self._draw(resources["/XObject"][str(operands[0])], resources, state, depth)
            elif operator == "re":
                path.append(state.matrix.bounds(*(float(value) for value in operands)))
            elif operator in _PATHS:
                path.append(None)
            elif operator in ("W", "W*"):
                clipping = True
            elif operator == "n" or operator in _FILLS:
                if operator != "n" and path and (state.fill != _WHITE or self.placements):
                    raise _Other("a filled area")
                if clipping:
                    state = replace(state, clip=_clipped(state.clip, path))
                path, clipping = [], False
            elif operator in _TEXT:
                _check_text(operands, state)
            else:
                state = _changed(state, operator, operands, resources)

    def _draw(self, drawn: Any, resources: Any, state: _State, depth: int) -> None:
        if "/OC" in drawn:
            raise _Other("a layer")
        if drawn.get("/Subtype") == pikepdf.Name.Form:
            inner = replace(state, matrix=_affine(drawn.get("/Matrix") or (1, 0, 0, 1, 0, 0)).then(state.matrix))
            if "/BBox" in drawn:
                x0, y0, x1, y1 = (float(value) for value in drawn.BBox)
                box = inner.matrix.bounds(x0, y0, x1 - x0, y1 - y0)
                inner = replace(inner, clip=_clipped(state.clip, [box]))
            self.content(drawn, drawn.get("/Resources") or resources, inner, depth + 1)
        elif drawn.get("/Subtype") == pikepdf.Name.Image:
            self._place(drawn, state)
        else:
            raise _Other("an unknown object")

    def _place(self, image: Any, state: _State) -> None:
        if state.see_through or (state.fill is None and image.get("/ImageMask", False)):
            raise _Other("an image painted in a special way")
        shown = common(state.matrix.bounds(), self._sheet)
        if shown == NOWHERE:
            return
        if state.clip is not None and not covers(state.clip, shown, _SLACK):
            raise _Other("a clipped image")
        if len(self.placements) >= MOST_IMAGES:
            raise _Other("too many images")
        self.placements.append(Placement(image, state.matrix, state.fill or _BLACK))


def _instructions(stream: Any) -> Iterator[tuple[str, Any]]:
    for instruction in pikepdf.parse_content_stream(stream, _OPERATORS):
        yield str(instruction.operator), instruction.operands


def _changed(state: _State, operator: str, operands: Any, resources: Any) -> _State:
    """The state after an operator that changes it; raises for one that paints."""
    match operator:
        case "h":
            return state
        case "Tr":
            return replace(state, text_mode=int(operands[0]))
        case "g":
            grey = float(operands[0])
            return replace(state, fill=(grey, grey, grey))
        case "rg":
            red, green, blue = (float(value) for value in operands)
            return replace(state, fill=(red, green, blue))
        case "k":
            return replace(state, fill=_from_cmyk(operands))
        case "cs" | "sc" | "scn":
            return replace(state, fill=None)
        case "gs":
            return _with_graphics_state(state, resources["/ExtGState"][str(operands[0])])
        case "BDC":
            if operands[0] == pikepdf.Name.OC:
                raise _Other("a layer")
            return state
        case _:
            raise _Other(f"the painting operator {operator}")


def _from_cmyk(operands: Any) -> Rgb | None:
    values = [float(value) for value in operands]
    if values == [0, 0, 0, 0]:
        return _WHITE
    return _BLACK if values[3] == 1 else None


def _with_graphics_state(state: _State, changes: Any) -> _State:
    opaque = (
        float(changes.get("/ca", 1)) >= 1
        and changes.get("/SMask", pikepdf.Name("/None")) == pikepdf.Name("/None")
        and changes.get("/BM", pikepdf.Name.Normal) in (pikepdf.Name.Normal, pikepdf.Name.Compatible)
    )
    return replace(state, see_through=not opaque)


def _check_text(operands: Any, state: _State) -> None:
    if state.text_mode == _INVISIBLE_TEXT:
        return
    pieces = [part for operand in operands for part in (operand if isinstance(operand, pikepdf.Array) else (operand,))]
    if any(bytes(part).strip(b" ") for part in pieces if isinstance(part, pikepdf.String)):
        raise _Other("text")


def _affine(values: Any) -> Affine:
    a, b, c, d, e, f = (float(value) for value in values)
    return Affine(a, b, c, d, e, f)


def _clipped(clip: Rect | None, path: list[Rect | None]) -> Rect:
    """The clip made smaller by a path; empty for a path that is not one rectangle."""
    if len(path) != 1 or path[0] is None:
        return NOWHERE
    return path[0] if clip is None else common(clip, path[0])
