"""Where the answer to a question belongs: the form of the register field that the fact comes from, so that nothing is asked or kept twice."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from keqiao.core import access
from keqiao.core.records.declare import REGISTERS
from keqiao.registers import enterprise_facts
from keqiao.registers import facts as register_facts


def answer_link(user: Any, enterprise: Any, fact: str, day: datetime.date) -> str:
    """The edit form with the field in view; "" where the fact is no single field (it follows from patents, contracts …) or the user may not write."""
    declared = register_facts.catalogue().grains["enterprise"].facts.get(fact)
    if declared is None or declared.derivation:
        return ""
    register, _dot, field = declared.source.partition(".")
    base = declared.field.key
    for suffix in enterprise_facts.YEARS_BACK:
        base = base.removesuffix(suffix) if suffix else base
    field = enterprise_facts.YEAR_FIELDS.get(base, field)
    if base in enterprise_facts.YEAR_FIELDS:
        register = "enterprise_year"
    if register not in {"enterprise", "enterprise_year"} or field not in REGISTERS[register].fields:
        return ""
    if register == "enterprise":
        return (
            f"{reverse('record_edit', args=['enterprise', enterprise.pk])}#id_{field}"
            if access.may(user, "change", enterprise)
            else ""
        )
    year = day.year - 1 - declared.years_back
    row = (
        REGISTERS["enterprise_year"]
        .rows()
        .visible_to(user)
        .filter(enterprise=enterprise.pk, year=year, merged_into_id=None)
        .first()
    )
    if row is not None:
        return (
            f"{reverse('record_edit', args=['enterprise_year', row.pk])}#id_{field}"
            if access.may(user, "change", row)
            else ""
        )
    if not access.may(user, "add", REGISTERS["enterprise_year"]):
        return ""
    return f"{reverse('record_new', args=['enterprise_year'])}?{urlencode({'enterprise': enterprise.uscc, 'year': year})}#id_{field}"
