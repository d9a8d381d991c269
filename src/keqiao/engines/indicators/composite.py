"""A composite index from table to ranks, as an ordered pipeline of hashed steps. Hides stage order, defaults and overrides.

Steps, always in this order, each optional: denominate, impute, screen, treat, normalise, weights, aggregate, rank.
Their parameters carry the names of COINr (R), the reference implementation these results are checked against.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from keqiao.engines.indicators.aggregate import aggregate_children
from keqiao.engines.indicators.columns import Array, rank_descending
from keqiao.engines.indicators.framework import Element, Framework, group_weights, weights_by_code
from keqiao.engines.indicators.normalise import NormaliseSpec, normalise_column, parameters_from_framework
from keqiao.engines.indicators.prepare import Screening, Table, denominate, impute, in_unit_order, screen
from keqiao.engines.indicators.problems import IndexProblem
from keqiao.engines.indicators.treat import ColumnTreatment, TreatmentSpec, transform, treat_column

Settings: TypeAlias = Mapping[str, object]
"""One section of a composite's specification as read from YAML."""

STEPS = ("denominate", "impute", "screen", "transform", "treat", "normalise", "weights", "aggregate", "rank")
_ALLOWED = {
    "denominate": {"by", "scale"},
    "impute": {"f_i", "impute_by", "use_group", "group_level", "normalise_first"},
    "screen": {"unit_screen", "dat_thresh", "nonzero_thresh", "force"},
    "treat": {"global_specs", "indiv_specs", "combine_treat"},
    "normalise": {"global_specs", "indiv_specs"},
    "aggregate": {"f_ag", "f_ag_para", "dat_thresh", "by_parent"},
    "rank": {"ties"},
}


@dataclass(frozen=True)
class Step:
    """One step as applied; `digest` also covers the data and every step before it."""

    name: str
    settings: str
    digest: str


@dataclass(frozen=True)
class Composite:
    """Everything a composite computed. Scores and ranks: element code -> value per unit (order of `units`)."""

    framework: Framework
    units: tuple[str, ...]
    prepared: Table
    treated: Table
    normalised: Table
    scores: Mapping[str, Array]
    ranks: Mapping[str, Array]
    weights: Mapping[str, float]
    treatments: Mapping[str, ColumnTreatment]
    screening: Screening | None
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        return self.steps[-1].digest

    def score(self, unit: str, code: str | None = None) -> float:
        return float(self.scores[code or self.framework.root.code][self.units.index(unit)])

    def rank(self, unit: str, code: str | None = None) -> float:
        return float(self.ranks[code or self.framework.root.code][self.units.index(unit)])


