"""The register of instruments open to others."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import one_of, within
from keqiao.registers.models import Instrument
from keqiao.registers.models.columns import CONTACT_MASKS


@declare
class InstrumentRegister(Register):
    key, model, identity = "instrument", Instrument, ("code",)
    icon, division = "microscope", "platform"
    sections = (
        Section(
            _("基本信息"),
            "name code model_number maker category enterprise institution platform org_unit location bought_on price",
        ),
        Section(
            _("服务"),
            "functions services fee_note hourly_fee is_shared accepts_vouchers open_hours yearly_hours shared_hours",
        ),
        Section(_("联系"), "contact_name contact_phone contact_email"),
    )
    columns = ("name", "model_number", "category", "institution", "enterprise", "hourly_fee", "is_shared")
    filters = ("category", "org_unit", "institution", "is_shared", "accepts_vouchers")
    search_fields = ("name", "code", "model_number", "maker", "functions", "services", "location")
    choices_from = {"category": choices("instrument_kinds")}
    unit_from = ("platform", "enterprise", "institution")
    references = {"enterprise": "uscc", "institution": "code", "platform": "code"}
    measure_units = {"yearly_hours": _("小时"), "shared_hours": _("小时")}
    is_public = True
    public_fields = (
        "name",
        "code",
        "model_number",
        "maker",
        "category",
        "enterprise",
        "institution",
        "platform",
        "org_unit",
        "location",
        "functions",
        "services",
        "fee_note",
        "hourly_fee",
        "is_shared",
        "accepts_vouchers",
        "open_hours",
    )
    personal = CONTACT_MASKS
    own = {"enterprise": "enterprise_id", "institution": "institution_id"}

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "enterprise", "institution", "platform")
        yield from within(self, row, "yearly_hours", "shared_hours")
