"""Matches: on a demand's page, on an achievement's page, and while a demand is still being typed."""

from typing import Any, Literal

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.core import access
from keqiao.core.act import act_of
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.pages import open_page, register_for, row_for
from keqiao.core.records.problems import InvalidError
from keqiao.engines import match as engine
from keqiao.market import actions, topic
from keqiao.market.candidates import experts, find, question_of
from keqiao.market.models import MatchEvent

MATCHER = "lexical+full@1"


def _row(request: Any, key: str, pk: int) -> Any:
    return row_for(request, register_for(request, key), pk)


@open_page
def demand_matches(request: Any, pk: int) -> Any:
    """Ranked achievements, experts and institutions for a demand; what staff and owners are shown is kept in the match ledger."""
    demand = _row(request, "demand", pk)
    text = question_of(demand)
    filters = []
    if low := request.GET.get("maturity", ""):
        filters.append(engine.Filter("maturity", minimum=float(low)) if low.isdigit() else engine.Filter("maturity"))
    groups = [
        ("achievement", _("成果"), find(request.user, text, "achievement", 10, filters)),
        ("person", _("专家"), experts(request.user, text, "person", 6)),
        ("institution", _("机构"), experts(request.user, text, "institution", 6)),
    ]
    inside = access.lens(request.user, "demand").sees_inside(demand)
    if inside:
        actions.show(demand, [one for _key, _label, found in groups for one in found], act_of(request), MATCHER)
    said = MatchEvent.objects.filter(demand=demand).exclude(stage=MatchEvent.Stage.SHOWN).order_by("at")
    context = {
        "demand": demand,
        "groups": groups,
        "maturity": low,
        "inside": inside,
        "may_follow": request.user.is_authenticated
        and (access.may(request.user, "change", demand) or access.may(request.user, "deals.broker")),
        "answers": engine.ANSWERS,
        "stages": [stage for stage in MatchEvent.Stage.choices if stage[0] != "shown"],
        "said": {f"{one.candidate_register}:{one.candidate_id}": one for one in said},
    }
    return render(request, "market/_demand_matches.html", context)


@open_page
def achievement_matches(request: Any, pk: int) -> Any:
    """Who could need it: open demands near an achievement."""
    row = _row(request, "achievement", pk)
    found = find(request.user, question_of(row), "demand", 10)
    return render(
        request,
        "market/_candidates.html",
        {"candidates": found, "label": _("可能需要它的需求"), "register": REGISTERS["demand"]},
    )


@login_not_required
def try_demand(request: Any) -> Any:
    """The demand coach: type a need, answer at most five questions, and see the candidates change."""
    text = request.GET.get("text", "").strip()[:2000]
    given = {key[2:]: value for key, value in request.GET.items() if key.startswith("a_") and value.strip()}
    language: Literal["zh", "en"] = "en" if (get_language() or "").startswith("en") else "zh"
    coaching = engine.coach(text, given, language) if text else None
    found = find(request.user, coaching.search_text, "achievement", 8) if coaching else []
    people = experts(request.user, coaching.search_text, "person", 4) if coaching and not request.htmx else []
    slots = {
        "object": _("对象"),
        "target": _("目标值"),
        "current": _("现状值"),
        "constraint": _("约束条件"),
        "budget": _("预算"),
        "time": _("期限"),
    }
    context = {
        "text": text,
        "given": given,
        "coaching": coaching,
        "slots": [(slots[slot.name], slot) for slot in coaching.slots] if coaching else [],
        "candidates": found,
        "people": people,
        "layout": "work.html" if request.user.is_authenticated else "public.html",
        "may_post": bool(access.may(request.user, "add", REGISTERS["demand"])),
        "values": {slot.name: slot.value for slot in coaching.slots} if coaching else {},
    }
    return render(request, "market/_try.html" if request.htmx else "market/try.html", context)


@require_POST
def follow(request: Any, pk: int) -> Any:
    demand = _row(request, "demand", pk)
    key, _colon, number = request.POST.get("candidate", "").partition(":")
    if key not in {"achievement", "person", "institution"} or not number.isdigit():
        raise Http404
    candidate = _row(request, key, int(number))
    try:
        actions.follow(
            demand,
            candidate,
            act_of(request),
            stage=request.POST.get("stage", ""),
            answer=request.POST.get("answer", ""),
            note=request.POST.get("note", ""),
        )
        messages.success(request, _("已记录"))
    except InvalidError as error:
        messages.error(request, str(error))
    return redirect("record_detail", "demand", pk)


def topic_report(request: Any, pk: int) -> Any:
    """The topic query report (主题查询报告) of a demand, as a Word file."""
    demand = _row(request, "demand", pk)
    content, name = topic.write(request.user, demand)
    response = HttpResponse(
        content, content_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    )
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
