"""Rehearsal page for officers: change a rule's text, see who gains and who loses; nothing is put in force."""

from typing import Any

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from keqiao.core.guard import needs
from keqiao.engines.rules import ProblemsFound
from keqiao.services import facts, rehearsal
from keqiao.services.reach import units_under


@needs("policies.rehearse")
def rehearse(request: Any) -> Any:
    run = facts.latest_run()
    if run is None:
        return render(request, "services/rehearsal.html", {"run": None})
    rules = facts.rules_on(run.as_of)
    given = request.POST if request.method == "POST" else request.GET
    chosen = given.get("rule", "")
    if chosen and chosen not in rules:
        raise Http404
    context: dict[str, Any] = {
        "run": run,
        "rules": sorted((facts.name_of(rule), key) for key, rule in rules.items()),
        "chosen": chosen,
    }
    if chosen:
        amount = rules[chosen].amount
        context |= {"is_money": amount is not None and amount.unit == facts.YUAN}
        context |= {"rule": rules[chosen], "text": rehearsal.text_of(chosen, run.as_of), "problems": []}
    if request.method == "POST" and chosen:
        context |= _outcome(request, run, chosen)
    return render(request, "services/rehearsal.html", context)


def _outcome(request: Any, run: Any, chosen: str) -> dict[str, Any]:
    uploaded = request.FILES.get("file")
    raw = (
        uploaded.read(rehearsal.LARGEST_TEXT)
        if uploaded
        else request.POST.get("text", "")[: rehearsal.LARGEST_TEXT].encode()
    )
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return {"problems": [_("文件不是 UTF-8 编码的文本")]}
    try:
        outcome = rehearsal.rehearse(run, chosen, text, units_under(request.user))
    except ProblemsFound as error:
        return {"text": text, "problems": [str(problem) for problem in error.problems]}
    except ValueError as error:
        return {
            "text": text,
            "problems": [_("文本里的规则是 %(id)s，不是所选的规则；请不要改 id 和 grain") % {"id": error}],
        }
    clauses = {clause.key: clause.name for clause in facts.rules_on(run.as_of)[chosen].clauses}

    def lines(shifts: Any) -> list[dict[str, Any]]:
        return [
            {"pk": outcome.ids[one.subject], "shift": one, "because": [clauses.get(key, key) for key in one.because]}
            for one in shifts
        ]

    shown = outcome.shown
    groups = [
        (_("新增符合"), lines(shown.gains)),
        (_("不再符合"), lines(shown.losses)),
        (_("金额变化"), lines(shown.repriced)),
        (_("转入或转出待核实"), lines(shown.unsettled)),
    ]
    return {"text": text, "outcome": outcome, "groups": groups, "difference": outcome.total[1] - outcome.total[0]}
