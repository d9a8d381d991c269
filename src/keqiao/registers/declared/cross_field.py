"""Checks across fields that several registers make: dates in order, a part within its whole."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from keqiao.core.records.declare import Register
from keqiao.core.records.problems import Problem


def in_order(register: Register, row: Any, *names: str) -> Iterator[Problem]:
    """A problem for each date that lies before an earlier one of `names`; empty dates are passed over. Equal days are in order."""
    held = [(register.fields[name], register.fields[name].get(row)) for name in names]
    known = [(field, value) for field, value in held if value]
    for (early, first), (late, second) in pairwise(known):
        if second < first:
            reason = _("早于“%(early)s”（%(first)s）") % {"early": early.label, "first": first}
            yield late.problem("out_of_order", second, reason, _("请核对两个日期"))


def validity(register: Register, row: Any, start: str = "valid_from", end: str = "valid_until") -> Iterator[Problem]:
    """The end of a validity is excluded, so it must lie after the start."""
    first, last = register.fields[start].get(row), register.fields[end].get(row)
    if first and last and last <= first:
        field = register.fields[end]
        reason = _("“%(end)s”应晚于“%(start)s”") % {"end": field.label, "start": register.fields[start].label}
        yield field.problem("empty_validity", last, reason, _("有效期止当日不含；请核对两个日期"))


def within(register: Register, row: Any, whole: str, *parts: str) -> Iterator[Problem]:
    """A problem for each part that is greater than the whole; unknown values are passed over."""
    total_field = register.fields[whole]
    total = total_field.get(row)
    for name in parts if total is not None else ():
        field = register.fields[name]
        value = field.get(row)
        if value is not None and value > total:
            reason = _("大于“%(whole)s”（%(total)s）") % {"whole": total_field.label, "total": total}
            yield field.problem("part_over_whole", value, reason, _("请核对两个数值和计量单位"))


def one_of(register: Register, row: Any, *names: str) -> Iterator[Problem]:
    """A problem when all of the fields are empty."""
    if not any(register.fields[name].get(row) for name in names):
        labels = "、".join(str(register.fields[name].label) for name in names)
        first = register.fields[names[0]]
        yield first.problem(
            "one_needed", "", _("以下各项至少填一项：%(labels)s") % {"labels": labels}, _("请填写其中一项")
        )
