"""Finding (质量问题): what a data-quality check found on one row, and what became of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Finding(models.Model):
    """One check on one row. It opens when the check fails, is explained or waived by people, and is corrected when the check passes again.

    `values` are the row's values that the check read; an explanation or waiver holds only as long as they stay the same.
    """

    class Stage(models.TextChoices):
        OPEN = "open", _("待处理")
        EXPLAINED = "explained", _("已说明")
        CORRECTED = "corrected", _("已更正")
        WAIVED = "waived", _("已豁免")

    class Severity(models.TextChoices):
        ERROR = "error", _("错误")
        WARNING = "warning", _("提醒")

    check_key = models.CharField(_("检查编号"), max_length=80)
    register = models.CharField(_("所属库"), max_length=60)
    record_id = models.BigIntegerField(_("记录"))
    label = models.CharField(_("记录名称"), max_length=200, blank=True)
    org_unit = models.ForeignKey(
        "core.OrgUnit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("属地")
    )
    severity = models.CharField(_("程度"), max_length=10, choices=Severity.choices)
    stage = models.CharField(_("处理状态"), max_length=10, choices=Stage.choices, default=Stage.OPEN)
    values = models.JSONField(_("相关数值"), default=dict)
    found_at = models.DateTimeField(_("发现时间"))
    seen_at = models.DateTimeField(_("最近检查时间"))
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("处理人")
    )
    note = models.CharField(_("说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("质量问题")
        ordering = ("-found_at", "-id")
        indexes = [
            models.Index(fields=["stage", "org_unit", "-found_at"], name="finding_stage_unit"),
            models.Index(fields=["register", "record_id"], name="finding_row"),
        ]
        constraints = [models.UniqueConstraint(fields=["check_key", "register", "record_id"], name="finding_once")]

    def __str__(self) -> str:
        return f"{self.check_key} {self.label}"
