"""EligibilityRun (政策匹配批次): all rules over all enterprises as of a day; the verdicts lie in a Parquet file."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EligibilityRun(models.Model):
    as_of = models.DateField(_("数据日期"))
    snapshot = models.ForeignKey("core.Snapshot", models.PROTECT, related_name="+", verbose_name=_("快照"))
    taken_at = models.DateTimeField(_("计算时间"), auto_now_add=True)
    # rule id -> {name, kind, yes, no, unknown, amount}
    summary = models.JSONField(_("汇总"), default=dict)
    subjects = models.PositiveIntegerField(_("企业数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("政策匹配批次")
        ordering = ("-taken_at",)

    def __str__(self) -> str:
        return f"{self.as_of} ({self.subjects})"
