"""How good a ranking is: MRR@10, nDCG@10 and R@100 with bootstrap intervals, and the difference between two rankings.

Hides resampling. A query with no answer in the run counts 0, never is left out. Source: Järvelin & Kekäläinen (2002) for
nDCG (gain = relevance, discount log2); percentile bootstrap over queries, paired for differences.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Run = Mapping[str, Sequence[str]]
Judgements = Mapping[str, Mapping[str, float]]
METRICS = ("mrr@10", "ndcg@10", "r@100")


@dataclass(frozen=True)
class Measure:
    """A mean over queries with its 95 % interval."""

    metric: str
    mean: float
    low: float
    high: float


def evaluate(run: Run, judgements: Judgements, samples: int = 2000) -> tuple[Measure, ...]:
    """The three measures of a run (documents per query, best first) over all judged queries."""
    table = _table(run, judgements)
    return tuple(_measure(name, table[:, at], samples) for at, name in enumerate(METRICS))


def compare(first: Run, second: Run, judgements: Judgements, samples: int = 2000) -> tuple[Measure, ...]:
    """Second minus first on the same queries; an interval without 0 is a difference at the 5 % level."""
    table = _table(second, judgements) - _table(first, judgements)
    return tuple(_measure(name, table[:, at], samples) for at, name in enumerate(METRICS))


def _table(run: Run, judgements: Judgements) -> np.ndarray:
    return np.array([_row(run.get(query, ()), relevant) for query, relevant in judgements.items()]).reshape(-1, 3)


def _row(ranked: Sequence[str], judged: Mapping[str, float]) -> tuple[float, float, float]:
    relevant = {document: gain for document, gain in judged.items() if gain > 0}
    ranked = list(dict.fromkeys(ranked))
    first = next((at for at, document in enumerate(ranked[:10], 1) if document in relevant), None)
    gained = sum(relevant.get(document, 0.0) / math.log2(at + 1) for at, document in enumerate(ranked[:10], 1))
    ideal = sum(gain / math.log2(at + 1) for at, gain in enumerate(sorted(relevant.values(), reverse=True)[:10], 1))
    found = sum(document in relevant for document in ranked[:100])
    return (1 / first if first else 0.0, gained / ideal if ideal else 0.0, found / len(relevant) if relevant else 0.0)


def _measure(metric: str, values: np.ndarray, samples: int) -> Measure:
    if not len(values):
        return Measure(metric, 0.0, 0.0, 0.0)
    random = np.random.default_rng(20260101)
    means = [values[random.integers(0, len(values), len(values))].mean() for _ in range(samples)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Measure(metric, float(values.mean()), float(low), float(high))
