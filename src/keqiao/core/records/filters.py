"""Filters (筛选): what a query string asks of a register, as conditions that the user may ask.

A field is filtered by its name: `industry=c34&industry=c35`, `org_unit=330602` (with everything below it), `founded_on.from=2020-01-01`,
`revenue.min=20000000`, `name=泵` (contains), `uscc.blank=1`. A filter by a field the user can't read on some rows leaves those rows out:
otherwise its answer would give the value away.
"""

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from keqiao.core.access import Lens
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.models.record import ReviewState
from keqiao.core.records import paging
from keqiao.core.records.actions import look_up, target_of
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field, ValueProblem, fold, parse, show, tidy
from keqiao.core.records.problems import Problem

# What every row has beside its declared fields.
REVIEW_STATE = Field("review_state", _("审核状态"), "choice", choices=tuple(ReviewState.choices), read_only=True)
CREATED_AT = Field("created_at", _("登记时间"), "datetime", read_only=True)
UPDATED_AT = Field("updated_at", _("更新时间"), "datetime", public=True, read_only=True)
COMMON = {one.name: one for one in (REVIEW_STATE, CREATED_AT, UPDATED_AT)}

CONTROLS = frozenset({"q", "sort", "page", "per_page", "columns", "after", "ids"})
RANGED = frozenset({"integer", "decimal", "money", "percent", "year"})
DATED = frozenset({"date", "datetime"})
PICKED = frozenset({"choice", "choices", "bool", "year"})
NUMBERS: Mapping[str, models.Field[Any, Any]] = {
    "integer": models.BigIntegerField(),
    "year": models.IntegerField(),
    "decimal": models.DecimalField(max_digits=30, decimal_places=10),
    "money": models.DecimalField(max_digits=30, decimal_places=10),
    "percent": models.DecimalField(max_digits=30, decimal_places=10),
}


@dataclass(frozen=True)
class Condition:
    """One thing the rows must meet; `text` says it to people, `name` is the parameter that asks it."""

    name: str
    field: Field
    text: str
    q: Q
    aliases: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Control:
    """A filter as a page offers it: its field, parameter name, what can be picked, and what is picked now."""

    field: Field
    name: str
    shape: str  # "pick", "range", "dates", "unit", "reference", "text"
    choices: tuple[tuple[str, str], ...] = ()
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""


def field_named(register: Register, name: str) -> Field | None:
    return register.fields.get(name) or COMMON.get(name)


def parameter_of(one: Field) -> str:
    """The parameter a field is filtered by: its name, or `field.<name>` where that name is taken ("q", "page", …)."""
    return f"field.{one.name}" if one.name in CONTROLS else one.name


def column_of(one: Field) -> tuple[str, dict[str, Any]]:
    """The ORM name to compare and sort by, and the aliases it needs. Values of custom ledgers are JSON texts: numbers are cast."""
    if not one.path.startswith("data__"):
        return one.path, {}
    name, value = f"data_{one.name}", KeyTextTransform(one.path[6:], "data")
    return name, {name: Cast(value, NUMBERS[one.kind]) if one.kind in NUMBERS else Cast(value, models.TextField())}


def read(register: Register, sight: Lens, params: Mapping[str, list[str]]) -> tuple[list[Condition], list[Problem]]:
    """The conditions in `params` and what is wrong with them; parameters that name no field are not looked at (see `unknown`)."""
    conditions: list[Condition] = []
    problems: list[Problem] = []
    for key, raw in params.items():
        one, operator = _split(register, key)
        values = [text for item in raw for text in ([item] if _is_text(one) else item.split(",")) if text.strip()]
        if one is None or key in CONTROLS or not values:
            continue
        if not sight.may_filter(one):
            problems.append(
                one.problem("filter_forbidden", "、".join(values), _("您不能按此项筛选"), _("请去掉这个筛选条件"))
            )
            continue
        try:
            condition = _condition(key, one, operator, values)
        except ValueProblem as error:
            problems.append(error.problem)
        else:
            conditions.append(replace(condition, q=condition.q & sight.reads(one)))
    return conditions, problems


