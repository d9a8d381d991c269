"""Patent (知识产权): patents and the other rights that recognition rules count."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import chosen, day, flag, link, money, short, year_of


class Patent(Record):
    class LegalState(models.TextChoices):
        PENDING = "pending", _("审查中")
        IN_FORCE = "in_force", _("有效")
        REJECTED = "rejected", _("驳回")
        WITHDRAWN = "withdrawn", _("撤回")
        LAPSED = "lapsed", _("未缴费失效")
        EXPIRED = "expired", _("期满失效")
        INVALIDATED = "invalidated", _("被宣告无效")
        TRANSFERRED_OUT = "transferred_out", _("已转出")

    class AcquiredBy(models.TextChoices):
        SELF = "self", _("自主研发")
        BOUGHT = "bought", _("受让")
        GIFT = "gift", _("受赠")
        MERGER = "merger", _("并购")
        LICENSED = "licensed", _("被许可")

    number = models.CharField(_("申请号（登记号）"), max_length=40, unique=True)
    grant_number = short(_("授权公告号"), 40)
    name = models.CharField(_("名称"), max_length=200)
    kind = models.CharField(_("类别"), max_length=30, db_index=True)
    enterprise = link("registers.Enterprise", _("权利企业"), related_name="patents")
    institution = link("registers.Institution", _("权利机构"), related_name="patents")
    owner_name = short(_("权利人"), 200)
    inventors = short(_("发明（设计）人"), 300)
    ipc = short(_("国际分类号"), 60)
    industry = models.CharField(_("行业代码"), max_length=30, blank=True, default="")
    applied_on = day(_("申请日期"))
    granted_on = day(_("授权日期"))
    expires_on = day(_("期满日期"))
    legal_state = chosen(_("法律状态"), LegalState.choices)
    acquired_by = chosen(_("取得方式"), AcquiredBy.choices)
    acquired_on = day(_("取得日期"))
    is_pct = flag(_("PCT 国际申请"))
    serves_main_product = flag(_("与主要产品相关"))
    used_for_hnte_year = year_of(_("已用于高企认定年度"), null=True, blank=True)
    is_industrialised = flag(_("已产业化"))
    is_high_value = flag(_("高价值发明专利"))
    annual_fee_due_on = day(_("年费到期日"))
    pledged_amount = money(_("质押融资额"))
    pledged_on = day(_("质押日期"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("知识产权")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["enterprise", "kind", "granted_on"], name="patent_owner_kind"),
        ]

    def __str__(self) -> str:
        return self.name
