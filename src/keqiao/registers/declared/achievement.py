"""The register of achievements."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, one_of
from keqiao.registers.models import Achievement
from keqiao.registers.models.columns import CONTACT_MASKS


@declare
class AchievementRegister(Register):
    key, model, identity = "achievement", Achievement, ("code",)
    icon, division = "bulb", "transfer"
    sections = (
        Section(
            _("基本信息"),
            "name code institution enterprise owner_name lead_person org_unit industry hi_tech_field keywords",
        ),
        Section(_("内容"), "summary problem_solved technical_indicators advantage application conditions award"),
        Section(
            _("转化"),
            "maturity ip_state ip_numbers transfer_modes price is_negotiable completed_on published_on expires_on transfer_state transferred_on",
        ),
        Section(_("联系"), "contact_name contact_phone contact_email"),
    )
    columns = ("name", "institution", "enterprise", "hi_tech_field", "maturity", "price", "transfer_state")
    filters = (
        "org_unit",
        "industry",
        "hi_tech_field",
        "maturity",
        "ip_state",
        "transfer_modes",
        "transfer_state",
        "institution",
        "published_on",
    )
    search_fields = (
        "name",
        "keywords",
        "summary",
        "problem_solved",
        "technical_indicators",
        "advantage",
        "application",
        "owner_name",
    )
    choices_from = {
        "industry": choices("industries"),
        "hi_tech_field": choices("hi_tech_fields"),
        "maturity": choices("maturity"),
    }
    unit_from = ("enterprise", "institution")
    references = {"institution": "code", "enterprise": "uscc", "lead_person": "code"}
    is_public = True
    public_fields = (
        "name",
        "code",
        "institution",
        "enterprise",
        "owner_name",
        "industry",
        "hi_tech_field",
        "keywords",
        "summary",
        "problem_solved",
        "technical_indicators",
        "advantage",
        "application",
        "maturity",
        "ip_state",
        "transfer_modes",
        "price",
        "is_negotiable",
        "award",
        "published_on",
        "transfer_state",
    )
    personal = CONTACT_MASKS
    own = {"institution": "institution_id", "enterprise": "enterprise_id", "person": "lead_person_id"}
    needs_review = True

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "institution", "enterprise", "owner_name")
        yield from in_order(self, row, "published_on", "expires_on")
        yield from in_order(self, row, "published_on", "transferred_on")
