"""Person (人才专家): one person may be expert, talent, broker and commissioner at once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.core.records.declare import ChoicesField
from keqiao.registers.models.columns import chosen, count, day, flag, link, long, short, year_of


class Person(Record):
    class Role(models.TextChoices):
        EXPERT = "expert", _("专家")
        REVIEWER = "reviewer", _("评审专家")
        TALENT = "talent", _("人才")
        BROKER = "broker", _("技术经纪人")
        COMMISSIONER = "commissioner", _("科技特派员")
        ENTREPRENEUR = "entrepreneur", _("科技企业家")
        MENTOR = "mentor", _("创业导师")

    class Gender(models.TextChoices):
        MALE = "male", _("男")
        FEMALE = "female", _("女")

    class Degree(models.TextChoices):
        DOCTOR = "doctor", _("博士")
        MASTER = "master", _("硕士")
        BACHELOR = "bachelor", _("学士")
        OTHER = "other", _("其他")

    class Rank(models.TextChoices):
        SENIOR = "senior", _("正高级")
        ASSOCIATE = "associate", _("副高级")
        MIDDLE = "middle", _("中级")
        JUNIOR = "junior", _("初级")
        NONE = "none", _("无")

    class TalentLevel(models.TextChoices):
        A = "a", _("A类（顶尖人才）")
        B = "b", _("B类（国家级领军人才）")
        C = "c", _("C类（省级领军人才）")
        D = "d", _("D类（市级领军人才）")
        E = "e", _("E类（高级人才）")
        F = "f", _("F类（基础人才）")

    class BrokerLevel(models.TextChoices):
        JUNIOR = "junior", _("初级")
        MIDDLE = "middle", _("中级")
        SENIOR = "senior", _("高级")

    code = models.CharField(_("人员编号"), max_length=30, unique=True)
    name = models.CharField(_("姓名"), max_length=60, db_index=True)
    roles = ChoicesField(_("身份"), many_choices=Role.choices)
    institution = link("registers.Institution", _("所在机构"), related_name="persons")
    enterprise = link("registers.Enterprise", _("所在企业"), related_name="persons")
    department = short(_("所在部门"))
    position = short(_("职务"), 60)
    professional_title = short(_("职称"), 60)
    title_rank = chosen(_("职称等级"), Rank.choices)
    degree = chosen(_("学位"), Degree.choices)
    gender = chosen(_("性别"), Gender.choices)
    birth_year = year_of(_("出生年份"), null=True, blank=True)
    industry = models.CharField(_("行业代码"), max_length=30, blank=True, default="", db_index=True)
    hi_tech_field = models.CharField(_("技术领域"), max_length=30, blank=True, default="")
    expertise = long(_("专长"))
    keywords = short(_("关键词"), 300)
    introduction = long(_("个人简介"))
    works = long(_("代表性成果"))
    honours = short(_("荣誉与人才计划"), 300)
    talent_level = chosen(_("人才层次"), TalentLevel.choices)
    recruited_on = day(_("引进（入选）日期"))
    is_overseas = flag(_("海外人才"))
    broker_level = chosen(_("经纪人等级"), BrokerLevel.choices)
    broker_certificate = short(_("经纪人证书编号"), 60)
    commissioner_batch = short(_("特派员批次"), 60)
    commissioner_town = link("core.OrgUnit", _("派驻乡镇"))
    yearly_capacity = count(_("年可承担任务数"))
    is_available = flag(_("可接受邀请"))
    orcid = short("ORCID", 19)
    phone = short(_("手机"), 30)
    email = models.EmailField(_("邮箱"), max_length=120, blank=True, default="")
    id_number = short(_("身份证号"), 18)
    bank_account = short(_("银行账号"), 40)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("人才专家")

    def __str__(self) -> str:
        return self.name
