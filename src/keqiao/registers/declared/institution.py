"""The register of institutions."""

from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import Register, Section, declare
from keqiao.registers.models import Institution
from keqiao.registers.models.columns import CONTACT_MASKS


@declare
class InstitutionRegister(Register):
    key, model, identity = "institution", Institution, ("code",)
    icon, division = "building-bank", "platform"
    sections = (
        Section(_("基本信息"), "name short_name code kind level org_unit region is_local founded_on"),
        Section(_("能力"), "research_fields key_disciplines services introduction staff rd_staff senior_staff"),
        Section(_("联系"), "address website contact_name contact_phone contact_email"),
    )
    columns = ("name", "kind", "region", "org_unit", "research_fields")
    filters = ("kind", "level", "org_unit", "is_local")
    search_fields = ("name", "short_name", "code", "research_fields", "key_disciplines", "services", "introduction")
    measure_units = {"staff": _("人"), "rd_staff": _("人"), "senior_staff": _("人")}
    is_public = True
    public_fields = (
        "name",
        "short_name",
        "kind",
        "level",
        "region",
        "research_fields",
        "key_disciplines",
        "services",
        "introduction",
        "address",
        "website",
    )
    personal = CONTACT_MASKS
    own = {"institution": "id"}
