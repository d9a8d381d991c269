"""The officer's view over all enterprises: who qualifies for what, worth how much; from the last batch, with its as-of time."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.core import jobs
from keqiao.core.act import act_of
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.services import facts
from keqiao.services.reach import units_under


@needs("cockpit.view")
def policy_matches(request: Any) -> Any:
    run = facts.latest_run()
    if run is None:
        return render(request, "services/policy_matches.html", {"run": None})
    units = units_under(request.user)
    kind = request.GET.get("kind", "")
    rows: list[dict[str, Any]] = []
    rules = facts.rules_on(run.as_of)
    frame = facts.results(run)
    mine = frame.filter(frame["org_unit"].is_in(units))
    for key, rule in rules.items():
        if f"{key}:verdict" not in mine.columns or (kind and rule.kind != kind):
            continue
        verdict, amount = mine[f"{key}:verdict"], f"{key}:amount"
        is_money = rule.amount is not None and rule.amount.unit == facts.YUAN
        total = mine.filter(verdict == 1)[amount].cast(float).sum() if is_money and amount in mine.columns else None
        rows.append(
            {
                "rule": rule,
                "name": facts.name_of(rule),
                "yes": int((verdict == 1).sum() or 0),
                "no": int((verdict == 0).sum() or 0),
                "unknown": verdict.null_count(),
                "amount": total,
            }
        )
    rows.sort(key=lambda row: -row["yes"])
    kinds = sorted({rule.kind for rule in rules.values()})
    return render(
        request,
        "services/policy_matches.html",
        {"run": run, "rows": rows, "kinds": kinds, "kind": kind, "subjects": len(mine)},
    )


@needs("cockpit.view")
def subjects(request: Any, rule: str) -> Any:
    """Enterprises with one verdict on one rule."""
    run, verdict = facts.latest_run(), request.GET.get("verdict", "yes")
    chosen = facts.rulebook().get(rule, run.as_of) if run else None
    if run is None or chosen is None or verdict not in {"yes", "no", "unknown"}:
        raise Http404
    found = facts.answering(run, rule, verdict, units_under(request.user))
    names = dict(OrgUnit.objects.filter(valid_until=None).values_list("code", "name"))
    rows = [
        {"pk": row[0], "name": row[1], "unit": names.get(row[2], row[2]), "amount": row[3] if len(row) > 3 else None}
        for row in found.iter_rows()
    ]
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(
        request,
        "services/policy_subjects.html",
        {
            "run": run,
            "rule": chosen,
            "name": facts.name_of(chosen),
            "page": page,
            "verdict": verdict,
            "count": len(rows),
        },
    )


@require_POST
@needs("policies.rehearse")
def run(request: Any) -> Any:
    return redirect("job", jobs.start("run_rules", _("政策匹配"), {}, act_of(request)).pk)
