"""The assignment as a mathematical programme for HiGHS: a column per pair that may be made, a row per rule.

Hides the solver and its number formats; fits are whole numbers (`UNIT` per point) so that sums are exact.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from keqiao.engines.match.assignment import UNIT, AssignmentProblem, Rule

Array = np.ndarray


@dataclass(frozen=True)
class Solution:
    """What the solver found: the chosen pairs (None = none found), and whether that is proven."""

    chosen: np.ndarray | None
    proven: bool
    bound: float
    infeasible: bool
    level: int | None = None


@dataclass(frozen=True)
class Model:
    """The pairs that may be made, as columns, and the rules that are switched on, as rows."""

    task: AssignmentProblem
    person: np.ndarray
    item: np.ndarray
    fit: np.ndarray
    rows: sparse.csr_matrix
    low: np.ndarray
    high: np.ndarray
    fixed: np.ndarray

    @classmethod
    def of(cls, task: AssignmentProblem, active: frozenset[Rule] | None = None) -> "Model":
        """The model with all rules, or with the `active` ones only (a rule left out does not bind)."""

        def on(kind: str, subject: str = "") -> bool:
            return active is None or Rule(kind, subject) in active or Rule(kind, "*") in active

        fit = fit_matrix(task)
        allowed = np.ones(fit.shape, dtype=bool)
        if on("floor"):
            allowed &= fit >= round(task.floor * UNIT)
        places = (
            {each.id: at for at, each in enumerate(task.people)},
            {each.id: at for at, each in enumerate(task.items)},
        )
        for each in task.conflicts:
            if on("conflict", each.kind) and each.person in places[0] and each.item in places[1]:
                allowed[places[0][each.person], places[1][each.item]] = False
        required = [(places[0][who], places[1][what]) for who, what in task.required if on("required", f"{who}→{what}")]
        # A required pair that another rule forbids stays a column that must be 1 and may only be 0: no solution.
        blocked = [pair for pair in required if not allowed[pair]]
        for pair in blocked:
            allowed[pair] = True
        person, item = np.nonzero(allowed)
        fixed = np.zeros(len(person))
        wanted = set(required)
        for at, pair in enumerate(zip(person.tolist(), item.tolist(), strict=True)) if wanted else ():
            fixed[at] = float(pair in wanted)
        rows = _rule_rows(task, person, item, on)
        if blocked:
            rows.add(np.zeros(0, int), 1.0, 1.0)
        return cls(
            task,
            person,
            item,
            fit[person, item],
            rows.matrix(len(person)),
            np.array(rows.low),
            np.array(rows.high),
            fixed,
        )

    def per_item(self, chosen: np.ndarray) -> np.ndarray:
        """Total fit of each item."""
        return np.bincount(self.item[chosen], weights=self.fit[chosen], minlength=len(self.task.items))

    def solve(self, gain: Array, seconds: float, at_least: int | None = None) -> Solution:
        """Maximise the gain; `at_least` = lowest total fit allowed for an item.

        The limits per item are added only where a solution breaks them: few do, and each makes the search much harder.
        """
        if len(self.person) == 0:
            possible = bool(np.all(self.low <= 0)) and not at_least
            return Solution(np.zeros(0, dtype=bool) if possible else None, possible, 0.0, not possible)
        deadline, limited = time.perf_counter() + seconds, np.zeros(len(self.task.items), dtype=bool)
        while True:
            found = self._maximise(gain, deadline - time.perf_counter(), at_least, limited)
            if at_least is None or found.chosen is None:
                return found
            below = self.per_item(found.chosen) < at_least
            if not below.any():
                return found
            limited |= below

    def _maximise(self, gain: Array, seconds: float, at_least: int | None, limited: Array) -> Solution:
        limits = [LinearConstraint(self.rows, self.low, self.high)]
        if at_least is not None and limited.any():
            limits.append(LinearConstraint(self._fit_rows()[limited], at_least, np.inf))
        bounds, options = Bounds(self.fixed, 1.0), {"time_limit": max(seconds, 0.1)}
        relaxed = milp(-gain.astype(float), constraints=limits, bounds=bounds, options=options)
        if relaxed.status == 2:
            return Solution(None, False, 0.0, True, at_least)
        # Number, load and balance rows form a flow network: the relaxed optimum is then whole by itself.
        if relaxed.status == 0 and np.abs(relaxed.x - np.round(relaxed.x)).max() < 1e-6:
            return Solution(relaxed.x > 0.5, True, -float(relaxed.fun), False, at_least)
        whole = milp(
            -gain.astype(float),
            constraints=limits,
            bounds=bounds,
            integrality=np.ones(len(gain)),
            options={**options, "mip_rel_gap": 0.0},
        )
        chosen = None if whole.x is None else np.asarray(whole.x) > 0.5
        bound = -float(whole.mip_dual_bound) if whole.mip_dual_bound is not None else float(gain.sum())
        return Solution(chosen, whole.status == 0, bound, whole.status == 2, at_least)

    def simple_worst_bound(self) -> int:
        """No item can get more than its own best people: an upper limit of the worst-served item, found at once."""
        sums = [
            int(np.sort(self.fit[columns])[::-1][: item.number].sum())
            for columns, item in zip(_columns(self.item, len(self.task.items)), self.task.items, strict=True)
        ]
        return min(sums, default=0)

    def worst_bound(self, seconds: float) -> int:
        """The highest worst-item fit that could be reached if people could be split: never less than the truth."""
        columns = len(self.fit)
        rows = sparse.hstack([self.rows, sparse.csr_matrix((self.rows.shape[0], 1))])
        items = sparse.hstack([self._fit_rows(), sparse.csr_matrix(-np.ones((len(self.task.items), 1)))])
        gain = np.zeros(columns + 1)
        gain[-1] = -1.0
        done = milp(
            gain,
            constraints=[LinearConstraint(rows, self.low, self.high), LinearConstraint(items, 0.0, np.inf)],
            bounds=Bounds(np.append(self.fixed.astype(float), 0.0), np.append(np.ones(columns), np.inf)),
            integrality=np.zeros(columns + 1),
            options={"time_limit": max(seconds, 0.1)},
        )
        most = int(np.max(np.bincount(self.item, weights=self.fit, minlength=len(self.task.items))))
        return int(np.floor(done.x[-1] + 1e-6)) if done.status == 0 else most

    def _fit_rows(self) -> sparse.csr_matrix:
        columns = np.arange(len(self.fit))
        return sparse.csr_matrix(
            (self.fit.astype(float), (self.item, columns)), shape=(len(self.task.items), len(columns))
        )


def fit_matrix(task: AssignmentProblem) -> np.ndarray:
    """Fits as whole numbers, people × items."""
    fit = np.zeros((len(task.people), len(task.items)), dtype=np.int64)
    for row, person in enumerate(task.people):
        known = task.scores.get(person.id, {})
        fit[row] = [round(known.get(item.id, 0.0) * UNIT) for item in task.items]
    return fit


@dataclass
class _Rows:
    """Constraint rows under construction."""

    entries: list[tuple[Array, Array]]
    low: list[float]
    high: list[float]

    def add(self, columns: Array, low: float, high: float) -> None:
        self.entries.append((np.full(len(columns), len(self.low)), columns))
        self.low.append(low)
        self.high.append(high)

    def matrix(self, columns: int) -> sparse.csr_matrix:
        rows = np.concatenate([each[0] for each in self.entries]) if self.entries else np.zeros(0, int)
        places = np.concatenate([each[1] for each in self.entries]) if self.entries else np.zeros(0, int)
        return sparse.csr_matrix((np.ones(len(rows)), (rows, places)), shape=(len(self.low), columns))


def _rule_rows(task: AssignmentProblem, person: Array, item: Array, on: Callable[..., bool]) -> _Rows:
    rows = _Rows([], [], [])
    by_item, by_person = _columns(item, len(task.items)), _columns(person, len(task.people))
    for place, each in enumerate(task.items):
        if on("number", each.id):
            rows.add(by_item[place], each.number, each.number)
    for place, who in enumerate(task.people):
        most = float(who.load) if on("load", who.id) else np.inf
        least = float(who.minimum) if on("minimum", who.id) else 0.0
        if most < len(by_person[place]) or least > 0:
            rows.add(by_person[place], least, most)
    for balance in task.balances:
        if on("balance", balance.label):
            for columns in by_item:
                groups: dict[str, list[int]] = defaultdict(list)
                for column in columns.tolist():
                    groups[task.people[person[column]].labels.get(balance.label, "")].append(column)
                for value, group in groups.items():
                    if value and len(group) > balance.at_most:
                        rows.add(np.array(group), 0.0, float(balance.at_most))
    return rows


def _columns(owner: Array, owners: int) -> list[Array]:
    """Columns of each owner (item or person)."""
    order = np.argsort(owner, kind="stable")
    return np.split(order, np.searchsorted(owner[order], np.arange(1, owners)))
