"""The officer's view over all enterprises: who qualifies for what, worth how much; from the last batch, with its as-of time."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.core import audit, jobs
from keqiao.core.act import act_of
from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.models import OrgUnit
from keqiao.services import actions, facts, list_report, windows
from keqiao.services.reach import units_under
from keqiao.services.views.downloads import EXCEL, file_response


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


def _chosen(request: Any, rule: str) -> tuple[Any, Any, str, list[dict[str, Any]]]:
    """(batch, rule, verdict, enterprises) of a list's address; `open=1` leaves out who holds what the rule grants."""
    run, verdict = facts.latest_run(), request.GET.get("verdict", "yes")
    chosen = facts.rules_on(run.as_of).get(rule) if run else None
    if run is None or chosen is None or verdict not in {"yes", "no", "unknown"}:
        raise Http404
    held = facts.holders(run, chosen)
    names = dict(OrgUnit.objects.filter(valid_until=None).values_list("code", "name"))
    rows = [
        {
            "pk": row[0],
            "name": row[1],
            "unit": names.get(row[2], row[2]),
            "uscc": row[3],
            "amount": row[4] if len(row) > 4 else None,
            "holds": row[0] in held,
        }
        for row in facts.answering(run, rule, verdict, units_under(request.user)).iter_rows()
    ]
    if request.GET.get("open"):
        rows = [row for row in rows if not row["holds"]]
    return run, chosen, verdict, rows


@needs("cockpit.view")
def subjects(request: Any, rule: str) -> Any:
    """Enterprises with one verdict on one rule."""
    run, chosen, verdict, rows = _chosen(request, rule)
    context = {
        "run": run,
        "rule": chosen,
        "name": facts.name_of(chosen),
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "verdict": verdict,
        "count": len(rows),
        "window": windows.of(chosen, today()),
        "is_money": chosen.amount is not None and chosen.amount.unit == facts.YUAN,
        "only_open": bool(request.GET.get("open")),
    }
    return render(request, "services/policy_subjects.html", context)


@needs("cockpit.view")
def export(request: Any, rule: str) -> Any:
    """The same list as a workbook; the download is noted."""
    run, chosen, verdict, rows = _chosen(request, rule)
    heads = [_("企业"), _("统一社会信用代码"), _("属地"), _("金额（元）"), _("已获认定")]
    lines = [(row["name"], row["uscc"], row["unit"], row["amount"], _("是") if row["holds"] else "") for row in rows]
    note = _("数据日期 %(day)s，共 %(count)s 家") % {"day": run.as_of.isoformat(), "count": len(rows)}
    content = list_report.workbook(facts.name_of(chosen), heads, lines, note)
    audit.record(
        act_of(request),
        audit.Trace("export", "policy_rule", rule, chosen.name[:200], after={"verdict": verdict, "rows": len(rows)}),
    )
    return file_response(content, f"{facts.name_of(chosen)}_{run.as_of.isoformat()}.xlsx", EXCEL)


@require_POST
@needs("policies.notify")
def notify(request: Any, rule: str) -> Any:
    run, chosen, _verdict, _rows = _chosen(request, rule)
    sent, unreached = actions.notify(run, chosen, units_under(request.user), act_of(request))
    messages.success(
        request,
        _("已通知 %(sent)s 个账号；符合而没有账号的企业 %(unreached)s 家") % {"sent": sent, "unreached": unreached},
    )
    return redirect("policy_subjects", rule)


@require_POST
@needs("policies.rehearse")
def run(request: Any) -> Any:
    return redirect("job", jobs.start("run_rules", _("政策匹配"), {}, act_of(request)).pk)
