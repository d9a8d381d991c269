"""Institution (机构): universities, institutes, service organisations, finance."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import AdminLevel, Contact, chosen, count, day, flag, long, short


class Institution(Contact, Record):
    class Kind(models.TextChoices):
        UNIVERSITY = "university", _("高等院校")
        INSTITUTE = "institute", _("科研院所")
        NEW_RD = "new_rd", _("新型研发机构")
        HOSPITAL = "hospital", _("医疗机构")
        TRANSFER = "transfer", _("技术转移机构")
        SERVICE = "service", _("科技服务机构")
        TESTING = "testing", _("检验检测机构")
        IP_AGENCY = "ip_agency", _("知识产权服务机构")
        BANK = "bank", _("银行")
        INSURER = "insurer", _("保险机构")
        FUND = "fund", _("投资基金")
        GUARANTEE = "guarantee", _("担保机构")
        ASSOCIATION = "association", _("行业协会")
        GOVERNMENT = "government", _("党政机关")
        OTHER = "other", _("其他")

    code = models.CharField(
        _("机构代码"), max_length=30, unique=True, help_text=_("统一社会信用代码，没有的用自编代码")
    )
    name = models.CharField(_("机构名称"), max_length=120, db_index=True)
    short_name = short(_("简称"), 40)
    kind = models.CharField(_("机构类别"), max_length=30, choices=Kind.choices)
    level = chosen(_("主管级别"), AdminLevel.choices)
    region = short(_("所在地区"), 60)
    is_local = flag(_("本地机构"))
    founded_on = day(_("成立日期"))
    research_fields = long(_("研究（服务）领域"))
    introduction = long(_("机构简介"))
    services = long(_("可提供的服务"))
    key_disciplines = long(_("优势学科与平台"))
    staff = count(_("人员总数"))
    rd_staff = count(_("研发人员数"))
    senior_staff = count(_("高级职称人数"))
    address = short(_("地址"), 200)
    website = models.URLField(_("网址"), max_length=200, blank=True, default="")

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("机构")

    def __str__(self) -> str:
        return self.name
