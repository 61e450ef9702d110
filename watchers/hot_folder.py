"""A hot folder: what is ready in it, and the way of an item from there to one of its two ends."""

import datetime as dt
import logging
from pathlib import Path

from pipeline.domain.errors import OpisError
from pipeline.domain.settings import Profile
from watchers import claim as claiming
from watchers import ends
from watchers.alarms import Alarms
from watchers.candidates import Candidate, Claimed, Refused, Scan, item_mark, parse_token
from watchers.checking import Check, Checker, Outcome, page_entries
from watchers.layout import Layout
from watchers.moves import own_errors
from watchers.naming import RESERVED, display_name, is_ignored, natural_key, printable
from watchers.reasons import Reason
from watchers.safe_open import not_regular
from watchers.settle import SettleClock, Tracked, is_marked_complete, state_of

log = logging.getLogger(__name__)

_RETRY_SECONDS = 30.0
"""before an item that could not be moved is offered again"""
_FOLDER = "\0folder"
"""subject of alarms on the folder itself; no file has such a name"""


class HotFolder:
    """One watched folder with its profile. Not thread-safe: only the line uses it.

    ``check`` opens a local file to its end and raises ``InputFault`` when it cannot become a batch; what it says is
    remembered for as long as the file stays unchanged. Times are monotonic seconds, handed in.
    """

    def __init__(self, root: Path, profile: Profile, check: Check) -> None:
        self.root = root
        self.profile = profile
        self._layout = Layout(root)
        self._check = check
        self._clock = SettleClock()
        self._alarms = Alarms()
        self._device: int | None = None
        self._now = 0.0

    def prepare(self) -> None:
        """Makes the folder and its reserved places.

        Raises ``ConfigurationError`` when a reserved name is no folder, ``PartDown``, ``StorageFull``.
        """
        self._layout.prepare()
        with own_errors(f"hot folder {self.root}"):
            self._device = self.root.stat().st_dev

    def scan(self, now: float, limit: int = 64) -> Scan:
        """Looks once at everything in the folder; at most ``limit`` files go through the check.

        Never raises for an item or for a folder that is gone; errors of the check that are not the item's
        (``MissingPart``, ``PartDown``) pass through, and nothing is forgotten by them.
        """
        self._now = now
        names = self._names()
        if names is None:
            self._clock.keep_only(set())
            return Scan(absent=True)
        self._clock.keep_only(names)
        self._alarms.keep_only(names)
        due: list[tuple[str, Tracked]] = []
        refused: list[Refused] = []
        waiting = blocked = 0
        for name in sorted(names, key=natural_key):
            path = self.root / name
            try:
                state = state_of(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._trouble(name, error.errno, error.strerror)
                blocked += 1
                continue
            tracked = self._clock.observe(name, state, now)
            if tracked.retry_at > now:
                blocked += 1
            elif not (state[0].is_file or state[0].is_folder):
                refused.append(Refused(path, state, not_regular(state[0].kind)))
            elif self._is_settled(tracked):
                due.append((name, tracked))
            else:
                waiting += 1
        checker = Checker(self._check, limit)
        ready: list[Candidate] = []
        for name, tracked in sorted(due, key=lambda item: item[1].since):
            verdict = checker.verdict(self.root / name, tracked)
            broken_for_good = now - tracked.since >= self.profile.broken_after_seconds
            if verdict.outcome is Outcome.BLOCKED:
                self._trouble(name, tracked.state, "it may not be read")
                blocked += 1
            elif verdict.outcome is Outcome.SOUND or (verdict.outcome is Outcome.FAULTY and broken_for_good):
                ready.append(Candidate(self.root / name, tracked.state, verdict.fault))
            else:
                waiting += 1
        return Scan(tuple(ready), waiting, tuple(refused), blocked, more=checker.exhausted)

    def claim(self, candidate: Candidate) -> Claimed | None:
        """Moves a candidate, or a refused entry as it is, into ``.opis/claimed/``.

        None, with a line in the log, when it vanished, changed since it was checked (it settles again), or may not
        be moved (it is offered again later).
        """
        name = candidate.path.name
        tracked = self._clock.get(name)
        try:
            claimed = claiming.claim(self._layout, candidate)
        except OSError as error:
            self._trouble(name, candidate.state, error.strerror)
            if tracked is not None:
                tracked.retry_at = self._now + _RETRY_SECONDS
            return None
        self._clock.forget(name)
        self._alarms.clear(name)
        return claimed

    def claimed_leftovers(self) -> list[Claimed]:
        """What an earlier run left in ``.opis/claimed/``; only for the holder of the lease, at start.

        Raises ``PartDown``, ``StorageFull``.
        """
        with own_errors(f"leftovers of {self.root}"):
            return claiming.leftovers(self._layout)

    def release(self, claimed: Claimed) -> Path:
        """Puts a claimed item back into the folder, where it settles again. Raises ``PartDown``, ``StorageFull``."""
        with own_errors(f"put back {item_mark(claimed.state)}"):
            return claiming.put_back(self._layout, claimed.path, claimed.path.name, claimed.is_folder)

    def finish(self, claimed: Claimed, day: dt.date) -> Path:
        """Moves it to ``finalizate/<day>/NAME``; repeated after a kill, answers where it already is.

        Raises ``NotFound`` when it is in none of our places, ``StorageFull``, ``PartDown``.
        """
        return ends.finish(self._layout, claimed, day)

    def quarantine(self, claimed: Claimed, reason: Reason) -> Path:
        """Moves it to ``eroare/NAME``, after both reason files; repeated after a kill, answers where it already is.

        Raises as ``finish``.
        """
        return ends.quarantine(self._layout, claimed, reason)

    def recall(self, token: str) -> Claimed | None:
        """The item that ``Claimed.token`` named, as long as it is still claimed.

        Raises ``ValueError`` when it is no token, ``PartDown``, ``StorageFull``.
        """
        name, inode, _ = parse_token(token)
        with own_errors("claimed item"):
            claimed = claiming.recall(self._layout, name)
        return claimed if claimed is not None and claimed.state[0].inode == inode else None

    def find_end(self, token: str) -> Path | None:
        """Where the item that ``Claimed.token`` named has gone: in ``finalizate/`` or ``eroare/``, else None."""
        return ends.find_end(self._layout, *parse_token(token))

    def _is_settled(self, tracked: Tracked) -> bool:
        still = self._now - tracked.since
        return still >= self.profile.settle_seconds or is_marked_complete(tracked.state)

    def _names(self) -> set[str] | None:
        """Names that are not left alone; None when the folder is gone, not mounted or cannot be listed."""
        try:
            device = self.root.stat().st_dev
            names = {path.name for path in self.root.iterdir()}
            if not self._layout.is_prepared():
                if not names and device != self._device:
                    raise FileNotFoundError("empty where a prepared folder was: not mounted?")
                self.prepare()
        except (OSError, OpisError) as error:
            self._alarms.warn(_FOLDER, type(error).__name__, f"hot folder {self._shown}: {printable(str(error))}")
            return None
        if self._alarms.clear(_FOLDER):
            log.info("hot folder %s is back", self._shown)
        self._device = device
        return {name for name in names if name not in RESERVED and not is_ignored(name)}

    @property
    def _shown(self) -> str:
        return printable(str(self.root))

    def _trouble(self, name: str, key: object, text: str | None) -> None:
        path = self.root / name
        told = f"stays in the hot folder {self._shown}, {text or 'cannot be taken'}: {_mark(path)}"
        if self._alarms.warn(name, key, told):
            log.debug("this is %s", display_name(name))


def _mark(path: Path) -> str:
    """As ``item_mark``, of an entry whose state may not be read."""
    try:
        return f"inode {path.lstat().st_ino}"
    except OSError:
        return "an entry that may not be looked at"


def pages_of(claimed: Claimed) -> tuple[Path, ...]:
    """The file itself, or a sub-folder's images in natural order, names that are left alone left out."""
    if not claimed.is_folder:
        return (claimed.path,)
    return tuple(claimed.path / entry.name for entry in page_entries(claimed.state))


def unchanged(claimed: Claimed) -> bool:
    """Whether it still is as it was claimed; to be asked once its original is stored."""
    try:
        return state_of(claimed.path) == claimed.state
    except OSError:
        return False
