"""The registers of enterprises and of their yearly figures."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, within
from keqiao.registers.models import Enterprise, EnterpriseYear
from keqiao.registers.models.columns import CONTACT_MASKS
from keqiao.registers.uscc import has_valid_check_digit


@declare
class EnterpriseRegister(Register):
    key, model, identity = "enterprise", Enterprise, ("uscc",)
    icon, division = "building-factory-2", "high_tech"
    sections = (
        Section(
            _("基本信息"),
            "name uscc uscc_confirmed org_unit park industry hi_tech_field legal_form founded_on registered_capital",
        ),
        Section(
            _("经营"),
            "size is_above_scale business_state closed_on growth_stage listing listed_on main_products business_scope introduction",
        ),
        Section(
            _("资格要件"),
            "is_resident tax_method keeps_sound_accounts industry_catalogue is_abnormal is_dishonest has_infringement is_key_machine_maker "
            "is_founded_by_talent carrier niche_since_year niche_rank national_award_year national_award_rank",
        ),
        Section(_("研发条件"), "instruments_value research_area has_ip_department ip_staff"),
        Section(
            _("联系与账户"),
            "address website legal_representative contact_name contact_phone contact_email bank_name bank_account",
        ),
    )
    columns = ("name", "uscc", "org_unit", "industry", "size", "founded_on")
    filters = (
        "org_unit",
        "park",
        "industry",
        "hi_tech_field",
        "size",
        "business_state",
        "is_above_scale",
        "listing",
        "founded_on",
    )
    search_fields = ("name", "uscc", "main_products", "introduction", "business_scope")
    required = ("org_unit",)
    choices_from = {"industry": choices("industries"), "hi_tech_field": choices("hi_tech_fields")}
    references = {"carrier": "code"}
    measure_units = {
        "research_area": _("平方米"),
        "ip_staff": _("人"),
        "niche_rank": _("位"),
        "national_award_rank": _("位"),
    }
    is_public = True
    public_fields = (
        "name",
        "org_unit",
        "park",
        "industry",
        "hi_tech_field",
        "main_products",
        "introduction",
        "website",
    )
    personal = CONTACT_MASKS | {"bank_account": "bank_account"}
    units = ("org_unit", "park")
    own = {"enterprise": "id"}

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        if row.uscc and not row.uscc_confirmed and not has_valid_check_digit(row.uscc):
            remedy = _("请对照营业执照核对；确实无误的，将“代码已人工核对”填“是”")
            yield self.fields["uscc"].problem("uscc_check_digit", row.uscc, _("校验位不符（GB 32100）"), remedy)
        yield from in_order(self, row, "founded_on", "listed_on")
        yield from in_order(self, row, "founded_on", "closed_on")


@declare
class EnterpriseYearRegister(Register):
    key, model, identity = "enterprise_year", EnterpriseYear, ("enterprise", "year")
    icon, division = "chart-bar", "high_tech"
    title_field = "enterprise"
    sections = (
        Section(_("主体"), "enterprise year org_unit reported_on is_audited"),
        Section(
            _("收入"),
            "total_income nontaxable_income investment_income revenue main_revenue sales hi_tech_revenue main_product_revenue "
            "new_product_revenue technical_income exports",
        ),
        Section(
            _("效益与资产"),
            "cost_and_expense profit tax_paid total_assets liabilities net_assets output_value added_value fixed_investment "
            "equity_raised ip_pledge_loans subsidies_received loan_interest insurance_premium voucher_spending equipment_investment ip_budget "
            "rent_paid rent_area negative_industry_income",
        ),
        Section(_("研发费用"), "rd_accounting rd_statistics rd_hnte rd_hnte_domestic"),
        Section(
            _("研发费用明细（加计扣除口径，发生额）"),
            "rd_personnel rd_direct_input rd_depreciation rd_amortisation rd_design_trial rd_other rd_contracted_domestic "
            "rd_contracted_overseas rd_special_income rd_capitalised_amortisation rd_other_by_project rd_fourth_quarter rd_university rd_deducted",
        ),
        Section(_("人员（全年月平均）"), "staff tech_staff rd_staff rd_staff_fte bachelor_staff"),
        Section(
            _("产出与组织"),
            "transformed_achievements ip_class1 ip_class2 patent_applications invention_applications pct_applications joint_projects standards_led standards_joined rd_projects "
            "has_rd_institution rd_institution_level has_rd_accounts",
        ),
        Section(_("否决事项"), "had_major_accident had_environmental_offence had_research_dishonesty"),
    )
    columns = ("enterprise", "year", "org_unit", "revenue", "rd_statistics", "staff", "rd_staff")
    filters = ("year", "org_unit", "is_audited", "has_rd_institution")
    search_fields = ()
    order = ("-year", "-updated_at", "-id")
    read_only = ("org_unit",)
    unit_from = ("enterprise",)
    references = {"enterprise": "uscc"}
    measure_units = {
        "staff": _("人"),
        "tech_staff": _("人"),
        "rd_staff": _("人"),
        "rd_staff_fte": _("人年"),
        "bachelor_staff": _("人"),
        "transformed_achievements": _("项"),
        "ip_class1": _("件"),
        "ip_class2": _("件"),
        "patent_applications": _("件"),
        "invention_applications": _("件"),
        "standards_led": _("项"),
        "standards_joined": _("项"),
        "rd_projects": _("项"),
        "joint_projects": _("项"),
        "pct_applications": _("件"),
        "rent_area": _("平方米"),
    }
    own = {"enterprise": "enterprise_id"}
    parent = "enterprise"

    def title(self, row: Any) -> str:
        return str(row)

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from within(self, row, "revenue", "main_revenue", "new_product_revenue")
        yield from within(self, row, "total_income", "hi_tech_revenue", "sales", "nontaxable_income")
        yield from within(self, row, "rd_hnte", "rd_hnte_domestic")
        yield from within(self, row, "staff", "tech_staff", "rd_staff", "bachelor_staff")
        yield from within(self, row, "patent_applications", "invention_applications")
        yield from self._balance(row)

    def _balance(self, row: Any) -> Iterator[Problem]:
        """Net assets are assets less liabilities; a difference over one yuan is no rounding."""
        known = None not in (row.total_assets, row.liabilities, row.net_assets)
        if known and abs(row.total_assets - row.liabilities - row.net_assets) > 1:
            yield self.fields["net_assets"].problem(
                "balance", row.net_assets, _("净资产不等于资产总额减负债总额"), _("请按资产负债表核对三个数")
            )
