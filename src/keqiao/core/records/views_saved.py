"""Saved views (常用视图): a list's conditions under a name, shared with colleagues or subscribed to for new matches."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from keqiao.core import access, jobs, notices
from keqiao.core.models import SavedView
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.listing import Listing

REMEMBERED = 10_000  # matches a subscription remembers; beyond, only rows made since the last notice count as new


def visible(user: Any, register: Register) -> list[SavedView]:
    """The user's own views and those that colleagues share; what rows they show is still the reader's own matter."""
    if not user.is_authenticated:
        return []
    mine = Q(user=user)
    if access.powers(user).is_staff:
        mine |= Q(is_shared=True)
    return list(SavedView.objects.filter(mine, register=register.key).select_related("user"))


def save(
    user: Any, register: Register, name: str, params: str, *, is_subscribed: bool = False, is_shared: bool = False
) -> SavedView:
    """Keeps the query string under the name (replacing the user's view of that name). What matches now is not news later."""
    kept = QueryDict(urlsplit("?" + params.lstrip("?")).query, mutable=True)
    for passing in ("page", "after", "ids"):
        kept.pop(passing, None)
    values = {"params": kept.urlencode()[:2000], "is_subscribed": is_subscribed, "is_shared": is_shared}
    view, _made = SavedView.objects.update_or_create(values, user=user, register=register.key, name=name.strip()[:60])
    if is_subscribed:
        view.seen, view.told_at = _matches(view), timezone.now()
        view.save()
    return view


def remove(user: Any, pk: int) -> None:
    SavedView.objects.filter(user=user, pk=pk).delete()


def act(user: Any, register: Register, form: Mapping[str, str]) -> None:
    """What a page's form asks: `do` "save" (name, params, subscribed, shared) or "remove" (id)."""
    if not user.is_authenticated:
        return
    if form.get("do") == "remove":
        if form.get("id", "").isdecimal():
            remove(user, int(form["id"]))
    elif form.get("name", "").strip():
        save(
            user,
            register,
            form["name"],
            form.get("params", ""),
            is_subscribed=bool(form.get("subscribed")),
            is_shared=bool(form.get("shared")),
        )


def listing_of(view: SavedView, user: Any = None) -> Listing:
    return Listing(REGISTERS[view.register], user or view.user, QueryDict(view.params))


def _matches(view: SavedView) -> list[int]:
    return list(listing_of(view).rows.order_by("-pk").values_list("pk", flat=True)[: REMEMBERED + 1])


def news(view: SavedView) -> list[int]:
    """Ids that match now and did not when the subscriber was last told."""
    found = _matches(view)
    if len(found) <= REMEMBERED:
        seen = set(view.seen)
        return [pk for pk in found if pk not in seen]
    return list(
        listing_of(view)
        .rows.filter(created_at__gt=view.told_at or view.created_at)
        .values_list("pk", flat=True)[:REMEMBERED]
    )


@jobs.daily
def tell_subscribers() -> None:
    """Sends one notice per subscribed view with new matches, to accounts that are still active."""
    for view in SavedView.objects.filter(
        is_subscribed=True, user__is_active=True, register__in=list(REGISTERS)
    ).select_related("user"):
        if fresh := news(view):
            listing = listing_of(view)
            rows = listing.rows.filter(pk__in=fresh[:5])
            titles = "、".join(listing.row(row).title for row in rows)
            notices.send(
                view.user, "subscription", {"name": view.name, "count": len(fresh), "titles": titles}, _address(view)
            )
        view.seen, view.told_at = _matches(view)[:REMEMBERED], timezone.now()
        view.save(update_fields=["seen", "told_at"])


def _address(view: SavedView) -> str:
    try:
        return f"{reverse('record_list', args=[view.register])}?{view.params}"
    except NoReverseMatch:
        return ""
