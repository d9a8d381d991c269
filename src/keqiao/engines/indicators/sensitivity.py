"""How firm a ranking is: Monte-Carlo over modelling choices, and Sobol indices saying which choice matters. Hides the caches.

A parameter is a place in the composite's settings (dotted path, e.g. `treat.global_specs.f1_para.winmax`) and the values
it may take. Each replication sets every parameter; stages that are equal in two replications are computed once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from keqiao.engines.indicators.columns import Array, rank_rows_descending
from keqiao.engines.indicators.composite import Composite, Pipeline, Settings
from keqiao.engines.indicators.prepare import Table
from keqiao.engines.indicators.problems import IndexProblem


@dataclass(frozen=True)
class Parameter:
    """An uncertain choice. `options`: label -> value put at `path`; or `between` two numbers, drawn uniformly."""

    name: str
    path: str
    options: Mapping[str, object] = field(default_factory=dict)
    between: tuple[float, float] | None = None

    def value(self, label: str) -> object:
        if self.between is not None:
            return float(label)
        if label not in self.options:
            raise IndexProblem.single(
                "index.draws.option",
                "draws",
                self.name,
                label,
                "not an option of this parameter",
                f"one of {', '.join(list(self.options)[:20])}",
            )
        return self.options[label]

    def labels_at(self, u: Array) -> list[str]:
        """Points of [0, 1) to labels: equal shares for options, linear for a range."""
        if self.between is not None:
            low, high = self.between
            return [repr(float(low + v * (high - low))) for v in u]
        names = list(self.options)
        return [names[min(int(v * len(names)), len(names) - 1)] for v in u]


Draw = Mapping[str, str]
"""One replication: parameter name -> label."""


@dataclass(frozen=True)
class Uncertainty:
    """Scores and ranks of each replication (replications x units) beside the nominal ones. A replication that could not be
    computed (for instance a geometric mean over zeros) is missing throughout and explained in `failures`."""

    units: tuple[str, ...]
    draws: tuple[Draw, ...]
    seed: int | None
    nominal_scores: Array
    nominal_ranks: Array
    scores: Array
    ranks: Array
    failures: Mapping[int, str]

    def statistics(self) -> dict[str, Array]:
        """Per unit: Nominal, Mean, Median, Q5, Q95 of the rank (quantiles: R type 7)."""
        q5, median, q95 = np.nanquantile(self.ranks, [0.05, 0.5, 0.95], axis=0)
        return {
            "Nominal": self.nominal_ranks,
            "Mean": np.nanmean(self.ranks, axis=0),
            "Median": median,
            "Q5": q5,
            "Q95": q95,
        }

    def probability_within(self, k: int) -> Array:
        """Per unit: share of replications in which its rank is k or better."""
        computed = self.ranks[~np.isnan(self.ranks).all(axis=1)]
        return np.asarray((computed <= k).mean(axis=0), dtype=np.float64)


@dataclass(frozen=True)
class SobolIndex:
    """First-order and total share of the variance of the mean absolute rank shift, with optional bootstrap bounds."""

    name: str
    first: float
    total: float
    first_bounds: tuple[float, float] | None = None
    total_bounds: tuple[float, float] | None = None


def run_draws(
    pipeline: Pipeline,
    table: Table,
    parameters: Sequence[Parameter],
    draws: Sequence[Draw],
    element: str | None = None,
    seed: int | None = None,
) -> Uncertainty:
    """Scores and ranks of `element` (default: the index) for every draw, rep by rep in the order given.

    Cost: about 0.1-0.3 ms a replication once treatment and normalisation repeat; 3-7 ms where every replication differs.
    """
    stages = _Stages(pipeline, table, element or pipeline.framework.root.code)
    nominal = pipeline.compute(table)
    units = nominal.units
    scores = np.full((len(draws), len(units)), np.nan)
    failures: dict[int, str] = {}
    for settings, weights, replications in _alike(pipeline.settings, parameters, draws):
        try:
            names, block = stages.scores(settings, weights)
        except IndexProblem as problem:
            failures.update(dict.fromkeys(replications, str(problem)))
            continue
        at = [names.index(u) if u in names else -1 for u in units]
        for row, r in enumerate(replications):
            scores[r] = [block[row, a] if a >= 0 else np.nan for a in at] if names != units else block[row]
    code = element or pipeline.framework.root.code
    return Uncertainty(
        units=units,
        draws=tuple(draws),
        seed=seed,
        nominal_scores=nominal.scores[code],
        nominal_ranks=nominal.ranks[code],
        scores=scores,
        ranks=rank_rows_descending(scores),
        failures=failures,
    )


def _alike(
    settings: Settings, parameters: Sequence[Parameter], draws: Sequence[Draw]
) -> list[tuple[Settings, list[object], list[int]]]:
    """Draws grouped by everything but their weights, so that a group is aggregated in one go."""
    groups: dict[str, tuple[Settings, list[object], list[int]]] = {}
    weight_parameters = [p for p in parameters if p.path == "weights"]
    others = [p for p in parameters if p.path != "weights"]
    for r, draw in enumerate(draws):
        missing = [p.name for p in parameters if p.name not in draw]
        if missing:
            raise IndexProblem.single(
                "index.draws.parameter",
                f"draws row {r + 1}",
                ", ".join(missing),
                None,
                "the draw has no value for this parameter",
                "add the column",
            )
        key = json.dumps([draw[p.name] for p in others])
        if key not in groups:
            edited = settings
            for p in others:
                edited = with_setting(edited, p.path, p.value(draw[p.name]))
            groups[key] = (edited, [], [])
        groups[key][1].append(
            weight_parameters[-1].value(draw[weight_parameters[-1].name]) if weight_parameters else None
        )
        groups[key][2].append(r)
    return list(groups.values())


def with_setting(settings: Settings, path: str, value: object) -> dict[str, object]:
    """A copy of the settings with `value` at the dotted path; a mapping takes the place of what stood there."""
    head, _, rest = path.partition(".")
    below = settings.get(head)
    out = dict(settings)
    out[head] = with_setting(below if isinstance(below, Mapping) else {}, rest, value) if rest else value
    return out


class _Stages:
    """Treated and normalised tables by their settings: each distinct one is computed once for all replications."""

    def __init__(self, pipeline: Pipeline, table: Table, element: str) -> None:
        self._pipeline, self._table, self._element = pipeline, table, element
        self._cache: dict[str, Table] = {}
        self._weights: dict[str, dict[str, Array]] = {}

    def scores(self, settings: Settings, chosen_weights: Sequence[object]) -> tuple[tuple[str, ...], Array]:
        pipeline = Pipeline(self._pipeline.framework, settings, self._pipeline.weight_sets)
        normalised = self._normalised(pipeline)
        each = [self._level_weights(pipeline, w) for w in chosen_weights]
        weights = {code: np.concatenate([w[code] for w in each]) for code in each[0]}
        block = pipeline.aggregate(normalised, weights)[self._element]
        return normalised.units, np.broadcast_to(block, (len(chosen_weights), block.shape[1]))

    def _normalised(self, pipeline: Pipeline) -> Table:
        before = ("denominate", "impute", "screen")
        treatment = (*before, "transform", "treat")
        prepared = self._once(pipeline, before, lambda: pipeline.prepare(self._table)[0])
        treated = self._once(pipeline, treatment, lambda: _treated(pipeline, prepared))
        return self._once(pipeline, (*treatment, "normalise"), lambda: pipeline.normalise(treated))

    def _once(self, pipeline: Pipeline, steps: tuple[str, ...], make: Callable[[], Table]) -> Table:
        key = json.dumps([(s, pipeline.settings.get(s)) for s in steps], sort_keys=True, default=str)
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

    def _level_weights(self, pipeline: Pipeline, chosen: object) -> dict[str, Array]:
        key = (
            chosen
            if isinstance(chosen, str)
            else json.dumps(
                chosen if chosen is not None else pipeline.settings.get("weights"), sort_keys=True, default=str
            )
        )
        if key not in self._weights:
            self._weights[key] = pipeline.level_weights(chosen)
        return self._weights[key]


def _treated(pipeline: Pipeline, prepared: Table) -> Table:
    treatments = pipeline.treat(prepared)
    return prepared.with_values(np.column_stack([treatments[c].values for c in prepared.columns]))


def draw_at_random(parameters: Sequence[Parameter], replications: int, seed: int) -> tuple[Draw, ...]:
    """Independent uniform draws, one column per parameter in order (numpy PCG64 from `seed`)."""
    u = np.random.default_rng(seed).random((replications, len(parameters)))
    return _draws(parameters, u)


def draw_for_sobol(parameters: Sequence[Parameter], n: int, seed: int) -> tuple[Draw, ...]:
    """The n(d+2) draws of the radial design: A, B, then A with column i taken from B, for each i. Source: Saltelli et al. 2010."""
    d = len(parameters)
    base = np.random.default_rng(seed).random((n, 2 * d))
    a, b = base[:, :d], base[:, d:]
    blocks = [a, b]
    for i in range(d):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        blocks.append(mixed)
    return _draws(parameters, np.vstack(blocks))


def _draws(parameters: Sequence[Parameter], u: Array) -> tuple[Draw, ...]:
    columns = [p.labels_at(u[:, j]) for j, p in enumerate(parameters)]
    return tuple({p.name: column[r] for p, column in zip(parameters, columns, strict=True)} for r in range(u.shape[0]))


def mean_rank_shift(uncertainty: Uncertainty) -> Array:
    """Per replication: mean over units of |rank - nominal rank|, the output whose variance is split."""
    return np.asarray(np.nanmean(np.abs(uncertainty.ranks - uncertainty.nominal_ranks), axis=1), dtype=np.float64)


def sobol_indices(y: Array, names: Sequence[str], bootstrap: int = 0, seed: int = 0) -> tuple[SobolIndex, ...]:
    """Indices from the outputs of `draw_for_sobol`'s design: y holds A (n), B (n), then AB_i (n each).

    First order: mean(yB (yABi - yA)) / Var(yA, yB), not centred; total: Jansen, mean((yA - yABi)^2) / 2 Var(yA, yB);
    sample variance. These are COINr's estimators. Raises if y has not n(d+2) entries.
    """
    d = len(names)
    if d == 0 or y.size % (d + 2):
        raise IndexProblem.single(
            "index.sobol.design",
            "draws",
            "rows",
            y.size,
            f"not a multiple of {d + 2} for {d} parameters",
            "give A, B and one AB block per parameter",
        )
    n = y.size // (d + 2)
    ya, yb = y[:n], y[n : 2 * n]
    variance = np.var(y[: 2 * n], ddof=1)
    out = []
    random = np.random.default_rng(seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        for i, name in enumerate(names):
            yab = y[(2 + i) * n : (3 + i) * n]
            products, squares = yb * (yab - ya), (ya - yab) ** 2
            first, total = products.mean() / variance, squares.sum() / (2 * n * variance)
            bounds: list[tuple[float, float] | None] = [None, None]
            if bootstrap:
                picks = random.integers(0, n, size=(bootstrap, n))
                first_range = np.quantile(products[picks].mean(axis=1) / variance, [0.05, 0.95])
                total_range = np.quantile(squares[picks].mean(axis=1) / (2 * variance), [0.05, 0.95])
                bounds = [
                    (float(first_range[0]), float(first_range[1])),
                    (float(total_range[0]), float(total_range[1])),
                ]
            out.append(SobolIndex(name, float(first), float(total), bounds[0], bounds[1]))
    return tuple(out)


def noisy_weights(
    composite: Composite | Pipeline, noise: Mapping[int, float], sets: int, seed: int
) -> dict[str, dict[str, float]]:
    """Weight sets, named 1..n, with each weight moved by up to ±noise[level] of itself, uniformly."""
    framework = composite.framework
    random = np.random.default_rng(seed)
    out = {}
    for number in range(1, sets + 1):
        weights = {}
        for e in framework.elements:
            factor = noise.get(e.level, 0.0)
            weights[e.code] = e.weight * (1 + (2 * random.random() - 1) * factor) if factor else e.weight
        out[str(number)] = weights
    return out


def without_each(pipeline: Pipeline, table: Table, level: int) -> dict[str, float]:
    """What each element of a level carries: mean |rank shift| of the index when its weight is set to 0, one at a time."""
    framework = pipeline.framework
    base = pipeline.weights()
    parameter = Parameter("without", "weights", {e.code: {**base, e.code: 0.0} for e in framework.at_level(level)})
    result = run_draws(pipeline, table, [parameter], [{"without": c} for c in parameter.options])
    return dict(zip(parameter.options, mean_rank_shift(result).tolist(), strict=True))
