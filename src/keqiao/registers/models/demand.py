"""Demand (技术需求)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.core.records.declare import ChoicesField
from keqiao.registers.models.achievement import TransferMode
from keqiao.registers.models.columns import Contact, chosen, classified, day, flag, link, long, money, short


class Demand(Contact, Record):
    class Kind(models.TextChoices):
        PROBLEM = "problem", _("技术难题")
        NEW_PRODUCT = "new_product", _("新产品开发")
        PROCESS = "process", _("工艺改进")
        EQUIPMENT = "equipment", _("装备升级")
        TESTING = "testing", _("检验检测")
        TALENT = "talent", _("人才需求")
        PLATFORM = "platform", _("共建平台")
        OTHER = "other", _("其他")

    class SolveState(models.TextChoices):
        OPEN = "open", _("征集中")
        TALKING = "talking", _("对接中")
        SIGNED = "signed", _("已签约")
        SOLVED = "solved", _("已解决")
        WITHDRAWN = "withdrawn", _("已撤回")

    code = models.CharField(_("需求编号"), max_length=30, unique=True)
    name = models.CharField(_("需求名称"), max_length=160)
    kind = chosen(_("需求类别"), Kind.choices)
    enterprise = link("registers.Enterprise", _("需求企业"), related_name="demands")
    institution = link("registers.Institution", _("需求机构"), related_name="demands")
    industry = classified(_("行业代码"), db_index=True)
    hi_tech_field = classified(_("技术领域"))
    keywords = short(_("关键词"), 300)
    object = short(_("对象"), 200, help_text=_("要改进的产品、材料、工艺或设备"))
    present_value = short(_("现状值"), 300)
    target_value = short(_("目标值"), 300)
    constraint = short(_("约束条件"), 300)
    description = long(_("需求描述"))
    tried = long(_("已做过的尝试"))
    budget = money(_("预算"))
    is_negotiable = flag(_("预算面议"))
    deadline_on = day(_("期望完成日期"))
    cooperation_modes = ChoicesField(_("合作方式"), many_choices=TransferMode.choices)
    is_open_bidding = flag(_("拟揭榜挂帅"))
    is_common = flag(_("行业共性需求"))
    published_on = day(_("发布日期"))
    expires_on = day(_("有效期至"))
    solve_state = models.CharField(
        _("解决状态"), max_length=20, choices=SolveState.choices, default=SolveState.OPEN, blank=True
    )
    solved_on = day(_("解决日期"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("技术需求")

    def __str__(self) -> str:
        return self.name
