"""The register of recognitions held by enterprises, institutions and platforms."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, one_of, validity
from keqiao.registers.models import Qualification


@declare
class QualificationRegister(Register):
    key, model, identity = "qualification", Qualification, ("kind", "number")
    icon, division = "certificate", "high_tech"
    title_field = "number"
    sections = (
        Section(_("资质"), "kind number name level enterprise institution platform org_unit issue_kind"),
        Section(_("认定"), "applied_on issued_on valid_from valid_until issuer document_number grade is_demonstration"),
        Section(_("取消"), "revoked_on revoked_why"),
    )
    columns = ("kind", "number", "enterprise", "level", "org_unit", "valid_from", "valid_until")
    filters = ("kind", "level", "org_unit", "issue_kind", "issued_on", "valid_until", "revoked_on")
    search_fields = ("name", "number", "document_number", "issuer")
    choices_from = {"kind": choices("qualification_kinds")}
    unit_from = ("enterprise", "platform", "institution")
    references = {"enterprise": "uscc", "institution": "code", "platform": "code"}
    is_public = True
    public_fields = (
        "kind",
        "number",
        "name",
        "level",
        "enterprise",
        "institution",
        "platform",
        "org_unit",
        "issued_on",
        "valid_from",
        "valid_until",
        "issuer",
    )
    own = {"enterprise": "enterprise_id", "institution": "institution_id"}
    parent = "enterprise"

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "enterprise", "institution", "platform")
        yield from validity(self, row)
        yield from in_order(self, row, "applied_on", "issued_on")
        yield from in_order(self, row, "issued_on", "revoked_on")
