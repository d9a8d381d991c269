"""The registers of projects, their payments and milestones."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, one_of, within
from keqiao.registers.models import Project, ProjectMilestone, ProjectPayment


@declare
class ProjectRegister(Register):
    key, model, identity = "project", Project, ("number",)
    icon, division = "flask", "planning"
    sections = (
        Section(
            _("项目"),
            "name number kind programme level year stage enterprise institution partners leader leader_name org_unit industry hi_tech_field keywords "
            "summary expected_results document_number",
        ),
        Section(
            _("进度"),
            "applied_on approved_on contract_signed_on starts_on due_on extended_due_on mid_term_due_on mid_term_on acceptance_applied_on "
            "accepted_on acceptance_result terminated_on",
        ),
        Section(_("经费"), "total_budget fiscal_funds self_funds paid_funds spent_funds spent_total is_lump_sum"),
    )
    columns = ("name", "number", "level", "enterprise", "stage", "due_on", "fiscal_funds")
    filters = (
        "kind",
        "level",
        "year",
        "stage",
        "org_unit",
        "industry",
        "hi_tech_field",
        "acceptance_result",
        "due_on",
        "is_lump_sum",
    )
    search_fields = ("name", "number", "keywords", "summary", "expected_results", "leader_name", "partners")
    choices_from = {
        "kind": choices("project_kinds"),
        "industry": choices("industries"),
        "hi_tech_field": choices("hi_tech_fields"),
    }
    unit_from = ("enterprise", "institution")
    references = {"enterprise": "uscc", "institution": "code", "leader": "code"}
    own = {"enterprise": "enterprise_id", "institution": "institution_id", "person": "leader_id"}
    deadline = ("due_on", "accepted_on")

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "enterprise", "institution")
        yield from in_order(self, row, "applied_on", "approved_on", "contract_signed_on")
        yield from in_order(self, row, "starts_on", "due_on", "extended_due_on")
        yield from in_order(self, row, "starts_on", "mid_term_on", "acceptance_applied_on", "accepted_on")
        yield from within(self, row, "total_budget", "fiscal_funds", "self_funds")
        yield from within(self, row, "paid_funds", "spent_funds")
        yield from within(self, row, "fiscal_funds", "paid_funds")


@declare
class ProjectPaymentRegister(Register):
    key, model, identity = "project_payment", ProjectPayment, ("project", "number")
    icon, division = "currency-yuan", "planning"
    title_field = "number"
    sections = (
        Section(
            _("拨付"),
            "project number source planned_on planned_amount paid_on paid_amount document_number note org_unit",
        ),
    )
    deadline = ("planned_on", "paid_on")
    columns = ("project", "number", "source", "planned_on", "planned_amount", "paid_on", "paid_amount")
    filters = ("source", "org_unit", "planned_on", "paid_on")
    search_fields = ("number", "document_number", "note")
    read_only = ("org_unit",)
    unit_from = ("project",)
    references = {"project": "number"}
    own = {"enterprise": "project__enterprise_id", "institution": "project__institution_id"}
    parent = "project"


@declare
class ProjectMilestoneRegister(Register):
    key, model, identity = "project_milestone", ProjectMilestone, ("project", "name")
    icon, division = "flag", "planning"
    sections = (Section(_("节点"), "project name due_on done_on deliverable note org_unit"),)
    deadline = ("due_on", "done_on")
    columns = ("project", "name", "due_on", "done_on", "deliverable")
    filters = ("org_unit", "due_on", "done_on")
    search_fields = ("name", "deliverable", "note")
    read_only = ("org_unit",)
    unit_from = ("project",)
    references = {"project": "number"}
    own = {"enterprise": "project__enterprise_id", "institution": "project__institution_id"}
    parent = "project"
