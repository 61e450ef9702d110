"""The brightness of a JPEG through OpenCV, whose libjpeg says on stderr what Pillow's keeps to itself."""

import cv2
import numpy as np

from pipeline.engines.input_faults import InputCode, check_size, refuse
from pipeline.engines.jpeg_structure import jpeg_facts
from pipeline.engines.library_stderr import listening
from pipeline.ports.engines import GreyImage

_AS_STORED = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION


def jpeg_grey(data: bytes) -> tuple[GreyImage, str]:
    """Pixels as stored, and the decoder's complaint (empty: none). The size is checked before anything is decoded.

    Only for one or three components. ``InputFault`` ``corrupt-image``, ``truncated``, ``too-large``.
    """
    facts = jpeg_facts(data)
    check_size(facts.width, facts.height)
    try:
        with listening() as complaints:
            grey = cv2.imdecode(np.frombuffer(data, np.uint8), _AS_STORED)
    except cv2.error as fault:
        raise refuse(InputCode.CORRUPT_IMAGE, f"OpenCV: {fault}"[:200]) from fault
    if grey is None or grey.shape != (facts.height, facts.width):
        raise refuse(InputCode.CORRUPT_IMAGE, f"the JPEG cannot be decoded: {complaints.text}")
    return np.asarray(grey, dtype=np.uint8), complaints.text
