"""Control's writes: compute figures, set targets, decide what a read figure is, write and publish reports."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.control import evidence, facts, reporting
from keqiao.control.models import FigureProposal, IndicatorFigure, PastReport, Target, WrittenReport
from keqiao.core import audit, files, snapshots
from keqiao.core.act import Act
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.core.records.problems import InvalidError, Problem

KEPT_SNAPSHOTS = 3


def compute(day: datetime.date, progress: Any = None) -> tuple[Snapshot, int]:
    """Takes a snapshot and stores every figure of it. Figures of older snapshots go, but for those a report rests on."""
    snapshot = snapshots.take(day)
    run = facts.roll(snapshot, day)
    units = {unit.code: unit for unit in OrgUnit.objects.order_by("valid_from")}
    measured_in = {(one.id, one.version): one.measure_unit for one in run.definitions}
    rows = [
        IndicatorFigure(
            indicator=figure.indicator,
            definition=str(figure.version),
            org_unit=units[figure.org],
            period=figure.period,
            value=None if figure.value is None else Decimal(repr(figure.value)).quantize(Decimal("1.00000000")),
            measure_unit=measured_in[figure.indicator, figure.version],
            components=dict(figure.components),
            row_count=figure.n_rows,
            coverage=None if figure.coverage is None else Decimal(repr(round(figure.coverage, 4))),
            source=IndicatorFigure.Source.COMPUTED,
            snapshot=snapshot,
            data_on=day,
            note="" if figure.state == "ok" else figure.state,
        )
        for figure in run.figures()
        if figure.org in units
    ]
    with transaction.atomic():
        IndicatorFigure.objects.filter(snapshot=snapshot, source=IndicatorFigure.Source.COMPUTED).delete()
        IndicatorFigure.objects.bulk_create(rows, batch_size=1000)
        _forget_old(snapshot)
    return snapshot, len(rows)


def _forget_old(snapshot: Snapshot) -> None:
    used = set(WrittenReport.objects.values_list("snapshot_id", flat=True))
    recent = set(Snapshot.objects.order_by("-taken_at").values_list("pk", flat=True)[:KEPT_SNAPSHOTS])
    IndicatorFigure.objects.filter(source=IndicatorFigure.Source.COMPUTED).exclude(
        snapshot__in=used | recent | {snapshot.pk}
    ).delete()


def set_target(
    indicator: str, unit: OrgUnit, year: int, value: Decimal | None, act: Act, *, source: str = ""
) -> Target | None:
    """Sets (or with None takes back) one target. A published one needs a reason; a locked one must be unlocked first."""
    act.need("targets.set")
    if facts.definition(indicator) is None:
        raise InvalidError(
            [Problem("unknown_indicator", _("没有这个指标"), _("请核对指标代码"), "indicator", _("指标"), indicator)]
        )
    with transaction.atomic():
        old = Target.objects.select_for_update().filter(indicator=indicator, org_unit=unit, year=year).first()
        if old and old.is_locked and old.value != value:
            raise InvalidError(
                [Problem("locked", _("目标已锁定"), _("请先解除锁定"), "value", _("目标值"), str(value))]
            )
        if old and old.stage == Target.Stage.PUBLISHED and old.value != value and not act.reason:
            raise InvalidError(
                [Problem("reason_needed", _("已下达的目标须写明调整理由"), _("请填写理由"), "reason", _("理由"))]
            )
        before = {"value": str(old.value)} if old else None
        if value is None:
            if old:
                audit.record(act, _target_trace("remove", old, before, None))
                old.delete()
            return None
        row = old or Target(indicator=indicator, org_unit=unit, year=year)
        row.value = value
        row.source = source or row.source
        row.save()
        if before is None or before["value"] != str(row.value):
            audit.record(act, _target_trace("change" if old else "create", row, before, {"value": str(row.value)}))
    return row


def _target_trace(verb: str, row: Target, before: dict[str, Any] | None, after: dict[str, Any] | None) -> audit.Trace:
    return audit.Trace(
        verb, "target", str(row.pk), f"{row.indicator} {row.org_unit} {row.year}", before=before, after=after
    )


def move_targets(rows: Iterable[Target], stage: str, act: Act) -> int:
    """Publishes (or reopens) targets."""
    act.need("targets.set")
    rows = list(rows)
    with transaction.atomic():
        for row in rows:
            before, row.stage = row.stage, stage
            row.save(update_fields=["stage"])
            audit.record(
                act,
                _target_trace(
                    "publish" if stage == Target.Stage.PUBLISHED else stage, row, {"stage": before}, {"stage": stage}
                ),
            )
    return len(rows)


def take_in_report(
    name: str, content: bytes, unit: OrgUnit, year: int, act: Act, article: str = "", progress: Any = None
) -> PastReport:
    """Reads an old report: the file is kept, its figures become proposals. Raises InvalidError for a file that can't be read."""
    act.need("figures.confirm")
    stored = files.store(name, content, act)
    articles, proposals = reporting.read_past(stored.name, content, article, progress)
    with transaction.atomic():
        report = PastReport.objects.create(
            title=stored.name.rsplit(".", 1)[0],
            org_unit=unit,
            year=year,
            stored_file=stored,
            articles=articles,
            created_by=act.actor,
        )
        for proposal in proposals:
            proposal.report = report
        FigureProposal.objects.bulk_create(proposals, batch_size=500)
        audit.record(
            act,
            audit.Trace(
                "create",
                "past_report",
                str(report.pk),
                report.title,
                after={"articles": len(articles), "figures": len(proposals)},
            ),
        )
    return report


