"""World: the demo city as it stands on a day, made step by step, each step seeing what the earlier ones made."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keqiao.demo.dice import Dice
from keqiao.demo.material import Industry, Material

Row = dict[str, Any]
CITY, PROVINCE = "390100", "390000"


@dataclass
class Firm:
    """An enterprise, with what later steps need of it. `spirit` (0 to 1) is its hidden drive to innovate."""

    uscc: str
    name: str
    industry: Industry
    code: str
    hi_tech_field: str
    county: str
    town: str
    founded_on: datetime.date
    spirit: float
    products: list[str]
    figures: dict[int, Row] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)  # qualifications held today


@dataclass
class Institute:
    """An institution; `county` is empty for those from outside."""

    code: str
    name: str
    kind: str
    county: str
    region: str
    industries: list[str]


@dataclass
class Someone:
    code: str
    name: str
    roles: list[str]
    industry: str
    institute: Institute | None = None
    firm: Firm | None = None
    phone: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of one register, by field name; choices as codes, references as identities, units as codes, money in yuan."""

    register: str
    rows: list[Row]
    title: str = ""


@dataclass
class World:
    """`tables` is in an order in which every reference is made before it is used."""

    today: datetime.date
    seed: int
    material: Material
    firms: list[Firm] = field(default_factory=list)
    institutes: list[Institute] = field(default_factory=list)
    people: list[Someone] = field(default_factory=list)
    achievements: list[Row] = field(default_factory=list)
    demands: list[Row] = field(default_factory=list)
    contracts: list[Row] = field(default_factory=list)
    projects: list[Row] = field(default_factory=list)
    patents: list[Row] = field(default_factory=list)
    qualifications: list[Row] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def dice(self, purpose: str) -> Dice:
        return Dice(self.seed, purpose)

    def add(self, register: str, rows: Iterable[Row], title: str = "") -> None:
        self.tables.append(Table(register, list(rows), title))

    def rows(self, register: str) -> list[Row]:
        return [row for table in self.tables if table.register == register for row in table.rows]

    def firms_of(self, industry: str) -> list[Firm]:
        return [firm for firm in self.firms if firm.industry.key == industry]

    def institutes_of(self, industry: str, kinds: str = "university institute new_rd") -> list[Institute]:
        return [one for one in self.institutes if industry in one.industries and one.kind in kinds.split()]

    def people_of(self, industry: str, role: str) -> list[Someone]:
        return [one for one in self.people if one.industry == industry and role in one.roles]


def yuan(ten_thousands: float) -> int:
    """万元 to whole yuan."""
    return round(ten_thousands * 10_000)


def known(row: Mapping[str, Any], name: str) -> float:
    """A figure as a number; nothing known counts as nought, for drawing only."""
    return float(row.get(name) or 0)
