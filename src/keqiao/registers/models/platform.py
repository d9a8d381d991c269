"""Platform (创新平台载体): R&D centres, laboratories, incubators, maker spaces, complexes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import (
    AdminLevel,
    Contact,
    chosen,
    classified,
    count,
    day,
    flag,
    link,
    long,
    money,
    number,
    short,
)


class Platform(Contact, Record):
    class RunState(models.TextChoices):
        BUILDING = "building", _("建设中")
        RUNNING = "running", _("运行中")
        RECTIFYING = "rectifying", _("整改中")
        CLOSED = "closed", _("已撤销")

    code = models.CharField(_("平台编号"), max_length=30, unique=True)
    name = models.CharField(_("平台名称"), max_length=160)
    kind = models.CharField(_("平台类别"), max_length=30, db_index=True)
    level = chosen(_("级别"), AdminLevel.choices)
    enterprise = link("registers.Enterprise", _("依托企业"), related_name="platforms")
    institution = link("registers.Institution", _("依托机构"), related_name="platforms")
    operator_name = short(_("运营主体"), 120)
    park = link("core.OrgUnit", _("所在园区"))
    industry = classified(_("行业代码"))
    hi_tech_field = classified(_("技术领域"))
    opened_on = day(_("投用日期"))
    recognised_on = day(_("认定日期"))
    is_legal_person = flag(_("独立法人"))
    is_specialised = flag(_("专业孵化器"))
    run_state = models.CharField(
        _("运行状态"), max_length=20, choices=RunState.choices, default=RunState.RUNNING, blank=True
    )
    introduction = long(_("平台简介"))
    services = long(_("可提供的服务"))
    area = number(_("场地面积"))
    tenant_area = number(_("在孵企业使用面积"))
    public_area = number(_("工位和公共服务面积"))
    desks = count(_("工位数"))
    tenants = count(_("在孵企业数"))
    tenants_of_sector = count(_("同一产业领域在孵企业数"))
    tenants_applying_ip = count(_("已申请专利的在孵企业数"))
    tenants_with_ip = count(_("拥有有效知识产权的在孵企业数"))
    tenants_funded = count(_("获种子资金支持的在孵企业数"))
    funded_cases = count(_("资金使用案例数"))
    typical_cases = count(_("典型孵化案例数"))
    new_tenants = count(_("年新增在孵企业数"))
    new_firms = count(_("年新注册企业数"))
    funded_in_year = count(_("年获融资企业数"))
    teams = count(_("创业团队数"))
    graduates = count(_("累计毕业企业数"))
    seed_fund = money(_("孵化资金规模"))
    staff = count(_("从业人员数"))
    professional_staff = count(_("专业孵化服务人员数"))
    full_time_staff = count(_("专职人员数"))
    mentors = count(_("创业导师数"))
    events = count(_("年创业活动场次"))
    statistics_years = count(_("连续上报统计年数"))
    equipment_value = money(_("研发设备原值"))
    rd_staff = count(_("研发人员数"))
    rd_expense = money(_("年研发经费"))
    address = short(_("地址"), 200)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("创新平台")

    def __str__(self) -> str:
        return self.name
