"""Job (后台任务), Notice (通知), StoredFile (文件), Snapshot (快照): what the office keeps beside its records."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One piece of long work. Progress is in a file (`core.jobs`), since the work's own transaction may still be open."""

    class Stage(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")
        CANCELLED = "cancelled", _("已取消")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("任务类别"), max_length=60)
    title = models.CharField(_("名称"), max_length=200)
    parameters = models.JSONField(_("参数"), default=dict)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage.choices, default=Stage.WAITING)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="jobs", verbose_name=_("发起人")
    )
    created_at = models.DateTimeField(_("发起时间"), auto_now_add=True)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)
    result = models.JSONField(_("结果"), null=True)
    error = models.TextField(_("错误"), blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("后台任务")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    """A message to one user; e-mail and webhook copies are kept with their outcome."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("收件人"))
    template = models.CharField(_("模板"), max_length=60)
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"), blank=True)
    link = models.CharField(_("链接"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("时间"), auto_now_add=True)
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)
    deliveries = models.JSONField(_("送达情况"), default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("通知")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["user", "read_at", "-created_at"])]

    def __str__(self) -> str:
        return self.title


class StoredFile(models.Model):
    """An uploaded or produced file outside the web root; `register` and `record_id` say which row it belongs to (its access follows the row's)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("文件名"), max_length=200)
    content = models.FileField(_("内容"), upload_to="%Y/%m/", max_length=200)
    media_kind = models.CharField(_("文件类型"), max_length=100)
    size = models.BigIntegerField(_("大小（字节）"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    register = models.CharField(_("所属库"), max_length=60, blank=True)
    record_id = models.CharField(_("所属记录"), max_length=40, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("上传人")
    )
    created_at = models.DateTimeField(_("上传时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("文件")
        indexes = [models.Index(fields=["register", "record_id"])]

    def __str__(self) -> str:
        return self.name


class Snapshot(models.Model):
    """All registers as Parquet at one moment. `digest` is over the content: the same rows give the same snapshot."""

    digest = models.CharField(_("内容摘要"), max_length=64, unique=True)
    as_of = models.DateField(_("数据日期"))
    taken_at = models.DateTimeField(_("生成时间"), auto_now_add=True)
    counts = models.JSONField(_("各库行数"), default=dict)

    class Meta:
        verbose_name = verbose_name_plural = _("快照")
        ordering = ("-taken_at",)

    def __str__(self) -> str:
        return f"{self.as_of} {self.digest[:12]}"