def unknown(register: Register, params: Iterable[str]) -> list[Problem]:
    """Problems for parameters that are neither a control nor a filter: the API is strict, since a mistyped filter would return everything."""
    return [
        Problem("unknown_parameter", _("没有这个参数"), _("请核对参数名；可用字段见接口说明"), name, name)
        for name in params
        if name not in CONTROLS and _split(register, name)[0] is None
    ]


def _is_text(one: Field | None) -> bool:
    return one is not None and one.kind in {"text", "long_text", "url"}


def _split(register: Register, key: str) -> tuple[Field | None, str]:
    if key.startswith("field."):
        key = key.removeprefix("field.")
    name, _dot, operator = key.partition(".")
    one = field_named(register, name)
    return (one, operator) if operator in OPERATORS else (None, "")


def _value(one: Field, text: str) -> Any:
    """A filter's value: read like a cell, but a part of a valid value is enough."""
    loose = replace(
        one,
        required=False,
        minimum=None,
        maximum=None,
        validators=(),
        max_length=None,
        decimals=10,
        digits=26,
        normalise=None,
    )
    return parse(loose, text, look_up)


def _label(one: Field, *values: Any) -> str:
    return f"{one.label}：{'、'.join(show(one, value) for value in values)}"


def _condition(key: str, one: Field, operator: str, values: list[str]) -> Condition:
    q, text, aliases = OPERATORS[operator](one, values)
    return Condition(key, one, text, q, aliases)


Built = tuple[Q, str, dict[str, Any]]


def _equal(one: Field, values: list[str]) -> Built:
    return EQUAL.get(one.kind, _among)(one, values)


def _among(one: Field, values: list[str]) -> Built:
    read_values = [_value(one, text) for text in values]
    name, aliases = column_of(one)
    if one.path.startswith("data__") and one.kind not in NUMBERS:
        name, aliases = one.path, {}
    return Q(**{f"{name}__in": read_values}), _label(one, *read_values), aliases


def _bool(one: Field, values: list[str]) -> Built:
    read_values = [_value(one, text) for text in values]
    return Q(*(Q(**{one.path: value}) for value in read_values), _connector=Q.OR), _label(one, *read_values), {}


def _contains(one: Field, values: list[str]) -> Built:
    found, (name, aliases) = Q(), column_of(one)
    for text in values:
        found |= Q(**{f"{name}__icontains": tidy(text)})
    return (
        found,
        _now("%(label)s含“%(text)s”") % {"label": one.label, "text": "”或“".join(fold(text) for text in values)},
        aliases,
    )


def _has_code(one: Field, values: list[str]) -> Built:
    """Any of the codes in a JSON list, compared as text: SQLite has no JSON containment."""
    codes = [code for text in values for code in _value(one, text)]
    if one.path.startswith("data__"):
        name, aliases = column_of(one)
    else:
        name = f"text_{one.name}"
        aliases = {name: Cast(one.path, models.TextField())}
    found = Q()
    for code in codes:
        found |= Q(**{f"{name}__contains": f'"{code}"'})
    return found, _label(one, codes), aliases


def _subtree(one: Field, values: list[str]) -> Built:
    units = [_unit(one, text) for text in values]
    return Q(**{f"{one.path}__in": sorted(unit_ids(units))}), _label(one, *units), {}


def _unit(one: Field, text: str) -> OrgUnit:
    """By code or name, or by id: codes have at least two digits more than any id in use would need to collide, and are tried first."""
    try:
        return cast(OrgUnit, _value(one, text))
    except ValueProblem:
        found = OrgUnit.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
        if found is None:
            raise
        return found


def unit_ids(units: Iterable[OrgUnit]) -> set[int]:
    """The units, all below them, and those that were merged into any of these."""
    found: set[int] = set()
    for unit in units:
        found |= set(OrgUnit.objects.below(unit).values_list("pk", flat=True))
    return found | set(OrgUnit.objects.filter(successors__in=found).values_list("pk", flat=True))


