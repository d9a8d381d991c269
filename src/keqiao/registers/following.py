"""Rows that take their unit from another row (an enterprise's years from the enterprise) follow it when it moves."""

from django.db.models import OuterRef, Q, Subquery

from keqiao.core.events import RecordsChanged
from keqiao.core.records.actions import target_of
from keqiao.core.records.declare import Register, all_registers

SYSTEM = "the unit of a followed row is copied"


def on_changed(event: RecordsChanged) -> None:
    """Subscribed to RecordsChanged in `apps.py`."""
    if event.verb in {"create", "remove"}:
        return
    for register in all_registers():
        if "org_unit" in register.read_only and any(
            target_of(register.fields[name]).key == event.register for name in register.unit_from
        ):
            follow(register)


def follow(register: Register) -> int:
    """Copies the units of all rows whose source stands elsewhere; returns how many moved. Cost: one pass over an index, whatever changed."""
    moved = 0
    for name in register.unit_from:
        source = target_of(register.fields[name]).rows().unscoped(SYSTEM)
        unit = Subquery(source.filter(pk=OuterRef(f"{name}_id")).values("org_unit_id")[:1])
        rows = (
            register.rows()
            .unscoped(SYSTEM)
            .exclude(**{f"{name}__isnull": True})
            .filter(**{f"{name}__org_unit__isnull": False})
        )
        apart = rows.filter(~Q(org_unit_id=unit) | Q(org_unit_id__isnull=True))
        moved += apart.update(org_unit_id=unit)
    return moved
