"""The register of persons: experts, talents, brokers, commissioners."""

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.registers.classifications import choices
from keqiao.registers.models import Person


@declare
class PersonRegister(Register):
    key, model, identity = "person", Person, ("code",)
    icon, division = "user-star", "platform"
    sections = (
        Section(
            _("基本信息"),
            "name code roles institution enterprise department position professional_title title_rank degree gender birth_year org_unit",
        ),
        Section(_("专长"), "industry hi_tech_field expertise keywords introduction works honours"),
        Section(_("人才"), "talent_level recruited_on is_overseas"),
        Section(
            _("服务"),
            "broker_level broker_certificate commissioner_batch commissioner_town yearly_capacity is_available orcid",
        ),
        Section(_("联系与账户"), "phone email id_number bank_account"),
    )
    columns = ("name", "roles", "institution", "professional_title", "hi_tech_field", "org_unit")
    filters = (
        "roles",
        "org_unit",
        "institution",
        "title_rank",
        "degree",
        "industry",
        "hi_tech_field",
        "talent_level",
        "broker_level",
        "is_overseas",
        "is_available",
    )
    search_fields = ("name", "code", "expertise", "keywords", "works", "introduction", "department", "honours")
    choices_from = {"industry": choices("industries"), "hi_tech_field": choices("hi_tech_fields")}
    unit_from = ("enterprise", "institution")
    references = {"institution": "code", "enterprise": "uscc"}
    measure_units = {"yearly_capacity": _("项")}
    is_public = True
    public_fields = (
        "name",
        "roles",
        "institution",
        "department",
        "position",
        "professional_title",
        "degree",
        "industry",
        "hi_tech_field",
        "expertise",
        "keywords",
        "introduction",
        "works",
        "honours",
        "broker_level",
    )
    personal = {"phone": "phone", "email": "email", "id_number": "id_number", "bank_account": "bank_account"}
    units = ("org_unit", "commissioner_town")
    own = {"person": "id", "institution": "institution_id", "enterprise": "enterprise_id"}
