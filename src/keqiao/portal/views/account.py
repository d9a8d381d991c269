"""My account: roles and their reach, preferences, and who opened my organisation's rows."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from keqiao.core import access, audit
from keqiao.core.act import act_of
from keqiao.core.models import AuditEntry, Channel
from keqiao.core.roles import ROLES

PREFERENCES = ("email", "phone", "webhook_url")


def account(request: Any) -> Any:
    user = request.user
    if request.method == "POST":
        for name in PREFERENCES:
            setattr(user, name, request.POST.get(name, "").strip()[:300])
        user.large_font = bool(request.POST.get("large_font"))
        audit.save_user(user, act_of(request))
        messages.success(request, _("已保存"))
        return redirect("account")
    grants = [
        (grant, ROLES[grant.role].powers, sorted(ROLES[grant.role].functions)) for grant in access.powers(user).grants
    ]
    return render(request, "portal/account.html", {"grants": grants})


def who_opened(request: Any) -> Any:
    """The subject's own access ledger: every staff read of its rows, with person, time and way."""
    kind, pk = access.powers(request.user).subject
    entries = AuditEntry.objects.filter(subject=f"{kind}:{pk}") if pk else AuditEntry.objects.none()
    page = Paginator(entries.filter(verb__in=["open", "read_personal", "export"]), 50).get_page(request.GET.get("page"))
    return render(request, "portal/who_opened.html", {"page": page, "channels": dict(Channel.choices)})
