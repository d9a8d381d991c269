"""The least honest change that turns no into yes. Only whitelisted levers move, in whole steps, within their range; every answer is proved by
running the rule again. Small searches are exhaustive; larger ones go along the points where a clause or a score flips (best first, so the
first yes found is the cheapest over those points)."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from math import prod

from ..expressions import Field, show_value
from .evaluate import clause_truths, evaluation_of, failing_set, verdict_of
from .results import Change, Move, Record
from .schema import LeverUse, Rule
from .verdict import truth

EXHAUSTIVE = 4_000
"""Up to this many combinations of steps are all tried in order of effort."""
MOST_STATES = 1_500
LONGEST_WAIT = 5 * 366

State = tuple[int, ...]


def smallest_change(rule: Rule, record: Record, as_of: date) -> Change | None:
    """None when the rule is met already. Effort = sum of cost × amount changed (costs are in the facts catalogue or the clause)."""
    values = record.values
    if verdict_of(rule, values, as_of) is True:
        return None
    day = _waited(rule, values, as_of)
    if day is not None and verdict_of(rule, values, day) is True:
        return Change(wait_until=day, is_proven=True, method="等待")
    search = _Search(rule, values, day or as_of)
    found = search.cheapest()
    if found is None:
        return Change(obstacles=search.obstacles(), method=search.method)
    changed = search.applied(found)
    proven = verdict_of(rule, changed, day or as_of) is True
    return Change(tuple(_moves(rule, values, changed)), search.effort(found), proven, day, method=search.method)


def with_moves(record: Record, change: Change) -> Record:
    """The record as it would be after the change (in stored units), to check or to go on from."""
    return Record(
        record.id, {**record.values, **{move.fact: move.after for move in change.moves}}, record.name, record.sources
    )


def _waited(rule: Rule, values: Mapping[str, object], as_of: date) -> date | None:
    """The first day on which the failing clauses that come true by time alone have all done so; None if there are none or it takes too long."""
    truths = clause_truths(rule, evaluation_of(values, as_of))
    waiting = [clause for clause in rule.clauses if clause.waits and truths[clause.key] is False]

    def done(days: int) -> bool:
        facts = evaluation_of(values, as_of + timedelta(days=days))
        return all(facts.value(clause.tree) is True for clause in waiting)

    low, high = 0, LONGEST_WAIT
    if not waiting or not done(high):
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if done(middle) else (middle, high)
    return as_of + timedelta(days=high)


@dataclass(frozen=True)
class _Axis:
    """One lever: how many steps it may go, and what a step is in stored units."""

    use: LeverUse
    field: Field
    start: Fraction
    step: Fraction
    steps: int
    cost: Fraction


class _Search:
    def __init__(self, rule: Rule, values: Mapping[str, object], as_of: date) -> None:
        self.rule, self.values, self.as_of = rule, values, as_of
        self.axes = self._axes()
        self.signatures: dict[State, tuple[object, ...]] = {}
        self.method = ""

    def _axes(self) -> list[_Axis]:
        """The levers of the clauses that are not met, each fact once; facts that are unknown cannot be moved from."""
        truths = clause_truths(self.rule, evaluation_of(self.values, self.as_of))
        found: dict[str, _Axis] = {}
        for clause in self.rule.clauses:
            for use in clause.levers if truths[clause.key] is not True else ():
                axis = self._axis(use)
                if axis and (use.fact not in found or len(use.also) > len(found[use.fact].use.also)):
                    found[use.fact] = axis
        return list(found.values())

    def _axis(self, use: LeverUse) -> _Axis | None:
        field = self.rule.grain.facts[use.fact].field
        raw = self.values.get(use.fact)
        if raw is None or any(self.values.get(other) is None for other in use.also):
            return None
        scale = field.scale
        step = Fraction(use.lever.step) / scale
        steps = int(Fraction(use.lever.most) / Fraction(use.lever.step))
        sign = 1 if use.lever.direction == "raise" else -1
        start = Fraction(field.value(raw) or 0) / scale  # type: ignore[arg-type]  # levers are numbers
        return _Axis(use, field, start, sign * step, steps, abs(step) * scale * Fraction(use.lever.cost))

    def applied(self, state: State) -> dict[str, object]:
        """The stored values with the levers moved, and the facts that move along."""
        changed = dict(self.values)
        for axis, taken in zip(self.axes, state, strict=True):
            if not taken:
                continue
            delta = axis.step * taken
            for key in (axis.use.fact, *axis.use.also):
                field = self.rule.grain.facts[key].field
                moved = delta * axis.field.scale / field.scale
                changed[key] = _stored(_exact(changed[key]) + moved)
        return changed

    def effort(self, state: State) -> Fraction:
        return sum((axis.cost * taken for axis, taken in zip(self.axes, state, strict=True)), Fraction(0))

    def holds(self, state: State) -> bool:
        return self._signature(state)[0] is True

    def _signature(self, state: State) -> tuple[object, ...]:
        """The verdict, then all that can flip on the way: clause truths and score limits."""
        if state not in self.signatures:
            try:
                facts = evaluation_of(self.applied(state), self.as_of)
                truths = clause_truths(self.rule, facts)
                sheet = self.rule.score
                scores = (
                    tuple(facts.value(tree) for item in sheet.items for tree in (item.low, item.high)) if sheet else ()
                )
                self.signatures[state] = (truth(self.rule.require, truths), *truths.values(), *scores)
            except ValueError:
                self.signatures[state] = (None,)
        return self.signatures[state]

    def cheapest(self) -> State | None:
        origin: State = (0,) * len(self.axes)
        if not self.axes:
            return None
        if prod(axis.steps + 1 for axis in self.axes) <= EXHAUSTIVE:
            self.method = "穷举"
            return self._first(origin, self._neighbours)
        self.method = "逐个临界点"
        found = self._first(origin, self._flips)
        return None if found is None else self._tightened(found)

    def _first(self, origin: State, following: object) -> State | None:
        """Best-first over states; the first that holds is the cheapest reachable."""
        order = count()
        queue: list[tuple[Fraction, int, State]] = [(Fraction(0), next(order), origin)]
        seen = {origin}
        while queue and len(self.signatures) < MOST_STATES * 40 and len(seen) < EXHAUSTIVE + MOST_STATES:
            _, _, state = heapq.heappop(queue)
            if self.holds(state):
                return state
            for other in following(state):  # type: ignore[operator]  # one of the two methods below
                if other not in seen:
                    seen.add(other)
                    heapq.heappush(queue, (self.effort(other), next(order), other))
        return None

    def _neighbours(self, state: State) -> Iterator[State]:
        for index, axis in enumerate(self.axes):
            if state[index] < axis.steps:
                yield _moved(state, index, state[index] + 1)

    def _flips(self, state: State) -> Iterator[State]:
        """Along each lever, the least steps at which anything flips, one flip after another, and the lever's end."""
        for index, axis in enumerate(self.axes):
            position = state[index]
            for _ in range(12):
                following = self._next_flip(state, index, position, axis.steps)
                if following is None:
                    break
                yield _moved(state, index, following)
                position = following
            if state[index] < axis.steps:
                yield _moved(state, index, axis.steps)

    def _next_flip(self, state: State, index: int, position: int, last: int) -> int | None:
        here = self._signature(_moved(state, index, position))
        width = 1
        low = position
        while True:
            high = min(last, position + width)
            if self._signature(_moved(state, index, high)) != here:
                break
            if high == last:
                return None
            low, width = high, width * 4
        while low + 1 < high:
            middle = (low + high) // 2
            if self._signature(_moved(state, index, middle)) == here:
                low = middle
            else:
                high = middle
        return high

    def _tightened(self, state: State) -> State:
        """Each lever back as far as it goes with the others held, dearest first: no lever can be smaller than what is returned."""
        for index in sorted(range(len(self.axes)), key=lambda i: -self.axes[i].cost * state[i]):
            low, high = -1, state[index]
            while low + 1 < high:
                middle = (low + high) // 2
                if self.holds(_moved(state, index, middle)):
                    high = middle
                else:
                    low = middle
            state = _moved(state, index, high)
        return state

    def obstacles(self) -> tuple[str, ...]:
        """The clauses that stand in the way and have no lever, or whose levers do not reach."""
        truths = clause_truths(self.rule, evaluation_of(self.values, self.as_of))
        return failing_set(self.rule.require, truths) or tuple(key for key, value in truths.items() if value is None)


def _moved(state: State, index: int, steps: int) -> State:
    return (*state[:index], steps, *state[index + 1 :])


def _exact(value: object) -> Fraction:
    return Fraction(value) if isinstance(value, int | Decimal | Fraction) else Fraction(str(value))


def _stored(value: Fraction) -> Decimal | int:
    if value.denominator == 1:
        return value.numerator
    return Decimal(value.numerator) / Decimal(value.denominator)


def _moves(rule: Rule, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Move]:
    for key, value in after.items():
        if value == before[key]:
            continue
        field = rule.grain.facts[key].field
        old, new = _exact(field.value(before[key])), _exact(field.value(value))
        dimension = field.type.dimension
        unit = "" if dimension else field.unit
        difference = new - old
        word = "增加" if difference > 0 else "减少"
        shown = f"{field.name}由 {show_value(old, dimension)}{unit} {word} {show_value(abs(difference), dimension)}{unit} 至 {show_value(new, dimension)}{unit}"
        yield Move(key, field.name, old, _engine_value(value), shown)


def _engine_value(value: object) -> int | Fraction:
    return value if isinstance(value, int) else _exact(value)
