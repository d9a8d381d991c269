"""The target workbench of one indicator: split, see the pressure, save; and the negotiation about it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.control import facts, splitting, target_actions
from keqiao.control.models import Target, TargetNote
from keqiao.control.views.cockpit import as_number, home_unit, unit_for
from keqiao.core import access
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.core.records.problems import InvalidError
from keqiao.engines import indicators as engine


@needs("cockpit.view")
def split_target(request: Any, key: str) -> Any:
    """Shows the split of what is typed; nothing is written before it is saved."""
    one, unit, snapshot = facts.definition(key), unit_for(request), facts.latest_snapshot()
    data = request.POST if request.method == "POST" else request.GET
    year = int(data["year"]) if data.get("year", "").isdigit() and len(data["year"]) == 4 else today().year
    if one is None or snapshot is None:
        raise Http404
    children = list(OrgUnit.objects.filter(parent=unit).valid_on(today()).order_by("code"))
    held = facts.targets(year, [unit, *children])
    may_set = access.may(request.user, "targets.set")
    problems: list[str] = []
    typed = _Typed(data, problems)
    own = held.get((key, unit.pk))
    total = typed.number("total", _("目标值")) if "total" in data else (own.value if own else None)
    limits = {child.pk: _limits(typed, child, held.get((key, child.pk)), "total" in data) for child in children}
    method = data.get("method", "base") if data.get("method", "base") in splitting.METHODS else "base"
    step = (
        typed.number("step", _("最小单位"))
        if data.get("step")
        else splitting.step_of([total, *(limit.amount for limit in limits.values())])
    )
    past = splitting.history(one, [unit, *children], year, snapshot)
    found = None
    if total is not None and step and children and splitting.is_additive(one) and not problems:
        try:
            found = splitting.split(total, step, method, children, past, limits)
        except engine.IndexProblem as error:
            problems += [_said(p) for p in error.problems]
    if request.POST.get("do") == "save" and found and may_set:
        try:
            saved = target_actions.save_split(one, unit, year, found, act_of(request))
        except InvalidError as error:
            problems += [str(problem) for problem in error.problems]
        else:
            messages.success(request, _("已保存 %(n)s 项目标（草稿须下达后生效）") % {"n": len(saved)})
            return redirect(f"/targets/?unit={unit.code}&year={year}")
    base = past.get(unit.pk)
    context = {
        "one": one, "label": facts.label(one), "unit": unit, "year": year, "total": total, "step": step, "method": method,
        "methods": splitting.METHODS.items(), "found": found, "problems": problems, "may_set": may_set,
        "is_additive": splitting.is_additive(one), "own": own, "children": [(child, limits[child.pk], held.get((key, child.pk))) for child in children],
        "base": None if base is None else float(base.base),
        "growth": None if base is None or not base.base or total is None else (float(total) / float(base.base) - 1) * 100,
        "needs_reason": any(t.stage == Target.Stage.PUBLISHED for t in held.values() if t.indicator == key),
        "notes": TargetNote.objects.filter(target__indicator=key, target__year=year, target__org_unit__path__startswith=unit.path).select_related("target__org_unit", "written_by"),
        "home": home_unit(request.user),
    }  # fmt: skip
    return render(request, "control/split.html", context)


def _said(problem: engine.Problem) -> str:
    """The engine's reason in the user's words, with the place and value it names."""
    reasons = {
        "targets.step": _("总数不是最小单位的整数倍，请调整总数或最小单位"),
        "targets.locked": _("锁定（手工）值不是最小单位的整数倍，请调整"),
        "targets.weight": _("权重不能为负"),
        "targets.limits": _("下限大于上限，请调整"),
    }
    return f"{problem.where} {problem.value}：{reasons.get(problem.code, f'{problem.reason}; {problem.remedy}')}"


class _Typed:
    """Numbers of the form; what is no number becomes a problem that names its field and value."""

    def __init__(self, data: Any, problems: list[str]) -> None:
        self.data, self.problems = data, problems

    def number(self, name: str, label: str) -> Decimal | None:
        try:
            return as_number(self.data.get(name, ""))
        except ValueError:
            self.problems.append(_("%(label)s：“%(text)s”不是数字") % {"label": label, "text": self.data.get(name)})
            return None


def _limits(typed: _Typed, child: OrgUnit, held: Target | None, is_typed: bool) -> splitting.Limits:
    """As typed; a page just opened shows the stored value and lock."""
    if not is_typed:
        return splitting.Limits(amount=held.value if held else None, is_locked=bool(held and held.is_locked))

    def number(name: str, label: str) -> Decimal | None:
        return typed.number(f"{name}_{child.code}", f"{child.name} {label}")

    found = splitting.Limits(
        number("floor", _("下限")),
        number("cap", _("上限")),
        number("weight", _("权重")),
        number("amount", _("锁定/手工值")),
    )
    is_locked = f"lock_{child.code}" in typed.data
    if is_locked and found.amount is None:
        typed.problems.append(_("%(unit)s：锁定须填写数值") % {"unit": child.name})
    return replace(found, is_locked=is_locked and found.amount is not None)


@require_POST
@needs("targets.set")
def propose(request: Any) -> Any:
    unit, snapshot = unit_for(request), facts.latest_snapshot()
    year = request.POST.get("year", "")
    if snapshot is None or not year.isdigit() or len(year) != 4:
        raise Http404
    made = target_actions.propose(unit, int(year), snapshot, act_of(request))
    messages.success(request, _("已拟定 %(n)s 项目标草稿") % {"n": len(made)})
    return redirect(f"/targets/?unit={unit.code}&year={year}")


def _reach(request: Any, unit: OrgUnit) -> None:
    home = home_unit(request.user)
    if home is None or not unit.path.startswith(home.path):
        raise Http404


@require_POST
@needs("cockpit.view")
def write_note(request: Any, pk: int) -> Any:
    target = get_object_or_404(Target.objects.select_related("org_unit"), pk=pk)
    _reach(request, target.org_unit)
    try:
        target_actions.note(
            target, request.POST.get("text", "").strip(), as_number(request.POST.get("asked", "")), act_of(request)
        )
        messages.success(request, _("意见已提交"))
    except ValueError:
        messages.error(request, _("“%(text)s”不是数字，请只填数字") % {"text": request.POST.get("asked", "")})
    except InvalidError as error:
        messages.error(request, str(error))
    return redirect(f"/targets/split/{target.indicator}/?unit={target.org_unit.code}&year={target.year}#notes")


@require_POST
@needs("targets.set")
def answer_note(request: Any, pk: int) -> Any:
    row = get_object_or_404(TargetNote.objects.select_related("target__org_unit"), pk=pk)
    _reach(request, row.target.org_unit)
    if home_unit(request.user) == row.target.org_unit:
        raise Http404  # the upper unit answers, not the one that asks
    try:
        target_actions.answer(row, request.POST.get("text", "").strip(), act_of(request))
    except InvalidError as error:
        messages.error(request, str(error))
    return redirect(
        f"/targets/split/{row.target.indicator}/?unit={row.target.org_unit.code}&year={row.target.year}#notes"
    )
