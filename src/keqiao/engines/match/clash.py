"""Why an assignment is impossible: rules that cannot hold together, none of which can be left out, and the cheapest way
to make room.

Hides two searches. The clash is found by leaving out rule after rule and keeping only those without which the rest can
be met (deletion filter; Chinneck, Feasibility and Infeasibility in Optimization, 2008). First whole kinds of rules are
tried, then single ones within them as long as time allows.
"""

import time
from collections.abc import Iterable

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from keqiao.engines.match.assignment import UNIT, AssignmentProblem, Change, Rule
from keqiao.engines.match.program import Model, fit_matrix

# What giving way costs, per step; a conflict of interest is waived only when nothing else helps.
COSTS = {"load": 1.0, "minimum": 1.0, "floor": 2.0, "balance": 3.0, "number": 5.0, "required": 5.0, "conflict": 100.0}
_SINGLE = ("number", "load", "minimum", "required")


def minimal_clash(task: AssignmentProblem, seconds: float) -> tuple[Rule, ...]:
    """Rules that cannot all hold and of which every proper part can. Single rules where time allows, else whole kinds
    (subject "*"), in which case it is minimal among kinds. Empty when the time did not even suffice for kinds."""
    deadline = time.perf_counter() + seconds
    coarse = list(dict.fromkeys(Rule(each.kind, "*" if each.kind in _SINGLE else each.subject) for each in rules(task)))
    kinds = _filtered(task, coarse, deadline)
    if kinds is None:
        return ()
    fine: list[Rule] = [each for each in rules(task) if each in kinds or Rule(each.kind, "*") in kinds]
    single = _filtered(task, fine, deadline)
    return tuple(single if single is not None else kinds)


def rules(task: AssignmentProblem) -> list[Rule]:
    """Every rule of a problem, the least negotiable last (so that it is the last to be left out of an explanation)."""
    found = [Rule("required", f"{who}→{what}") for who, what in task.required]
    found += [Rule("minimum", each.id) for each in task.people if each.minimum]
    found += [Rule("balance", each.label) for each in task.balances]
    found += [Rule("load", each.id) for each in task.people]
    found += [Rule("floor")] if task.floor > 0 else []
    found += [Rule("conflict", kind) for kind in sorted({each.kind for each in task.conflicts})]
    return found + [Rule("number", each.id) for each in task.items]


