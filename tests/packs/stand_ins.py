"""Rows and units that an example file refers to, made on the spot so that every example can be run by itself."""

import csv
import datetime
from pathlib import Path
from typing import Any

from keqiao.core.act import Act
from keqiao.core.models import OrgUnit
from keqiao.core.records import actions
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field
from keqiao.registers.uscc import complete

ACT = Act(None, "command", "test")
SAMPLE: dict[str, Any] = {
    "integer": 1,
    "decimal": 1,
    "money": 1,
    "percent": 1,
    "year": 2025,
    "date": datetime.date(2025, 1, 2),
    "datetime": datetime.datetime(2025, 1, 2, 9, 30),
    "bool": True,
    "url": "https://example.org",
}


def rows_of(path: Path, register: Register) -> list[dict[str, str]]:
    """The rows of an example by field name; every header must belong to a field."""
    by_header = {field.header: name for name, field in register.fields.items()}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows, f"{path} is empty"
    unknown = [header for header in rows[0] if header not in by_header]
    assert not unknown, f"{path}: no field is called {unknown}; fields: {list(by_header)}"
    return [{by_header[header]: value for header, value in row.items() if header} for row in rows]


def make_all(register: Register, rows: list[dict[str, str]]) -> None:
    """Units and referenced rows that the example names and that are not there yet."""
    for row in rows:
        for name, text in row.items():
            if text:
                make(register.fields[name], text)


def make(field: Field, text: str) -> None:
    if field.kind == "org_unit" and not OrgUnit.objects.filter(code=text).exists():
        OrgUnit.objects.create(code=text, name=f"单位{text}", level="town")
    elif field.kind == "reference" and actions.look_up(field, text) is None:
        target = actions.target_of(field)
        by = field.reference.by if field.reference and field.reference.by else target.identity[0]
        actions.create(target, sample_row(target) | {by: text}, ACT)


def sample_row(register: Register, number: int = 1) -> dict[str, Any]:
    """Values for the fields a row can't do without; enough for the register's own cross-field checks too."""
    values = {
        name: sample(field, number) for name, field in register.fields.items() if field.required and not field.read_only
    }
    if register.key in {"patent", "achievement"}:
        values["owner_name"] = "某单位"
    if register.key == "tech_contract":
        values |= {"seller_name": "卖方", "buyer_name": "买方"}
    if register.key in {"demand", "project", "qualification", "instrument"}:
        values["enterprise"] = sample(register.fields["enterprise"], number)
    return values


def sample(field: Field, number: int) -> Any:
    if field.choices:
        return field.choices[0][0]
    if field.kind == "org_unit":
        text = f"9901{number:02d}"
        make(field, text)
        return text
    if field.kind == "reference":
        target = actions.target_of(field)
        by = field.reference.by if field.reference and field.reference.by else target.identity[0]
        text = str(sample(target.fields[by], number))
        make(field, text)
        return text
    if field.name == "uscc":
        return complete(f"91990102MA2{number:06d}")
    return SAMPLE.get(field.kind, f"{field.label}{number}")
