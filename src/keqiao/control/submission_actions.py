"""Writes of data reporting (数据上报): save, submit, approve up the tree, return with a reason."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.control import collection
from keqiao.control.models import IndicatorFigure, Submission
from keqiao.core import access, audit
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.clock import today
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.engines import indicators as engine

Stage = Submission.Stage


def save(
    form: collection.Form,
    unit: OrgUnit,
    period: str,
    typed: Mapping[str, Any],
    note: str,
    act: Act,
    *,
    is_final: bool = False,
) -> Submission:
    """Keeps what is typed; with `is_final` it is checked, complete and handed up. Values handed up or approved are closed until returned."""
    act.need("figures.report")
    if unit.level not in form.levels or period not in form.periods(today()):
        raise InvalidError([Problem("not_asked", _("本单位本期间无需报送此表"), "", "period", _("期间"), period)])
    values = collection.numbers(form, typed)
    if is_final:
        _check(form, unit, period, values, note)
    with transaction.atomic():
        old = Submission.objects.select_for_update().filter(form=form.id, org_unit=unit, period=period).first()
        if old and old.stage in {Stage.SUBMITTED, Stage.APPROVED}:
            raise InvalidError(
                [
                    Problem(
                        "closed",
                        _("已报送，不能修改"),
                        _("须由上级退回后修改"),
                        "stage",
                        _("状态"),
                        old.get_stage_display(),
                    )
                ]
            )
        row, before = old or Submission(form=form.id, org_unit=unit, period=period), dict(old.values) if old else None
        row.values, row.note = values, note[:500]
        if is_final:
            row.awaits, row.reason = collection.awaited(form, unit), ""
            row.stage = Stage.SUBMITTED if row.awaits else Stage.APPROVED
            row.submitted_by, row.submitted_at = act.actor, timezone.now()
        row.save()
        verb = "submit" if is_final else "change" if old else "create"
        audit.record(
            act,
            audit.Trace(verb, "submission", str(row.pk), str(row), before=before, after={**values, "note": row.note}),
        )
        if row.stage == Stage.APPROVED:
            _publish(form, row, act)
    return row


def _check(form: collection.Form, unit: OrgUnit, period: str, values: Mapping[str, str], note: str) -> None:
    problems = []
    if engine.Period.parse(period).last_day >= today():
        problems.append(
            Problem("too_early", _("期间尚未结束"), _("请在期间结束后报送，此前可先保存"), "period", _("期间"), period)
        )
    for field in form.fields:
        if field.key not in values:
            problems.append(Problem("required", _("未填"), _("没有的请填 0"), field.key, field.label))
    labels = {field.key: field.label for field in form.fields}
    found = collection.findings(form, unit, period, values)
    problems += [
        Problem(one.rule, one.reason, one.remedy, one.indicator, labels[one.indicator], values[one.indicator])
        for one in found
        if one.severity == "error" or not note
    ]
    if any(one.severity != "error" for one in found) and not note:
        problems.append(
            Problem("explain", _("有数据需要说明"), _("请核对；属实的在“说明”中写明原因"), "note", _("说明"))
        )
    if problems:
        raise InvalidError(problems)


def _need_turn(row: Submission, act: Act) -> None:
    """Only the unit above whose turn it is decides."""
    act.need("figures.approve")
    if act.actor is None:
        return
    above = OrgUnit.objects.filter(pk__in=row.org_unit.ancestor_ids()[:-1], level=row.awaits)
    grants = {grant.org_unit.pk for grant in access.powers(act.actor).grants if grant.org_unit}
    if row.stage != Stage.SUBMITTED or not above.filter(pk__in=grants).exists():
        raise ForbiddenError(_("现在不由您审核这份报表"))


def approve(form: collection.Form, row: Submission, act: Act) -> Submission:
    """Hands up to the next level, or after the last one turns the values into figures."""
    _need_turn(row, act)
    with transaction.atomic():
        row.awaits = collection.awaited(form, row.org_unit, row.awaits)
        row.stage = Stage.SUBMITTED if row.awaits else Stage.APPROVED
        row.decided_by, row.decided_at = act.actor, timezone.now()
        row.save()
        audit.record(
            act,
            audit.Trace(
                "approve", "submission", str(row.pk), str(row), after={"awaits": row.awaits, "stage": row.stage}
            ),
        )
        if row.stage == Stage.APPROVED:
            _publish(form, row, act)
    return row


def give_back(row: Submission, act: Act) -> Submission:
    """Returned to the unit that reported, for the reason of the act."""
    _need_turn(row, act)
    if not act.reason:
        raise InvalidError(
            [Problem("reason_needed", _("请写明退回理由"), _("说明哪项数据要改"), "reason", _("退回理由"))]
        )
    with transaction.atomic():
        row.stage, row.awaits, row.reason = Stage.RETURNED, "", act.reason[:300]
        row.decided_by, row.decided_at = act.actor, timezone.now()
        row.save()
        audit.record(act, audit.Trace("return", "submission", str(row.pk), str(row), after={"stage": row.stage}))
    return row


def _publish(form: collection.Form, row: Submission, act: Act) -> None:
    units = {field.key: field.definition.measure_unit for field in form.fields}
    last: datetime.date = engine.Period.parse(row.period).last_day
    IndicatorFigure.objects.bulk_create(
        IndicatorFigure(
            indicator=key, definition="1", org_unit=row.org_unit, period=row.period, value=Decimal(value), measure_unit=units[key],
            source=IndicatorFigure.Source.REPORTED, data_on=last, note=form.name[:300], recorded_by=act.actor,
        )
        for key, value in row.values.items()
        if key in units
    )  # fmt: skip
