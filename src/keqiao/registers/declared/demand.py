"""The register of technical demands."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.core.records.problems import Problem
from keqiao.registers.classifications import choices
from keqiao.registers.declared.cross_field import in_order, one_of
from keqiao.registers.models import Demand
from keqiao.registers.models.columns import CONTACT_MASKS


@declare
class DemandRegister(Register):
    key, model, identity = "demand", Demand, ("code",)
    icon, division = "help-circle", "transfer"
    sections = (
        Section(_("基本信息"), "name code kind enterprise institution org_unit industry hi_tech_field keywords"),
        Section(_("内容"), "object present_value target_value constraint description tried"),
        Section(
            _("合作"),
            "budget is_negotiable deadline_on cooperation_modes is_open_bidding is_common published_on expires_on solve_state solved_on",
        ),
        Section(_("联系"), "contact_name contact_phone contact_email"),
    )
    columns = ("name", "enterprise", "org_unit", "hi_tech_field", "budget", "deadline_on", "solve_state")
    filters = (
        "org_unit",
        "kind",
        "industry",
        "hi_tech_field",
        "solve_state",
        "cooperation_modes",
        "is_open_bidding",
        "is_common",
        "deadline_on",
        "published_on",
    )
    search_fields = ("name", "keywords", "object", "present_value", "target_value", "constraint", "description")
    choices_from = {"industry": choices("industries"), "hi_tech_field": choices("hi_tech_fields")}
    unit_from = ("enterprise", "institution")
    references = {"enterprise": "uscc", "institution": "code"}
    is_public = True
    public_fields = (
        "name",
        "code",
        "kind",
        "industry",
        "hi_tech_field",
        "keywords",
        "org_unit",
        "object",
        "present_value",
        "target_value",
        "constraint",
        "description",
        "budget",
        "is_negotiable",
        "deadline_on",
        "cooperation_modes",
        "is_open_bidding",
        "published_on",
        "solve_state",
    )
    personal = CONTACT_MASKS
    own = {"enterprise": "enterprise_id", "institution": "institution_id"}
    deadline = ("deadline_on", "solved_on")
    needs_review = True

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        yield from one_of(self, row, "enterprise", "institution")
        yield from in_order(self, row, "published_on", "deadline_on")
        yield from in_order(self, row, "published_on", "expires_on")
        yield from in_order(self, row, "published_on", "solved_on")
