"""The drawn tree of errors: each class says its exit code, whether to try again, and what to do (in Romanian).

OpisError
├── UsageError                  2  wrong usage or a missing path
│   └── ConfigurationError      2  a key, a value or a file of the configuration
├── MissingPart                 3  a program, model or library is not there
├── PartDown                    3  a part is there but does not answer, retry
│   └── StorageFull             3  no space, retry when there is
├── InputFault                  1  foreign bytes that cannot become a batch; ``code`` says why
├── WorkerFault                 1  the sandboxed child failed on this item, retry
│   ├── WorkerTimeout
│   └── WorkerDied
├── KeyTaken                    1  an object key exists with other content
├── NotFound                    2  no such batch, document, entry
├── Fenced                      3  another line holds the lease
└── Stopped                     1  the line was told to stop while the item was worked on: its fault is it not
"""


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


class PartDown(OpisError):
    exit_code = 3
    retry = True
    advice = "O componentă nu răspunde; se reîncearcă. Rulați opis doctor."


class StorageFull(PartDown):
    advice = "Spațiul pe disc s-a terminat. Eliberați spațiu; lucrul continuă singur."


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


class Fenced(OpisError):
    exit_code = 3
    advice = "O altă instanță Opis lucrează pe aceleași date."


class Stopped(OpisError):
    advice = "Lucrul a fost oprit; la următoarea pornire continuă de unde a rămas."
