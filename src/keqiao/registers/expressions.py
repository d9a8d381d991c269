"""Registers as the expression language sees them: names and kinds of fields, and a row's values. Choices stand for their codes,
references for the code they are written by, units for their code; percentages are numbers with the unit %."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.translation import override

from keqiao.core.records.actions import target_of
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field
from keqiao.engines.expressions import Evaluation, Scope, Tree, unit_of
from keqiao.engines.expressions import Field as Name

KINDS = {
    "text": "text",
    "long_text": "text",
    "url": "text",
    "choice": "text",
    "reference": "text",
    "org_unit": "text",
    "choices": "set",
    "bool": "bool",
    "date": "date",
    "datetime": "date",
    "integer": "integer",
    "year": "integer",
    "decimal": "number",
    "percent": "number",
    "money": "money",
}
DIGITS = 15  # what every number of a register fits in (core.records.fields)
LARGEST_COUNT = 10**12


def name_of(field: Field) -> Name:
    """A register's field as a name of the language: by its key or its Chinese label."""
    kind = KINDS[field.kind]
    with override("zh-hans"):
        label, unit = str(field.label), str(field.measure_unit)
    if kind == "money":
        return Name.declare(field.name, label, kind, largest=10 ** (DIGITS - 2))
    if kind not in {"integer", "number"}:
        return Name.declare(field.name, label, kind)
    unit = "%" if field.kind == "percent" else unit if unit_of(unit) else ""
    if kind == "integer":
        return Name.declare(field.name, label, kind, unit=unit, decimals=0, largest=LARGEST_COUNT)
    return Name.declare(
        field.name, label, kind, unit=unit, decimals=field.decimals, largest=10 ** (DIGITS - field.decimals)
    )


def scope_of_fields(fields: Iterable[Field]) -> Scope:
    """The names of fields; where two labels are the same, the later field is known by its key alone."""
    scope = Scope()
    for field in fields:
        name = name_of(field)
        try:
            scope.add(name)
        except ValueError:
            scope.add(Name(name.key, name.key, name.kind, name.unit, name.decimals, name.largest))
    return scope


def scope_of(register: Register) -> Scope:
    return scope_of_fields(register.fields.values())


def record_of(fields: Mapping[str, Field], row: Any) -> dict[str, object]:
    """The values of a row as expressions read them; empty texts are unknown."""
    return {name: stored(field, field.get(row)) for name, field in fields.items()}


def stored(field: Field, value: Any) -> object:
    if value is None or value == "":
        return None
    if field.kind == "reference":
        register = target_of(field)
        by = field.reference.by if field.reference and field.reference.by else register.identity[0]
        return str(register.fields[by].get(value))
    if field.kind == "org_unit":
        return str(value.code)
    if isinstance(value, datetime):
        return timezone.localtime(value).date()
    return value


def worked_out(tree: Tree, field: Field, record: Mapping[str, object]) -> Any:
    """What a formula gives for a field: numbers rounded half up to the field's decimals; None where it can't be known."""
    value = Evaluation(record).value(tree)
    if value is None or isinstance(value, bool | str | date):
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    scaled = Fraction(value) / (Fraction(1, 100) if field.kind == "percent" else 1)
    if field.kind in {"integer", "year"}:
        return int(rounded(scaled, 0))
    return rounded(scaled, field.decimals)


def rounded(value: Fraction, decimals: int) -> Decimal:
    """Half up, away from zero, exactly."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)
