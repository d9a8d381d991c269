"""The public site: search first, then what the market has to offer."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render

from keqiao.core import access
from keqiao.core.records import paging
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.search import search_all
from keqiao.portal.context import DOORS

SHOWN = ("demand", "achievement", "policy")


@login_not_required
def home(request: Any) -> Any:
    shelves = []
    for key in SHOWN:
        register = REGISTERS[key]
        rows = register.rows().visible_to(request.user).order_by(*register.order)
        shelves.append({"register": register, "rows": [card(request.user, register, row) for row in rows[:6]]})
    counts = [(REGISTERS[key], paging.count(REGISTERS[key].rows().visible_to(request.user))) for key in DOORS]
    return render(request, "portal/home.html", {"shelves": shelves, "counts": counts})


def card(user: Any, register: Register, row: Any) -> dict[str, Any]:
    """A row as a card: its title and up to four facts the viewer may read."""
    sight = access.lens(user, register)
    facts = []
    for name in register.list_columns:
        field = register.fields[name]
        if name != register.title_field and (text := sight.shown(field, row)):
            facts.append({"label": field.label, "text": text, "unit": field.measure_unit})
    return {"pk": row.pk, "title": sight.shown(register.fields[register.title_field], row), "facts": facts[:4]}


@login_not_required
def search(request: Any) -> Any:
    text = request.GET.get("q", "").strip()
    chosen = [key for key in request.GET.getlist("in") if key in REGISTERS]
    groups = search_all(request.user, text, chosen or None, limit=30 if chosen else 6) if text else []
    template = "portal/_results.html" if request.htmx else "portal/search.html"
    layout = "work.html" if request.user.is_authenticated else "public.html"
    return render(
        request,
        template,
        {"q": text, "groups": groups, "layout": layout, "chosen": chosen},
    )
