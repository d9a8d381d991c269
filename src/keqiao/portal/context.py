"""What every page's frame needs: the menu as this user may see it, unread notices, the signed-in roles."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from keqiao.core import access
from keqiao.core.models import Job, Notice
from keqiao.core.records.declare import Register, all_registers

Text = str | Promise


@dataclass(frozen=True)
class Entry:
    """A menu entry; shown when `needs` (a function of `core.roles`) is held, or always when empty."""

    label: Text
    icon: str
    url_name: str
    needs: str = ""
    arguments: tuple[Any, ...] = ()

    @property
    def url(self) -> str:
        return reverse(self.url_name, args=self.arguments)


@dataclass
class Group:
    label: Text
    icon: str
    entries: list[Entry] = field(default_factory=list)


# Apps above core add their groups here from `apps.py`; the order is the menu's.
PAGES: list[Group] = []


def add_pages(label: Text, icon: str, entries: Iterable[Entry]) -> None:
    """Adds entries to the menu group of that label (making it when new). Called from `apps.py` only."""
    entries = list(entries)
    for group in PAGES:
        if group.label == label:
            group.entries += [entry for entry in entries if entry not in group.entries]
            return
    PAGES.append(Group(label, icon, entries))


ADMINISTRATION = Group(
    _("系统管理"),
    "settings",
    [
        Entry(_("账号与授权"), "users", "accounts", "users.manage"),
        Entry(_("单位树"), "hierarchy-2", "org_units", "units.manage"),
        Entry(_("审计记录"), "shield-check", "audit", "audit.read"),
        Entry(_("运行状态"), "activity", "system", "system.view"),
    ],
)


# The doors of the public site, in this order; other public registers follow.
DOORS = ("achievement", "demand", "person", "institution", "instrument", "policy")
PUBLIC_PAGES: list[Entry] = []


def public_registers() -> list[Register]:
    """Registers with something to show to everybody."""
    found = [register for register in all_registers() if register.is_public and not register.parent]
    return sorted(found, key=lambda register: DOORS.index(register.key) if register.key in DOORS else len(DOORS))


def menu(user: Any) -> list[Group]:
    """The side menu of a signed-in user."""
    mine = access.powers(user)
    registers: dict[str, Group] = {}
    for register in all_registers():
        if register.parent or not access.lens(user, register).held:
            continue
        group = registers.setdefault(str(register.area), Group(register.area, "database"))
        group.entries.append(Entry(register.verbose_name, register.icon, "record_list", arguments=(register.key,)))
    pages = [
        Group(g.label, g.icon, [e for e in g.entries if not e.needs or e.needs in mine.functions])
        for g in [*PAGES, ADMINISTRATION]
    ]
    return [group for group in [*pages[:-1], *registers.values(), pages[-1]] if group.entries]


def shell(request: Any) -> dict[str, Any]:
    user = getattr(request, "user", None)
    known = bool(user and user.is_authenticated)
    return {
        "site_name": settings.SITE_NAME,
        "menu": SimpleLazyObject(lambda: menu(user)) if known else [],
        "powers": SimpleLazyObject(lambda: access.powers(user)),
        "unread": SimpleLazyObject(lambda: Notice.objects.filter(user=user, read_at=None).count()) if known else 0,
        "running_jobs": SimpleLazyObject(
            lambda: Job.objects.filter(created_by=user, stage__in=["waiting", "running"]).count()
        )
        if known
        else 0,
        "demo_date": settings.BUSINESS_DATE,
        "public_registers": SimpleLazyObject(public_registers),
        "public_pages": PUBLIC_PAGES,
    }
