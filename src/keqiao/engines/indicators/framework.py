"""The tree of a composite: indicators, pillars, index, with direction and weight. Hides how it is read and checked."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from keqiao.engines.indicators.problems import IndexProblem, Problems

MISSING = {"", "NA", "NaN", "nan", "None", "null"}


@dataclass(frozen=True)
class Element:
    """One node of the composite. `level` 1 is an indicator; `parameters` holds further numeric columns by name."""

    code: str
    level: int
    parent: str | None
    direction: int = 1
    weight: float = 1.0
    name: str = ""
    measure_unit: str = ""
    denominator: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Framework:
    """All elements in their declared order, one root. `companions` are columns that are no indicator: groups, denominators."""

    elements: tuple[Element, ...]
    companions: tuple[str, ...] = ()

    def __getitem__(self, code: str) -> Element:
        return self._by_code[code]

    @cached_property
    def _by_code(self) -> dict[str, Element]:
        return {e.code: e for e in self.elements}

    @property
    def height(self) -> int:
        """Number of levels, indicators counted as 1."""
        return max(e.level for e in self.elements)

    @property
    def indicators(self) -> tuple[Element, ...]:
        return self.at_level(1)

    @property
    def root(self) -> Element:
        return self.at_level(self.height)[0]

    def at_level(self, level: int) -> tuple[Element, ...]:
        return tuple(e for e in self.elements if e.level == level)

    def children(self, code: str) -> tuple[Element, ...]:
        return tuple(e for e in self.elements if e.parent == code)

    def effective_weights(self, weights: Mapping[str, float] | None = None) -> dict[str, float]:
        """Share of each element in the root, if every level were an arithmetic mean: shares of a level sum to 1."""
        own = {e.code: e.weight for e in self.elements} | dict(weights or {})
        share = {self.root.code: 1.0}
        for level in range(self.height, 1, -1):
            for parent in self.at_level(level):
                siblings = self.children(parent.code)
                total = sum(own[c.code] for c in siblings)
                for child in siblings:
                    share[child.code] = share[parent.code] * own[child.code] / total
        return share


def framework_from_rows(rows: Iterable[Mapping[str, object]], source: str = "framework") -> Framework:
    """Rows with iCode, Level, Parent, Direction, Weight, Type (further columns are kept). All faults are raised together."""
    problems = Problems()
    elements: list[Element] = []
    companions: list[str] = []
    for number, row in enumerate(rows, start=1):
        kind = _text(row.get("Type")) or "Indicator"
        code = _text(row.get("iCode"))
        if code is None:
            problems.add(
                "index.framework.code",
                f"{source} row {number}",
                "iCode",
                None,
                "the code is empty",
                "give every row an iCode",
            )
            continue
        if kind not in ("Indicator", "Aggregate"):
            companions.append(code)
            continue
        element = _element(code, row, f"{source} row {number}", problems)
        if element is not None:
            elements.append(element)
    framework = Framework(tuple(elements), tuple(companions))
    _check_tree(framework, source, problems)
    problems.raise_if_any()
    return framework


def read_framework(path: Path) -> Framework:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return framework_from_rows(csv.DictReader(stream), path.name)


_KNOWN = {"iCode", "iName", "Level", "Parent", "Direction", "Weight", "Type", "Unit", "Denominator"}


def _element(code: str, row: Mapping[str, object], where: str, problems: Problems) -> Element | None:
    level = _number(row.get("Level"), where, "Level", problems)
    direction = _number(row.get("Direction"), where, "Direction", problems)
    weight = _number(row.get("Weight"), where, "Weight", problems)
    if level is None:
        problems.add(
            "index.framework.level",
            where,
            "Level",
            row.get("Level"),
            "an indicator or aggregate needs a level",
            "1 for indicators, 2 and up for aggregates",
        )
        return None
    if direction not in (None, 1, -1):
        problems.add(
            "index.framework.direction",
            where,
            "Direction",
            direction,
            "only 1 and -1 are directions",
            "1: more is better; -1: less is better",
        )
    if weight is not None and weight < 0:
        problems.add("index.framework.weight", where, "Weight", weight, "a weight cannot be negative", "give 0 or more")
    extra = {k: v for k, raw in row.items() if k not in _KNOWN and (v := _loose_number(raw)) is not None}
    return Element(
        code=code,
        level=int(level),
        parent=_text(row.get("Parent")),
        direction=-1 if direction == -1 else 1,
        weight=1.0 if weight is None else weight,
        name=_text(row.get("iName")) or code,
        measure_unit=_text(row.get("Unit")) or "",
        denominator=_text(row.get("Denominator")),
        parameters=extra,
    )


def _check_tree(framework: Framework, source: str, problems: Problems) -> None:
    codes = [e.code for e in framework.elements]
    if not codes:
        problems.add(
            "index.framework.empty",
            source,
            "iCode",
            None,
            "no indicator was found",
            "give at least one row of Type Indicator",
        )
        return
    for code in sorted({c for c in codes if codes.count(c) > 1}):
        problems.add(
            "index.framework.duplicate",
            source,
            "iCode",
            code,
            "the code is used twice",
            "codes are unique over all levels",
        )
    by_code = framework._by_code
    roots = framework.at_level(framework.height)
    if len(roots) != 1:
        problems.add(
            "index.framework.root",
            source,
            "Level",
            framework.height,
            f"{len(roots)} elements stand at the top level",
            "the top level holds one element",
        )
    for e in framework.elements:
        if e.level == framework.height:
            continue
        parent = by_code.get(e.parent or "")
        if parent is None:
            problems.add(
                "index.framework.parent",
                source,
                "Parent",
                e.parent,
                f"the parent of {e.code} is not in the framework",
                "name an element one level up",
            )
        elif parent.level != e.level + 1:
            problems.add(
                "index.framework.step",
                source,
                "Parent",
                e.parent,
                f"{e.code} is at level {e.level}, its parent at {parent.level}",
                "a parent is exactly one level up; put a one-child pillar between",
            )
    parents = {e.parent for e in framework.elements}
    for e in framework.elements:
        if e.level > 1 and e.code not in parents:
            problems.add(
                "index.framework.childless",
                source,
                "iCode",
                e.code,
                "an aggregate without children",
                "give it children or delete it",
            )


def _text(value: object) -> str | None:
    if value is None or str(value).strip() in MISSING:
        return None
    return str(value).strip()


def _number(value: object, where: str, column: str, problems: Problems) -> float | None:
    text = _text(value)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        problems.add(
            "index.framework.number", where, column, value, "not a number", "write digits, a point and nothing else"
        )
        return None


def _loose_number(value: object) -> float | None:
    text = _text(value)
    if text is None:
        return None
    if text.upper() in ("TRUE", "FALSE"):
        return 1.0 if text.upper() == "TRUE" else 0.0
    try:
        return float(text)
    except ValueError:
        return None


def weights_by_code(framework: Framework, weights: Mapping[str, float] | None) -> dict[str, float]:
    """Declared weights with `weights` laid over them. Raises for a code that is not in the framework."""
    unknown = sorted(set(weights or {}) - {e.code for e in framework.elements})
    if unknown:
        raise IndexProblem.single(
            "index.weights.unknown",
            "weights",
            "iCode",
            ", ".join(unknown),
            "no such element in the framework",
            "use the codes of the framework",
        )
    return {e.code: e.weight for e in framework.elements} | dict(weights or {})


def group_weights(groups: Mapping[str, float], relative: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Two-level weights of the national high-tech-zone style: group % and, inside, relative weights around 1 (赋权).

    Returns a weight for every group and indicator. Raises when the groups do not sum to 100.
    """
    total = sum(groups.values())
    if abs(total - 100) > 1e-9:
        raise IndexProblem.single(
            "index.weights.sum",
            "weights",
            "groups",
            total,
            "group weights must sum to 100",
            "correct the group percentages",
        )
    out = dict(groups)
    for members in relative.values():
        out.update(members)
    return out


def codes(elements: Sequence[Element]) -> list[str]:
    return [e.code for e in elements]
