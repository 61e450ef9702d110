"""Addresses of parts as they may be shown: without what opens the door."""

import re

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")
_SECRET_PARAMETER = re.compile(r"(?i)([?&][^=&#]*(?:password|secret|token|key)[^=&#]*=)[^&#]*")


def without_password(url: str) -> str:
    """The URL without user, password and secret parameters; anything that is no URL is given back as it is."""
    return _SECRET_PARAMETER.sub(r"\1…", _USER_INFO.sub("", url))
