"""The registers of policies and of their clauses."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.declared.cross_field import in_order, validity
from keqiao.registers.models import Policy, PolicyClause


@declare
class PolicyRegister(Register):
    key, model, identity = "policy", Policy, ("document_number",)
    icon, division = "gavel", "policy"
    sections = (
        Section(
            _("政策"), "name document_number issuer level topics org_unit issued_on valid_from valid_until repealed_by"
        ),
        Section(_("内容"), "summary full_text source_url"),
        Section(_("兑现"), "rule_key department window_from window_until"),
    )
    columns = ("name", "document_number", "level", "issued_on", "valid_until", "topics")
    filters = ("level", "topics", "org_unit", "issued_on", "valid_until")
    search_fields = ("name", "document_number", "issuer", "summary", "full_text")
    references = {"repealed_by": "document_number"}
    is_public = True
    public_fields = tuple(name for section in sections for name in section.names)

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from validity(self, row)
        yield from validity(self, row, "window_from", "window_until")
        yield from in_order(self, row, "issued_on", "valid_until")


@declare
class PolicyClauseRegister(Register):
    key, model, identity = "policy_clause", PolicyClause, ("policy", "number")
    icon, division = "list-details", "policy"
    title_field = "number"
    sections = (Section(_("条款"), "policy number name text rule_key support_limit org_unit"),)
    columns = ("policy", "number", "name", "support_limit")
    filters = ("policy",)
    search_fields = ("number", "name", "text")
    read_only = ("org_unit",)
    unit_from = ("policy",)
    references = {"policy": "document_number"}
    is_public = True
    public_fields = ("policy", "number", "name", "text", "support_limit")
    parent = "policy"
