"""The open funnel: shown, contact, talk, intent, deal — by matcher, broker and industry, counted from the events each time."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.utils.translation import gettext as _

from keqiao.engines import match as engine
from keqiao.market.facts import funnel_events
from keqiao.market.models import MatchEvent
from keqiao.registers.classifications import classification


@login_not_required
def funnel(request: Any) -> Any:
    events = list(funnel_events())
    whole = engine.funnels(events)
    stages = dict(MatchEvent.Stage.choices)
    industries = dict(classification("industries").choices)
    tables = []
    groupings: list[tuple[Any, str]] = [
        ("matcher", _("按匹配方式")),
        ("broker", _("按经纪人")),
        ("industry", _("按行业")),
    ]
    for by, label in groupings:
        rows = [(industries.get(one.group, one.group) or _("未注明"), one) for one in engine.funnels(events, by)[:15]]
        tables.append((label, rows))
    context = {
        "whole": whole[0] if whole else None,
        "stages": stages,
        "tables": tables,
        "answers": [(engine.ANSWERS[code], count) for code, count in whole[0].answers] if whole else [],
        "count": len(events),
        "layout": "work.html" if request.user.is_authenticated else "public.html",
    }
    return render(request, "market/funnel.html", context)
