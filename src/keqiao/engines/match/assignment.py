"""What an assignment is about: people, items, rules, and the result. Plain data, without any solving."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from keqiao.engines.match.conflicts import Conflict

UNIT = 10_000  # fits are counted in ten-thousandths, so that sums are whole numbers and an optimum can be proven


@dataclass(frozen=True)
class Person:
    """Somebody to be assigned: at least `minimum`, at most `load` items. `labels` (region, unit …) are for balance."""

    id: str
    load: int
    minimum: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """Something that needs exactly `number` people."""

    id: str
    number: int


@dataclass(frozen=True)
class Balance:
    """Of the people on one item, at most `at_most` may share a value of `label` (a region, a unit)."""

    label: str
    at_most: int


@dataclass(frozen=True)
class AssignmentProblem:
    """`scores[person][item]` is the fit, 0 to 1 (missing = 0). Pairs below `floor` and pairs in conflict are never made;
    `required` pairs always are. `fair` puts the worst-served item first; otherwise only the total counts."""

    people: tuple[Person, ...]
    items: tuple[Item, ...]
    scores: Mapping[str, Mapping[str, float]]
    floor: float = 0.0
    conflicts: tuple[Conflict, ...] = ()
    balances: tuple[Balance, ...] = ()
    required: tuple[tuple[str, str], ...] = ()
    fair: bool = True


@dataclass(frozen=True)
class Pair:
    """One assignment and its fit."""

    person: str
    item: str
    score: float


@dataclass(frozen=True)
class Rule:
    """A rule of the problem by kind and subject: number(item), load(person), minimum(person), floor(), conflict(kind),
    balance(label), required(person→item). In a coarse explanation the subject "*" means all of that kind."""

    kind: str
    subject: str = ""


@dataclass(frozen=True)
class Change:
    """One step of a relaxation: by how much which rule gives way, and at what cost."""

    rule: Rule
    amount: float
    cost: float
    text: str


@dataclass(frozen=True)
class Assignment:
    """The result. `worst` is the lowest total fit of an item. `proven` = no better one exists (`bound` is the best that
    the total could be). Where nothing fits, `pairs` is empty, `clash` holds rules that cannot hold together and of which
    none can be left out, and `relaxation` the cheapest set of changes that makes the problem solvable."""

    pairs: tuple[Pair, ...]
    total: float
    worst: float
    proven: bool
    bound: float
    seconds: float
    clash: tuple[Rule, ...] = ()
    relaxation: tuple[Change, ...] = ()
