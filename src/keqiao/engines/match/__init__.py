"""Matching: find the achievements, people and institutions for a need, say why, and assign people under constraints.

This is the front door; everything else in the package is private.
"""

from keqiao.engines.match.documents import Document, Filter, MatchError, Problem, Query
from keqiao.engines.match.explain import FieldMatch, Passage, Phrase, Reasons
from keqiao.engines.match.index import Answer, Hit, Index
from keqiao.engines.match.weights import FieldWeights

__all__ = [
    "Answer",
    "Document",
    "FieldMatch",
    "FieldWeights",
    "Filter",
    "Hit",
    "Index",
    "MatchError",
    "Passage",
    "Phrase",
    "Problem",
    "Query",
    "Reasons",
]
