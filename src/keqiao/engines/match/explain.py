"""Why a document was found, in terms a person can check: phrases in common with their share of the score, what is
missing, the best passage, and which wishes (industry, maturity, region …) it meets.

Hides how single terms are merged back into phrases. The shares of the phrases add up to the lexical score.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from keqiao.engines.match.documents import NUMBERS, Document, Filter
from keqiao.engines.match.store import searched_text
from keqiao.engines.match.tokens import Span, fold, normalise, spans

_PASSAGE = 80


@dataclass(frozen=True)
class Phrase:
    """A stretch of the query found in the document and the points it brings; `literal` says whether it stands there as
    written (otherwise only its parts do)."""

    text: str
    points: float
    literal: bool


@dataclass(frozen=True)
class Passage:
    """The part of the document with most of the score; `marks` are (start, end) within `text`, to be highlighted."""

    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class FieldMatch:
    """A wish about a field, what the document has, and whether it fits."""

    field: str
    wanted: str
    found: str
    fits: bool

    @classmethod
    def of(cls, wanted: Filter, document: Document) -> "FieldMatch":
        """Compare one filter with one document; a field the document lacks does not fit."""
        if wanted.field in NUMBERS:
            number = document.numbers.get(wanted.field)
            low, high = wanted.minimum, wanted.maximum
            fits = number is not None and (low is None or number >= low) and (high is None or number <= high)
            asked = f"{'' if low is None else f'{low:g}'}–{'' if high is None else f'{high:g}'}"
            return cls(wanted.field, asked, "" if number is None else f"{number:g}", fits)
        values = document.labels.get(wanted.field, ())
        return cls(wanted.field, "、".join(wanted.any_of), "、".join(values), bool(set(values) & set(wanted.any_of)))


@dataclass(frozen=True)
class Reasons:
    """All reasons of one hit. `phrases` best first; `missing` are stretches of the query the document does not have
    (why it stands no higher); `semantic` is the part of the score that words do not explain."""

    phrases: tuple[Phrase, ...]
    missing: tuple[str, ...]
    passage: Passage
    semantic: float
    fields: tuple[FieldMatch, ...]


def explain(
    query: str,
    document: Document,
    points: Mapping[str, float],
    semantic: float = 0.0,
    fields: tuple[FieldMatch, ...] = (),
) -> Reasons:
    """The reasons for one document, from the points that each occurrence of a query term brings (see `rank`).

    Cost: proportional to the document's length, about 0.1 ms per 200 characters.
    """
    shown = normalise(query)
    query_spans = spans(shown)
    body = normalise(searched_text(document))
    return Reasons(
        phrases=_phrases(shown, query_spans, points, fold(body)),
        missing=_missing(shown, query_spans, points),
        passage=_passage(body, points),
        semantic=semantic,
        fields=fields,
    )


def _phrases(shown: str, query_spans: list[Span], points: Mapping[str, float], body: str) -> tuple[Phrase, ...]:
    """Merge matched terms that touch or overlap in the query, longest stretches first; equal stretches are one."""
    merged: dict[str, float] = {}
    for start, end in _stretches([each for each in query_spans if each.term in points and len(each.term) > 1]):
        inside = [each for each in query_spans if start <= each.start and each.end <= end]
        text = shown[start:end]
        merged[text] = merged.get(text, 0.0) + sum(points.get(each.term, 0.0) for each in inside)
        query_spans = [each for each in query_spans if each not in inside]
    for each in query_spans:
        if each.term in points:
            text = shown[each.start : each.end]
            merged[text] = merged.get(text, 0.0) + points[each.term]
    ordered = sorted(merged.items(), key=lambda item: -item[1])
    return tuple(Phrase(text, value, fold(text) in body) for text, value in ordered)


def _missing(shown: str, query_spans: list[Span], points: Mapping[str, float]) -> tuple[str, ...]:
    covered = [False] * len(shown)
    asked = [False] * len(shown)
    for each in query_spans:
        for at in range(each.start, each.end):
            asked[at] = True
            covered[at] |= each.term in points and (len(each.term) > 1 or each.end - each.start > 1)
    gaps = [Span("", at, at + 1) for at in range(len(shown)) if asked[at] and not covered[at]]
    return tuple(dict.fromkeys(shown[start:end] for start, end in _stretches(gaps)))


def _stretches(found: list[Span]) -> list[tuple[int, int]]:
    """Union of spans as maximal stretches, in order; spans that only touch are joined, as two halves of a phrase."""
    joined: list[tuple[int, int]] = []
    for each in sorted(found, key=lambda span: span.start):
        if joined and each.start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], each.end))
        else:
            joined.append((each.start, each.end))
    return joined


def _passage(body: str, points: Mapping[str, float]) -> Passage:
    """The window of `_PASSAGE` characters that holds most points, each term counted once, earliest if equal."""
    matched = [each for each in spans(body) if each.term in points]
    matched.sort(key=lambda span: span.start)
    best, best_start = -1.0, 0
    inside: dict[str, int] = {}
    total, left = 0.0, 0
    for each in matched:
        total += points[each.term] if not inside.get(each.term) else 0.0
        inside[each.term] = inside.get(each.term, 0) + 1
        while each.end - matched[left].start > _PASSAGE and matched[left] is not each:
            gone = matched[left].term
            inside[gone] -= 1
            total -= points[gone] if not inside[gone] else 0.0
            left += 1
        if total > best + 1e-9:
            best, best_start = total, matched[left].start
    start = max(0, min(best_start - 8, len(body) - _PASSAGE))
    end = min(len(body), start + _PASSAGE)
    shown = [each for each in matched if len(each.term) > 1 or each.end - each.start > 1]
    marks = [(s - start, e - start) for s, e in _stretches(shown) if start <= s and e <= end]
    return Passage(body[start:end].replace("\n", " "), tuple(marks))
