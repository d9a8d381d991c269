"""What control keeps: computed and confirmed figures, targets, tasks, old reports read and new reports written."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class IndicatorFigure(models.Model):
    """One value of one indicator for one unit and period.

    A computed figure points to its snapshot and is never changed; the newest one counts. A confirmed one was read from a document by
    a person and points to the proposal; a reported one was sent in by a unit.
    """

    class Source(models.TextChoices):
        COMPUTED = "computed", _("系统计算")
        CONFIRMED = "confirmed", _("文件确认")
        REPORTED = "reported", _("单位上报")

    indicator = models.CharField(_("指标"), max_length=60)
    definition = models.CharField(_("定义版本"), max_length=64, blank=True)
    org_unit = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("单位"))
    period = models.CharField(_("期间"), max_length=12)
    value = models.DecimalField(_("数值"), max_digits=30, decimal_places=8, null=True)
    measure_unit = models.CharField(_("计量单位"), max_length=20, blank=True)
    components = models.JSONField(_("分量"), default=dict, blank=True)
    row_count = models.PositiveIntegerField(_("依据行数"), default=0)
    coverage = models.DecimalField(_("覆盖率"), max_digits=7, decimal_places=4, null=True)
    source = models.CharField(_("来源"), max_length=10, choices=Source.choices)
    snapshot = models.ForeignKey(
        "core.Snapshot", models.PROTECT, null=True, related_name="figures", verbose_name=_("快照")
    )
    data_on = models.DateField(_("数据日期"))
    note = models.CharField(_("说明"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("记录人")
    )
    recorded_at = models.DateTimeField(_("记录时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("指标值")
        indexes = [
            models.Index(fields=["indicator", "period", "org_unit", "-id"], name="figure_lookup"),
            models.Index(fields=["snapshot", "period"], name="figure_snapshot"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.org_unit} {self.period}"


class Target(models.Model):
    """What a unit is to reach in a year. Changes are in the audit trail; a published target is changed only with a reason."""

    class Stage(models.TextChoices):
        DRAFT = "draft", _("拟定")
        NEGOTIATING = "negotiating", _("协商中")
        PUBLISHED = "published", _("已下达")

    indicator = models.CharField(_("指标"), max_length=60)
    org_unit = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("单位"))
    year = models.PositiveSmallIntegerField(_("年度"))
    value = models.DecimalField(_("目标值"), max_digits=30, decimal_places=8)
    stage = models.CharField(_("状态"), max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    is_locked = models.BooleanField(_("锁定"), default=False)
    source = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("目标值")
        constraints = [models.UniqueConstraint(fields=["indicator", "org_unit", "year"], name="one_target")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.org_unit} {self.year}: {self.value}"


class PastReport(models.Model):
    """A report somebody else wrote, read into articles and figure proposals; the file is kept."""

    title = models.CharField(_("名称"), max_length=200)
    org_unit = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("单位"))
    year = models.PositiveSmallIntegerField(_("年度"))
    stored_file = models.ForeignKey("core.StoredFile", models.PROTECT, related_name="+", verbose_name=_("文件"))
    articles = models.JSONField(_("篇章"), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("上传人")
    )
    created_at = models.DateTimeField(_("上传时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("历史报告")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title


class FigureProposal(models.Model):
    """A figure found in a past report, waiting for a person to say what it is."""

    class Stage(models.TextChoices):
        OPEN = "open", _("待确认")
        CONFIRMED = "confirmed", _("已确认")
        REFUSED = "refused", _("不采用")

    report = models.ForeignKey(PastReport, models.CASCADE, related_name="proposals", verbose_name=_("历史报告"))
    article = models.CharField(_("篇章"), max_length=40)
    sentence = models.TextField(_("原句"))
    span = models.CharField(_("原文"), max_length=200)
    start = models.PositiveIntegerField(_("起"))
    end = models.PositiveIntegerField(_("止"))
    value = models.DecimalField(_("数值"), max_digits=30, decimal_places=8, null=True)
    measure_unit = models.CharField(_("计量单位"), max_length=30, blank=True)
    nature = models.CharField(_("性质"), max_length=20, blank=True)  # actual, target, expected, masked
    measure = models.CharField(_("度量"), max_length=20, blank=True)
    name = models.CharField(_("文中指标名"), max_length=200, blank=True)
    subject = models.CharField(_("主体"), max_length=100, blank=True)
    period = models.CharField(_("期间"), max_length=40, blank=True)
    indicator = models.CharField(_("对应指标"), max_length=60, blank=True)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage.choices, default=Stage.OPEN)
    figure = models.ForeignKey(
        IndicatorFigure, models.SET_NULL, null=True, related_name="proposals", verbose_name=_("指标值")
    )
    target = models.ForeignKey(Target, models.SET_NULL, null=True, related_name="+", verbose_name=_("目标值"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("确认人")
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("数据确认")
        ordering = ("report", "start", "id")
        indexes = [models.Index(fields=["report", "stage"], name="proposal_stage")]

    def __str__(self) -> str:
        return self.span


class WrittenReport(models.Model):
    """A report Keqiao wrote. `figures` pins every figure (value, source, snapshot); a published one never changes and renders the same for ever."""

    class Stage(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")

    template = models.CharField(_("模板"), max_length=60)
    template_text = models.TextField(_("模板原文"))
    title = models.CharField(_("标题"), max_length=200)
    org_unit = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("单位"))
    year = models.PositiveSmallIntegerField(_("年度"))
    period = models.CharField(_("期间"), max_length=12)
    snapshot = models.ForeignKey("core.Snapshot", models.PROTECT, related_name="+", verbose_name=_("快照"))
    figures = models.JSONField(_("数据"), default=dict)
    edition = models.PositiveIntegerField(_("版次"), default=1)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    stored_file = models.ForeignKey(
        "core.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name=_("文件")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("编制人")
    )
    created_at = models.DateTimeField(_("编制时间"), auto_now_add=True)
    published_at = models.DateTimeField(_("发布时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("编制的报告")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title


class TargetNote(models.Model):
    """What a unit says about its target while it is negotiated: why, and the value it asks for; the answer stands beside it."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="notes", verbose_name=_("目标值"))
    text = models.CharField(_("意见"), max_length=300)
    asked = models.DecimalField(_("建议值"), max_digits=30, decimal_places=8, null=True)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("提出人")
    )
    written_at = models.DateTimeField(_("提出时间"), auto_now_add=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("答复人")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("目标协商意见")
        ordering = ("-written_at",)

    def __str__(self) -> str:
        return self.text


class Submission(models.Model):
    """One form that one unit reports for one period. Approved values become figures of source "reported"; `awaits` is the level to approve next."""

    class Stage(models.TextChoices):
        DRAFT = "draft", _("填报中")
        SUBMITTED = "submitted", _("待审核")
        RETURNED = "returned", _("已退回")
        APPROVED = "approved", _("已通过")

    form = models.CharField(_("报表"), max_length=60)
    org_unit = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+", verbose_name=_("单位"))
    period = models.CharField(_("期间"), max_length=12)
    values = models.JSONField(_("数值"), default=dict)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    stage = models.CharField(_("状态"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    awaits = models.CharField(_("待审核级别"), max_length=10, blank=True)
    reason = models.CharField(_("退回理由"), max_length=300, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("报送人")
    )
    submitted_at = models.DateTimeField(_("报送时间"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("审核人")
    )
    decided_at = models.DateTimeField(_("审核时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("数据上报")
        constraints = [models.UniqueConstraint(fields=["form", "org_unit", "period"], name="one_submission")]

    def __str__(self) -> str:
        return f"{self.form} {self.org_unit} {self.period}"
