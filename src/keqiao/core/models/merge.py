"""Merge (合并) and DistinctPair (非重复): what was decided about rows that look alike."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Merge(models.Model):
    """One row merged into another, with all that is needed to undo it."""

    register = models.CharField(_("库"), max_length=60)
    survivor_id = models.BigIntegerField(_("保留记录"))
    merged_id = models.BigIntegerField(_("并入记录"))
    survivor_before: Any = models.JSONField(_("保留记录原值"))
    survivor_after: Any = models.JSONField(_("保留记录新值"))
    merged_before: Any = models.JSONField(_("并入记录原值"))
    moved: Any = models.JSONField(_("改指的关联"))  # [[model label, field, [ids]], …]
    kept: Any = models.JSONField(_("未能改指的关联"), default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("合并人")
    )
    made_at = models.DateTimeField(_("合并时间"), auto_now_add=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("合并")
        ordering = ("-made_at",)
        indexes = [models.Index(fields=["register", "survivor_id"])]

    def __str__(self) -> str:
        return f"{self.register}:{self.merged_id} → {self.survivor_id}"


class DistinctPair(models.Model):
    """Two rows that somebody looked at and found to be different, so that they are not proposed again. `low_id` < `high_id`."""

    register = models.CharField(_("库"), max_length=60)
    low_id = models.BigIntegerField(_("记录一"))
    high_id = models.BigIntegerField(_("记录二"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("判定人")
    )
    made_at = models.DateTimeField(_("判定时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("非重复记录")
        constraints = [models.UniqueConstraint(fields=["register", "low_id", "high_id"], name="distinct_pair_once")]

    def __str__(self) -> str:
        return f"{self.register}:{self.low_id} ≠ {self.high_id}"
