"""The drawn tree of errors: each class says its exit code, whether to try again, and what to do (in Romanian).

OpisError
├── UsageError                  2  wrong usage or a missing path
│   └── ConfigurationError      2  a key, a value or a file of the configuration
├── MissingPart                 3  a program, model or library is not there
├── PartUnfit                   3  a part answers but cannot be used as it is: credentials, bucket, version
├── PartDown                    3  a part is there but does not answer, retry
│   ├── StorageFull             3  no space, retry when there is
│   └── DocumentsRefused        3  the index took all documents but the named ones
├── InputFault                  1  foreign bytes that cannot become a batch; ``code`` says why
├── WorkerFault                 1  the sandboxed child failed on this item, retry
│   ├── WorkerTimeout
│   └── WorkerDied
├── KeyTaken                    1  an object key exists with other content
├── NotFound                    2  no such batch, document, entry
├── Fenced                      3  another line holds the lease
├── StaleDecision               1  a person decided on a batch that has changed since
└── Stopped                     1  the line was told to stop while the item was worked on: its fault is it not
"""

from collections.abc import Sequence


class OpisError(Exception):
    """Root. The message is English, for the log; ``advice`` is Romanian, for staff."""

    exit_code = 1
    retry = False
    advice = "Consultați jurnalul sau administratorul."


class UsageError(OpisError):
    exit_code = 2
    advice = "Verificați comanda: opis --help."


class ConfigurationError(UsageError):
    advice = "Corectați cheia numită în opis.toml."


class MissingPart(OpisError):
    exit_code = 3
    advice = "Rulați opis doctor: arată ce lipsește și cum se instalează."


class PartUnfit(OpisError):
    """Found when a part is opened: its answer says that trying again will not help.

    The message names the part and its address without password; ``mend`` (Romanian) says how to put it right.
    """

    exit_code = 3
    advice = "Corectați configurarea componentei numite; opis doctor arată ce nu se potrivește."

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        if mend:
            self.advice = mend


class PartDown(OpisError):
    exit_code = 3
    retry = True
    advice = "O componentă nu răspunde; se reîncearcă. Rulați opis doctor."


class StorageFull(PartDown):
    advice = "Spațiul pe disc s-a terminat. Eliberați spațiu; lucrul continuă singur."


class DocumentsRefused(PartDown):
    """The index has taken all documents but these, and will not take them however often they are sent."""

    advice = "Indexul a refuzat documentele numite; celelalte se găsesc. Transmiteți jurnalul administratorului."

    def __init__(self, message: str, documents: Sequence[str]) -> None:
        super().__init__(message)
        self.documents = tuple(documents)


class InputFault(OpisError):
    """Foreign bytes that cannot become a batch."""

    advice = "Scanați din nou documentele."

    def __init__(self, code: str, detail: str, page: int | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.page = page


class WorkerFault(OpisError):
    retry = True
    advice = "Pagina nu a putut fi prelucrată; se reîncearcă."


class WorkerTimeout(WorkerFault):
    pass


class WorkerDied(WorkerFault):
    pass


class KeyTaken(OpisError):
    advice = "Un obiect cu aceeași cheie există cu alt conținut; nimic nu a fost suprascris."


class NotFound(OpisError):
    exit_code = 2
    advice = "Verificați identificatorul."


class StaleDecision(OpisError):
    advice = "Lotul s-a schimbat între timp. Priviți-l din nou și hotărâți apoi."


class Fenced(OpisError):
    exit_code = 3
    advice = "O altă instanță Opis lucrează pe aceleași date."


class Stopped(OpisError):
    advice = "Lucrul a fost oprit; la următoarea pornire continuă de unde a rămas."