def _referred(one: Field, values: list[str]) -> Built:
    """By the identity it is written by, its name, or its id."""
    register, found = target_of(one), []
    for text in values:
        try:
            found.append(_value(one, text))
        except ValueProblem:
            row = (
                register.rows()
                .unscoped("a reference's id is resolved; the row filtered is scoped")
                .filter(pk=text)
                .first()
                if text.isdecimal() and len(text) < 19
                else None
            )
            if row is None:
                raise
            found.append(row)
    return Q(**{f"{one.path}__in": [getattr(row, "pk", row) for row in found]}), _label(one, *found), {}


def _days(one: Field, values: list[str]) -> Built:
    day = _value(replace(one, kind="date"), values[0])
    low, _text, aliases = _from(one, [values[0]])
    high, _text, _aliases = _to(one, [values[0]])
    return low & high, f"{one.label}：{day.isoformat()}", aliases


EQUAL = {
    "text": _contains,
    "long_text": _contains,
    "url": _contains,
    "choices": _has_code,
    "bool": _bool,
    "org_unit": _subtree,
    "reference": _referred,
    "date": _days,
    "datetime": _days,
}


def _need(one: Field, kinds: frozenset[str], text: str) -> None:
    if one.kind not in kinds:
        raise ValueProblem(one.problem("bad_operator", text, _("此项不能按范围筛选"), _("请直接填写要筛选的值")))


def _min(one: Field, values: list[str]) -> Built:
    return _bound(one, values[0], "gte", "≥")


def _max(one: Field, values: list[str]) -> Built:
    return _bound(one, values[0], "lte", "≤")


def _bound(one: Field, text: str, lookup: str, sign: str) -> Built:
    _need(one, RANGED, text)
    value = _value(one, text)
    name, aliases = column_of(one)
    return Q(**{f"{name}__{lookup}": value}), f"{one.label} {sign} {show(one, value)}{one.measure_unit}", aliases


def _from(one: Field, values: list[str]) -> Built:
    _need(one, DATED, values[0])
    day = _value(replace(one, kind="date"), values[0])
    name, aliases = column_of(one)
    return (
        Q(**{f"{name}__gte": _moment(one, day)}),
        _now("%(label)s从 %(day)s 起") % {"label": one.label, "day": day},
        aliases,
    )


def _to(one: Field, values: list[str]) -> Built:
    """Up to and including the day."""
    _need(one, DATED, values[0])
    day = _value(replace(one, kind="date"), values[0])
    name, aliases = column_of(one)
    return (
        Q(**{f"{name}__lt": _moment(one, day + datetime.timedelta(days=1))}),
        _now("%(label)s到 %(day)s 止") % {"label": one.label, "day": day},
        aliases,
    )


def _moment(one: Field, day: datetime.date) -> Any:
    if one.path.startswith("data__"):
        return day.isoformat()
    if one.kind == "date":
        return day
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


def _blank(one: Field, values: list[str]) -> Built:
    is_blank = _value(replace(one, kind="bool"), values[0])
    if one.path.startswith("data__"):
        name, aliases = column_of(replace(one, kind="text"))
        empty = Q(**{f"{name}__isnull": True}) | Q(**{name: ""}) | Q(**{name: "[]"})
    else:
        name, aliases = one.path, {}
        empty = Q(**{f"{name}__isnull": True})
        if _is_text(one) or one.kind == "choice":
            empty |= Q(**{name: ""})
        if one.kind == "choices":
            empty |= Q(**{name: []})
    return (
        (empty if is_blank else ~empty),
        (_now("%(label)s未填") if is_blank else _now("%(label)s已填")) % {"label": one.label},
        aliases,
    )


OPERATORS = {"": _equal, "min": _min, "max": _max, "from": _from, "to": _to, "blank": _blank}


