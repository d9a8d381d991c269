"""Data quality (数据质量): what the checks found, by check, and what people say to it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from keqiao.core import access
from keqiao.core.act import ForbiddenError, act_of
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.fields import show
from keqiao.core.records.problems import InvalidError
from keqiao.portal.desk import DeskCard, add_desk
from keqiao.registers import actions, checks
from keqiao.registers.models import Finding

PAGE = 25


def findings(request: Any) -> Any:
    """Checks with how many rows fail them; the rows of the chosen one, each with what was read and the way to settle it."""
    stage = request.GET.get("stage") or Finding.Stage.OPEN
    seen = actions.findings_seen_by(request.user)
    held = seen.filter(stage=stage)
    known = checks.all_checks()
    counts = {row["check_key"]: row["n"] for row in held.values("check_key").annotate(n=Count("id")).order_by()}
    listed = sorted(
        ((known[key], number) for key, number in counts.items() if key in known),
        key=lambda pair: (pair[0].severity != "error", -pair[1]),
    )
    chosen = known.get(request.GET.get("check", "")) or (listed[0][0] if listed else None)
    rows = held.filter(check_key=chosen.key) if chosen else held.none()
    page = Paginator(rows.select_related("org_unit", "settled_by"), PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.read = [(_label(row.register, key), _said(row.register, key, value)) for key, value in row.values.items()]
    stages = {row["stage"]: row["n"] for row in seen.values("stage").annotate(n=Count("id")).order_by()}
    context = {
        "checks": [(check, number, REGISTERS[check.register].verbose_name) for check, number in listed],
        "chosen": chosen,
        "page": page,
        "stage": stage,
        "stages": [(key, label, stages.get(key, 0)) for key, label in Finding.Stage.choices],
    }
    return render(request, "portal/findings.html", context)


def _label(register: str, key: str) -> Any:
    """The field's own label; of last year's value with 上年 before it."""
    field = REGISTERS[register].fields.get(key.removesuffix(checks.LAST))
    if field is None:
        return key
    return _("上年%(label)s") % {"label": field.label} if key.endswith(checks.LAST) else field.label


def _said(register: str, key: str, value: str) -> str:
    """The value as it was read; a choice by its label."""
    field = REGISTERS[register].fields.get(key.removesuffix(checks.LAST))
    return show(field, value) if field is not None and field.kind == "choice" else value


@require_POST
def settle_finding(request: Any, pk: int) -> Any:
    finding = get_object_or_404(actions.findings_seen_by(request.user), pk=pk)
    try:
        actions.settle(finding, request.POST.get("stage", ""), request.POST.get("note", ""), act_of(request))
    except InvalidError as error:
        messages.error(request, str(error))
    except ForbiddenError as error:
        messages.error(request, _("不能处理：%(reason)s") % {"reason": error})
    else:
        messages.success(request, _("已记录"))
    return redirect(f"{reverse('findings')}?check={finding.check_key}")


@add_desk
def findings_card(user: Any) -> list[DeskCard]:
    """Open findings on the rows this user answers for."""
    if not access.powers(user).is_known:
        return []
    held = actions.findings_seen_by(user).filter(stage=Finding.Stage.OPEN)
    due, late = held.count(), held.filter(severity=Finding.Severity.ERROR).count()
    return [DeskCard(_("数据质量问题"), "shield-check", reverse("findings"), due=due, late=late)] if due else []
