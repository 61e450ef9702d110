"""From what a person typed to what is looked for: a pure function, for every index the same.

Words, ``"exact phrase"``, ``-without``, ``OR``, ``numar:`` ``an:`` ``directie:``. What is broken is read as words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipeline.domain.romanian.analysis import Analysis, Keys, Span, analyse, is_stopword
from pipeline.domain.romanian.letters import comma_letters, fold
from pipeline.domain.romanian.numbers import number_key
from pipeline.domain.romanian.words import word_lists

MAX_QUERY = 2_000
"""code points that are read"""
MAX_ITEMS = 32
"""words, phrases and numbers that are looked for"""

_BEFORE_NUMBERS = frozenset(word_lists("stopwords")["before_numbers"])
_STREETS = frozenset(word_lists("stopwords")["streets"])


@dataclass(frozen=True, slots=True)
class Word:
    keys: Keys


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one after the other, by their exact keys."""

    words: tuple[str, ...]
    value: str | None = None
    """of a compound that is the whole phrase"""


@dataclass(frozen=True, slots=True)
class Thing:
    """A compound, in any written form; ``words`` are those it was typed with."""

    kind: str
    value: str
    words: tuple[Keys, ...]


Item = Word | Phrase | Thing


@dataclass(frozen=True, slots=True)
class Group:
    """Something wanted: any one of its alternatives satisfies it."""

    items: tuple[Item, ...]
    required: bool = False
    """phrases: without it a document is no hit"""


@dataclass(frozen=True, slots=True)
class RegistryPattern:
    """A registry number, as far as it was given."""

    number: str
    """``number_key``"""
    year: int | None = None
    register: str | None = None
    """folded"""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    groups: tuple[Group, ...] = ()
    helpers: tuple[Word, ...] = ()
    """words that add to the rank and are not wanted themselves: ``Legea nr.`` before ``544/2001``"""
    near: tuple[tuple[Word, Word], ...] = ()
    """words typed side by side"""
    excluded: tuple[Item, ...] = ()
    numbers: tuple[RegistryPattern, ...] = ()
    """each must be the document's"""
    years: tuple[int, ...] = ()
    departments: tuple[str, ...] = ()
    """``department_key`` of the code"""
    registry: RegistryPattern | None = field(default=None)
    """the query is a registry number and nothing else"""

    @property
    def empty(self) -> bool:
        """Nothing is asked for: all documents."""
        return self == ParsedQuery()


def department_key(code: str) -> str:
    """How a department code is compared: ``Spații verzi`` and ``SPATII_VERZI`` are one."""
    return re.sub(r"[\s_-]+", "_", fold(code).strip()).encode("utf-8", "replace").decode("utf-8")


_FIELD = r"(?P<field>numar|an|directie):(?P<value>\"[^\"]*\"|[^\s\"]+)"
_LEXEME = re.compile(
    rf"(?<!\S)(?P<minus>-)?(?:{_FIELD}|\"(?P<phrase>[^\"]*)\")"
    r"|(?<!\S)-(?P<without>[^\W_][^\s\"]*)"
    r"|(?<!\S)(?P<or>OR)(?!\S)"
    r"|\"(?P<quoted>[^\"]*)\""
)
_REGISTRY = re.compile(
    r"(?:(?:nr|numar|numarul|inreg)\b[.:\s]*)*(?:(?P<register>[a-z][a-z0-9-]{0,11})[\s-]+)??(?:(?:nr|numar|numarul)\b[.:\s]*)?"
    r"(?P<number>\d{1,3}(?:\.\d{3}){1,4}|\d{1,12})(?:(?:\s?/\s?|\s+din\s+(?:anul\s+)?)(?P<year>(?:19|20)\d\d))?",
    re.ASCII,
)


def parse(text: str) -> ParsedQuery:
    """Reads a query of any kind and length; never fails."""
    clean = "".join(letter if letter.isprintable() else " " for letter in comma_letters(text[:MAX_QUERY])).strip()
    reader = _Reader()
    position = 0
    for match in _LEXEME.finditer(_searchable(clean)):
        reader.words(clean[position : match.start()])
        reader.lexeme(match, clean)
        position = match.end()
    reader.words(clean[position:])
    return replace(reader.query(), registry=_registry(fold(clean)))


def _searchable(clean: str) -> str:
    """The text with field names and typographic quotes in the form that lexemes have; offsets stay."""
    text = clean.translate(str.maketrans("„”“«»", '"""""'))
    return re.sub(r"(?i)(?<!\S)-?(?:numar|număr|an|directie|direcție|direcţie):", lambda m: fold(m.group()), text)


def _registry(folded: str) -> RegistryPattern | None:
    match = _REGISTRY.fullmatch(folded)
    if match is None:
        return None
    year = int(match["year"]) if match["year"] else None
    return RegistryPattern(number_key(match["number"]), year, match["register"])


