"""Images inside a PDF: what they are by their dictionary, and their pixels."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.domain.errors import InputFault
from pipeline.engines.input_faults import MOST_PIXELS, InputCode, check_size, refuse
from pipeline.engines.jpeg_pixels import jpeg_grey
from pipeline.engines.library_stderr import listening
from pipeline.engines.pdf_marks import Rgb
from pipeline.engines.pillow_images import decoding, grey_of
from pipeline.engines.poppler import Rendered, render
from pipeline.ports.engines import GreyImage

pikepdf.PdfImage.MAX_IMAGE_PIXELS = MOST_PIXELS

_BY_POPPLER = {"/JBIG2Decode"}
"""codings that neither Pillow nor pikepdf can read alone"""
_PLAIN_SPACES = {"/DeviceGray", "/DeviceRGB", "/CalGray", "/CalRGB", "/G", "/RGB"}
_FAX_END = re.compile("0{11}1[01]?0{11}1")
"""two end-of-line codes one after the other: the end of a G4 or G3 picture"""
_FAX_END_BYTES = 48
_BRIGHTEST_INK = 0.3
"""a stencil painted lighter than this is not taken for black"""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    width: int
    height: int
    filters: tuple[str, ...]
    space: str
    """colour space: ``/DeviceGray`` …; for ICC profiles ``/ICCBased1`` with the number of channels; empty: none"""
    base: str
    """of ``/Indexed`` spaces; else the same as ``space``"""
    stencil: bool
    masked: bool
    decode: tuple[float, ...]
    """the decode array; empty: none"""

    @property
    def inverted(self) -> bool | None:
        """Whether light and dark are exchanged; None when the decode array does something else."""
        if not self.decode or self.decode == (0.0, 1.0) * (len(self.decode) // 2):
            return False
        return True if self.decode == (1.0, 0.0) * (len(self.decode) // 2) else None


def image_facts(image: Any) -> ImageFacts:
    """What the dictionary says. Raises ``ValueError`` and the like when it says nonsense."""
    filters = image.get("/Filter") or ()
    names = (filters,) if isinstance(filters, pikepdf.Name) else tuple(filters)
    space, base = _space(image.get("/ColorSpace"))
    return ImageFacts(
        width=int(image.get("/Width", 0)),
        height=int(image.get("/Height", 0)),
        filters=tuple(str(name) for name in names),
        space=space,
        base=base,
        stencil=bool(image.get("/ImageMask", False)),
        masked="/SMask" in image or "/Mask" in image or int(image.get("/SMaskInData", 0)) != 0,
        decode=tuple(float(value) for value in image.get("/Decode") or ()),
    )


def _space(space: Any) -> tuple[str, str]:
    if space is None:
        return "", ""
    if isinstance(space, pikepdf.Name):
        return str(space), str(space)
    name = str(space[0])
    if name == "/ICCBased":
        name += str(int(space[1].get("/N", 0)))
    return (name, _space(space[1])[1]) if name in ("/Indexed", "/I") else (name, name)


def simple_colours(facts: ImageFacts) -> bool:
    """Grey or RGB, as they are or by palette or ICC profile: no inks."""
    if facts.stencil or facts.base in _PLAIN_SPACES or facts.base in ("/ICCBased1", "/ICCBased3"):
        return True
    return not facts.base and facts.filters == ("/JPXDecode",)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The image as stored, in grey, and what the decoder complained of (empty: nothing)."""

    grey: GreyImage
    complaint: str = ""


class _ByPoppler(Exception):
    """Pillow had better not decode this; the message is a complaint, or empty."""


def decode_grey(image: Any, fill: Rgb) -> Decoded:
    """By OpenCV or Pillow where they can, else by poppler, pixel by pixel.

    ``InputFault`` ``too-large`` or ``corrupt-image``; ``WorkerFault``, ``MissingPart`` of poppler.
    """
    facts = checked_facts(image)
    try:
        return _decoded(image, facts, fill)
    except _ByPoppler as reason:
        alone = render_alone(image, facts, fill, grey=True)
        return Decoded(alone.pixels, alone.complaint or str(reason))


