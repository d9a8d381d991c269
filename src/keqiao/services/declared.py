"""The registers of the R&D ledger."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.services.models import RdCost, RdHours, RdProject

AREA = _("研发台账")


@declare
class RdProjectRegister(Register):
    key, model, identity = "rd_project", RdProject, ("enterprise", "code")
    area, icon, division = AREA, "flask", "high_tech"
    sections = (
        Section(
            _("项目"), "enterprise code name mode treatment hi_tech_field started_on ended_on budget lead org_unit"
        ),
        Section(_("内容"), "goal result"),
    )
    columns = ("name", "enterprise", "code", "mode", "treatment", "started_on", "ended_on", "budget")
    filters = ("mode", "treatment", "started_on")
    search_fields = ("name", "code", "goal")
    choices_from = {"hi_tech_field": choices("hi_tech_fields")}
    references = {"enterprise": "uscc"}
    read_only = ("org_unit",)
    unit_from = ("enterprise",)
    personal = {"lead": "name"}
    own = {"enterprise": "enterprise_id"}

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        if row.started_on and row.ended_on and row.ended_on < row.started_on:
            yield self.fields["ended_on"].problem(
                "out_of_order", row.ended_on, _("完成日期早于立项日期"), _("请核对两个日期")
            )


class OfProject(Register):
    """What rows of a project share: whose they are, and where."""

    area, division, parent = AREA, "high_tech", "rd_project"
    references = {"project": "code"}
    read_only = ("org_unit",)
    unit_from = ("project",)
    own = {"enterprise": "project__enterprise_id"}


@declare
class RdCostRegister(OfProject):
    key, model, identity = "rd_cost", RdCost, ("project", "voucher")
    icon, title_field = "receipt", "voucher"
    sections = (
        Section(_("支出"), "project booked_on voucher head amount summary payee is_untaxed_money evidence org_unit"),
    )
    columns = ("voucher", "project", "booked_on", "head", "amount", "summary", "evidence")
    filters = ("head", "booked_on", "is_untaxed_money")
    choices_from = {"head": choices("rd_heads")}

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        if row.amount == 0:
            yield self.fields["amount"].problem(
                "zero_amount", row.amount, _("金额为零"), _("请填写实际金额；冲销填负数")
            )
        project = row.project if row.project_id else None
        if project and row.booked_on and row.booked_on < project.started_on:
            yield self.fields["booked_on"].problem(
                "before_start", row.booked_on, _("入账日期早于立项日期"), _("立项前的支出不能归集到本项目")
            )


@declare
class RdHoursRegister(OfProject):
    key, model, identity = "rd_hours", RdHours, ("project", "staff_number", "month")
    icon, title_field = "clock", "staff_number"
    sections = (
        Section(
            _("工时"),
            "project staff_number person_name is_outside month hours month_hours wages social_insurance org_unit",
        ),
    )
    columns = ("person_name", "project", "month", "hours", "month_hours", "wages")
    filters = ("month", "is_outside")
    personal = {"person_name": "name"}

    def fill(self, row: Any) -> None:
        super().fill(row)
        if row.month:
            row.month = row.month.replace(day=1)

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        if row.hours is not None and row.month_hours is not None and row.hours > row.month_hours:
            yield self.fields["hours"].problem(
                "part_over_whole", row.hours, _("本项目工时多于当月总工时"), _("请核对工时记录")
            )