class _Reader:
    """Collects what is read, lexeme by lexeme."""

    def __init__(self) -> None:
        self._groups: list[Group] = []
        self._helpers: list[Word] = []
        self._near: list[tuple[Word, Word]] = []
        self._stopwords: list[Word] = []
        self._excluded: list[Item] = []
        self._numbers: list[RegistryPattern] = []
        self._years: list[int] = []
        self._departments: list[str] = []
        self._or = False

    def query(self) -> ParsedQuery:
        groups = self._groups
        if not groups and not self._excluded:
            groups = [Group((word,)) for word in self._stopwords]
        return ParsedQuery(
            groups=tuple(dict.fromkeys(groups))[:MAX_ITEMS],
            helpers=tuple(dict.fromkeys(self._helpers))[:MAX_ITEMS],
            near=tuple(dict.fromkeys(self._near))[:MAX_ITEMS],
            excluded=tuple(dict.fromkeys(self._excluded))[:MAX_ITEMS],
            numbers=tuple(self._numbers)[:MAX_ITEMS],
            years=tuple(self._years)[:MAX_ITEMS],
            departments=tuple(self._departments)[:MAX_ITEMS],
        )

    def lexeme(self, match: re.Match[str], clean: str) -> None:
        if match["or"]:
            self._or = bool(self._groups)
        elif match["field"]:
            self._field(
                match["minus"], match["field"], clean[match.start("value") : match.end("value")].strip('"„”“«»')
            )
        elif match["without"]:
            self._exclude(clean[match.start("without") : match.end("without")])
        else:
            name = "phrase" if match["phrase"] is not None else "quoted"
            phrase = _phrase(clean[match.start(name) : match.end(name)])
            if phrase and match["minus"]:
                self._excluded.append(phrase)
            elif phrase:
                self._add(phrase, required=True)

    def words(self, text: str) -> None:
        """A run of plain words; ``OR`` before it binds its first word."""
        analysis = analyse(text)
        things, covered = _things(analysis)
        previous: Word | None = None
        for place, token in enumerate(analysis.tokens):
            if place in things:
                for thing in things[place]:
                    self._add(thing)
                previous = None
            if place in covered:
                continue
            word = Word(token.keys)
            if is_stopword(token.keys):
                self._stopwords.append(word)
            elif _introduces(analysis, place, things):
                self._helpers.append(word)
                previous = word
            else:
                self._add(word)
                if previous is not None and previous != word:
                    self._near.append((previous, word))
                previous = word

    def _add(self, item: Item, required: bool = False) -> None:
        if self._or and self._groups:
            last = self._groups[-1]
            self._groups[-1] = Group((*last.items, item), last.required and required)
        elif len(self._groups) < 4 * MAX_ITEMS:
            self._groups.append(Group((item,), required))
        self._or = False

    def _exclude(self, text: str) -> None:
        analysis = analyse(text)
        if len(analysis.tokens) == 1:
            self._excluded.append(Word(analysis.tokens[0].keys))
        elif phrase := _phrase(text):
            self._excluded.append(phrase)

    def _field(self, minus: str | None, name: str, value: str) -> None:
        pattern = _registry(fold(value).strip())
        if minus:
            self._exclude(value)
        elif name == "numar" and (pattern or value.strip()):
            self._numbers.append(pattern or RegistryPattern(number_key(value)))
        elif name == "an" and re.fullmatch(r"\d{4}", value):
            self._years.append(int(value))
        elif name == "directie" and department_key(value):
            self._departments.append(department_key(value))
        else:
            self.words(f"{name} {value}")


def _phrase(text: str) -> Phrase | None:
    analysis = analyse(text)
    if not analysis.tokens:
        return None
    words = tuple(token.keys.exact for token in analysis.tokens)[:MAX_ITEMS]
    whole = [s.value for s in analysis.spans if s.kind != "initials" and (s.first, s.last) == (0, len(words) - 1)]
    return Phrase(words, whole[0] if whole else None)


def _things(analysis: Analysis) -> tuple[dict[int, list[Thing]], set[int]]:
    """Compounds by their first word, widest first, and all words they cover."""
    things: dict[int, list[Thing]] = {}
    covered: set[int] = set()
    for span in sorted(analysis.spans, key=_width, reverse=True):
        places = range(span.first, span.last + 1)
        inside = covered.issuperset(places)
        if inside and span.kind != "date":
            continue
        words = tuple(analysis.tokens[place].keys for place in places)
        things.setdefault(span.first, []).append(Thing(span.kind, span.value, words))
        covered.update(places)
    return things, covered


def _width(span: Span) -> int:
    return span.last - span.first


def _introduces(analysis: Analysis, place: int, things: dict[int, list[Thing]]) -> bool:
    """Whether a word only says what comes after it: ``Legea nr. 544/2001``, ``strada Florilor``."""
    lemma = analysis.tokens[place].keys.lemma
    if lemma in _STREETS:
        return place + 1 < len(analysis.tokens) and not is_stopword(analysis.tokens[place + 1].keys)
    if lemma not in _BEFORE_NUMBERS:
        return False
    after = place + 1
    while after < len(analysis.tokens) and is_stopword(analysis.tokens[after].keys):
        after += 1
    return any(thing.kind != "initials" for thing in things.get(after, ()))


def items_of(query: ParsedQuery) -> Iterator[Item]:
    """Everything wanted, in the order typed."""
    for group in query.groups:
        yield from group.items
