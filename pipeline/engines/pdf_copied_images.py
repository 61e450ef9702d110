"""Images of a PDF taken over into a PDF/A-2u: their bytes as they are, their dictionary made clean."""

from dataclasses import dataclass
from typing import Any

import pikepdf

from pipeline.domain.errors import InputFault
from pipeline.engines.input_faults import check_size
from pipeline.engines.jpx_structure import jpx_allowed
from pipeline.engines.pdf_images import ImageFacts, image_facts, simple_colours

_KEPT_FILTERS = {
    *("/DCTDecode", "/CCITTFaxDecode", "/FlateDecode", "/JBIG2Decode", "/RunLengthDecode", "/JPXDecode"),
    *("/ASCII85Decode", "/ASCIIHexDecode"),
}
_RECODED = "/LZWDecode"
_DROPPED = (
    *("/Interpolate", "/Alternates", "/OPI", "/Intent", "/Metadata", "/StructParent", "/OC", "/Name"),
    *("/ID", "/Measure", "/PtData", "/AF", "/PieceInfo", "/LastModified", "/DL"),
)
_BITS = (1, 2, 4, 8, 16)
_PROFILE_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
_PROFILE_SPACES = {1: b"GRAY", 3: b"RGB "}
_DEVICE = {1: pikepdf.Name.DeviceGray, 3: pikepdf.Name.DeviceRGB}


@dataclass(frozen=True, slots=True)
class CopiedImage:
    stream: Any
    as_scanned: bool
    """the bytes are those of the source; else they were coded anew without loss"""


def copy_image(pdf: pikepdf.Pdf, image: Any) -> CopiedImage | None:
    """The image in another PDF; None when PDF/A does not allow it as it is (inks, odd codings)."""
    try:
        facts = image_facts(image)
        if not _allowed(image, facts):
            return None
        masks = [image.get(name) for name in ("/SMask", "/Mask")]
        if any(isinstance(mask, pikepdf.Stream) and not _mask_allowed(mask) for mask in masks):
            return None
        recoded = _RECODED in facts.filters
        if recoded and any(name in facts.filters for name in ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode")):
            return None
        copied = pdf.copy_foreign(image)
        if recoded:
            copied.write(image.read_bytes(), filter=None)
        _clean(copied)
    except (pikepdf.PdfError, InputFault, RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    return CopiedImage(copied, not recoded)


def _allowed(image: Any, facts: ImageFacts) -> bool:
    check_size(facts.width, facts.height)
    bits = image.get("/BitsPerComponent", 1 if facts.stencil else None)
    jpx = "/JPXDecode" in facts.filters
    return (
        "/F" not in image
        and _KEPT_FILTERS.issuperset(set(facts.filters) - {_RECODED})
        and simple_colours(facts)
        and (jpx or bits in _BITS)
        and (not jpx or (facts.filters == ("/JPXDecode",) and jpx_allowed(image.read_raw_bytes())))
    )


def _mask_allowed(mask: Any) -> bool:
    facts = image_facts(mask)
    plain_grey = facts.stencil or facts.space in ("/DeviceGray", "/G", "/CalGray")
    return plain_grey and not facts.masked and _RECODED not in facts.filters and _allowed(mask, facts)


def _clean(image: Any) -> None:
    for name in _DROPPED:
        if name in image:
            del image[name]
    if "/ColorSpace" in image and not image.get("/ImageMask", False):
        image.ColorSpace = _clean_space(image.ColorSpace)
    for name in ("/SMask", "/Mask"):
        if isinstance(image.get(name), pikepdf.Stream):
            _clean(image[name])


def _clean_space(space: Any) -> Any:
    """The colour space, without ICC profiles that PDF/A would not take."""
    if isinstance(space, pikepdf.Name):
        return {"/G": pikepdf.Name.DeviceGray, "/RGB": pikepdf.Name.DeviceRGB}.get(str(space), space)
    if str(space[0]) in ("/Indexed", "/I"):
        return pikepdf.Array([pikepdf.Name.Indexed, _clean_space(space[1]), space[2], space[3]])
    if str(space[0]) == "/ICCBased":
        channels = int(space[1].N)
        if not _good_profile(space[1].read_bytes(), channels):
            return _DEVICE[channels]
        for name in ("/Metadata", "/Alternate"):
            if name in space[1]:
                del space[1][name]
    return space


def _good_profile(profile: bytes, channels: int) -> bool:
    return (
        len(profile) >= 128
        and profile[36:40] == b"acsp"
        and profile[8] in (2, 4)
        and profile[12:16] in _PROFILE_CLASSES
        and profile[16:20] == _PROFILE_SPACES.get(channels)
        and int.from_bytes(profile[:4], "big") <= len(profile)
    )