@dataclass(frozen=True)
class Pipeline:
    """A composite's specification: framework and the settings of its steps. Raises at once for unknown settings."""

    framework: Framework
    settings: Settings
    weight_sets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            section = self.settings.get(name)
            if isinstance(section, Mapping):
                for key in sorted(set(section) - allowed):
                    raise IndexProblem.single(
                        "index.spec.setting",
                        name,
                        str(key),
                        section[key],
                        "unknown setting",
                        f"one of {', '.join(sorted(allowed))}",
                    )

    def compute(self, table: Table) -> Composite:
        """All stages, from the raw table to ranks."""
        prepared, screening = self.prepare(table)
        treatments = self.treat(prepared)
        treated = prepared.with_values(np.column_stack([treatments[c].values for c in prepared.columns]))
        normalised = self.normalise(treated)
        weights = self.level_weights()
        scores = {code: values[0] for code, values in self.aggregate(normalised, weights).items()}
        ties = str(_section(self.settings, "rank").get("ties", "min"))
        return Composite(
            framework=self.framework,
            units=prepared.units,
            prepared=prepared,
            treated=treated,
            normalised=normalised,
            scores=scores,
            ranks={code: rank_descending(v, ties) for code, v in scores.items()},
            weights=self.weights(),
            treatments=treatments,
            screening=screening,
            steps=self.steps(table),
        )

    def prepare(self, table: Table) -> tuple[Table, Screening | None]:
        table = in_unit_order(table)
        if self.settings.get("denominate"):
            section = _section(self.settings, "denominate")
            by = _texts(section.get("by")) or {
                e.code: e.denominator for e in self.framework.indicators if e.denominator
            }
            table = denominate(table, by, _numbers(section.get("scale")))
        if self.settings.get("impute"):
            s = _section(self.settings, "impute")
            method = str(s.get("f_i", "i_mean")).removeprefix("i_").removesuffix("_grp")
            group, level, first = s.get("use_group"), s.get("group_level"), s.get("normalise_first")
            table = impute(
                table,
                self.framework,
                method,
                str(s.get("impute_by", "column")),
                None if group is None else str(group),
                None if level is None else int(str(level)),
                None if first is None else bool(first),
            )
        if not self.settings.get("screen"):
            return table, None
        s = _section(self.settings, "screen")
        force = s.get("force")
        screening = screen(
            table,
            str(s.get("unit_screen", "byNA")),
            _float(s, "dat_thresh", 2 / 3),
            _float(s, "nonzero_thresh", 0.05),
            {str(k): bool(v) for k, v in force.items()} if isinstance(force, Mapping) else None,
        )
        return screening.table, screening

    def treat(self, table: Table) -> dict[str, ColumnTreatment]:
        always = _texts(self.settings.get("transform"))
        columns = {c: transform(table.column(c), always[c]) if c in always else table.column(c) for c in table.columns}
        if not self.settings.get("treat"):
            return {c: ColumnTreatment(x) for c, x in columns.items()}
        section = _section(self.settings, "treat")
        return {c: self._treat_one(c, x, section) for c, x in columns.items()}

    def _treat_one(self, code: str, x: Array, section: Settings) -> ColumnTreatment:
        shared, own = section.get("global_specs"), _child(section, "indiv_specs").get(code)
        if own == "none" or (shared == "none" and own is None):
            return ColumnTreatment(x)
        merged = _merge_treatment(_child(section, "global_specs"), own if isinstance(own, Mapping) else None)
        return treat_column(x, _treatment_spec(merged, bool(section.get("combine_treat", False))))

    def normalise(self, table: Table) -> Table:
        if not self.settings.get("normalise"):
            return table.with_values(table.values * np.array([self.framework[c].direction for c in table.columns]))
        columns = [
            normalise_column(table.column(c), self.framework[c], self.normalise_spec(self.framework[c]))
            for c in table.columns
        ]
        return table.with_values(np.column_stack(columns))

    def normalise_spec(self, element: Element) -> NormaliseSpec:
        section = _section(self.settings, "normalise")
        shared = _child(section, "global_specs")
        own = _child(section, "indiv_specs").get(element.code)
        chosen: Settings = own if isinstance(own, Mapping) else shared
        method = str(chosen.get("f_n", "n_minmax"))
        parameters = chosen.get("f_n_para")
        if parameters == "use_iMeta":
            return NormaliseSpec(method, parameters_from_framework(method, element))
        if isinstance(parameters, Sequence) and not isinstance(parameters, str):
            # COINr takes an unnamed list: the first parameter of the method.
            parameters = {
                "n_minmax": {"l_u": parameters},
                "n_zscore": {"m_sd": parameters},
                "n_scaled": {"npara": parameters},
            }.get(method, {})
        return NormaliseSpec(method, parameters if isinstance(parameters, Mapping) else {})

    def weights(self, chosen: object = None) -> dict[str, float]:
        """Weight of every element: those of the framework, with the chosen set laid over them (the same at all levels)."""
        w = self.settings.get("weights") if chosen is None else chosen
        if w is None or w == "original":
            return weights_by_code(self.framework, None)
        if w in ("none", "equal"):
            return {e.code: 1.0 for e in self.framework.elements}
        if isinstance(w, str):
            if w not in self.weight_sets:
                raise IndexProblem.single(
                    "index.weights.set",
                    "weights",
                    "weights",
                    w,
                    "no weight set of this name",
                    f"one of {', '.join(self.weight_sets) or 'original, none'}",
                )
            return weights_by_code(self.framework, self.weight_sets[w])
        if isinstance(w, Mapping) and "groups" in w:
            relative = {str(g): _numbers(m) for g, m in _child(w, "relative").items()}
            return weights_by_code(self.framework, group_weights(_numbers(w["groups"]), relative))
        if isinstance(w, Mapping):
            return weights_by_code(self.framework, _numbers(w))
        raise IndexProblem.single(
            "index.weights.form",
            "weights",
            "weights",
            w,
            "not a form of weights",
            "original, none, the name of a set, or code: weight",
        )

    def level_weights(self, chosen: object = None) -> dict[str, Array]:
        """Weights shaped for `aggregate`: one replication. A list gives one choice per level, lowest first."""
        w = self.settings.get("weights") if chosen is None else chosen
        if isinstance(w, Sequence) and not isinstance(w, str):
            if len(w) != self.framework.height - 1:
                raise IndexProblem.single(
                    "index.weights.levels",
                    "weights",
                    "weights",
                    len(w),
                    "a list gives one choice per aggregation",
                    f"give {self.framework.height - 1}",
                )
            by_level = [self.weights("original" if one is None else one) for one in w]
            return {
                e.code: np.array([by_level[e.level - 1][e.code]])
                for e in self.framework.elements
                if e.level < self.framework.height
            }
        return {code: np.array([v]) for code, v in self.weights(chosen).items()}

    def aggregate(self, table: Table, weights: Mapping[str, Array]) -> dict[str, Array]:
        """Scores of all elements, replications x units. `weights[code]` holds one weight per replication."""
        section = _section(self.settings, "aggregate")
        scores: dict[str, Array] = {c: table.column(c)[None, :] for c in table.columns}
        for level in range(2, self.framework.height + 1):
            step = level - 2
            shared = str(_per_level(section.get("f_ag", "a_amean"), step, self.framework.height))
            p = _per_level(section.get("f_ag_para"), step, self.framework.height)
            threshold = _per_level(section.get("dat_thresh"), step, self.framework.height)
            by_parent = _texts(section.get("by_parent"))
            for parent in self.framework.at_level(level):
                children = self.framework.children(parent.code)
                scores[parent.code] = aggregate_children(
                    np.stack(np.broadcast_arrays(*[scores[c.code] for c in children]), axis=-1),
                    np.stack([weights[c.code] for c in children], axis=-1),
                    by_parent.get(parent.code, shared),
                    _float(p, "p", 1.0) if isinstance(p, Mapping) else 1.0,
                    None if threshold is None else float(str(threshold)),
                )
        return scores

    def methods(self) -> set[str]:
        """Names of all aggregations used, without COINr's prefix."""
        section = _section(self.settings, "aggregate")
        used = section.get("f_ag", "a_amean")
        listed = list(used) if isinstance(used, Sequence) and not isinstance(used, str) else [used]
        return {str(m).removeprefix("a_") for m in [*listed, *_texts(section.get("by_parent")).values()]}

    def steps(self, table: Table) -> tuple[Step, ...]:
        """The pipeline's provenance: data and framework first, then each step, chained."""
        content = hashlib.sha256(repr((table.units, table.columns, sorted(table.companions.items()))).encode())
        content.update(np.ascontiguousarray(table.values).tobytes())
        content.update(
            repr(
                [
                    (e.code, e.level, e.parent, e.direction, e.weight, e.denominator, sorted(e.parameters.items()))
                    for e in self.framework.elements
                ]
            ).encode()
        )
        digest = content.hexdigest()
        steps = [Step("data", "", digest)]
        for name in STEPS:
            settings = json.dumps(_plain(self.settings.get(name)), sort_keys=True, ensure_ascii=False)
            if name == "weights":
                settings = json.dumps({k: v.tolist() for k, v in self.level_weights().items()}, sort_keys=True)
            digest = hashlib.sha256(f"{digest}{name}{settings}".encode()).hexdigest()
            steps.append(Step(name, settings, digest))
        return tuple(steps)


