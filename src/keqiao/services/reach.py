"""Which units a user's arm covers over enterprises: lists over all enterprises are cut down to them."""

from typing import Any

from keqiao.core import access
from keqiao.core.models import OrgUnit
from keqiao.core.records.declare import REGISTERS


def units_under(user: Any) -> list[str]:
    """Codes of the units under the user's arm."""
    held = {
        pk
        for one in access.lens(user, REGISTERS["enterprise"]).held
        if one.power.reach == "units"
        for pk in one.unit_ids
    }
    return list(OrgUnit.objects.filter(pk__in=held).values_list("code", flat=True))
