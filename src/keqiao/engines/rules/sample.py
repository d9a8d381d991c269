"""Random subjects for differential tests, rehearsals on no real data, and benchmarks: round sums and their neighbours, so that thresholds are often met exactly."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from ..expressions import Constant, Field, Kind, Literal, fields_of, walk
from .catalogue import Grain
from .evaluate import trees_of
from .results import Record
from .schema import Rule


def random_records(
    grain: Grain,
    rules: Iterable[Rule],
    count: int,
    *,
    seed: int = 0,
    missing: float = 0.15,
    as_of: date = date(2026, 5, 1),
) -> list[Record]:
    """`count` records of the facts that `rules` read; each value unknown with probability `missing`. The same seed gives the same records."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    fields: dict[str, Field] = {}
    words: dict[str, set[str]] = {}
    for rule in rules:
        for tree in trees_of(rule):
            fields |= {
                field.key: field
                for field in fields_of(tree)
                if field.key in grain.facts and not grain.facts[field.key].derivation
            }
            named = {str(v) for node in walk(tree) for v in _texts(node)}
            for field in fields_of(tree):
                words.setdefault(field.key, set()).update(named)
    choices = {key: sorted(words.get(key, set())) or ["其他"] for key in fields}
    chosen = list(fields.values())
    return [
        Record(
            str(number), {f.key: _value(f, chance, choices[f.key], as_of) for f in chosen if chance.random() >= missing}
        )
        for number in range(count)
    ]


def _texts(node: object) -> Iterable[str]:
    if isinstance(node, Literal | Constant):
        if isinstance(node.value, str):
            return [node.value]
        if isinstance(node.value, frozenset):
            return node.value
    return []


def _value(field: Field, chance: random.Random, words: list[str], as_of: date) -> object:
    if field.kind is Kind.BOOL:
        return chance.random() < 0.5
    if field.kind is Kind.DATE:
        back = chance.choice([1, 2, 3, 5, 10]) * 365 + chance.randint(-3, 3)
        return as_of - timedelta(days=back)
    if field.kind is Kind.TEXT:
        return chance.choice([*(field.choices or words), "其他"])
    if field.kind is Kind.SET:
        return frozenset(word for word in words if chance.random() < 0.4)
    return _number(field, chance)


def _number(field: Field, chance: random.Random) -> Decimal | int:
    if field.decimals == 0:
        return min(
            field.largest,
            chance.choice([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 20, 30, 50, 60, 100, 300, 499, 500, 501]),
        )
    unit = Decimal(1).scaleb(-field.decimals)
    size = chance.choice([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90])
    value = Decimal(size).scaleb(chance.randint(3, 7) if field.decimals == 2 else -2)
    return min(Decimal(field.largest), max(Decimal(0), value + unit * chance.choice([0, 0, 0, 1, -1])))