def checked_facts(image: Any) -> ImageFacts:
    """``InputFault`` when the dictionary says nonsense, or announces an absurd size."""
    try:
        facts = image_facts(image)
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError) as fault:
        raise refuse(InputCode.CORRUPT_IMAGE, f"an image dictionary that says nonsense: {fault}"[:200]) from fault
    check_size(facts.width, facts.height)
    return facts


def render_alone(image: Any, facts: ImageFacts, fill: Rgb, grey: bool) -> Rendered:
    """The image as stored, on white paper of its own, one pixel a point. ``WorkerFault``, ``MissingPart``."""
    with tempfile.TemporaryDirectory(prefix="image-") as folder, pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(facts.width, facts.height))
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=pdf.copy_foreign(image)))
        colour = " ".join(f"{part:.4f}" for part in fill)
        content = f"{colour} rg {facts.width} 0 0 {facts.height} 0 0 cm /Im Do"
        page.obj.Contents = pdf.make_stream(content.encode("ascii"))
        path = Path(folder) / "image.pdf"
        try:
            pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
        except (pikepdf.PdfError, RuntimeError) as fault:
            raise refuse(InputCode.CORRUPT_IMAGE, f"an image that cannot be copied: {fault}"[:200]) from fault
        return render(path, 0, 72, (facts.width, facts.height), grey)


def _decoded(image: Any, facts: ImageFacts, fill: Rgb) -> Decoded:
    if not _simple(facts, fill):
        raise _ByPoppler
    try:
        if "/CCITTFaxDecode" in facts.filters and not _fax_ends(image, facts):
            raise _ByPoppler
        grey, complaint = _pixels(image, facts)
    except InputFault as fault:
        raise _ByPoppler(fault.detail) from fault
    except (pikepdf.UnsupportedImageTypeError, pikepdf.NotExtractableError, pikepdf.DependencyError) as fault:
        raise _ByPoppler from fault
    except (pikepdf.PikepdfError, pikepdf.PdfError, ValueError, TypeError, KeyError, IndexError) as fault:
        raise _ByPoppler(f"{type(fault).__name__}: {fault}"[:200]) from fault
    if grey.shape != (facts.height, facts.width):
        there = f"{grey.shape[1]} x {grey.shape[0]} there"
        raise _ByPoppler(f"{facts.width} x {facts.height} pixels announced, {there}")
    return Decoded(255 - grey if facts.inverted else grey, complaint)


def _simple(facts: ImageFacts, fill: Rgb) -> bool:
    """Whether its samples are the picture: not inks, not numbers put through an odd decode array."""
    inked = facts.stencil and max(fill) > _BRIGHTEST_INK
    odd = facts.inverted is None or (bool(facts.decode) and facts.base != facts.space)
    return not inked and not odd and simple_colours(facts) and not _BY_POPPLER.intersection(facts.filters)


def _pixels(image: Any, facts: ImageFacts) -> tuple[GreyImage, str]:
    if _is_plain_jpeg(image, facts):
        return jpeg_grey(image.read_raw_bytes())
    with decoding(), listening() as complaints:
        grey = grey_of(pikepdf.PdfImage(image).as_pil_image(apply_decode_array=False))
    return grey, complaints.text


def _fax_ends(image: Any, facts: ImageFacts) -> bool:
    """Whether a fax-coded picture has its end mark. Without it libtiff fills up in silence, poppler complains."""
    if facts.filters != ("/CCITTFaxDecode",):
        return False
    tail = image.read_raw_bytes().rstrip(b"\r\n")[-_FAX_END_BYTES:]
    return _FAX_END.search(f"{int.from_bytes(tail, 'big'):0{8 * len(tail)}b}") is not None


def _is_plain_jpeg(image: Any, facts: ImageFacts) -> bool:
    special = facts.masked or facts.space != facts.base or "/DecodeParms" in image
    return facts.filters == ("/DCTDecode",) and not special
