"""Valid values for any register, made from its declaration: what the inherited suites fill their rows with."""

import datetime
import itertools
from typing import Any

from keqiao.core.act import Act
from keqiao.core.records import actions
from keqiao.core.records.declare import Register
from keqiao.core.records.fields import Field
from keqiao.core.records.problems import InvalidError
from keqiao.registers.uscc import complete

SYSTEM = Act(None, "command", "sample")
DAY = datetime.date(2025, 6, 1)
DEEPEST = 4
# Texts whose form a validator prescribes.
FORMED = {"orcid": "0000-0002-1825-0097", "id_number": "330602199001011234"}
_numbers = itertools.count(1000)


def sample(one: Field, number: int, is_identity: bool = False) -> Any:
    """A value as a form would send it. Dates are one day for all, so that they are in order, but where they tell rows apart."""
    if one.name in FORMED:
        return FORMED[one.name]
    if "uscc" in one.name and one.kind == "text":
        return complete(f"91990102MA2{number:06d}")
    if one.kind in {"integer", "decimal", "money", "percent"}:
        return str(max(one.minimum or 0, 0) + 1)
    by_kind: dict[str, Any] = {
        "year": "2025",
        "date": (DAY + datetime.timedelta(days=number if is_identity else 0)).isoformat(),
        "datetime": "2025-06-01 14:30",
        "bool": "是",
        "url": f"https://example.com/{number}",
        "choice": one.choices[-1][0] if one.choices else "",
        "choices": [code for code, _label in one.choices[:2]],
        "org_unit": "990102001",
    }
    if one.kind in by_kind:
        return by_kind[one.kind]
    text = {"phone": f"138{number:08d}", "email": f"a{number}@example.com"}.get(one.personal) or f"{one.label}{number}"
    if "email" in one.name:
        text = f"a{number}@example.com"
    return text[: one.max_length] if one.max_length else text


def make(register: Register, number: int, depth: int = 0) -> Any:
    """A row with every editable field filled where the register's rules let it; what a rule refuses is left out, what it asks for added."""
    values: dict[str, Any] = {}
    for name in actions.editable(register):
        one = register.fields[name]
        if one.kind != "reference":
            values[name] = sample(one, number, name in register.identity)
        elif depth < DEEPEST and actions.target_of(one) is not register and (one.required or depth == 0):
            values[name] = _reference(one, depth)
    for _attempt in range(12):
        try:
            return actions.create(register, values, SYSTEM)
        except InvalidError as error:
            if not _mend(register, values, {problem.field for problem in error.problems}, depth):
                raise
    raise AssertionError(f"no valid row of {register.key}: {values}")


def _mend(register: Register, values: dict[str, Any], named: set[str], depth: int) -> bool:
    """Adds a reference that a rule asks for, takes out what a rule refuses; False when nothing can be done."""
    fields = {
        name: register.fields[name] for name in named if name in register.fields and name not in register.identity
    }
    wanted = [name for name, one in fields.items() if name not in values and one.kind == "reference"]
    refused = [name for name, one in fields.items() if name in values and not one.required]
    for name in refused:
        values.pop(name)
    for name in wanted[:1]:
        values[name] = _reference(fields[name], depth)
    return bool(wanted or refused)


def _reference(one: Field, depth: int) -> Any:
    target = actions.target_of(one)
    row = make(target, next(_numbers), depth + 1)
    by = target.fields[one.reference.by if one.reference and one.reference.by else target.identity[0]]
    value = by.get(row)
    return getattr(value, "pk", value)
