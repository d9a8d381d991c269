"""Which people or institutions know most about a need, judged by their works, with those works as evidence.

Hides how a need is compared with a work and how works add up to a person: the mean of the three most similar works
(measured against the most similar one and the mean of all: bench/results/match.md).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from keqiao.engines.match.encoders import Encoder
from keqiao.engines.match.tokens import terms

_EVIDENCE = 3


@dataclass(frozen=True)
class Work:
    """A paper, patent, project or achievement of somebody."""

    id: str
    text: str


@dataclass(frozen=True)
class Evidence:
    """A work that speaks for a person, and how similar it is to the need (0 to 1)."""

    work: str
    similarity: float


@dataclass(frozen=True)
class PersonScore:
    """A person's likeness to a need (0 to 1) and the works it rests on, most similar first."""

    person: str
    score: float
    evidence: tuple[Evidence, ...]


class People:
    """People with their works, prepared once, to be ranked for many needs.

    With an `encoder` the likeness is the mean of the word part and the meaning part, each brought to the same spread
    over all works; without one, words alone.
    """

    def __init__(self, works_by_person: Mapping[str, Sequence[Work]], encoder: Encoder | None = None) -> None:
        self._owners = list(works_by_person)
        works = {work.id: work.text for owned in works_by_person.values() for work in owned}
        self._works = list(works)
        place = {identity: at for at, identity in enumerate(self._works)}
        self._owned = [np.array([place[work.id] for work in owned], dtype=int) for owned in works_by_person.values()]
        self._space = _TermSpace(list(works.values()))
        self._encoder = encoder
        self._vectors = encoder.encode(list(works.values())) if encoder and works else None

    def rank(self, query: str, top: int | None = None) -> tuple[PersonScore, ...]:
        """People by likeness to a text, best first (equal ones by id); those without works score 0 and come last."""
        similarity = self._similarities(query)
        scores = []
        for owner, owned in zip(self._owners, self._owned, strict=True):
            best = owned[np.argsort(-similarity[owned], kind="stable")[:_EVIDENCE]]
            evidence = tuple(Evidence(self._works[at], float(similarity[at])) for at in best)
            mean = sum(each.similarity for each in evidence) / len(evidence) if evidence else 0.0
            scores.append(PersonScore(owner, mean, evidence))
        scores.sort(key=lambda each: (-each.score, not each.evidence, each.person))
        return tuple(scores[:top])

    def _similarities(self, query: str) -> np.ndarray:
        words = self._space.similarities(query)
        if self._encoder is None or self._vectors is None:
            return words
        meaning = self._vectors @ self._encoder.encode_query(query)
        return np.asarray((words + np.clip(meaning, 0.0, 1.0)) / 2)


def rank_people(
    works_by_person: Mapping[str, Sequence[Work]], query: str, top: int | None = None, encoder: Encoder | None = None
) -> tuple[PersonScore, ...]:
    """People ranked for one need; for many needs make a `People` once."""
    return People(works_by_person, encoder).rank(query, top)


class _TermSpace:
    """TF-IDF vectors of the works, length 1: cosine, because raw BM25 favours long texts (the worst of all tried)."""

    def __init__(self, texts: list[str]) -> None:
        counts = [Counter(terms(text)) for text in texts]
        frequency = Counter(term for each in counts for term in each)
        self._place = {term: at for at, term in enumerate(frequency)}
        self._idf = np.array([math.log((1 + len(texts)) / (1 + found)) + 1 for found in frequency.values()])
        self._matrix = sparse.vstack([self._vector(each) for each in counts], format="csr") if counts else None

    def similarities(self, query: str) -> np.ndarray:
        if self._matrix is None:
            return np.zeros(0)
        return np.asarray((self._matrix @ self._vector(Counter(terms(query))).T).todense()).ravel()

    def _vector(self, counts: Counter[str]) -> sparse.csr_matrix:
        known = [(self._place[term], count) for term, count in counts.items() if term in self._place]
        columns = np.array([column for column, _ in known], dtype=int)
        values = np.array([1 + math.log(count) for _, count in known]) * self._idf[columns] if known else np.zeros(0)
        length = float(np.sqrt((values**2).sum())) or 1.0
        return sparse.csr_matrix(
            (values / length, (np.zeros(len(columns), dtype=int), columns)), shape=(1, len(self._place))
        )
