"""The R&D ledger (研发台账): an enterprise's projects, their costs by voucher, and its people's hours. Entered once, read by four forms."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.models import Record
from keqiao.core.records.declare import MoneyField


class RdProject(Record):
    class Mode(models.TextChoices):
        OWN = "own", _("自主研发")
        CONTRACTED = "contracted", _("委托研发")
        JOINT = "joint", _("合作研发")
        POOLED = "pooled", _("集中研发")

    class Treatment(models.TextChoices):
        EXPENSED = "expensed", _("费用化支出")
        CAPITALISED = "capitalised", _("资本化支出")

    enterprise = models.ForeignKey(
        "registers.Enterprise", models.PROTECT, related_name="rd_projects", verbose_name=_("企业")
    )
    code = models.CharField(_("项目编号"), max_length=30)
    name = models.CharField(_("项目名称"), max_length=160)
    mode = models.CharField(_("研发形式"), max_length=12, choices=Mode.choices, default=Mode.OWN)
    treatment = models.CharField(_("会计处理"), max_length=12, choices=Treatment.choices, default=Treatment.EXPENSED)
    hi_tech_field = models.CharField(_("技术领域"), max_length=30, blank=True, default="")
    started_on = models.DateField(_("立项日期"))
    ended_on = models.DateField(_("完成日期"), null=True, blank=True)
    budget = MoneyField(_("项目预算"), null=True, blank=True)
    lead = models.CharField(_("项目负责人"), max_length=60, blank=True, default="")
    goal = models.TextField(_("研发目标与创新点"), blank=True, default="")
    result = models.TextField(_("成果"), blank=True, default="")

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("研发项目")
        constraints = [models.UniqueConstraint(fields=["enterprise", "code"], name="rd_project_code")]

    def __str__(self) -> str:
        return self.name


class RdCost(Record):
    """One line of a voucher, booked on a project. Costs paid from money that is not taxed are kept apart: they are no super-deduction base."""

    project = models.ForeignKey(RdProject, models.PROTECT, related_name="costs", verbose_name=_("研发项目"))
    booked_on = models.DateField(_("入账日期"), db_index=True)
    voucher = models.CharField(_("凭证号及行次"), max_length=40)
    head = models.CharField(_("费用科目"), max_length=30)
    amount = MoneyField(_("金额"))
    summary = models.CharField(_("摘要"), max_length=200, blank=True, default="")
    payee = models.CharField(_("收款方"), max_length=120, blank=True, default="")
    is_untaxed_money = models.BooleanField(_("由不征税收入支付"), default=False)
    evidence = models.CharField(
        _("凭据"), max_length=200, blank=True, default="", help_text=_("发票号、合同号、领料单号等")
    )

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("研发支出")
        constraints = [models.UniqueConstraint(fields=["project", "voucher"], name="rd_cost_voucher")]

    def __str__(self) -> str:
        return f"{self.voucher} {self.amount}"


class RdHours(Record):
    """One person's month on one project. The month's pay is shared over projects and other work by hours, to the fen."""

    project = models.ForeignKey(RdProject, models.PROTECT, related_name="hours", verbose_name=_("研发项目"))
    person_name = models.CharField(_("研发人员"), max_length=60)
    staff_number = models.CharField(_("工号"), max_length=30)
    month = models.DateField(_("月份"), help_text=_("填当月任意一天"))
    hours = models.DecimalField(_("本项目工时"), max_digits=7, decimal_places=2, validators=[MinValueValidator(0)])
    month_hours = models.DecimalField(
        _("当月总工时"), max_digits=7, decimal_places=2, validators=[MinValueValidator(0)]
    )
    wages = MoneyField(_("当月工资薪金"))
    social_insurance = MoneyField(_("当月五险一金"))
    is_outside = models.BooleanField(_("外聘人员"), default=False)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = _("研发工时")
        constraints = [models.UniqueConstraint(fields=["project", "staff_number", "month"], name="rd_hours_month")]

    def __str__(self) -> str:
        return f"{self.person_name} {self.month:%Y-%m}"
