"""The three administrators' pages: accounts and grants (security), units and system state (system), audit trail (audit)."""

import datetime
import shutil
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from keqiao import __version__
from keqiao.core import accounts as account_desk
from keqiao.core import audit, units
from keqiao.core.act import act_of
from keqiao.core.guard import needs
from keqiao.core.models import AuditEntry, Grant, Job, OrgUnit, Snapshot, User
from keqiao.core.records.problems import InvalidError
from keqiao.core.roles import DIVISIONS, role_choices


@needs("users.manage")
def accounts(request: Any) -> Any:
    rows = User.objects.prefetch_related("grants__org_unit").order_by("username")
    if text := request.GET.get("q", "").strip():
        rows = rows.filter(username__icontains=text) | rows.filter(display_name__icontains=text)
    if role := request.GET.get("role", ""):
        rows = rows.filter(grants__role=role).distinct()
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "portal/accounts.html", {"page": page, "roles": role_choices(), "q": text, "role": role})


@needs("users.manage")
def new_account(request: Any) -> Any:
    problems = []
    if request.method == "POST":
        try:
            user, password = account_desk.create(request.POST, act_of(request))
        except InvalidError as error:
            problems = error.problems
        else:
            messages.success(request, _("账号已建立。初始密码（只显示这一次）：%(password)s") % {"password": password})
            return redirect("one_account", user.pk)
    return render(request, "portal/account_new.html", {"problems": problems, "data": request.POST})


@needs("users.manage")
def one_account(request: Any, pk: int) -> Any:
    user = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        try:
            note = account_desk.administer(user, request.POST, act_of(request))
            messages.success(request, note)
        except InvalidError as error:
            messages.error(request, str(error))
        return redirect("one_account", pk)
    context = {
        "account": user,
        "grants": Grant.objects.filter(user=user).select_related("org_unit"),
        "roles": role_choices(),
        "units": OrgUnit.objects.filter(valid_until=None).order_by("path"),
        "divisions": DIVISIONS.items(),
    }
    return render(request, "portal/account_one.html", context)


@needs("units.manage")
def org_units(request: Any) -> Any:
    day = request.GET.get("day", "")
    # allow: scoped-reads – the unit tree is no register: whoever manages units sees all of it
    rows = OrgUnit.objects.all()
    if day:
        rows = rows.valid_on(datetime.date.fromisoformat(day))
    return render(
        request,
        "portal/org_units.html",
        {"units": rows.order_by("path").prefetch_related("successors", "covers"), "day": day},
    )


@needs("units.manage")
def one_unit(request: Any, pk: int) -> Any:
    return _unit_form(request, get_object_or_404(OrgUnit, pk=pk))


@needs("units.manage")
def new_unit(request: Any) -> Any:
    return _unit_form(request, OrgUnit(level=OrgUnit.Level.TOWN))


def _unit_form(request: Any, unit: OrgUnit) -> Any:
    problems: list[str] = []
    if request.method == "POST":
        try:
            units.save(unit, request.POST, act_of(request))
        except ValidationError as error:
            problems = error.messages
        else:
            messages.success(request, _("已保存"))
            return redirect("org_units")
    others = OrgUnit.objects.exclude(pk=unit.pk).order_by("path")
    return render(
        request,
        "portal/org_unit.html",
        {"unit": unit, "others": others, "levels": OrgUnit.Level.choices, "problems": problems},
    )


@needs("audit.read")
def audit_entries(request: Any) -> Any:
    # allow: scoped-reads – the audit trail has one reader, who sees all of it
    rows = AuditEntry.objects.all()
    for name in ("verb", "register", "record_id", "channel"):
        if value := request.GET.get(name, "").strip():
            rows = rows.filter(**{name: value})
    if actor := request.GET.get("actor", "").strip():
        rows = rows.filter(actor_name__icontains=actor)
    faults = list(audit.verify()) if request.method == "POST" else None
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "portal/audit.html", {"page": page, "faults": faults, "checked": faults is not None})


@needs("system.view")
def system(request: Any) -> Any:
    disk = shutil.disk_usage(settings.DATA)
    facts = [
        (_("版本"), __version__),
        (
            _("数据库"),
            f"{connection.vendor} {'.'.join(str(part) for part in connection.get_database_version())}",
        ),
        (_("剩余磁盘"), f"{disk.free / 2**30:.1f} GiB / {disk.total / 2**30:.1f} GiB"),
        (_("排队任务"), Job.objects.filter(stage=Job.Stage.WAITING).count()),
        (_("失败任务"), Job.objects.filter(stage=Job.Stage.FAILED).count()),
        (_("最近快照"), Snapshot.objects.first() or "—"),
        (_("账号数"), User.objects.count()),
    ]
    return render(request, "portal/system.html", {"facts": facts})
