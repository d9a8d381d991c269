"""One list per enterprise (一企一清单): what it qualifies for now, nearly, perhaps, or not — each with its reasons."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from keqiao.core import access
from keqiao.core.clock import today
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.pages import register_for, row_for
from keqiao.engines import rules as engine
from keqiao.registers.facts import record_of
from keqiao.services import facts, list_report
from keqiao.services.questions import answer_link
from keqiao.services.views.downloads import WORD, file_response


def enterprise_of(request: Any, pk: int) -> Any:
    """The enterprise, for its own people and the office: what is worked out about it is not public."""
    row = row_for(request, register_for(request, "enterprise"), pk)
    if not access.lens(request.user, REGISTERS["enterprise"]).sees_inside(row):
        raise PermissionDenied(_("政策清单只对本企业和管理部门开放"))
    return row


def mine(request: Any) -> Any:
    """The signed-in enterprise's own list."""
    kind, pk = access.powers(request.user).subject
    if kind != "enterprise" or not pk:
        raise Http404
    return redirect(f"/r/enterprise/{pk}/#tab-policies")


def panel(request: Any, pk: int) -> Any:
    enterprise = enterprise_of(request, pk)
    entries, questions, record = facts.one_list(enterprise, today())
    labels = {"now": _("现在符合"), "nearly": _("接近符合"), "unknown": _("待核实"), "not": _("暂不符合")}
    groups = [(key, labels[key], [entry for entry in entries if entry.group == key]) for key in facts.GROUPS]
    total = sum((entry.money or 0 for entry in entries if entry.group == "now"), 0)
    context = {
        "enterprise": enterprise,
        "groups": groups,
        "questions": [(one, answer_link(request.user, enterprise, one.fact, today())) for one in questions],
        "total": total,
        "day": today(),
        "known": len(record.values),
    }
    return render(request, "services/_one_list.html", context)


def report(request: Any, pk: int) -> Any:
    """The list as a Word file to hand over."""
    enterprise = enterprise_of(request, pk)
    unit = enterprise.org_unit.name if enterprise.org_unit else ""
    content, name = list_report.write(enterprise, today(), f"{unit}科技部门")
    return file_response(content, name, WORD)


def explain(request: Any, pk: int, rule: str) -> Any:
    """Clause by clause: text, value used with its source, gap; score sheet; the smallest change that would do."""
    enterprise = enterprise_of(request, pk)
    chosen = facts.rulebook().get(rule, today())
    if chosen is None:
        raise Http404
    record = record_of(enterprise, today())
    result = engine.evaluate_rule(chosen, record, today())
    change = engine.smallest_change(chosen, record, today()) if result.verdict == engine.Verdict.UNMET else None
    return render(
        request,
        "services/_explain.html",
        {"rule": chosen, "result": result, "change": change, "amount": engine.amount_text(result.amount)},
    )
