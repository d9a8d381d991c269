"""Qualification (资质认定): a recognition that an enterprise, institution or platform holds from a day until a day."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import AdminLevel, chosen, day, flag, link, short


class Qualification(Record):
    """Holds from `valid_from` until before `valid_until` (empty: no end), unless `revoked_on` came first."""

    class IssueKind(models.TextChoices):
        FIRST = "first", _("首次认定")
        RENEWAL = "renewal", _("重新认定")
        UPGRADE = "upgrade", _("升级")
        MOVED_IN = "moved_in", _("迁入")

    name = short(_("资质名称"))
    kind = models.CharField(_("资质类别"), max_length=30, db_index=True)
    level = chosen(_("级别"), AdminLevel.choices)
    number = models.CharField(_("证书（登记）编号"), max_length=60, help_text=_("没有证书编号的，填“文号-序号”"))
    enterprise = link("registers.Enterprise", _("企业"), related_name="qualifications")
    institution = link("registers.Institution", _("机构"), related_name="qualifications")
    platform = link("registers.Platform", _("平台"), related_name="qualifications")
    issue_kind = chosen(_("认定方式"), IssueKind.choices)
    applied_on = day(_("申报日期"))
    issued_on = day(_("认定日期"))
    valid_from = day(_("有效期起"))
    valid_until = day(_("有效期止"), _("当日不含；长期有效的不填"))
    issuer = short(_("认定部门"))
    document_number = short(_("认定文号"), 80)
    grade = short(_("评价等次"), 30)
    is_demonstration = flag(_("示范（标杆）"))
    revoked_on = day(_("取消日期"))
    revoked_why = short(_("取消原因"), 300)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("资质认定")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["kind", "valid_from", "valid_until"], name="qualification_kind_valid"),
        ]
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="qualification_kind_number")]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.number}"
