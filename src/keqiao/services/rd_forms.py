"""The four forms that one R&D ledger fills: which cost heads make a line, which formula, from which date (packs/*/rd_forms).

Sums are exact; a line is rounded to the fen only where it is shown. Every form ties to the ledger: what was booked equals what the form
counts plus what it leaves out, each part named.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from keqiao.core.records.fields import Text
from keqiao.engines import expressions
from keqiao.engines.expressions import Field, Problem, ProblemsFound, Scope, Tree, parse, read_document
from keqiao.registers.classifications import bilingual

FEN = Decimal("0.01")


@dataclass(frozen=True)
class Cost:
    """A booked cost: its project, head, amount in 元, and whether untaxed money paid it."""

    project: str
    head: str
    amount: Decimal
    is_untaxed_money: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a form: the sum of `heads`, or a `formula` over the lines above it. `is_aside` lines are shown but not counted."""

    number: str
    key: str
    label: Text
    heads: tuple[str, ...] = ()
    formula: Tree | None = None
    is_total: bool = False
    is_aside: bool = False


@dataclass(frozen=True)
class Version:
    """A form as one text of the law has it, from `valid_from` until before `valid_until`."""

    valid_from: datetime.date
    valid_until: datetime.date | None
    source: str
    lines: tuple[Line, ...]
    limit_each_project: str = ""

    @property
    def total(self) -> Line:
        return next(line for line in self.lines if line.is_total)


@dataclass(frozen=True)
class Form:
    key: str
    label: Text
    note: str
    versions: tuple[Version, ...]

    def version_on(self, day: datetime.date) -> Version | None:
        return next(
            (v for v in self.versions if v.valid_from <= day and (v.valid_until is None or day < v.valid_until)), None
        )


@dataclass(frozen=True)
class Filled:
    """A filled form: amounts per line in 元 to the fen, per project and in all, and how it ties to the ledger."""

    form: Form
    version: Version
    total: Mapping[str, Decimal]
    projects: Mapping[str, Mapping[str, Decimal]]
    booked: Decimal
    left_out: Sequence[tuple[str, Decimal]] = field(default=())

    @property
    def counted(self) -> Decimal:
        return self.total[self.version.total.key]


def fen(value: Fraction | Decimal) -> Decimal:
    """To the fen, half up."""
    exact = Fraction(value)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(FEN, ROUND_HALF_UP)


def fill(form: Form, costs: Iterable[Cost], year: int) -> Filled:
    """Fills the form with one year's costs. Raises LookupError where no version of the form is in force at the end of that year."""
    version = form.version_on(datetime.date(year, 12, 31))
    if version is None:
        raise LookupError(f"{form.key}: no version for {year}")
    costs = list(costs)
    taxed = [cost for cost in costs if not cost.is_untaxed_money]
    names = list(dict.fromkeys(cost.project for cost in costs))
    by_project = {name: _amounts(version, [cost for cost in taxed if cost.project == name], {}) for name in names}
    fixed = {}
    if key := version.limit_each_project:
        fixed[key] = sum((Fraction(values[key]) for values in by_project.values()), Fraction(0))
    whole = _amounts(version, taxed, fixed)
    total = {key: fen(value) for key, value in whole.items()}
    booked = sum((cost.amount for cost in costs), Decimal(0))
    return Filled(
        form,
        version,
        total,
        {name: {key: fen(value) for key, value in values.items()} for name, values in by_project.items()},
        fen(booked),
        _left_out(version, costs, whole, fen(booked), total[version.total.key]),
    )


def _amounts(version: Version, costs: Sequence[Cost], fixed: Mapping[str, Fraction]) -> dict[str, Fraction]:
    values: dict[str, Fraction] = {}
    for line in version.lines:
        if line.key in fixed:
            values[line.key] = fixed[line.key]
        elif line.formula is not None:
            result = expressions.evaluate(line.formula, values)
            values[line.key] = Fraction(result) if result is not None else Fraction(0)  # type: ignore[arg-type]  # formulas are checked to be numbers
        else:
            values[line.key] = sum((Fraction(cost.amount) for cost in costs if cost.head in line.heads), Fraction(0))
    return values


