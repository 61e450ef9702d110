"""What makes a PDF a PDF/A-2u beside its pages: XMP, information that agrees with it, language, sRGB intent."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import pikepdf
from PIL import ImageCms

PRODUCER = "Opis"
LANGUAGE = "ro-RO"
_PROFILE_DATE = slice(24, 36)
_PROFILE_DAY = bytes.fromhex("07d0 0001 0001 0000 0000 0000")
"""1 January 2000: the same profile every day"""

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>U</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<pdf:Producer>{producer}</pdf:Producer>
<xmp:CreateDate>{when}</xmp:CreateDate>
<xmp:ModifyDate>{when}</xmp:ModifyDate>
<xmp:MetadataDate>{when}</xmp:MetadataDate>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def add_metadata(pdf: pikepdf.Pdf, title: str, subject: str, created: str) -> None:
    """Writes the metadata. ``created`` is ISO 8601; ``ValueError`` when it is not."""
    when = datetime.fromisoformat(created)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    title, subject = _printable(title), _printable(subject)
    xmp = _XMP.format(
        title=escape(title),
        subject=escape(subject),
        language=LANGUAGE,
        producer=PRODUCER,
        when=when.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    )
    root: Any = pdf.Root
    root.Metadata = pdf.make_stream(xmp.encode("utf-8"), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    root.Lang = pikepdf.String(LANGUAGE)
    root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    root.OutputIntents = pikepdf.Array([pdf.make_indirect(_intent(pdf))])
    date = pikepdf.String(when.strftime("D:%Y%m%d%H%M%S+00'00'"))
    pdf.trailer.Info = pdf.make_indirect(
        pikepdf.Dictionary(
            Title=pikepdf.String(title),
            Subject=pikepdf.String(subject),
            Producer=pikepdf.String(PRODUCER),
            CreationDate=date,
            ModDate=date,
        )
    )


def _printable(text: str) -> str:
    """Without what XML forbids."""
    return "".join(letter for letter in text if letter in "\t\n" or (letter >= " " and not _unpaired(letter)))


def _unpaired(letter: str) -> bool:
    return "\ud800" <= letter <= "\udfff" or letter in "\x7f\ufffe\uffff"


def _intent(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.OutputIntent,
        S=pikepdf.Name.GTS_PDFA1,
        OutputConditionIdentifier=pikepdf.String("sRGB IEC61966-2.1"),
        Info=pikepdf.String("sRGB IEC61966-2.1"),
        RegistryName=pikepdf.String("http://www.color.org"),
        DestOutputProfile=pdf.make_stream(srgb_profile(), N=3, Alternate=pikepdf.Name.DeviceRGB),
    )


@cache
def srgb_profile() -> bytes:
    """An sRGB ICC profile, always the same bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_DATE] = _PROFILE_DAY
    return bytes(profile)
