"""What lower units report and by when (数据上报): forms as data of the packs, what is due from whom, and the checks at entry.

A form is `reporting/*.yaml` of a pack: levels that report, grain of the periods, days after a period's end, who approves in which order,
and fields with their checks (those of the indicator engine). A check of severity error refuses, any other asks for an explanation.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.control.models import Submission
from keqiao.core import packs
from keqiao.core.clock import today
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.engines import indicators as engine
from keqiao.engines.expressions import read_document


@dataclass(frozen=True)
class Field:
    """`definition` carries the checks; its id is the indicator that an approved value becomes."""

    definition: engine.Definition
    is_integer: bool

    @property
    def key(self) -> str:
        return self.definition.id

    @property
    def label(self) -> str:
        return _local(self.definition.name, self.definition.name_en)


@dataclass(frozen=True)
class Form:
    id: str
    name: str
    name_en: str
    levels: tuple[str, ...]
    grain: str
    due_days: int
    approvals: tuple[str, ...]
    valid_from: datetime.date
    fields: tuple[Field, ...]

    @property
    def label(self) -> str:
        return _local(self.name, self.name_en)

    def due_on(self, period: str) -> datetime.date:
        return engine.Period.parse(period).last_day + datetime.timedelta(days=self.due_days)

    def periods(self, day: datetime.date) -> list[str]:
        """Periods begun by a day, newest first."""
        out, at = [], engine.Period.containing(day, self.grain)
        while at.start >= self.valid_from:
            out.append(at.label)
            at = at.before()
        return out


def _local(chinese: str, english: str) -> str:
    return english if (get_language() or "").startswith("en") and english else chinese


@cache
def forms() -> dict[str, Form]:
    return {form.id: form for form in (_form(read_document(path).data) for path in packs.files("reporting"))}


def _form(data: Mapping[str, Any]) -> Form:
    fields = tuple(
        Field(
            engine.Definition(
                one["id"], 1, one["name"], one.get("name_en", ""), one["measure_unit"], (), "",
                grain=data["grain"], checks=tuple(one.get("checks", ())),
            ),
            bool(one.get("integer")),
        )
        for one in data["fields"]
    )  # fmt: skip
    return Form(
        data["id"], data["name"]["zh"], data["name"].get("en", ""), tuple(data["levels"]), data["grain"], int(data["due_days"]),
        tuple(data["approvals"]), data["valid_from"] if isinstance(data["valid_from"], datetime.date) else datetime.date.fromisoformat(data["valid_from"]), fields,
    )  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One form of one unit and period, reported or not. `state`: open, late, submitted, returned, approved, or not_due before the period is over."""

    form: Form
    unit: OrgUnit
    period: str
    submission: Submission | None
    day: datetime.date

    @property
    def due_on(self) -> datetime.date:
        return self.form.due_on(self.period)

    @property
    def state(self) -> str:
        held = self.submission.stage if self.submission else Submission.Stage.DRAFT
        if held in {Submission.Stage.SUBMITTED, Submission.Stage.APPROVED}:
            return str(held)
        if self.day > self.due_on:
            return "late"
        if held == Submission.Stage.RETURNED:
            return "returned"
        return "open" if engine.Period.parse(self.period).last_day < self.day else "not_due"


def items(units: Iterable[OrgUnit], day: datetime.date | None = None) -> list[Item]:
    """All that the units are to report up to a day, by form, newest period first."""
    day, places = day or today(), list(units)
    held = {(one.form, one.org_unit_id, one.period): one for one in Submission.objects.filter(org_unit__in=places)}
    return [
        Item(form, unit, period, held.get((form.id, unit.pk, period)), day)
        for form in forms().values()
        for period in form.periods(day)
        for unit in places
        if unit.level in form.levels
    ]


def awaited(form: Form, unit: OrgUnit, after: str = "") -> str:
    """The level whose approval comes next; empty when no upper unit has to approve any more."""
    above = set(OrgUnit.objects.filter(pk__in=unit.ancestor_ids()[:-1]).values_list("level", flat=True))
    chain = [level for level in form.approvals if level in above]
    rest = chain[chain.index(after) + 1 :] if after in chain else chain
    return rest[0] if rest else ""


def numbers(form: Form, typed: Mapping[str, Any]) -> dict[str, str]:
    """What was typed as exact numbers by field; empty fields are left out. Raises InvalidError with every fault."""
    found, problems = {}, []
    for field in form.fields:
        text = str(typed.get(field.key) if typed.get(field.key) is not None else "").strip().replace(",", "")
        if not text:
            continue
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
            problems.append(Problem("not_number", _("不是数字"), _("请只填数字"), field.key, field.label, text))
        elif field.is_integer and value != value.to_integral_value():
            problems.append(Problem("not_integer", _("应为整数"), _("请填整数"), field.key, field.label, text))
        else:
            found[field.key] = f"{value.normalize():f}"
    if problems:
        raise InvalidError(problems)
    return found


def findings(form: Form, unit: OrgUnit, period: str, values: Mapping[str, str]) -> list[engine.FigureFinding]:
    """What the engine's checks find in these values beside the unit's own past and its peers of the same period."""
    peers = Submission.objects.filter(form=form.id, stage__in=[Submission.Stage.SUBMITTED, Submission.Stage.APPROVED])
    known = {(one.org_unit_id, one.period): (one.org_unit, one.values) for one in peers.select_related("org_unit")}
    known[unit.pk, period] = (unit, values)
    rows = [
        {"indicator": key, "version": 1, "org": place.code, "period": when, "value": float(value), "state": "ok", "n_rows": 1, "coverage": 1.0, "components": []}
        for (_pk, when), (place, held) in known.items()
        for key, value in held.items()
    ]  # fmt: skip
    places = {place.code: place for place, _held in known.values()}
    tree = engine.tree_from_rows(
        [{"code": code, "name": p.name, "level": p.level, "parent": ""} for code, p in places.items()]
    )
    roll = engine.RollUp(
        pa.Table.from_pylist(rows, schema=engine.FIGURES),
        tuple(field.definition for field in form.fields),
        engine.Snapshot(Path()),
        tree,
        None,
        (),
    )
    return [one for one in engine.check_figures(roll) if one.org == unit.code and one.period == period]