def controls(register: Register, sight: Lens, params: Mapping[str, list[str]]) -> list[Control]:
    """The filters a page shows: the register's own, those in use, and the review state for those who see more than what is published."""
    names = list(register.list_filters)
    names += [one.name for key in params if (one := _split(register, key)[0]) and one.name not in names]
    if register.needs_review and "review_state" not in names:
        names.append("review_state")
    fields = (field_named(register, name) for name in names)
    return [_control(one, params) for one in fields if one and sight.may_filter(one)]


def _control(one: Field, params: Mapping[str, list[str]]) -> Control:
    name = parameter_of(one)
    values = tuple(
        text for item in params.get(name, ()) for text in ([item] if _is_text(one) else item.split(",")) if text
    )
    if one.kind in DATED:
        return Control(one, name, "dates", (), values, _first(params, f"{name}.from"), _first(params, f"{name}.to"))
    if one.kind == "bool":
        return Control(one, name, "pick", (("1", _now("是")), ("0", _now("否"))), values)
    if one.kind in PICKED and one.choices:
        return Control(one, name, "pick", tuple((code, str(label)) for code, label in one.choices), values)
    if one.kind in RANGED:
        return Control(one, name, "range", (), values, _first(params, f"{name}.min"), _first(params, f"{name}.max"))
    shape = {"org_unit": "unit", "reference": "reference"}.get(one.kind, "text")
    return Control(one, name, shape, (), values)


def _first(params: Mapping[str, list[str]], name: str) -> str:
    return next(iter(params.get(name, ())), "")


@dataclass(frozen=True)
class Order:
    """What a listing is sorted by: the field asked for (None: the id), the paging keys, and the aliases they need."""

    field: Field | None
    keys: tuple[paging.Key, ...]
    aliases: Mapping[str, Any]

    @property
    def expressions(self) -> list[Any]:
        """Empty values come last both ways; said only where a column can be empty, since it costs the index."""
        return [_ordered(key) for key in self.keys]


def _ordered(key: paging.Key) -> Any:
    last = True if key.nullable else None
    return F(key.name).desc(nulls_last=last) if key.descending else F(key.name).asc(nulls_last=last)


def ordering(register: Register, sight: Lens, text: str) -> tuple[Order, list[Problem]]:
    """The order that `text` asks for ("name", "-name"), ended by the id so that pages never overlap; empty is the register's own order."""
    asked = [part for part in text.split(",") if part]
    fields: list[Field | None] = []
    keys: list[paging.Key] = []
    aliases: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in asked or register.order:
        bare, descending = name.removeprefix("-"), name.startswith("-")
        one = field_named(register, bare)
        if bare == "id":
            fields.append(None)
            keys.append(paging.Key("id", descending, kind="integer"))
        elif one is None or not may_sort(sight, one):
            if asked:
                problems.append(
                    Problem("sort_forbidden", _("不能按此项排序"), _("请从列表的表头选择"), "sort", _("排序"), name)
                )
        else:
            key, more = _sort_key(register, sight, one, descending)
            fields.append(one)
            keys.append(key)
            aliases |= more
    if not keys or keys[-1].name != "id":
        keys.append(paging.Key("id", keys[-1].descending if keys else True, kind="integer"))
    return Order(fields[0] if fields else None, tuple(keys), aliases), problems


def _sort_key(register: Register, sight: Lens, one: Field, descending: bool) -> tuple[paging.Key, dict[str, Any]]:
    """Rows on which the user can't read the field sort as empty: their order would tell the hidden values."""
    name, aliases = column_of(one)
    is_data = one.path.startswith("data__")
    nullable = is_data or bool(getattr(register.model._meta.get_field(one.path), "null", False))
    kind = "text" if is_data and one.kind not in NUMBERS else one.kind
    if register.is_public and not sight.reads_all(one):
        aliases = {**aliases, f"read_{one.name}": Case(When(sight.reads(one), then=F(name)), default=None)}
        name, nullable = f"read_{one.name}", True
    return paging.Key(name, descending, nullable, kind), aliases


def may_sort(sight: Lens, one: Field) -> bool:
    return one.kind not in {"choices", "reference", "org_unit", "long_text"} and sight.may_filter(one)