def _filtered(task: AssignmentProblem, candidates: list[Rule], deadline: float) -> list[Rule] | None:
    """Leave out chunks of rules, halving the chunk each time, while the rest still cannot be met."""
    kept, size = list(candidates), max(len(candidates) // 2, 1)
    while True:
        at = 0
        while at < len(kept):
            rest = kept[:at] + kept[at + size :]
            if time.perf_counter() > deadline:
                return None
            possible = _possible(task, rest, deadline)
            if possible is None:
                return None
            if possible:
                at += size
            else:
                kept = rest
        if size == 1:
            return kept
        size = max(size // 2, 1)


def _possible(task: AssignmentProblem, active: Iterable[Rule], deadline: float) -> bool | None:
    """Whether the active rules can be met together; None when time ran out."""
    model = Model.of(task, frozenset(active))
    solved = model.solve(np.zeros(len(model.fit)), max(deadline - time.perf_counter(), 0.1))
    if solved.chosen is not None:
        return True
    return False if solved.infeasible else None


def cheapest_relaxation(task: AssignmentProblem, seconds: float) -> tuple[Change, ...]:
    """The changes of least total cost (`COSTS`) after which the problem can be solved; empty if none was found in time.

    Every rule may give way: more load, a lower minimum, a fit below the floor, a group over its share, fewer people on
    an item, a required pair dropped, a conflict waived.
    """
    return _Elastic(task).solve(seconds)


class _Elastic:
    """The programme with every rule allowed to give way at a cost: pairs first, then one column per way of giving."""

    def __init__(self, task: AssignmentProblem) -> None:
        self.task = task
        self.fit = fit_matrix(task)
        self.shape = self.fit.shape
        self.cost: list[float] = []
        self.most: list[float] = []
        self.what: list[tuple[Rule, str]] = []
        self.rows: list[tuple[np.ndarray, np.ndarray, float, float]] = []
        self.pair_cost = self._pair_costs()
        self._number_rows()
        self._load_rows()
        self._balance_rows()
        self._required_rows()

    def solve(self, seconds: float) -> tuple[Change, ...]:
        pairs = self.fit.size
        indices = np.concatenate([columns for columns, _, _, _ in self.rows])
        values = np.concatenate([signs for _, signs, _, _ in self.rows])
        pointers = np.cumsum([0] + [len(columns) for columns, _, _, _ in self.rows])
        matrix = sparse.csr_matrix((values, indices, pointers), shape=(len(self.rows), pairs + len(self.cost)))
        limits = LinearConstraint(matrix, [low for *_, low, _ in self.rows], [high for *_, high in self.rows])
        cost = np.concatenate([self.pair_cost.ravel(), np.array(self.cost)])
        bounds = Bounds(0.0, np.concatenate([np.ones(pairs), np.array(self.most)]))
        done = milp(
            cost,
            constraints=limits,
            bounds=bounds,
            integrality=np.ones(len(cost)),
            options={"time_limit": max(seconds, 0.1), "mip_rel_gap": 0.0},
        )
        return () if done.x is None else self._changes(np.round(done.x).astype(int))

    def _changes(self, chosen: np.ndarray) -> tuple[Change, ...]:
        changes = [
            change
            for at in np.flatnonzero(chosen[: self.fit.size])
            if self.pair_cost.flat[at] > 0
            for change in self._pair_changes(int(at))
        ]
        for (rule, text), amount, cost in zip(self.what, chosen[self.fit.size :].tolist(), self.cost, strict=True):
            if amount:
                changes.append(Change(rule, float(amount), amount * cost, text.format(amount)))
        return tuple(sorted(changes, key=lambda each: (each.rule.kind, each.rule.subject, each.text)))

    def _pair_changes(self, at: int) -> list[Change]:
        row, column = divmod(at, self.shape[1])
        who, what = self.task.people[row].id, self.task.items[column].id
        found = [
            Change(Rule("conflict", each.kind), 1.0, COSTS["conflict"], f"{who} serves {what} despite {each.kind}")
            for each in self.task.conflicts
            if (each.person, each.item) == (who, what)
        ]
        below = self.task.floor - self.fit[row, column] / UNIT
        if below > 0:
            found.append(
                Change(
                    Rule("floor"),
                    below,
                    COSTS["floor"] + below,
                    f"{who} serves {what} with a fit {below:.4g} below the floor",
                )
            )
        return found

    def _pair_costs(self) -> np.ndarray:
        below = np.maximum(round(self.task.floor * UNIT) - self.fit, 0)
        cost = np.where(below > 0, COSTS["floor"] + below / UNIT, 0.0)
        people = {each.id: at for at, each in enumerate(self.task.people)}
        items = {each.id: at for at, each in enumerate(self.task.items)}
        for each in self.task.conflicts:
            if each.person in people and each.item in items:
                cost[people[each.person], items[each.item]] += COSTS["conflict"]
        return np.asarray(cost)

    def _give(self, rule: Rule, text: str, most: float) -> int:
        """A new column: how far a rule gives way."""
        self.cost.append(COSTS[rule.kind])
        self.most.append(most)
        self.what.append((rule, text))
        return int(self.fit.size) + len(self.cost) - 1

    def _row(
        self, pairs: np.ndarray, low: float, high: float, over: int | None = None, under: int | None = None
    ) -> None:
        extra = [(column, sign) for column, sign in ((over, -1.0), (under, 1.0)) if column is not None]
        columns = np.concatenate([pairs, np.array([column for column, _ in extra], dtype=int)])
        signs = np.concatenate([np.ones(len(pairs)), np.array([sign for _, sign in extra])])
        self.rows.append((columns, signs, low, high))

    def _number_rows(self) -> None:
        grid = np.arange(self.fit.size).reshape(self.shape)
        for at, each in enumerate(self.task.items):
            fewer = self._give(Rule("number", each.id), f"{each.id} gets {{}} fewer than {each.number}", each.number)
            self._row(grid[:, at], each.number, each.number, under=fewer)

    def _load_rows(self) -> None:
        grid = np.arange(self.fit.size).reshape(self.shape)
        for at, who in enumerate(self.task.people):
            more = self._give(Rule("load", who.id), f"{who.id} takes {{}} more than {who.load}", len(self.task.items))
            self._row(grid[at], -np.inf, who.load, over=more)
            if who.minimum:
                fewer = self._give(
                    Rule("minimum", who.id), f"{who.id} takes {{}} fewer than {who.minimum}", who.minimum
                )
                self._row(grid[at], who.minimum, np.inf, under=fewer)

    def _balance_rows(self) -> None:
        grid = np.arange(self.fit.size).reshape(self.shape)
        for balance in self.task.balances:
            values = [who.labels.get(balance.label, "") for who in self.task.people]
            for value in sorted(set(values) - {""}):
                group = np.array([at for at, each in enumerate(values) if each == value])
                for at, item in enumerate(self.task.items):
                    if len(group) > balance.at_most:
                        text = f"{item.id} has {{}} more of {value} than {balance.at_most}"
                        over = self._give(Rule("balance", balance.label), text, len(group))
                        self._row(grid[group, at], -np.inf, balance.at_most, over=over)

    def _required_rows(self) -> None:
        people = {each.id: at for at, each in enumerate(self.task.people)}
        items = {each.id: at for at, each in enumerate(self.task.items)}
        for who, what in self.task.required:
            pair = np.array([people[who] * self.shape[1] + items[what]])
            self._row(
                pair, 1.0, np.inf, under=self._give(Rule("required", f"{who}→{what}"), f"{who}→{what} is dropped", 1)
            )
