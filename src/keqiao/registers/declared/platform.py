"""The register of platforms and carriers."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import within
from keqiao.registers.models import Platform
from keqiao.registers.models.columns import CONTACT_MASKS

COUNTED = "tenants tenants_of_sector tenants_applying_ip tenants_with_ip tenants_funded new_tenants new_firms funded_in_year graduates"


@declare
class PlatformRegister(Register):
    key, model, identity = "platform", Platform, ("code",)
    icon, division = "building-community", "platform"
    sections = (
        Section(
            _("基本信息"),
            "name code kind level enterprise institution operator_name org_unit park industry hi_tech_field opened_on recognised_on run_state is_legal_person "
            "is_specialised",
        ),
        Section(_("介绍"), "introduction services address"),
        Section(
            _("孵化"),
            "area tenant_area public_area desks tenants tenants_of_sector tenants_applying_ip tenants_with_ip tenants_funded funded_cases typical_cases "
            "new_tenants new_firms funded_in_year teams graduates seed_fund staff professional_staff full_time_staff mentors events statistics_years",
        ),
        Section(_("研发"), "equipment_value rd_staff rd_expense"),
        Section(_("联系"), "contact_name contact_phone contact_email"),
    )
    columns = ("name", "kind", "level", "enterprise", "org_unit", "recognised_on", "run_state")
    filters = ("kind", "level", "org_unit", "park", "hi_tech_field", "run_state", "recognised_on")
    search_fields = ("name", "code", "operator_name", "introduction", "services")
    choices_from = {
        "kind": choices("platform_kinds"),
        "industry": choices("industries"),
        "hi_tech_field": choices("hi_tech_fields"),
    }
    unit_from = ("enterprise", "institution")
    references = {"enterprise": "uscc", "institution": "code"}
    measure_units = dict.fromkeys(COUNTED.split(), _("家")) | {
        "area": _("平方米"),
        "tenant_area": _("平方米"),
        "public_area": _("平方米"),
        "typical_cases": _("个"),
        "full_time_staff": _("人"),
        "statistics_years": _("年"),
        "desks": _("个"),
        "teams": _("个"),
        "funded_cases": _("个"),
        "staff": _("人"),
        "professional_staff": _("人"),
        "mentors": _("人"),
        "rd_staff": _("人"),
        "events": _("场"),
    }
    is_public = True
    public_fields = (
        "name",
        "code",
        "kind",
        "level",
        "enterprise",
        "institution",
        "operator_name",
        "org_unit",
        "park",
        "introduction",
        "services",
        "address",
    )
    personal = CONTACT_MASKS
    units = ("org_unit", "park")
    own = {"enterprise": "enterprise_id", "institution": "institution_id"}
    needs_review = True

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from within(self, row, "area", "tenant_area", "public_area")
        yield from within(
            self,
            row,
            "tenants",
            "tenants_of_sector",
            "tenants_applying_ip",
            "tenants_with_ip",
            "tenants_funded",
            "new_tenants",
        )
        yield from within(self, row, "staff", "professional_staff")
