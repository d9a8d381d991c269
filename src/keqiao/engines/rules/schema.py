"""What a rule is, once read: frozen data, no behaviour. `load` builds it from YAML; every executor reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ..expressions import Number, Tree
from .catalogue import Grain, Lever


class Verdict(StrEnum):
    MET = "符合"
    UNMET = "不符合"
    UNSETTLED = "待核实"

    @classmethod
    def of(cls, value: bool | None) -> Verdict:
        return cls.UNSETTLED if value is None else cls.MET if value else cls.UNMET


KINDS = ("certification", "policy", "scorecard", "calculation", "ladder", "tax")


@dataclass(frozen=True)
class Basis:
    """The document a version rests on."""

    document: str
    title: str = ""
    url: str = ""
    article: str = ""


@dataclass(frozen=True)
class LeverUse:
    """A fact a clause may be mended by; `also`: facts that move along (new S&T staff are staff too)."""

    fact: str
    lever: Lever
    also: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Clause:
    """One condition, compared by identity (its texts are cached). `waits`: it can come true by the passing of time alone."""

    key: str
    name: str
    tree: Tree
    cite: str = ""
    levers: tuple[LeverUse, ...] = ()
    waits: bool = False
    note: str = ""


@dataclass(frozen=True)
class Group:
    """How clauses combine: kind all, any or at_least (with `count`)."""

    kind: str
    members: tuple[Clause | Group, ...]
    count: int = 0
    name: str = ""

    def clauses(self) -> tuple[Clause, ...]:
        found: list[Clause] = []
        for member in self.members:
            found += member.clauses() if isinstance(member, Group) else (member,)
        return tuple(found)


@dataclass(frozen=True)
class ScoreItem:
    """A line of a score sheet: the least and greatest score the facts allow (equal when all is known and no expert decides)."""

    key: str
    name: str
    most: Number
    low: Tree
    high: Tree
    part: str = ""
    cite: str = ""
    levers: tuple[LeverUse, ...] = ()
    value: Tree | None = None


@dataclass(frozen=True)
class ScoreSheet:
    items: tuple[ScoreItem, ...]
    low: Tree
    high: Tree
    full: Number
    operator: str = ""
    bar: Number | None = None
    grades: tuple[tuple[str, Number], ...] = ()
    part_names: tuple[tuple[str, str], ...] = ()
    part_caps: tuple[tuple[str, Number], ...] = ()


@dataclass(frozen=True)
class Amount:
    """Money or another figure a rule computes. `lines`: named intermediate figures, shown as a calculation sheet."""

    name: str
    tree: Tree
    unit: str = "元"
    cite: str = ""
    lines: tuple[tuple[str, Tree], ...] = ()
    ceiling: str = ""


@dataclass(frozen=True)
class Window:
    """When one may apply, month and day inclusive, every year."""

    opens: tuple[int, int]
    closes: tuple[int, int]


@dataclass(frozen=True)
class Rule:
    """One dated version of a rule with its parameters of the day bound in. Valid from `valid_from` up to, not including, `valid_until`."""

    id: str
    name: str
    grain: Grain = field(repr=False, compare=False)
    kind: str
    require: Group
    valid_from: date
    valid_until: date | None
    basis: tuple[Basis, ...]
    is_verified: bool
    checked_on: date | None
    fingerprint: str
    score: ScoreSheet | None = None
    amount: Amount | None = None
    english: str = ""
    summary: str = ""
    issuer: str = ""
    note: str = ""
    file: str = ""
    grants: str = ""
    window: Window | None = None
    ladder: tuple[str, int] | None = None
    parameters: tuple[tuple[str, str, str], ...] = ()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return self.require.clauses()

    @property
    def banner(self) -> str:
        """What must be shown beside any result of a version nobody has checked against the official text."""
        if self.is_verified:
            return ""
        return "本规则版本尚未与官方正文核对,结果仅供初步比对,不能作为认定依据。"
