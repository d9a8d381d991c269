"""Which ledger entry does a figure of a draft speak of.

Hides candidate search and the one-to-one assignment inside a sentence. Evidence is the indicator's name, the words
around the number, the unit and the measure; an equal value only breaks ties, so that a wrong number is still linked.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
from scipy.optimize import linear_sum_assignment

from keqiao.engines.reports.ledger import LedgerEntry
from keqiao.engines.text import Fact
from keqiao.engines.text.linking import same_unit, similarity

#: Below this a figure is "not in ledger"; an equal value needs less evidence than a different one.
THRESHOLD = 0.62
THRESHOLD_EQUAL = 0.45
TIE_BONUS = 0.06
CANDIDATES = 12
_NUMBER = re.compile(r"(?:约|近|超过?|突破|逾)?[\d,.]+(?:余|多)?[百千万亿]*(?:余|多)?")


def _pairs(text: str) -> frozenset[str]:
    bare = re.sub(r"[^\u4e00-\u9fffA-Za-z&]", "", text)
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1))


@lru_cache(maxsize=20000)
def _skeleton(text: str) -> str:
    return _NUMBER.sub("#", text)


def _around(sentence: str, at: int, length: int) -> tuple[str, str]:
    """Words before and after a number, numbers blanked out."""
    return _skeleton(sentence[max(0, at - 30) : at])[-14:], _skeleton(sentence[at + length : at + length + 16])[:8]


class Linker:
    """Links the figures of one sentence at a time; build once per ledger."""

    def __init__(self, ledger: Sequence[LedgerEntry]) -> None:
        self.ledger = ledger
        self._index: dict[str, list[int]] = defaultdict(list)
        self._places: list[tuple[str, str]] = []
        for number, entry in enumerate(ledger):
            for pair in _pairs(entry.indicator) | _pairs(entry.sentence):
                self._index[pair].append(number)
            at = _place_of(entry, ledger, number)
            self._places.append(_around(entry.sentence, at, len(entry.span)) if at >= 0 else ("", ""))

    def link(self, facts: Sequence[Fact], draft: str) -> list[LedgerEntry | None]:
        """One entry or None per fact; no entry twice within the sentence."""
        candidates = [self._candidates(fact) for fact in facts]
        columns = sorted({number for found in candidates for number in found})
        if not columns:
            return [None] * len(facts)
        scores = np.zeros((len(facts), len(columns)))
        for row, fact in enumerate(facts):
            around = _around(draft, fact.start, fact.end - fact.start)
            for column, number in enumerate(columns):
                if number in candidates[row]:
                    scores[row, column] = self._score(fact, around, number)
        with_bonus = scores + TIE_BONUS * np.array(
            [[self.ledger[n].value == fact.value for n in columns] for fact in facts], dtype=float
        ) * (scores > 0.3)
        rows, chosen = linear_sum_assignment(-with_bonus)
        links: list[LedgerEntry | None] = [None] * len(facts)
        for row, column in zip(rows, chosen, strict=True):
            entry = self.ledger[columns[column]]
            needed = THRESHOLD_EQUAL if entry.value == facts[row].value else THRESHOLD
            if scores[row, column] >= needed:
                links[row] = entry
        return links

    def _candidates(self, fact: Fact) -> set[int]:
        votes: Counter[int] = Counter()
        for pair in _pairs(fact.indicator) | _pairs(fact.sentence):
            for number in self._index.get(pair, ()):
                votes[number] += 1
        found = [n for n, _ in votes.most_common(400) if self._compatible(fact, self.ledger[n])]
        found.sort(key=lambda n: -(similarity(fact.indicator, self.ledger[n].indicator) + 0.01 * votes[n]))
        return set(found[:CANDIDATES])

    @staticmethod
    def _compatible(fact: Fact, entry: LedgerEntry) -> bool:
        if not same_unit(fact.unit, entry.unit):
            return False
        derived = ("yoy", "attainment", "rank", "rank_change", "change_abs", "gap")
        if entry.measure:
            return (fact.measure in derived) == (entry.measure in derived) and (
                fact.measure not in derived or fact.measure == entry.measure
            )
        if entry.kind in ("yoy", "attainment", "rank"):
            return fact.kind in (entry.kind, "target", "expected")
        if entry.kind == "actual" and fact.kind in ("yoy", "attainment", "rank"):
            return False
        return (entry.kind == "target") == (fact.status == "target") or not entry.kind

    def _score(self, fact: Fact, around: tuple[str, str], number: int) -> float:
        entry = self.ledger[number]
        name = similarity(fact.indicator, entry.indicator)
        if (
            fact.subject
            and entry.subject
            and fact.subject != entry.subject
            and len(entry.subject) <= 4
            and entry.subject[:1] not in "全我本"
        ):
            name *= 0.8
        place = self._places[number]
        if not entry.sentence or not (place[0] or place[1]):
            pairs = _pairs(entry.indicator)
            contained = len(pairs & _pairs(fact.sentence)) / len(pairs) if pairs else 0.0
            return max(name, 0.5 * name + 0.5 * contained)
        words = 0.7 * _alike(around[0], place[0], tail=True) + 0.3 * _alike(around[1], place[1], tail=False)
        sentence = _sentence_alike(fact.sentence, entry.sentence)
        context = words * (0.35 + 0.65 * sentence)
        return max(0.45 * name + 0.55 * context, 0.97 * context, name * (0.75 + 0.25 * sentence))


def _place_of(entry: LedgerEntry, ledger: Sequence[LedgerEntry], number: int) -> int:
    """Where the entry's number stands in its sentence; the n-th same span for the n-th entry with it."""
    if not entry.sentence or not entry.span:
        return -1
    earlier = 0
    for other in reversed(ledger[max(0, number - 30) : number]):
        if other.sentence == entry.sentence and other.article == entry.article:
            earlier += other.span == entry.span
    at = -1
    for _ in range(earlier + 1):
        at = _find_number(entry.sentence, entry.span, at + 1)
        if at < 0:
            return entry.sentence.find(entry.span)
    return at


def _find_number(sentence: str, span: str, start: int) -> int:
    at = sentence.find(span, start)
    while at > 0 and sentence[at - 1] in "0123456789." and span[0].isdigit():
        at = sentence.find(span, at + 1)
    return at


@lru_cache(maxsize=200000)
def _alike(left: str, right: str, *, tail: bool) -> float:
    """Share of equal characters counted from the number outwards, the nearest weighing most."""
    if not left and not right:
        return 1.0
    a, b = (left[::-1], right[::-1]) if tail else (left, right)
    total = hit = 0.0
    for i in range(max(len(a), len(b))):
        weight = 1.0 / (1 + i * 0.35)
        total += weight
        hit += weight * (i < len(a) and i < len(b) and a[i] == b[i])
    straight = hit / total if total else 0.0
    return max(straight, SequenceMatcher(None, a, b, autojunk=False).ratio() * 0.9)


@lru_cache(maxsize=200000)
def _sentence_alike(left: str, right: str) -> float:
    a, b = _pairs(left), _pairs(right)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0
