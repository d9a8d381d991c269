"""TechContract (技术合同)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import chosen, classified, day, flag, link, long, money, short


class TechContract(Record):
    """`amount` is the whole price (合同成交额); `technical_amount` what is left without equipment and materials (技术交易额)."""

    class CarryOut(models.TextChoices):
        SIGNED = "signed", _("已签约")
        IMPLEMENTING = "implementing", _("实施中")
        PRODUCING = "producing", _("已投产")
        COMPLETED = "completed", _("已履行完毕")
        TERMINATED = "terminated", _("已终止")

    number = models.CharField(_("合同登记编号"), max_length=40, unique=True)
    name = models.CharField(_("合同名称"), max_length=200)
    kind = models.CharField(_("合同类别"), max_length=30, db_index=True)
    seller_enterprise = link("registers.Enterprise", _("卖方企业"), related_name="contracts_sold")
    seller_institution = link("registers.Institution", _("卖方机构"), related_name="contracts_sold")
    seller_name = short(_("卖方名称"), 120)
    seller_region = short(_("卖方地区"), 60)
    buyer_enterprise = link("registers.Enterprise", _("买方企业"), related_name="contracts_bought")
    buyer_institution = link("registers.Institution", _("买方机构"), related_name="contracts_bought")
    buyer_name = short(_("买方名称"), 120)
    buyer_region = short(_("买方地区"), 60)
    achievement = link("registers.Achievement", _("所转化成果"), related_name="contracts")
    demand = link("registers.Demand", _("所解决需求"), related_name="contracts")
    broker = link("registers.Person", _("技术经纪人"), related_name="brokered_contracts")
    hi_tech_field = classified(_("技术领域"))
    ip_kind = classified(_("知识产权类别"))
    subject = long(_("标的内容"))
    signed_on = day(_("签订日期"))
    registered_on = day(_("登记日期"))
    valid_from = day(_("合同期起"))
    valid_until = day(_("合同期止"), _("当日不含"))
    amount = money(_("合同成交额"))
    equipment_amount = money(_("设备材料等非技术性费用"))
    technical_amount = money(_("技术交易额"))
    paid_amount = money(_("已到账金额"))
    is_related_party = flag(_("关联交易"))
    is_tax_relief_used = flag(_("已享受税收优惠"))
    registrar = short(_("登记机构"), 120)
    carry_out = chosen(_("履行情况"), CarryOut.choices)
    produced_sales = money(_("已产生销售额"))
    produced_tax = money(_("已产生税收"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("技术合同")
        indexes = [*Record.Meta.indexes, models.Index(fields=["registered_on", "kind"], name="techcontract_registered")]

    def __str__(self) -> str:
        return self.name