def confirm(
    proposal: FigureProposal, indicator: str, unit: OrgUnit, period: str, act: Act, value: Decimal | None = None
) -> FigureProposal:
    """A person says what a read figure is: a past value becomes a confirmed figure, a plan becomes a target; both keep their source."""
    act.need("figures.confirm")
    one = facts.definition(indicator)
    amount = proposal.value if value is None else value
    problems = []
    if one is None:
        problems.append(
            Problem("unknown_indicator", _("没有这个指标"), _("请从指标目录中选择"), "indicator", _("指标"), indicator)
        )
    if amount is None:
        problems.append(
            Problem(
                "masked",
                _("原文数值被遮盖，不能作为数据"),
                _("请不采用，或对照原始文件填写数值"),
                "value",
                _("数值"),
                proposal.span,
            )
        )
    if not (period[:4].isdigit()):
        problems.append(Problem("bad_period", _("期间不正确"), _("请填四位年度，如 2025"), "period", _("期间"), period))
    if problems:
        raise InvalidError(problems)
    assert one is not None
    assert amount is not None
    with transaction.atomic():
        source = f"{proposal.report.title}·{proposal.article}"[:200]
        if proposal.nature in {"target", "expected"} and proposal.measure == "level":
            proposal.target = set_target(
                indicator,
                unit,
                int(period[:4]),
                reporting.in_indicator_unit(amount, proposal.measure_unit, one),
                act,
                source=source,
            )
        else:
            proposal.figure = IndicatorFigure.objects.create(
                indicator=indicator,
                definition=str(one.version),
                org_unit=unit,
                period=period,
                value=reporting.in_indicator_unit(amount, proposal.measure_unit, one),
                measure_unit=one.measure_unit,
                source=IndicatorFigure.Source.CONFIRMED,
                data_on=datetime.date(int(period[:4]), 12, 31),
                note=source,
                recorded_by=act.actor,
            )
        proposal.indicator, proposal.stage = indicator, FigureProposal.Stage.CONFIRMED
        proposal.decided_by, proposal.decided_at = act.actor, timezone.now()
        proposal.save()
        after = {
            "indicator": indicator,
            "org_unit": unit.code,
            "period": period,
            "value": str(amount),
            "source": source,
        }
        audit.record(act, audit.Trace("confirm", "figure_proposal", str(proposal.pk), proposal.span, after=after))
    return proposal


def refuse(proposal: FigureProposal, act: Act) -> FigureProposal:
    """The figure is not taken; a confirmation made before is withdrawn."""
    act.need("figures.confirm")
    with transaction.atomic():
        figure, proposal.figure = proposal.figure, None
        proposal.stage = FigureProposal.Stage.REFUSED
        proposal.decided_by, proposal.decided_at = act.actor, timezone.now()
        proposal.save()
        if figure:
            figure.delete()
        audit.record(act, audit.Trace("refuse", "figure_proposal", str(proposal.pk), proposal.span))
    return proposal


def write_report(
    template: str,
    unit: OrgUnit,
    year: int,
    act: Act,
    day: datetime.date,
    snapshot: Snapshot | None = None,
) -> WrittenReport:
    """Writes a report from a snapshot (a new one by default): every figure pinned, the Word file kept."""
    act.need("report.write")
    if snapshot is None:
        snapshot, _count = compute(day)
    made = reporting.make(template, unit, year, day, snapshot)
    row = WrittenReport(
        template=template,
        template_text=made.template_text,
        title=made.document.title,
        org_unit=unit,
        year=year,
        period=made.period,
        snapshot=snapshot,
        figures=made.pinned,
        edition=WrittenReport.objects.filter(template=template, org_unit=unit, year=year).count() + 1,
        created_by=act.actor,
    )
    content = reporting.docx_of(row)
    with transaction.atomic():
        row.stored_file = files.store(f"{row.title}（第{row.edition}版）.docx", content, act)
        row.save()
        audit.record(
            act,
            audit.Trace(
                "create",
                "written_report",
                str(row.pk),
                row.title,
                after={"snapshot": snapshot.digest, "figures": len(made.pinned["figures"])},
            ),
        )
    return row


def check_report(row: WrittenReport, act: Act, progress: Any = None) -> WrittenReport:
    """Follows every figure of a draft to its sources and notes the outcome; a published one keeps the outcome it was published with."""
    act.need("report.write")
    if row.stage == WrittenReport.Stage.DRAFT:
        row.figures["evidence"] = evidence.check(row, reporting.document_of(row), progress).as_data()
        row.save(update_fields=["figures"])
    return row


def publish_report(row: WrittenReport, act: Act) -> WrittenReport:
    """Locks a report: it is never changed again, only followed by a new edition."""
    act.need("report.publish")
    if row.stage == WrittenReport.Stage.PUBLISHED:
        raise InvalidError([Problem("published", _("报告已发布"), _("如数据有变，请另编一版"))])
    with transaction.atomic():
        row.stage, row.published_at = WrittenReport.Stage.PUBLISHED, timezone.now()
        row.save(update_fields=["stage", "published_at"])
        audit.record(act, audit.Trace("publish", "written_report", str(row.pk), row.title))
    return row
