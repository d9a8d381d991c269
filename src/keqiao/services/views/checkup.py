"""Check-up pages: an enterprise's own, its Word report, and the city's."""

from typing import Any

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from keqiao.core.clock import today
from keqiao.core.guard import needs
from keqiao.services import checkup, checkup_report, facts
from keqiao.services.reach import units_under
from keqiao.services.views.downloads import WORD, file_response
from keqiao.services.views.one_list import enterprise_of


def panel(request: Any, pk: int) -> Any:
    enterprise = enterprise_of(request, pk)
    found = checkup.check(enterprise, today())
    if found is None:
        return render(request, "services/_checkup.html", {"enterprise": enterprise, "checkup": None})
    years = checkup.trend(enterprise, today())
    context = {
        "enterprise": enterprise,
        "checkup": found,
        "peers": checkup.peers(enterprise, found),
        "weak": checkup.weaknesses(found),
        "radar": _radar(found),
        "line": _line(years),
        "years": years,
    }
    return render(request, "services/_checkup.html", context)


def report(request: Any, pk: int) -> Any:
    enterprise = enterprise_of(request, pk)
    try:
        content, name = checkup_report.write(enterprise, today(), _bureau(enterprise))
    except LookupError:
        raise Http404 from None
    return file_response(content, name, WORD)


def _bureau(enterprise: Any) -> str:
    return f"{enterprise.org_unit.name}科技部门" if enterprise.org_unit else "科学技术局"


def _radar(found: checkup.Checkup) -> dict[str, Any]:
    shares = [round(part.share * 100, 1) for part in found.parts]
    return {
        "tooltip": {},
        "radar": {"indicator": [{"name": part.name, "max": 100} for part in found.parts], "radius": "62%"},
        "series": [
            {
                "type": "radar",
                "areaStyle": {"opacity": 0.25},
                "data": [{"value": shares, "name": _("得分率（%）")}],
            }
        ],
    }


def _line(years: list[checkup.Checkup]) -> dict[str, Any]:
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"bottom": 0},
        "grid": {"left": 40, "right": 16, "top": 16, "bottom": 48},
        "xAxis": {"type": "category", "data": [one.day.isoformat() for one in years]},
        "yAxis": {"type": "value", "min": 0, "max": 100},
        "series": [
            {"type": "line", "name": _("已知资料的得分"), "data": [float(one.score.low) for one in years]},
            {"type": "line", "name": _("资料补齐后最高"), "lineStyle": {"type": "dashed"}, "data": [float(one.score.high) for one in years]},
        ],
    }  # fmt: skip


@needs("cockpit.view")
def city(request: Any) -> Any:
    """How many are checked with all facts known, and the grades by county, from the last batch."""
    run = facts.latest_run()
    rule = facts.rules_on(run.as_of).get(checkup.RULE) if run else None
    if run is None or rule is None or rule.score is None or checkup.scores(run).is_empty():
        return render(request, "services/checkups.html", {"run": None})
    places = checkup.by_county(run, rule, units_under(request.user))
    grades = [name for name, _least in rule.score.grades] + [checkup.OPEN]
    rows = [(place, [place.grades[grade] for grade in grades]) for place in places]
    context = {
        "run": run,
        "rule": rule,
        "grades": grades,
        "rows": rows,
        "count": sum(place.count for place in places),
        "settled": sum(place.settled for place in places),
        "totals": [sum(counts[i] for _place, counts in rows) for i in range(len(grades))],
    }
    return render(request, "services/checkups.html", context)
