"""Achievement (科技成果)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.core.records.declare import ChoicesField
from keqiao.registers.models.columns import Contact, chosen, classified, day, flag, link, long, money, short


class TransferMode(models.TextChoices):
    TRANSFER = "transfer", _("转让")
    LICENCE = "licence", _("许可")
    EQUITY = "equity", _("作价入股")
    COOPERATION = "cooperation", _("合作开发")
    COMMISSION = "commission", _("委托开发")
    SERVICE = "service", _("技术服务")


class Achievement(Contact, Record):
    class IpState(models.TextChoices):
        NONE = "none", _("未申请")
        APPLIED = "applied", _("已申请")
        GRANTED = "granted", _("已授权")
        SECRET = "secret", _("技术秘密")

    class TransferState(models.TextChoices):
        OPEN = "open", _("待转化")
        TALKING = "talking", _("对接中")
        SIGNED = "signed", _("已签约")
        TRANSFERRED = "transferred", _("已转化")
        WITHDRAWN = "withdrawn", _("已撤下")

    code = models.CharField(_("成果编号"), max_length=30, unique=True)
    name = models.CharField(_("成果名称"), max_length=160)
    institution = link("registers.Institution", _("所属机构"), related_name="achievements")
    enterprise = link("registers.Enterprise", _("所属企业"), related_name="achievements")
    owner_name = short(_("成果持有人"), 120, help_text=_("所属机构、企业均未登记时填写"))
    lead_person = link("registers.Person", _("负责人"), related_name="achievements")
    industry = classified(_("行业代码"), db_index=True)
    hi_tech_field = classified(_("技术领域"))
    keywords = short(_("关键词"), 300)
    summary = long(_("成果简介"))
    problem_solved = long(_("解决的问题"))
    technical_indicators = long(_("技术指标"))
    advantage = long(_("比较优势"), help_text=_("比什么好，好多少"))
    application = long(_("应用范围"))
    conditions = long(_("实施条件"))
    maturity = classified(_("成熟度"))
    ip_state = chosen(_("知识产权状态"), IpState.choices)
    ip_numbers = short(_("知识产权编号"), 300)
    transfer_modes = ChoicesField(_("转化方式"), many_choices=TransferMode.choices)
    price = money(_("意向价格"))
    is_negotiable = flag(_("价格面议"))
    award = short(_("获奖情况"), 200)
    completed_on = day(_("完成日期"))
    published_on = day(_("发布日期"))
    expires_on = day(_("有效期至"))
    transfer_state = models.CharField(
        _("转化状态"), max_length=20, choices=TransferState.choices, default=TransferState.OPEN, blank=True
    )
    transferred_on = day(_("转化日期"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("科技成果")

    def __str__(self) -> str:
        return self.name
