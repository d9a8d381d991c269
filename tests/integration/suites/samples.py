"""Valid values for any register, made from its declaration: what the inherited suites fill their rows with."""

import datetime
from typing import Any

from keqiao.core.act import Act
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.fields import Field
from keqiao.core.records.problems import InvalidError
from keqiao.registers.uscc import complete

SYSTEM = Act(None, "command", "sample")
# Texts whose form a validator prescribes.
FORMED = {"orcid": "0000-0002-1825-0097", "id_number": "330602199001011234"}


def sample(one: Field, number: int) -> Any:
    """A value as a form would send it."""
    if one.name in FORMED:
        return FORMED[one.name]
    if "uscc" in one.name and one.kind == "text":
        return complete(f"91990102MA2{number:06d}")
    if one.kind in {"integer", "decimal", "money", "percent"}:
        return str(max(one.minimum or 0, 0) + 1)
    by_kind: dict[str, Any] = {
        "year": "2025",
        "date": (datetime.date(2025, 1, 1) + datetime.timedelta(days=number)).isoformat(),
        "datetime": "2025-03-15 14:30",
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


def make(register: Register, number: int, depth: int = 0, **given: Any) -> Any:
    """A row with every editable field filled where the register's rules let it; what a rule refuses is left out, what it asks for added."""
    names = [name for name in actions.editable(register) if name not in given]
    values: dict[str, Any] = dict(given)
    for name in names:
        one = register.fields[name]
        if one.kind != "reference":
            values[name] = sample(one, number)
        elif depth < 2 and actions.target_of(one) is not register and (one.required or depth == 0):
            values[name] = _reference(one, number, depth)
    for _attempt in range(12):
        try:
            return actions.create(register, values, SYSTEM)
        except InvalidError as error:
            kept = {
                problem.field
                for problem in error.problems
                if problem.field not in register.identity and not register.fields[problem.field].required
            }
            if not kept & set(values):
                raise
            for name in kept:
                values.pop(name, None)
    raise AssertionError(f"no valid row of {register.key}: {values}")


def _reference(one: Field, number: int, depth: int) -> Any:
    target = actions.target_of(one)
    row = make(target, number * 10 + depth + 1, depth + 1)
    by = target.fields[one.reference.by if one.reference and one.reference.by else target.identity[0]]
    value = by.get(row)
    return getattr(value, "pk", value)


def register_named(key: str) -> Register:
    return REGISTERS[key]
