"""The order of answers in full mode: words in common, how much of the need they cover, and likeness of meaning.

Hides how the three are brought to one scale:

    score = BM25 / (the highest BM25 the query could get) + 0.5 × coverage + 1.5 × cosine

Coverage is the share of the query's rarity (idf) that the document has at all: a document that touches every part of a
need once comes before one that repeats a single part. The cosine is centred over the store and 0 where no encoder is
installed. The two weights were set on a plateau of the development sets (bench/results/match.md, with everything that
was tried and left out because it did not measure better).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keqiao.engines.match.documents import Document, Filter
from keqiao.engines.match.encoders import Encoder
from keqiao.engines.match.store import Found, Store, searched_text
from keqiao.engines.match.tokens import fold, is_word, normalise, terms, whole_word
from keqiao.engines.match.vectors import VectorStore
from keqiao.engines.match.weights import K1, Statistics

COVERAGE_WEIGHT = 0.5
MEANING_WEIGHT = 1.5
LEXICAL_CANDIDATES = 300
MEANING_CANDIDATES = 100


@dataclass(frozen=True)
class Candidate:
    """A document under consideration and the parts of its score."""

    address: Any
    document: Document
    score: float
    lexical: float
    semantic: float = 0.0


@dataclass(frozen=True)
class QueryProfile:
    """A query's terms, how often they stand in it and how rare they are, prepared once for all candidates."""

    counts: dict[str, int]
    rarity: dict[str, float]
    total: float
    best_bm25: float
    words: dict[str, re.Pattern[str]]

    @classmethod
    def of(cls, query_terms: Sequence[str], statistics: Statistics) -> "QueryProfile":
        """Terms that no document has count too: nothing can cover them, for anyone."""
        counts = dict(Counter(query_terms))
        rarity = {term: statistics.rarity(term) for term in counts}
        best = sum(rarity[term] * count for term, count in counts.items()) * (K1 + 1)
        words = {term: whole_word(term) for term in counts if is_word(term)}
        return cls(counts, rarity, sum(rarity.values()) or 1.0, best or 1.0, words)

    def lexical(self, bm25: float, document: Document) -> float:
        """The part of the score that comes from words in common."""
        body = fold(normalise(searched_text(document)))
        found = sum(weight for term, weight in self.rarity.items() if self._has(body, term))
        return bm25 / self.best_bm25 + COVERAGE_WEIGHT * found / self.total

    def points(self, bm25: Mapping[str, float]) -> dict[str, float]:
        """The same part, split over the terms: points of one occurrence in the query, from their BM25."""
        return {
            term: value / self.best_bm25 + COVERAGE_WEIGHT * self.rarity[term] / self.total / self.counts[term]
            for term, value in bm25.items()
        }

    def _has(self, body: str, term: str) -> bool:
        pattern = self.words.get(term)
        return term in body if pattern is None else pattern.search(body) is not None


def lexical_order(store: Store, text: str, filters: Sequence[Filter], top: int) -> list[Candidate]:
    """Candidates by BM25 alone."""
    found = store.by_terms(store.quick_terms(text), filters, top)
    return _sorted([Candidate(each.address, store.document(each.address), each.bm25, each.bm25) for each in found], top)


def full_order(
    store: Store, text: str, filters: Sequence[Filter], top: int, encoder: Encoder | None, vectors: VectorStore | None
) -> list[Candidate]:
    """Candidates by words, coverage and meaning. Meaning adds its own nearest documents, so that one without a single
    word in common (another language, other terms) can be found; a document without vector counts 0 there."""
    query_terms = terms(text)
    found = store.by_terms(query_terms, filters, max(LEXICAL_CANDIDATES, top))
    meaning: dict[int, float] = {}
    if encoder is not None and vectors is not None and text.strip():
        query = encoder.encode_query(text)
        wanted = MEANING_CANDIDATES * (4 if filters else 1)
        found = _together(found, store.by_keys(vectors.nearest(query, wanted), query_terms, filters))
        keys = store.keys([each.address for each in found])
        meaning = dict(enumerate(vectors.similarities(query, keys).tolist()))
    if not found:
        return []
    profile = QueryProfile.of(query_terms, store.statistics(found[0].address))
    candidates = []
    for at, each in enumerate(found):
        document = store.document(each.address)
        lexical, semantic = profile.lexical(each.bm25, document), MEANING_WEIGHT * meaning.get(at, 0.0)
        candidates.append(Candidate(each.address, document, lexical + semantic, lexical, semantic))
    return _sorted(candidates, top)


def _together(first: list[Found], second: list[Found]) -> list[Found]:
    """Both lists without repeats."""
    seen = {(each.address.segment_ord, each.address.doc) for each in first}
    return first + [each for each in second if (each.address.segment_ord, each.address.doc) not in seen]


def _sorted(candidates: list[Candidate], top: int) -> list[Candidate]:
    return sorted(candidates, key=lambda each: (-each.score, each.document.id))[:top]
