"""Writes to the unit tree."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from keqiao.core import audit
from keqiao.core.act import Act
from keqiao.core.models.org_unit import OrgUnit

PLAIN = ("code", "name", "name_en", "level")


def _as_data(unit: OrgUnit) -> dict[str, Any]:
    return {
        **{name: getattr(unit, name) for name in PLAIN},
        "parent": unit.parent_id,
        "valid_from": str(unit.valid_from),
        "valid_until": str(unit.valid_until or ""),
    }


def save(unit: OrgUnit, data: Mapping[str, Any], act: Act) -> OrgUnit:
    """Saves a unit from form data. Raises ValidationError with all faults."""
    act.need("units.manage")
    before = _as_data(unit) if unit.pk else None
    for name in PLAIN:
        setattr(unit, name, str(data.get(name, "")).strip())
    unit.parent = OrgUnit.objects.filter(pk=data.get("parent") or 0).first()
    for name in ("valid_from", "valid_until"):
        text = str(data.get(name, "")).strip()
        if text or name == "valid_until":
            setattr(unit, name, datetime.date.fromisoformat(text) if text else None)
    unit.full_clean(exclude=["path"])
    with transaction.atomic():
        unit.save()
        for name in ("successors", "covers"):
            if hasattr(data, "getlist"):
                getattr(unit, name).set(OrgUnit.objects.filter(pk__in=data.getlist(name)))
        audit.record(
            act,
            audit.Trace(
                "change" if before else "create",
                "org_unit",
                str(unit.pk),
                unit.name,
                before=before,
                after=_as_data(unit),
            ),
        )
    return unit
