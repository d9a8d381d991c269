"""Policy library and finance pools."""

from typing import Any

from django.core.paginator import Paginator
from django.shortcuts import render

from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.core.records.pages import open_page, register_for, row_for
from keqiao.services import facts, library, pools
from keqiao.services.reach import units_under


@open_page
def policy_library(request: Any) -> Any:
    register_for(request, "policy")
    words = request.GET.get("q", "").strip()[:100]
    page = Paginator(library.policies(request.user, words, ""), 30).get_page(request.GET.get("page"))
    staff = library.may_see_counts(request.user)
    run = facts.latest_run() if staff else None
    year = today().year - 1
    context = {
        "page": page,
        "words": words,
        "staff": staff,
        "year": year,
        "fulfilment": library.fulfilment(run, year) if run else [],
        "run": run,
        "layout": "work.html" if request.user.is_authenticated else "public.html",
    }
    return render(request, "services/policy_library.html", context)


@open_page
def one_policy(request: Any, pk: int) -> Any:
    """A document with its summary, and each clause beside the rule that judges it."""
    policy = row_for(request, register_for(request, "policy"), pk)
    run = facts.latest_run() if library.may_see_counts(request.user) else None
    lines = library.clauses_of(request.user, policy, facts.rules_on(today()))
    counts = {}
    if run:
        units, judged = units_under(request.user), facts.results(run).columns
        for key in {line.rule.id for line in lines if line.rule and f"{line.rule.id}:verdict" in judged}:
            counts[key] = len(facts.answering(run, key, "yes", units))
    context = {
        "policy": policy,
        "lines": [(line, counts.get(line.rule.id) if line.rule else None) for line in lines],
        "run": run,
        "layout": "work.html" if request.user.is_authenticated else "public.html",
    }
    return render(request, "services/one_policy.html", context)


@needs("cockpit.view")
def finance_pools(request: Any) -> Any:
    run = facts.latest_run()
    found = pools.pools(run, units_under(request.user)) if run else []
    return render(request, "services/finance_pools.html", {"run": run, "pools": found})
