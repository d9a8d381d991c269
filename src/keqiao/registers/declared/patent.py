"""The register of intellectual property."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, one_of
from keqiao.registers.models import Patent


@declare
class PatentRegister(Register):
    key, model, identity = "patent", Patent, ("number",)
    icon, division = "file-certificate", "ip"
    sections = (
        Section(
            _("权利"), "name number grant_number kind enterprise institution owner_name inventors org_unit ipc industry"
        ),
        Section(
            _("法律状态"),
            "applied_on granted_on expires_on legal_state acquired_by acquired_on is_pct annual_fee_due_on",
        ),
        Section(
            _("运用"),
            "serves_main_product used_for_hnte_year is_industrialised is_high_value pledged_amount pledged_on",
        ),
    )
    columns = ("name", "number", "kind", "enterprise", "legal_state", "applied_on", "granted_on")
    filters = (
        "kind",
        "org_unit",
        "legal_state",
        "acquired_by",
        "is_pct",
        "is_industrialised",
        "is_high_value",
        "applied_on",
        "granted_on",
    )
    search_fields = ("name", "number", "grant_number", "owner_name", "ipc")
    choices_from = {"kind": choices("ip_kinds"), "industry": choices("industries")}
    unit_from = ("enterprise", "institution")
    references = {"enterprise": "uscc", "institution": "code"}
    is_public = True
    public_fields = (
        "name",
        "number",
        "grant_number",
        "kind",
        "enterprise",
        "institution",
        "owner_name",
        "ipc",
        "applied_on",
        "granted_on",
        "legal_state",
    )
    own = {"enterprise": "enterprise_id", "institution": "institution_id"}

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "enterprise", "institution", "owner_name")
        yield from in_order(self, row, "applied_on", "granted_on", "expires_on")
