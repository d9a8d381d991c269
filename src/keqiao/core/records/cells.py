"""Cells (单元格): a field's value as Excel and CSV hold it, for one reader: what export writes and import compares with.

Masked and hidden values are written as the reader sees them; an imported cell that still holds the same is left alone, so that a file
goes out and comes back without change whatever its reader may see.
"""

import datetime
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import override

from keqiao.core import access
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.records.actions import target_of
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field, fold, mask, show

LONGEST = 32_000  # a cell of Excel holds 32,767 characters
CUT = "……（内容过长，只导出前一部分；导入时保持原值）"
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NUMERIC = frozenset({"integer", "year", "decimal", "money", "percent"})


class Cells:
    """Writes the rows of a register for one user (None: the system, which sees everything). Labels are Chinese, so that files move between languages."""

    def __init__(self, register: Register, user: Any) -> None:
        self.register = register
        self.sight = access.lens(user, register) if user is not None else None

    @cached_property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        return {name: labels_of(field) for name, field in self.register.fields.items() if field.choices}

    @cached_property
    def unit_names(self) -> Mapping[int, str]:
        """Units by name where the name is enough to find them again, else by code."""
        units = list(OrgUnit.objects.all())
        names: dict[str, int] = {}
        for unit in units:
            if unit.valid_until is None:
                names[fold(unit.name)] = names.get(fold(unit.name), 0) + 1
        return {
            unit.pk: unit.name if names.get(fold(unit.name)) == 1 and unit.valid_until is None else unit.code
            for unit in units
        }

    def over(self, row: Any) -> access.RowSight:
        return self.sight.over(row) if self.sight else access.RowSight(True, True)

    def value(self, field: Field, row: Any, seen: access.RowSight) -> Any:
        """A text, number, date or None."""
        sight = seen.of(field)
        if sight == "hidden":
            return None
        if sight == "masked":
            return mask(field, field.get(row)) or None
        return self.written(field, field.get(row))

    def written(self, field: Field, value: Any) -> Any:
        if value is None or value == "" or value == []:
            return None
        if field.kind in NUMERIC or field.kind == "date":
            return value
        if field.kind == "bool":
            return "是" if value else "否"
        if field.kind == "choice":
            return self.labels.get(field.name, {}).get(value, str(value))
        if field.kind == "choices":
            labels = self.labels.get(field.name, {})
            return "；".join(labels.get(code, str(code)) for code in value)
        if field.kind == "org_unit":
            return self.unit_names.get(value.pk, value.code)
        if field.kind == "reference":
            target = target_of(field)
            by = target.fields[field.reference.by if field.reference and field.reference.by else target.identity[0]]
            return self.written(by, by.get(value))
        return cut(show(field, value))


def labels_of(field: Field) -> dict[str, str]:
    """How each choice is written: its Chinese label, or its code where two choices have one label (a section and its only division)."""
    with override("zh-hans"):
        labels = {code: str(label) for code, label in field.choices}
    counts = Counter(fold(label) for label in labels.values())
    return {code: label if counts[fold(label)] == 1 else code for code, label in labels.items()}


def cut(text: str) -> str:
    text = NOT_IN_XML.sub("", text)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


def canonical(value: Any) -> str:
    """One text for a value however a file holds it: 3.0 and "3", a date and its text, Windows and Unix line ends."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, int | Decimal):
        text = f"{Decimal(value):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time.min else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def looks_masked(text: Any) -> bool:
    return isinstance(text, str) and "**" in text
