"""SavedView (常用视图) and Draft (草稿): what one user keeps of their work on a register."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A list's query string under a name. `seen` holds the ids that a subscriber has been told of."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("用户")
    )
    register = models.CharField(_("库"), max_length=60)
    name = models.CharField(_("名称"), max_length=60)
    params = models.CharField(_("条件"), max_length=2000, blank=True)
    is_subscribed = models.BooleanField(_("订阅新记录"), default=False)
    is_shared = models.BooleanField(_("共享给同事"), default=False)
    seen = models.JSONField(_("已通知记录"), default=list, blank=True)
    told_at = models.DateTimeField(_("上次通知时间"), null=True, blank=True)
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("常用视图")
        ordering = ("register", "name")
        constraints = [models.UniqueConstraint(fields=["user", "register", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What a form holds before it is saved; `record_id` 0 is a new row. One per user and row, so it can be taken up on another device."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts", verbose_name=_("用户"))
    register = models.CharField(_("库"), max_length=60)
    record_id = models.BigIntegerField(_("记录"), default=0)
    edition = models.PositiveIntegerField(_("修订号"), default=0)
    values: Any = models.JSONField(_("内容"), default=dict)
    updated_at = models.DateTimeField(_("保存时间"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("草稿")
        ordering = ("-updated_at",)
        constraints = [models.UniqueConstraint(fields=["user", "register", "record_id"], name="draft_once")]

    def __str__(self) -> str:
        return f"{self.register}:{self.record_id or '+'}"
