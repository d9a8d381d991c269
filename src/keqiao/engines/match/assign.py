"""Give people to items (experts to projects, commissioners to villages) so that every rule holds and the fit is best.

The worst-served item comes first: its total fit is made as high as it can be, then the total of all; the answer says
whether that is proven to be the optimum. Where the rules cannot all be met, the answer says which clash and what would
help. Hides the mathematical programme (`program`) and the search for clashes (`clash`).
Source of the fairness order: Stelmakh et al., PeerReview4All (2019), max-min of the fit per item.
"""

import time
from collections import Counter

import numpy as np

from keqiao.engines.match.assignment import UNIT, Assignment, AssignmentProblem, Pair
from keqiao.engines.match.clash import cheapest_relaxation, minimal_clash
from keqiao.engines.match.documents import MatchError, Problem, problem
from keqiao.engines.match.program import Model, Solution


def assign(task: AssignmentProblem, seconds: float = 60.0) -> Assignment:
    """Solve within about `seconds`. Raises MatchError for a problem that is wrong in itself (all errors at once).

    Cost: 500 items × 3 of 400 people with conflicts: see bench/results/match.md.
    """
    check(task)
    started = time.perf_counter()
    model = Model.of(task)
    best = model.solve(model.fit, seconds)
    if best.infeasible:
        clash = minimal_clash(task, seconds / 2)
        changes = cheapest_relaxation(task, seconds / 2)
        return Assignment((), 0.0, 0.0, True, 0.0, time.perf_counter() - started, clash, changes)
    if task.fair and best.chosen is not None and task.items:
        best = _fairest(model, best, started + seconds)
    return _result(model, best, started)


def _fairest(model: Model, best: Solution, deadline: float) -> Solution:
    """Raise the worst item as far as possible: first straight to the limit set by its own best people, then by bisecting
    below the limit of the relaxed problem."""
    assert best.chosen is not None
    reached, upper = int(model.per_item(best.chosen).min()), model.simple_worst_bound()
    proven, aim = best.proven, upper
    while upper > reached:
        found = model.solve(model.fit, deadline - time.perf_counter(), at_least=aim)
        if found.chosen is not None:
            best, reached, proven = found, aim, found.proven
        elif found.infeasible:
            upper = min(aim - 1, model.worst_bound(deadline - time.perf_counter())) if aim == upper else aim - 1
        else:
            proven = False
            break
        aim = (reached + upper + 1) // 2
    return Solution(best.chosen, proven, best.bound, False, reached)


def _result(model: Model, best: Solution, started: float) -> Assignment:
    if best.chosen is None:
        return Assignment((), 0.0, 0.0, False, best.bound / UNIT, time.perf_counter() - started)
    people, items = model.task.people, model.task.items
    pairs = tuple(
        Pair(people[model.person[at]].id, items[model.item[at]].id, model.fit[at] / UNIT)
        for at in np.flatnonzero(best.chosen)
    )
    worst = float(model.per_item(best.chosen).min()) / UNIT if items else 0.0
    total = float(model.fit[best.chosen].sum()) / UNIT
    return Assignment(
        tuple(sorted(pairs, key=lambda each: (each.item, each.person))),
        total,
        worst,
        best.proven,
        best.bound / UNIT,
        time.perf_counter() - started,
    )


def check(task: AssignmentProblem) -> None:
    """Raise MatchError with everything that is wrong in the problem itself, all at once."""
    problems: list[Problem] = []
    for name, ids in (("people", [each.id for each in task.people]), ("items", [each.id for each in task.items])):
        for twice in [each for each, count in Counter(ids).items() if count > 1]:
            problems.append(problem("MATCH-DUPLICATE-ID", name, twice, "stands twice.", "Keep one."))
    people, items = {each.id for each in task.people}, {each.id for each in task.items}
    for who in task.people:
        if not 0 <= who.minimum <= who.load:
            problems.append(
                problem(
                    "MATCH-LOAD",
                    f"people.{who.id}",
                    f"{who.minimum}–{who.load}",
                    "minimum and load must satisfy 0 ≤ minimum ≤ load.",
                    "Correct one of them.",
                )
            )
    for each in task.items:
        if each.number < 0:
            problems.append(problem("MATCH-ITEM-NUMBER", f"items.{each.id}", each.number, "is below 0.", "Correct it."))
    for balance in task.balances:
        if balance.at_most < 1:
            problems.append(problem("MATCH-BALANCE", balance.label, balance.at_most, "is below 1.", "Correct it."))
    for person, known in task.scores.items():
        for item, score in known.items() if person in people else ():
            if not 0 <= score <= 1:
                problems.append(
                    problem(
                        "MATCH-SCORE",
                        f"scores.{person}.{item}",
                        score,
                        "is not between 0 and 1.",
                        "Scale the scores to 0–1.",
                    )
                )
    for pair in task.required:
        if pair[0] not in people or pair[1] not in items:
            problems.append(
                problem(
                    "MATCH-UNKNOWN-ID",
                    "required",
                    pair,
                    "names an unknown person or item.",
                    "Add it, or drop the pair.",
                )
            )
    if problems:
        raise MatchError(problems)
