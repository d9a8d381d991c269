"""The register of technology contracts."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, one_of, validity, within
from keqiao.registers.models import TechContract


@declare
class TechContractRegister(Register):
    key, model, identity = "tech_contract", TechContract, ("number",)
    icon, division = "file-invoice", "transfer"
    sections = (
        Section(
            _("合同"),
            "name number kind hi_tech_field ip_kind subject signed_on registered_on valid_from valid_until registrar org_unit",
        ),
        Section(_("卖方"), "seller_enterprise seller_institution seller_name seller_region"),
        Section(_("买方"), "buyer_enterprise buyer_institution buyer_name buyer_region"),
        Section(_("来源"), "achievement demand broker"),
        Section(_("金额"), "amount equipment_amount technical_amount paid_amount is_related_party is_tax_relief_used"),
        Section(_("履行"), "carry_out produced_sales produced_tax"),
    )
    columns = (
        "name",
        "number",
        "kind",
        "seller_enterprise",
        "buyer_name",
        "amount",
        "technical_amount",
        "registered_on",
    )
    filters = ("kind", "org_unit", "hi_tech_field", "carry_out", "is_related_party", "signed_on", "registered_on")
    search_fields = ("name", "number", "seller_name", "buyer_name", "subject")
    choices_from = {
        "kind": choices("contract_kinds"),
        "hi_tech_field": choices("hi_tech_fields"),
        "ip_kind": choices("ip_kinds"),
    }
    unit_from = ("seller_enterprise", "seller_institution", "buyer_enterprise")
    references = {
        "seller_enterprise": "uscc",
        "seller_institution": "code",
        "buyer_enterprise": "uscc",
        "buyer_institution": "code",
        "achievement": "code",
        "demand": "code",
        "broker": "code",
    }
    own = {"enterprise": "seller_enterprise_id", "institution": "seller_institution_id"}

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "seller_enterprise", "seller_institution", "seller_name")
        yield from one_of(self, row, "buyer_enterprise", "buyer_institution", "buyer_name")
        yield from within(self, row, "amount", "technical_amount", "equipment_amount", "paid_amount")
        yield from in_order(self, row, "signed_on", "registered_on")
        yield from validity(self, row)