def compute(
    framework: Framework, table: Table, settings: Settings, weight_sets: Mapping[str, Mapping[str, float]] | None = None
) -> Composite:
    """One composite in one call: see `Pipeline`."""
    return Pipeline(framework, settings, weight_sets or {}).compute(table)


def _section(settings: Settings, name: str) -> Settings:
    value = settings.get(name)
    return value if isinstance(value, Mapping) else {}


_child = _section


def _texts(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _numbers(value: object) -> dict[str, float]:
    return {str(k): float(str(v)) for k, v in value.items()} if isinstance(value, Mapping) else {}


def _float(section: Settings, name: str, default: float) -> float:
    value = section.get(name)
    return default if value is None else float(str(value))


def _per_level(value: object, step: int, height: int) -> object:
    """A setting given once for all levels, or as a list with one entry per aggregation, lowest first."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    if len(value) == 1:
        return value[0]
    if len(value) != height - 1:
        raise IndexProblem.single(
            "index.aggregate.levels",
            "aggregate",
            "f_ag",
            list(value),
            f"{len(value)} entries for {height - 1} aggregations",
            "give one entry, or one per aggregation",
        )
    return value[step]


_DEFAULT_TREATMENT: dict[str, object] = {
    "f1": "winsorise",
    "f1_para": {},
    "f2": "log_CT",
    "f2_para": {},
    "f_pass": "check_SkewKurt",
    "f_pass_para": {},
}


def _merge_treatment(shared: Settings, own: Settings | None) -> dict[str, object]:
    """Global over defaults; individual over global. As in COINr, an individual specification that does not repeat a
    step's function starts from that function's own defaults, not from the global parameters."""
    merged = _merge(_DEFAULT_TREATMENT, shared)
    if own is None:
        return merged
    for function, parameters in (("f1", "f1_para"), ("f2", "f2_para"), ("f_pass", "f_pass_para")):
        if own.get(function) != merged.get(function):
            merged[parameters] = {}
    return _merge(merged, own)


def _merge(below: Settings, above: Settings) -> dict[str, object]:
    out = dict(below)
    for key, value in above.items():
        existing = out.get(key)
        out[key] = _merge(existing, value) if isinstance(existing, Mapping) and isinstance(value, Mapping) else value
    return out


def _treatment_spec(merged: Settings, combine: bool) -> TreatmentSpec:
    second = merged.get("f2")
    return TreatmentSpec(
        f1=str(merged["f1"]),
        f1_parameters=_child(merged, "f1_para"),
        f2=None if second is None else str(second),
        f2_parameters=_child(merged, "f2_para"),
        test=str(merged["f_pass"]),
        pass_parameters=_child(merged, "f_pass_para"),
        combine=combine,
    )


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
