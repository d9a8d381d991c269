"""Instrument (科研仪器设备) open to others."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import Contact, classified, day, flag, link, long, money, number, short


class Instrument(Contact, Record):
    code = models.CharField(_("仪器编号"), max_length=30, unique=True)
    name = models.CharField(_("仪器名称"), max_length=120)
    model_number = short(_("型号"), 80)
    maker = short(_("生产厂家"), 120)
    category = classified(_("仪器类别"))
    enterprise = link("registers.Enterprise", _("所属企业"), related_name="instruments")
    institution = link("registers.Institution", _("所属机构"), related_name="instruments")
    platform = link("registers.Platform", _("所属平台"), related_name="instruments")
    location = short(_("放置地点"), 200)
    bought_on = day(_("购置日期"))
    price = money(_("原值"))
    functions = long(_("主要功能与技术指标"))
    services = long(_("服务内容"))
    fee_note = short(_("收费标准"), 200)
    hourly_fee = money(_("机时费"))
    is_shared = flag(_("对外开放"))
    accepts_vouchers = flag(_("可用创新券"))
    open_hours = short(_("开放时间"), 120)
    yearly_hours = number(_("年运行机时"))
    shared_hours = number(_("年对外服务机时"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("科研仪器")

    def __str__(self) -> str:
        return self.name
