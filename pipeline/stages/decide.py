"""Whether what a person wants fits the batch as it stands: said before it is written down, in one place."""

from collections.abc import Callable, Collection

from pipeline.domain.batches import BatchAccount, BatchState, Document, Fate
from pipeline.domain.decisions import Action, Decision, in_force, registry_number
from pipeline.domain.errors import StaleDecision, UsageError
from pipeline.domain.messages import say
from pipeline.domain.registry import LinkState
from pipeline.stages.link_values import RegisterLookup

DECIDABLE = (BatchState.FILED, BatchState.HELD)
DEGREES = ("0", "90", "180", "270")

Check = Callable[["Matter", Decision], None]


class Matter:
    """A batch as it stands, and what it is held against."""

    def __init__(
        self,
        account: BatchAccount,
        earlier: Collection[Decision],
        departments: Collection[str],
        register: RegisterLookup,
    ) -> None:
        self.account = account
        self.earlier = list(earlier)
        self.departments = departments
        self.register = register
        self.fates = {fate.page: fate for fate in account.fates}

    def document(self, identity: str | None) -> Document:
        found = next((one for one in self.account.documents if one.id == identity), None)
        if found is None:
            raise _wrong("decide.no_document")
        return found

    def starting_at(self, page: int) -> Document | None:
        return next((one for one in self.account.documents if one.pages[0] == page), None)


def check_decision(matter: Matter, decision: Decision) -> None:
    """Raises ``StaleDecision`` when the batch has changed since it was looked at, ``UsageError`` when it cannot be."""
    batch = matter.account.batch
    if batch.state not in DECIDABLE:
        raise _wrong("decide.not_finished")
    if decision.version != batch.version:
        raise StaleDecision(f"batch {batch.id}: seen as version {decision.version}, it is {batch.version} now")
    for page in decision.pages:
        if page not in matter.fates:
            raise _wrong("decide.no_page", page=page, pages=len(matter.fates))
    _CHECKS[decision.action](matter, decision)


def _one_page(matter: Matter, decision: Decision) -> int:
    if len(decision.pages) != 1:
        raise _wrong("decide.one_page")
    return decision.pages[0]


def _split(matter: Matter, decision: Decision) -> None:
    page = _one_page(matter, decision)
    if matter.fates[page].fate in (Fate.BLANK, Fate.REJECTED):
        return
    if matter.starting_at(page) is not None:
        raise _wrong("decide.starts_already", page=page)


def _join(matter: Matter, decision: Decision) -> None:
    page = _one_page(matter, decision)
    document = matter.starting_at(page)
    if document is None:
        raise _wrong("decide.starts_nothing", page=page)
    if document is min(matter.account.documents, key=lambda one: one.pages[0]):
        raise _wrong("decide.nothing_before", page=page)


def _separator(matter: Matter, decision: Decision) -> None:
    _one_page(matter, decision)
    if decision.value:
        _free_number(matter, decision.value, None)


def _some_pages(matter: Matter, decision: Decision) -> None:
    if not decision.pages:
        raise _wrong("decide.which_pages")


def _rotate(matter: Matter, decision: Decision) -> None:
    _some_pages(matter, decision)
    if decision.value not in DEGREES:
        raise _wrong("decide.degrees")
    for page in decision.pages:
        if matter.fates[page].fate is not Fate.DOCUMENT:
            raise _wrong("decide.not_in_document", page=page)


def _link(matter: Matter, decision: Decision) -> None:
    document = matter.document(decision.document)
    _free_number(matter, decision.value or "", document)


def _free_number(matter: Matter, text: str, document: Document | None) -> None:
    """A number that another document holds for certain must be taken from that one first."""
    number = registry_number(text)
    for other in matter.register.documents_claiming(number):
        if other.link.state is LinkState.CERTAIN and (document is None or other.id != document.id):
            raise _wrong("decide.number_taken", number=str(number), document=other.id[:8])


def _file(matter: Matter, decision: Decision) -> None:
    matter.document(decision.document)
    if decision.value not in matter.departments:
        raise _wrong(
            "decide.no_department", department=decision.value or "", known=", ".join(sorted(matter.departments))
        )


def _accept(matter: Matter, decision: Decision) -> None:
    open_ = {review.id for review in matter.account.reviews}
    wanted = (decision.value or "").split()
    if not wanted or not open_.issuperset(wanted):
        raise _wrong("decide.nothing_open")


def _undo(matter: Matter, decision: Decision) -> None:
    if decision.value not in {one.id for one in in_force(matter.earlier)}:
        raise _wrong("decide.nothing_to_undo")


def _wrong(code: str, **values: object) -> UsageError:
    fault = UsageError(say(code, **values))
    fault.advice = str(fault)
    return fault


_CHECKS: dict[Action, Check] = {
    Action.SPLIT: _split,
    Action.JOIN: _join,
    Action.SEPARATOR: _separator,
    Action.BLANK: _some_pages,
    Action.REJECT: _some_pages,
    Action.ROTATE: _rotate,
    Action.LINK: _link,
    Action.FILE: _file,
    Action.ACCEPT: _accept,
    Action.UNDO: _undo,
}
