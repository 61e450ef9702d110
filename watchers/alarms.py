"""One warning for each trouble and not one for each look at it."""

import logging
from collections.abc import Hashable

log = logging.getLogger(__name__)


class Alarms:
    """Troubles by subject, for as long as they last."""

    def __init__(self) -> None:
        self._raised: dict[str, set[Hashable]] = {}

    def warn(self, subject: str, trouble: Hashable, text: str) -> bool:
        """Logs the text unless this trouble of this subject was logged and did not go away since; whether it did."""
        known = self._raised.setdefault(subject, set())
        if trouble in known:
            return False
        known.add(trouble)
        log.warning("%s", text)
        return True

    def clear(self, subject: str) -> bool:
        """The subject is well; whether it was not before."""
        return self._raised.pop(subject, None) is not None

    def keep_only(self, subjects: set[str]) -> None:
        for subject in self._raised.keys() - subjects:
            del self._raised[subject]
