"""Policy (政策) and PolicyClause (政策条款)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.core.records.declare import ChoicesField
from keqiao.registers.models.columns import AdminLevel, day, link, long, money, short


class Policy(Record):
    """In force from `valid_from` until before `valid_until` (empty: until repealed)."""

    class Topic(models.TextChoices):
        ENTERPRISE = "enterprise", _("企业培育")
        RD = "rd", _("研发投入")
        TAX = "tax", _("税收优惠")
        PLATFORM = "platform", _("平台载体")
        TALENT = "talent", _("人才")
        TRANSFER = "transfer", _("成果转化")
        IP = "ip", _("知识产权")
        FINANCE = "finance", _("科技金融")
        PROJECT = "project", _("项目与奖励")
        AGRICULTURE = "agriculture", _("农业科技")
        OTHER = "other", _("其他")

    document_number = models.CharField(_("文号"), max_length=80, unique=True)
    name = models.CharField(_("政策名称"), max_length=200)
    issuer = short(_("发文机关"), 160)
    level = models.CharField(_("级别"), max_length=30, choices=AdminLevel.choices)
    topics = ChoicesField(_("主题"), many_choices=Topic.choices)
    issued_on = day(_("发文日期"))
    valid_from = day(_("施行日期"))
    valid_until = day(_("失效日期"), _("当日不含；长期有效的不填"))
    repealed_by = link("registers.Policy", _("被何文件废止"), related_name="repeals")
    summary = long(_("通俗解读"))
    full_text = long(_("全文"))
    rule_key = short(_("规则编号"), 80, help_text=_("政策规则库中的编号，用于自动匹配企业"))
    source_url = models.URLField(_("原文链接"), max_length=300, blank=True, default="")
    department = short(_("兑现科室"), 60)
    window_from = day(_("申报开始"))
    window_until = day(_("申报截止"), _("当日不含"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("政策")

    def __str__(self) -> str:
        return self.name


class PolicyClause(Record):
    policy = link("registers.Policy", _("政策"), related_name="clauses", required=True)
    number = models.CharField(_("条款号"), max_length=40, help_text=_("如：第三条（一）"))
    name = short(_("条款标题"), 120)
    text = models.TextField(_("条款内容"))
    rule_key = short(_("规则编号"), 80)
    support_limit = money(_("最高支持额"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("政策条款")
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_clause_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()
