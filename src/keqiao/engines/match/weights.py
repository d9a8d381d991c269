"""How the fields of a document are weighted into one bag of terms, and the BM25 score of it.

Hides the store's own arithmetic (length rounded to one byte), so that a score can be explained to the last digit.
Source: Robertson & Zaragoza, The Probabilistic Relevance Framework (2009), §3.4 (BM25) and §3.6 (BM25F).
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from keqiao.engines.match.documents import Document
from keqiao.engines.match.tokens import terms

FORMAT = 1
K1, B = 1.2, 0.75
_EXACT_LENGTHS = 24


@dataclass(frozen=True)
class FieldWeights:
    """A term of the title counts `title` times, of the keywords `keywords` times, of the text once. Weights act on term
    counts before saturation, so one length norm serves all fields."""

    title: int = 2
    keywords: int = 2
    format: int = FORMAT


def weighted_terms(document: Document, weights: FieldWeights) -> list[str]:
    """Terms of a document as they are counted: title and keywords repeated by their weight."""
    counted = terms(document.text)
    if document.title:
        counted += terms(document.title) * weights.title
    for keyword in document.keywords:
        counted += terms(keyword) * weights.keywords
    return counted


@dataclass(frozen=True)
class Statistics:
    """What BM25 knows of the whole store: number of documents, mean length in terms, documents per term."""

    documents: int
    mean_length: float
    frequency: Callable[[str], int]

    def rarity(self, term: str) -> float:
        """Weight of a term (BM25's idf): the fewer documents have it, the higher."""
        found = self.frequency(term)
        return math.log(1 + (self.documents - found + 0.5) / (found + 0.5))

    def contributions(self, query_terms: list[str], document_terms: list[str]) -> dict[str, float]:
        """BM25 score per distinct query term, for one occurrence in the query; only terms that contribute."""
        shares = self.saturations(document_terms)
        return {term: self.rarity(term) * shares[term] for term in dict.fromkeys(query_terms) if term in shares}

    def saturations(self, document_terms: list[str]) -> dict[str, float]:
        """BM25's weight of each term within its document, before rarity."""
        norm = K1 * (1 - B + B * stored_length(len(document_terms)) / self.mean_length)
        return {term: count * (K1 + 1) / (count + norm) for term, count in Counter(document_terms).items()}


def stored_length(length: int) -> int:
    """A length as the store keeps it: exact up to 40, then rounded down to three significant bits (Lucene's byte4)."""
    if length < _EXACT_LENGTHS:
        return length
    above = length - _EXACT_LENGTHS
    shift = max(above.bit_length() - 4, 0)
    return _EXACT_LENGTHS + ((above >> shift) << shift)
