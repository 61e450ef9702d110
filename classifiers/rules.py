"""The rule classifier: phrases, laws and addressees from a departments file, weighed by where they stand."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifiers.laws import Act, find_acts, parse_act
from classifiers.phrases import PhraseIndex, longest_only
from classifiers.places import ASKED_PLACES, Place, context, places_of
from classifiers.rule_file import DepartmentRules
from classifiers.scoring import Hit, classification
from classifiers.words import WordList, prepared, words_of
from pipeline.domain.filing import EXTERN, Classification, Department
from pipeline.domain.romanian.letters import fold

MAX_PAGE_LETTERS = 40_000
MAX_LETTERS = 300_000
"""what comes later in a document is not read: it would count next to nothing"""
_ADDRESSEE_WEIGHT = 4.0
_SENDER_FACTOR = 0.5
_PAGE_DECAY = 0.5
_LEAST_PAGE_FACTOR = 0.03
_SPECIFICITY = {1: 0.8, 2: 1.0}
_MOST_SPECIFIC = 1.15


@dataclass(frozen=True, slots=True)
class _Sign:
    """What a phrase stands for: nobody (neutral), or a department with a weight, negative when against."""

    code: str | None
    text: str
    weight: float


class RuleClassifier:
    """Implements ``pipeline.ports.classifier.Classifier``; the dictionary is loaded when first asked."""

    def __init__(self, rules: DepartmentRules, institution: str = "") -> None:
        self._rules = rules
        name = fold(institution).strip()
        self._ours = tuple(fold(text) for text in rules.boilerplate) + ((name,) if name else ())

    def departments(self) -> tuple[Department, ...]:
        return tuple(rule.department for rule in self._rules.departments)

    def classify(self, pages: Sequence[tuple[int, str]], sender: str | None, subject: str | None) -> Classification:
        return classification(
            [*self._of_pages(pages), *self._of_subject(subject or ""), *self._of_sender(sender or "")]
        )

    def _of_pages(self, pages: Sequence[tuple[int, str]]) -> Iterator[Hit]:
        left = MAX_LETTERS
        for place, (page, text) in enumerate(pages):
            text = text[: min(MAX_PAGE_LETTERS, left)]
            left -= len(text)
            words = words_of(prepared(text))
            factor = max(1 / (1 + _PAGE_DECAY * place), _LEAST_PAGE_FACTOR)
            places = places_of(words, place == 0, self._ours)
            yield from self._found(words, places, page, factor)
            if place == 0:
                yield from self._addressed(words, places, page)
            if left <= 0:
                return

    def _of_subject(self, subject: str) -> Iterator[Hit]:
        words = words_of(prepared(subject[:MAX_PAGE_LETTERS]))
        yield from self._found(words, [Place.SUBJECT] * len(words.keys), None, 1.0)

    def _of_sender(self, sender: str) -> Iterator[Hit]:
        """A sender that is itself another authority says nothing about who is competent."""
        words = words_of(prepared(sender[:MAX_PAGE_LETTERS]))
        for hit in self._found(words, [Place.PLAIN] * len(words.keys), None, _SENDER_FACTOR):
            if hit.code != EXTERN:
                yield hit

    def _found(self, words: WordList, places: list[Place], page: int | None, factor: float) -> Iterator[Hit]:
        factors = context().factors
        for found in longest_only(self._phrases.find(words)):
            sign = found.meaning
            if sign.code is not None:
                specificity = _SPECIFICITY.get(found.size, _MOST_SPECIFIC) / self._shared[(sign.text, found.size)]
                place = places[found.first]
                weight = sign.weight * specificity * factors.get(place, 0.0) * factor
                yield Hit(sign.code, "phrase", sign.text, page, weight, place in ASKED_PLACES)
        yield from self._acts(words, places, page, factor)

    def _acts(self, words: WordList, places: list[Place], page: int | None, factor: float) -> Iterator[Hit]:
        """Laws are cited by nature: there the place takes nothing away."""
        place_at = dict(zip(words.starts, places, strict=True))
        for start, act in find_acts(words.text):
            place = place_at.get(start, Place.PLAIN)
            place = Place.PLAIN if place is Place.CITED else place
            for sign in self._laws.get(act, ()):
                if sign.code is not None:
                    weight = sign.weight * context().factors.get(place, 0.0) * factor
                    yield Hit(sign.code, "law", sign.text, page, weight, place in ASKED_PLACES)

    def _addressed(self, words: WordList, places: list[Place], page: int) -> Iterator[Hit]:
        for found in longest_only(self._addressees.find(words)):
            if places[found.first] is Place.ADDRESSEE and found.meaning.code is not None:
                yield Hit(found.meaning.code, "addressee", found.meaning.text, page, found.meaning.weight, asked=True)

    @cached_property
    def _phrases(self) -> PhraseIndex[_Sign]:
        index = self._index(turned=True)
        for text in self._rules.neutral:
            index.add(text, _Sign(None, text, 0.0))
        for rule in self._rules.departments:
            for phrase in rule.phrases:
                index.add(phrase.text, _Sign(rule.department.code, phrase.text, phrase.weight))
            for phrase in rule.against:
                index.add(phrase.text, _Sign(rule.department.code, phrase.text, -phrase.weight))
        return index

    @cached_property
    def _shared(self) -> dict[tuple[str, int], int]:
        """How many departments a phrase speaks for, by its text and size."""
        codes: dict[tuple[str, ...], set[str]] = defaultdict(set)
        texts: dict[tuple[str, int], tuple[str, ...]] = {}
        for rule in self._rules.departments:
            for phrase in (*rule.phrases, *rule.against):
                keys = self._phrases.content(phrase.text)
                texts[(phrase.text, len(keys))] = keys
                if phrase in rule.phrases:
                    codes[keys].add(rule.department.code)
        return {text: max(1, len(codes[keys])) for text, keys in texts.items()}

    @cached_property
    def _laws(self) -> dict[Act, list[_Sign]]:
        laws: dict[Act, list[_Sign]] = defaultdict(list)
        for rule in self._rules.departments:
            for law in rule.laws:
                act = parse_act(law.text)
                if act is not None:
                    laws[act].append(_Sign(rule.department.code, law.text, law.weight))
        return laws

    @cached_property
    def _addressees(self) -> PhraseIndex[_Sign]:
        index = self._index(turned=False)
        for rule in self._rules.departments:
            department = rule.department
            for text in dict.fromkeys((department.name, *department.aliases, *rule.addressees)):
                index.add(text, _Sign(department.code, text, _ADDRESSEE_WEIGHT))
        return index

    @staticmethod
    def _index(turned: bool) -> PhraseIndex[_Sign]:
        return PhraseIndex(context().stop, context().gap, turned)
