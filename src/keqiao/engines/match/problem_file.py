"""The assignment problem as a JSON file, turned into the engine's types with every error at once.

Hides the file's shorthand: conflicts may be given, or found from relations and parties.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from keqiao.engines.match.assignment import AssignmentProblem, Balance, Item, Person
from keqiao.engines.match.conflicts import Conflict, Party, Relation, find_conflicts
from keqiao.engines.match.documents import MatchError, Problem, problem

T = TypeVar("T")


def read_assignment(raw: Any) -> AssignmentProblem:
    """The problem of a parsed file (docs/matching.md, PROBLEM.json). Raises MatchError naming every wrong entry."""
    if not isinstance(raw, dict):
        raise MatchError.of("MATCH-FIELD-KIND", "file", raw, "must be an object.", 'Write {"people": …, "items": …}.')
    problems: list[Problem] = []

    def read(name: str, make: Callable[[Any], T]) -> tuple[T, ...]:
        made: list[T] = []
        for at, each in enumerate(raw.get(name, ())):
            try:
                made.append(make(each))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                problems.append(
                    problem(
                        "MATCH-FIELD-KIND",
                        f"{name}[{at}]",
                        each,
                        f"cannot be read ({error!r}).",
                        "See docs/matching.md, PROBLEM.json.",
                    )
                )
        return tuple(made)

    people = read(
        "people",
        lambda each: Person(
            str(each["id"]),
            int(each["load"]),
            int(each.get("minimum", 0)),
            {key: str(value) for key, value in each.get("labels", {}).items()},
        ),
    )
    items = read("items", lambda each: Item(str(each["id"]), int(each["number"])))
    conflicts = read(
        "conflicts",
        lambda each: Conflict(
            str(each["person"]),
            str(each["item"]),
            each.get("kind", "declared"),
            tuple(Relation(**link) for link in each.get("chain", ())),
        ),
    )
    relations = read("relations", lambda each: Relation(**each))
    parties = read(
        "parties", lambda each: Party(str(each["item"]), tuple(each.get("units", ())), tuple(each.get("persons", ())))
    )
    balances = read("balances", lambda each: Balance(str(each["label"]), int(each["at_most"])))
    required = read("required", lambda each: (str(each["person"]), str(each["item"])))
    scores = _scores(raw.get("scores", {}), problems)
    floor = raw.get("floor", 0.0)
    if isinstance(floor, bool) or not isinstance(floor, int | float):
        problems.append(problem("MATCH-NUMBER", "floor", floor, "is no number.", "Write a number from 0 to 1."))
    if problems:
        raise MatchError(problems)
    found = find_conflicts([each.id for each in people], parties, relations)
    return AssignmentProblem(
        people, items, scores, float(floor), conflicts + found, balances, required, bool(raw.get("fair", True))
    )


def _scores(raw: Any, problems: list[Problem]) -> dict[str, dict[str, float]]:
    scores: dict[str, dict[str, float]] = {}
    for person, known in raw.items() if isinstance(raw, dict) else ():
        for item, score in known.items() if isinstance(known, dict) else ():
            if isinstance(score, bool) or not isinstance(score, int | float):
                problems.append(problem("MATCH-NUMBER", f"scores.{person}.{item}", score, "is no number.", "0 to 1."))
            else:
                scores.setdefault(str(person), {})[str(item)] = float(score)
    return scores
