"""Project (科技项目), its payments (ProjectPayment, 经费拨付) and milestones (ProjectMilestone, 进度节点)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.registers.models.columns import AdminLevel, classified, day, flag, link, long, money, short, year_of


class Project(Record):
    class Stage(models.TextChoices):
        RESERVED = "reserved", _("储备")
        APPLIED = "applied", _("已申报")
        REJECTED = "rejected", _("未立项")
        RUNNING = "running", _("实施中")
        ACCEPTING = "accepting", _("验收中")
        CLOSED = "closed", _("已结题")
        TERMINATED = "terminated", _("已终止")

    class AcceptanceResult(models.TextChoices):
        PASSED = "passed", _("通过验收")
        CONCLUDED = "concluded", _("结题")
        FAILED = "failed", _("不通过验收")

    number = models.CharField(_("项目编号"), max_length=40, unique=True)
    name = models.CharField(_("项目名称"), max_length=200)
    kind = models.CharField(_("项目类别"), max_length=30, db_index=True)
    programme = short(_("计划名称"), 120)
    level = models.CharField(_("级别"), max_length=30, choices=AdminLevel.choices)
    year = year_of(_("立项年度"), null=True, blank=True)
    stage = models.CharField(_("项目阶段"), max_length=20, choices=Stage.choices, default=Stage.APPLIED)
    enterprise = link("registers.Enterprise", _("承担企业"), related_name="projects")
    institution = link("registers.Institution", _("承担机构"), related_name="projects")
    partners = short(_("合作单位"), 300)
    leader = link("registers.Person", _("负责人"), related_name="projects")
    leader_name = short(_("负责人姓名"), 60)
    industry = classified(_("行业代码"))
    hi_tech_field = classified(_("技术领域"))
    keywords = short(_("关键词"), 300)
    summary = long(_("项目简介"))
    expected_results = long(_("预期成果"))
    document_number = short(_("立项文号"), 80)
    applied_on = day(_("申报日期"))
    approved_on = day(_("立项日期"))
    contract_signed_on = day(_("任务书签订日期"))
    starts_on = day(_("开始日期"))
    due_on = day(_("计划完成日期"))
    extended_due_on = day(_("延期至"))
    mid_term_due_on = day(_("中期检查截止日期"))
    mid_term_on = day(_("中期检查日期"))
    acceptance_applied_on = day(_("申请验收日期"))
    accepted_on = day(_("验收日期"))
    acceptance_result = models.CharField(
        _("验收结论"), max_length=20, choices=AcceptanceResult.choices, blank=True, default=""
    )
    terminated_on = day(_("终止日期"))
    total_budget = money(_("项目总经费"))
    fiscal_funds = money(_("财政资助额"))
    self_funds = money(_("自筹经费"))
    paid_funds = money(_("已拨付财政资金"))
    spent_funds = money(_("已支出财政资金"))
    spent_total = money(_("累计支出"))
    is_lump_sum = flag(_("经费包干制"))

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("科技项目")
        indexes = [*Record.Meta.indexes, models.Index(fields=["stage", "due_on"], name="project_stage_due")]

    def __str__(self) -> str:
        return self.name


class ProjectPayment(Record):
    project = link("registers.Project", _("项目"), related_name="payments", required=True)
    number = models.CharField(_("批次"), max_length=30)
    source = models.CharField(_("资金级次"), max_length=30, choices=AdminLevel.choices)
    planned_on = day(_("计划拨付日期"))
    planned_amount = money(_("计划拨付额"))
    paid_on = day(_("实际拨付日期"))
    paid_amount = money(_("实际拨付额"))
    document_number = short(_("拨款文号"), 80)
    note = short(_("备注"), 300)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("项目经费拨付")
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="project_payment_number")]

    def __str__(self) -> str:
        return f"{self.project} {self.number}"


class ProjectMilestone(Record):
    project = link("registers.Project", _("项目"), related_name="milestones", required=True)
    name = models.CharField(_("节点名称"), max_length=120)
    due_on = models.DateField(_("计划日期"))
    done_on = day(_("完成日期"))
    deliverable = short(_("交付物"), 300)
    note = short(_("备注"), 300)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("项目进度节点")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="project_milestone_name")]

    def __str__(self) -> str:
        return self.name
