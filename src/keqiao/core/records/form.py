"""A record's form: which inputs a user gets, what they hold (draft before stored value), and which problems stand at which input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from keqiao.core import access
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.records.actions import target_of
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field, show, to_json
from keqiao.core.records.problems import Problem

WIDGETS = {
    "long_text": "area",
    "choice": "select",
    "choices": "many",
    "bool": "yes_no",
    "date": "date",
    "datetime": "datetime",
    "org_unit": "select",
    "reference": "find",
    "url": "url",
}


@dataclass(frozen=True)
class Input:
    """One input of the form, ready for the template. `chosen` holds the codes of a multiple choice."""

    field: Field
    widget: str
    value: str
    options: Sequence[tuple[str, Any]] = ()
    chosen: Sequence[str] = ()
    shown: str = ""
    find_url: str = ""
    problems: Sequence[Problem] = ()

    @property
    def is_wide(self) -> bool:
        return self.widget == "area"


def inputs(
    user: Any, register: Register, row: Any, typed: Mapping[str, Any] | None, problems: Sequence[Problem]
) -> list[tuple[Any, list[Input]]]:
    """Sections with their inputs. `typed` is what the user already typed (posted or drafted); masked values are not offered for editing."""
    sight = access.lens(user, register)
    sections = []
    for section in register.sections:
        made = [
            make(register.fields[name], row, typed, [p for p in problems if p.field == name])
            for name in section.names
            if not register.fields[name].read_only
            and (row.pk is None or sight.sees(register.fields[name], row) == "full")
        ]
        if made:
            sections.append((section.title, made))
    return sections


def make(field: Field, row: Any, typed: Mapping[str, Any] | None, problems: Sequence[Problem] = ()) -> Input:
    stored = field.get(row) if row is not None else field.default
    raw = typed[field.name] if typed is not None and field.name in typed else _as_typed(field, stored)
    chosen = (
        [str(code) for code in raw] if isinstance(raw, list | tuple) else ([str(raw)] if raw not in (None, "") else [])
    )
    return Input(
        field=field,
        widget=WIDGETS.get(field.kind, "text"),
        value=chosen[0] if len(chosen) == 1 else ("" if field.kind == "choices" else "".join(chosen[:1])),
        options=_options(field),
        chosen=chosen,
        shown=str(stored) if field.kind == "reference" and stored is not None else "",
        find_url=reverse("record_choose", args=[target_of(field).key]) if field.kind == "reference" else "",
        problems=problems,
    )


def _as_typed(field: Field, value: Any) -> Any:
    """A stored value as the input holds it."""
    if value is None:
        return ""
    if field.kind == "reference":
        target = target_of(field)
        by = field.reference.by if field.reference and field.reference.by else target.identity[0]
        return str(getattr(value, by))
    if field.kind == "org_unit":
        return value.code
    if field.kind == "bool":
        return "yes" if value else "no"
    if field.kind in {"money", "decimal", "percent"}:
        return show(field, value).replace(",", "")
    if field.kind == "datetime":
        return show(field, value).replace(" ", "T")
    return to_json(value)


def _options(field: Field) -> Sequence[tuple[str, Any]]:
    if field.kind == "org_unit":
        return [
            (unit.code, f"{'　' * max(unit.path.count('/') - 3, 0)}{unit.name}")
            for unit in OrgUnit.objects.filter(valid_until=None).order_by("path")
        ]
    return field.choices


def typed_values(register: Register, data: Any) -> dict[str, Any]:
    """The posted values by field name; a multiple choice as a list. Fields the form did not offer are left out."""
    values: dict[str, Any] = {}
    for name, field in register.fields.items():
        if field.kind == "choices":
            if name in data or f"{name}__offered" in data:
                values[name] = data.getlist(name)
        elif name in data:
            values[name] = data.get(name)
    return values
