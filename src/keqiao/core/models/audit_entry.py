"""AuditEntry (审计记录): one link of the hash chain. Written only by `core.audit`."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    PAGE = "page", _("页面")
    API = "api", _("接口")
    IMPORT = "import", _("导入")
    COMMAND = "command", _("命令")
    JOB = "job", _("后台任务")


class AuditEntry(models.Model):
    """Who did what to which row, when, why and by which way in. `number` runs without gaps; `digest` covers all fields and the previous digest."""

    number = models.BigIntegerField(_("序号"), unique=True)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("操作人")
    )
    actor_name = models.CharField(_("操作人姓名"), max_length=80, blank=True)
    channel = models.CharField(_("途径"), max_length=10, choices=Channel.choices)
    verb = models.CharField(_("动作"), max_length=40)
    register = models.CharField(_("对象类别"), max_length=60)
    record_id = models.CharField(_("对象编号"), max_length=40)
    label = models.CharField(_("对象名称"), max_length=200, blank=True)
    # Whose data this is about ("enterprise:12"), so that a subject can see who opened its rows.
    subject = models.CharField(_("数据主体"), max_length=60, blank=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    before = models.JSONField(_("变更前"), null=True)
    after = models.JSONField(_("变更后"), null=True)
    previous = models.CharField(_("上一摘要"), max_length=64)
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("审计记录")
        ordering = ("-number",)
        indexes = [
            models.Index(fields=["register", "record_id", "-number"]),
            models.Index(fields=["subject", "-number"]),
            models.Index(fields=["actor", "-number"]),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.verb} {self.register}:{self.record_id}"


class AuditHead(models.Model):
    """The one row that holds the end of the chain: locked by every writer, and what shows that the tail was cut off."""

    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = verbose_name_plural = _("审计链尾")

    def __str__(self) -> str:
        return f"#{self.number}"