def _left_out(
    version: Version, costs: Sequence[Cost], whole: Mapping[str, Fraction], booked: Decimal, counted: Decimal
) -> list[tuple[str, Decimal]]:
    """What was booked but not counted, by cause; the last cause takes the rest, so that the parts always make the whole."""
    heads = {head for line in version.lines if not line.is_aside for head in line.heads}
    untaxed = fen(sum((cost.amount for cost in costs if cost.is_untaxed_money), Decimal(0)))
    foreign = fen(
        sum((cost.amount for cost in costs if not cost.is_untaxed_money and cost.head not in heads), Decimal(0))
    )
    parts = [("untaxed", untaxed), ("not_in_form", foreign), ("limits", booked - counted - untaxed - foreign)]
    return [(cause, amount) for cause, amount in parts if amount]


def share_of_pay(pay: Decimal, hours: Sequence[Decimal], month_hours: Decimal) -> list[Decimal]:
    """A month's pay over projects by hours, to the fen. When all hours of the month are on projects the shares make the pay exactly:
    the fen that rounding leaves go to the largest remainders."""
    if not month_hours:
        return [Decimal("0.00") for _ in hours]
    whole = Fraction(pay) * sum(map(Fraction, hours)) / Fraction(month_hours)
    exact = [Fraction(pay) * Fraction(one) / Fraction(month_hours) * 100 for one in hours]
    floors = [int(one // 1) for one in exact]
    missing = int(fen(whole) * 100) - sum(floors)
    order = sorted(range(len(exact)), key=lambda at: (floors[at] - exact[at], at))
    for at in order[: max(missing, 0)]:
        floors[at] += 1
    return [Decimal(one) / 100 for one in floors]


@cache
def forms() -> dict[str, Form]:
    """All forms of the packs by key. Raises ProblemsFound with every fault, each with file, line and remedy."""
    found: dict[str, Form] = {}
    problems: list[Problem] = []
    for pack in settings.PACKS:
        for file in sorted(Path(pack).glob("rd_forms/*.yaml")):
            try:
                form = read_form(file)
            except ProblemsFound as error:
                problems += error.problems
            else:
                found[form.key] = form
    if problems:
        raise ProblemsFound(problems)
    return found


def read_form(file: Path) -> Form:
    document = read_document(file, file.name)
    problems: list[Problem] = []
    data = document.data
    versions = tuple(
        _version(document, data["versions"][at], at, problems) for at in range(len(data.get("versions") or ()))
    )
    if not versions:
        problems.append(
            document.problem("F001", "缺少 versions", "至少写一个版本,含 valid_from、source、lines", "versions")
        )
    if problems:
        raise ProblemsFound(problems)
    return Form(data["key"], bilingual(data["name"], data.get("name_en", "")), data.get("note", ""), versions)


def _version(document: Any, data: dict[str, Any], at: int, problems: list[Problem]) -> Version:
    known: list[Field] = []
    lines = []
    for index, row in enumerate(data["lines"]):
        place = ("versions", at, "lines", index)
        formula = None
        if "formula" in row:
            try:
                formula = parse(row["formula"], Scope(known))
            except ProblemsFound as error:
                line, column = document.place(*place)
                problems += [one.at(document.file, line, column) for one in error.problems]
        elif not row.get("heads"):
            problems.append(
                document.problem("F002", f"第 {row.get('no')} 行既没有 heads 也没有 formula", "二者写一个", *place)
            )
        known.append(Field.declare(row["key"], row["name"], "money"))
        lines.append(
            Line(
                row["no"],
                row["key"],
                bilingual(row["name"], row.get("name_en", "")),
                tuple(row.get("heads", ())),
                formula,
                bool(row.get("total")),
                bool(row.get("aside")),
            )
        )
    if sum(line.is_total for line in lines) != 1:
        problems.append(
            document.problem("F003", "应当恰有一行 total: true", "给合计行加上 total: true", "versions", at, "lines")
        )
    return Version(
        data["valid_from"], data.get("valid_until"), data["source"], tuple(lines), data.get("limit_each_project", "")
    )
