"""Learning from answers: how much more to trust what kind of match, from recommendations that were answered.

Hides the fit (logistic regression with a strong prior towards changing nothing) and the proof. A correction is handed out
only when it ranks held-out answered pairs better than the plain score, with a paired bootstrap interval above 0;
otherwise the answer is None and nothing changes.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

_PRIOR = 4.0
_FOLDS = 5
_SAMPLES = 1000


@dataclass(frozen=True)
class AnsweredPair:
    """A recommendation that was answered: its demand, the plain score, facts about the pair (each 0 to 1, such as same
    industry, maturity fits, region near) and whether it led on (a contact, or the answer `fits`)."""

    demand: str
    score: float
    facts: tuple[float, ...]
    good: bool


@dataclass(frozen=True)
class Correction:
    """Weights learned from answers. `gain` is the measured gain in the share of rightly ordered pairs of held-out
    demands, with its 95 % interval."""

    score_weight: float
    fact_weights: tuple[float, ...]
    gain: float
    low: float
    high: float

    def apply(self, score: float, facts: Sequence[float]) -> float:
        """The corrected score of a pair."""
        return self.score_weight * score + float(np.dot(self.fact_weights, facts))


def learn(answers: Sequence[AnsweredPair]) -> Correction | None:
    """A correction that measured better on demands it had not seen, or None (also with too few demands: under 20)."""
    groups: dict[str, list[AnsweredPair]] = defaultdict(list)
    for answer in answers:
        groups[answer.demand].append(answer)
    demands = sorted(each for each, pairs in groups.items() if 0 < sum(pair.good for pair in pairs) < len(pairs))
    if len(demands) < 20:
        return None
    gains = []
    for fold in range(_FOLDS):
        trained = _fit([pair for at, each in enumerate(demands) if at % _FOLDS != fold for pair in groups[each]])
        for each in (each for at, each in enumerate(demands) if at % _FOLDS == fold):
            gains.append(_ordered(groups[each], trained) - _ordered(groups[each], None))
    values = np.array(gains)
    random = np.random.default_rng(1)
    means = [values[random.integers(0, len(values), len(values))].mean() for _ in range(_SAMPLES)]
    low, high = (float(each) for each in np.percentile(means, [2.5, 97.5]))
    if low <= 0:
        return None
    final = _fit(list(answers))
    return Correction(float(final[0]), tuple(float(each) for each in final[1:-1]), float(values.mean()), low, high)


def _features(pairs: Sequence[AnsweredPair]) -> np.ndarray:
    return np.array([[pair.score, *pair.facts, 1.0] for pair in pairs])


def _fit(pairs: Sequence[AnsweredPair]) -> np.ndarray:
    """Weights of score, facts and constant; the prior pulls the score's weight to 1 and the facts' weights to 0."""
    rows, good = _features(pairs), np.array([pair.good for pair in pairs], float)
    prior = np.zeros(rows.shape[1])
    prior[0] = 1.0
    strength = np.full(rows.shape[1], _PRIOR)
    strength[-1] = 0.0

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = rows @ weights
        value = np.logaddexp(0, margin).sum() - good @ margin + (strength * (weights - prior) ** 2).sum() / 2
        slope = rows.T @ (1 / (1 + np.exp(-margin)) - good) + strength * (weights - prior)
        return float(value), slope

    return np.asarray(minimize(loss, prior, jac=True, method="L-BFGS-B").x)


def _ordered(pairs: Sequence[AnsweredPair], weights: np.ndarray | None) -> float:
    """Share of (good, bad) pairs of one demand in the right order; equal scores count half."""
    values = np.array([pair.score for pair in pairs]) if weights is None else _features(pairs) @ weights
    good = np.array([pair.good for pair in pairs])
    difference = values[good][:, None] - values[~good][None, :]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())
