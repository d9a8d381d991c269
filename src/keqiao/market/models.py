"""What the market keeps beside the registers: what was recommended and what came of it, and which rows the match index has still to read."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.engines.match import ANSWERS


class MatchEvent(models.Model):
    """Something that happened between a demand and a candidate. The funnel is counted from these alone; none is ever changed."""

    class Stage(models.TextChoices):
        SHOWN = "shown", _("推荐")
        CONTACT = "contact", _("联系")
        TALK = "talk", _("洽谈")
        INTENT = "intent", _("意向")
        DEAL = "deal", _("成交")

    demand = models.ForeignKey("registers.Demand", models.CASCADE, related_name="match_events", verbose_name=_("需求"))
    candidate_register = models.CharField(_("对象类别"), max_length=20)
    candidate_id = models.BigIntegerField(_("对象"))
    stage = models.CharField(_("阶段"), max_length=10, choices=Stage.choices, blank=True)
    answer = models.CharField(_("答复"), max_length=30, choices=list(ANSWERS.items()), blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    matcher = models.CharField(_("匹配方式"), max_length=60, blank=True)
    broker = models.ForeignKey(
        "registers.Person", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经纪人")
    )
    rank = models.PositiveSmallIntegerField(_("推荐名次"), null=True)
    reason = models.JSONField(_("推荐理由"), default=dict, blank=True)
    amount = models.DecimalField(_("金额（元）"), max_digits=18, decimal_places=2, null=True, blank=True)
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("记录人")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("对接记录")
        indexes = [models.Index(fields=["demand", "candidate_register", "candidate_id", "at"], name="match_pair")]

    def __str__(self) -> str:
        return f"{self.demand_id} → {self.candidate_register}:{self.candidate_id} {self.stage or self.answer}"

    @property
    def pair(self) -> str:
        return f"{self.demand_id}:{self.candidate_register}:{self.candidate_id}"


class StaleDocument(models.Model):
    """A row that changed since the match index last read it; kept in the database so that a crash forgets nothing."""

    register = models.CharField(_("库"), max_length=20)
    record_id = models.BigIntegerField(_("记录"))

    class Meta:
        verbose_name = verbose_name_plural = _("待更新的匹配文档")
        indexes = [models.Index(fields=["register", "record_id"], name="stale_document")]

    def __str__(self) -> str:
        return f"{self.register}:{self.record_id}"
