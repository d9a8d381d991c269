"""Pages of every register: list, detail with its tabs, form with draft, review moves, bulk change."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.core import access, audit, files
from keqiao.core.act import ForbiddenError, act_of
from keqiao.core.models import AuditEntry, OrgUnit, StoredFile
from keqiao.core.records import actions, drafts, form, merge, views_saved
from keqiao.core.records.declare import REGISTERS, Register, all_registers
from keqiao.core.records.listing import Listing
from keqiao.core.records.paging import BadCursorError
from keqiao.core.records.panels import panels_for
from keqiao.core.records.problems import InvalidError, StaleError


def register_for(request: Any, key: str, action: str = "view") -> Register:
    """The register, if the visitor may do `action` there at all. A visitor who is not signed in is asked to sign in."""
    register = REGISTERS.get(key)
    if register is None:
        raise Http404
    if not (decision := access.may(request.user, action, register)):
        if not request.user.is_authenticated:
            raise SignInNeeded
        raise PermissionDenied(decision.reason)
    return register


class SignInNeeded(Exception):
    """A page asks for a signed-in user."""


def row_for(request: Any, register: Register, pk: int, action: str = "view") -> Any:
    """The row, if it may be seen; a row that is not for the visitor looks like none at all."""
    row = register.rows().visible_to(request.user).filter(pk=pk).first()
    if row is None:
        if not request.user.is_authenticated:
            raise SignInNeeded
        raise Http404
    if action != "view" and not (decision := access.may(request.user, action, row)):
        raise PermissionDenied(decision.reason)
    return row


def need_inside(request: Any, register: Register, row: Any) -> None:
    """History and files are for the office and the row's owner, not for everyone who may see what is published of it."""
    if not access.lens(request.user, register).sees_inside(row):
        raise PermissionDenied(_("变更历史和附件只对管理部门和本单位开放"))


def open_page(view: Any) -> Any:
    """Decorator for pages that visitors without an account may reach where the register is public."""

    @login_not_required
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except SignInNeeded:
            return redirect_to_login(request.get_full_path())

    wrapped.__name__ = view.__name__
    wrapped.__doc__ = view.__doc__
    return wrapped


def frame(request: Any, register: Register) -> dict[str, Any]:
    """What every record page's template needs."""
    signed_in = request.user.is_authenticated
    return {
        "register": register,
        "active_register": register.key,
        "layout": "work.html" if signed_in else "public.html",
        "allowed": {
            action: bool(access.may(request.user, action, register))
            for action in ("add", "import", "export", "bulk", "merge")
        },
    }


@open_page
def record_list(request: Any, key: str) -> Any:
    register = register_for(request, key)
    listing = Listing(register, request.user, request.GET)
    template = "records/_rows.html" if request.htmx and not request.htmx.boosted else "records/list.html"
    try:
        page = listing.page()
    except BadCursorError as error:
        messages.error(request, str(error))
        return redirect("record_list", key)
    context = frame(request, register) | {
        "listing": listing,
        "page": page,
        "heads": [(field, *_sorting(listing, field)) for field in listing.columns],
        "views": views_saved.visible(request.user, register),
        "units": OrgUnit.objects.filter(valid_until=None).order_by("path"),
        "bulk_fields": [f for f in register.fields.values() if not f.read_only and f.name not in register.identity],
    }
    return render(request, template, context)


def _sorting(listing: Listing, field: Any) -> tuple[str, str]:
    """(query string that sorts by the column, or flips it; the arrow it shows)."""
    if not listing.may_sort(field):
        return "", ""
    name, descending = listing.sort
    if name == field.name:
        return listing.query(
            sort=field.name if descending else f"-{field.name}"
        ), "arrow-down" if descending else "arrow-up"
    return listing.query(sort=field.name), ""


@open_page
def record_detail(request: Any, key: str, pk: int) -> Any:
    register = register_for(request, key)
    row = row_for(request, register, pk)
    _note_opening(request, register, row)
    may = {name: bool(access.may(request.user, name, row)) for name in ("change", "remove", "review", "submit")}
    context = frame(request, register) | {
        "row": row,
        "title": register.title(row),
        "sections": shown_sections(request.user, register, row),
        "may": may,
        "moves": [
            (name, step)
            for name, step in actions.MOVES.items()
            if row.review_state in step.sources and access.may(request.user, step.action, row)
        ],
        "panels": panels_for(request.user, register.key, row),
        "children": [
            child for child in all_registers() if child.parent == register.key and access.lens(request.user, child).held
        ],
        "inside": access.lens(request.user, register).sees_inside(row),
        "undoable": merge.undoable(row) if access.may(request.user, "merge", row) else [],
    }
    return render(request, "records/detail.html", context)


def _note_opening(request: Any, register: Register, row: Any) -> None:
    """Staff reading a subject's row goes into the subject's access ledger; reading unmasked personal data is noted for whoever reads it."""
    sight = access.lens(request.user, register)
    subject = register.subject_of(row)
    kind, own = access.powers(request.user).subject
    personal = [n for n, f in register.fields.items() if f.personal and f.get(row) and sight.sees(f, row) == "full"]
    is_own = subject == f"{kind}:{own}"
    if personal and not is_own:
        audit.record(
            act_of(request),
            audit.Trace(
                "read_personal",
                register.key,
                str(row.pk),
                register.title(row)[:200],
                subject,
                after={"fields": personal},
            ),
        )
    elif subject and not is_own and access.powers(request.user).is_staff:
        audit.record(
            act_of(request), audit.Trace("open", register.key, str(row.pk), register.title(row)[:200], subject)
        )


def shown_sections(user: Any, register: Register, row: Any) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Sections of the detail page, each field as the viewer may read it; hidden fields and empty sections left out."""
    sight = access.lens(user, register)
    sections = []
    for section in register.sections:
        cells = []
        for name in section.names:
            field = register.fields[name]
            if (seen := sight.sees(field, row)) != "hidden":
                cells.append(
                    {
                        "field": field,
                        "text": sight.shown(field, row),
                        "masked": seen == "masked",
                        "link": _link(user, field, row),
                    }
                )
        if cells:
            sections.append((section.title, cells))
    return sections


def _link(user: Any, field: Any, row: Any) -> str:
    target = field.get(row) if field.kind == "reference" else None
    if target is None:
        return ""
    register = actions.target_of(field)
    if access.lens(user, register).reaches(target) is None:
        return ""
    from django.urls import reverse

    return reverse("record_detail", args=[register.key, target.pk])


def record_new(request: Any, key: str) -> Any:
    register = register_for(request, key, "add")
    return _edit(request, register, register.new_row())


def record_edit(request: Any, key: str, pk: int) -> Any:
    register = register_for(request, key)
    return _edit(request, register, row_for(request, register, pk, "change"))


def _edit(request: Any, register: Register, row: Any) -> Any:
    problems: list[Any] = []
    draft = drafts.load(request.user, register.key, row.pk)
    typed = (
        draft.values if draft else {name: request.GET[name] for name in register.fields if name in request.GET} or None
    )
    if request.method == "POST":
        typed = form.typed_values(register, request.POST)
        try:
            saved = _save(request, register, row, typed)
        except InvalidError as error:
            problems = error.problems
        except (StaleError, ForbiddenError) as error:
            messages.error(request, str(error))
        else:
            drafts.drop(request.user, register.key, row.pk)
            messages.success(request, _("已保存"))
            return redirect("record_detail", register.key, saved.pk)
    context = frame(request, register) | {
        "row": row,
        "title": register.title(row) if row.pk else "",
        "sections": form.inputs(request.user, register, row, typed, problems),
        "problems": problems,
        "draft": draft if request.method != "POST" else None,
    }
    return render(request, "records/form.html", context, status=422 if problems else 200)


def _save(request: Any, register: Register, row: Any, typed: dict[str, Any]) -> Any:
    if row.pk is None:
        return actions.create(register, typed, act_of(request), draft=request.POST.get("do") == "draft")
    edition = request.POST.get("edition", "")
    return actions.change(row, typed, act_of(request), edition=int(edition) if edition.isdigit() else None)


@require_POST
def save_draft(request: Any, key: str, pk: int | None = None) -> Any:
    register = register_for(request, key, "view" if pk else "add")
    if pk is not None:
        row_for(request, register, pk, "change")
    if request.POST.get("do") == "drop":
        drafts.drop(request.user, key, pk)
        return redirect("record_edit", key, pk) if pk else redirect("record_new", key)
    drafts.save(request.user, key, pk, form.typed_values(register, request.POST))
    return HttpResponse(status=204)


def choose(request: Any, key: str) -> Any:
    """Rows for a reference input, found as the user types."""
    register = register_for(request, key)
    listing = Listing(register, request.user, {"q": request.GET.get("q", "")})
    by = register.identity[0]
    rows = listing.ordered[:20]
    return JsonResponse(
        {"results": [{"value": str(register.fields[by].get(row)), "text": register.title(row)} for row in rows]}
    )


@require_POST
def record_move(request: Any, key: str, pk: int) -> Any:
    register = register_for(request, key)
    row = row_for(request, register, pk)
    name = request.POST.get("do", "")
    if name not in actions.MOVES:
        raise Http404
    try:
        actions.move(row, name, act_of(request), request.POST.get("note", ""))
        messages.success(request, _("已完成：%(step)s") % {"step": actions.MOVES[name].label})
    except InvalidError as error:
        messages.error(request, str(error))
    except ForbiddenError as error:
        raise PermissionDenied(str(error)) from error
    return redirect("record_detail", key, pk)


@require_POST
def record_remove(request: Any, key: str, pk: int) -> Any:
    from django.db.models import ProtectedError

    register = register_for(request, key, "remove")
    row = row_for(request, register, pk, "remove")
    try:
        actions.remove(row, act_of(request))
    except ProtectedError as error:
        messages.error(
            request, _("还有 %(n)s 条其他记录引用它，不能删除；可先归档。") % {"n": len(error.protected_objects)}
        )
        return redirect("record_detail", key, pk)
    messages.success(request, _("已删除；内容保留在审计记录中"))
    return redirect("record_list", key)


@require_POST
def record_bulk(request: Any, key: str) -> Any:
    """The same change to the chosen rows, or to all that the filters show (10,000 at most)."""
    register = register_for(request, key, "bulk")
    name = request.POST.get("field", "")
    if name not in register.fields:
        raise Http404
    if request.POST.get("scope") == "all":
        rows = list(Listing(register, request.user, request.GET, action="bulk").ordered[:10_000])
    else:
        rows = list(register.rows().visible_to(request.user, "bulk").filter(pk__in=request.POST.getlist("id")))
    try:
        count = actions.change_many(rows, {name: request.POST.get("value", "")}, act_of(request))
        messages.success(request, _("已修改 %(n)s 条") % {"n": count})
    except InvalidError as error:
        messages.error(request, _("未作任何修改：") + "；".join(str(problem) for problem in error.problems[:10]))
    return redirect(f"{request.path.removesuffix('bulk/')}?{request.GET.urlencode()}")


@require_POST
def save_view(request: Any, key: str) -> Any:
    register = register_for(request, key)
    views_saved.act(request.user, register, request.POST)
    return redirect(f"{request.path.removesuffix('views/')}?{request.POST.get('params', '')}")


def record_history(request: Any, key: str, pk: int) -> Any:
    """Who changed what: each entry with the fields before and after, masked as the viewer's role says."""
    register = register_for(request, key)
    row = row_for(request, register, pk)
    need_inside(request, register, row)
    page = Paginator(AuditEntry.objects.filter(register=key, record_id=str(pk)), 30).get_page(request.GET.get("page"))
    entries = [{"entry": entry, "changes": _changes(request.user, register, row, entry)} for entry in page]
    return render(request, "records/_history.html", {"entries": entries, "page": page})


def _changes(user: Any, register: Register, row: Any, entry: AuditEntry) -> list[dict[str, Any]]:
    sight = access.lens(user, register)
    changes: list[dict[str, Any]] = []
    for name in {**(entry.before or {}), **(entry.after or {})}:
        field = register.fields.get(name)
        if field is None or entry.verb not in {"change", "create", "remove", "merge", "unmerge"}:
            continue
        if sight.sees(field, row) != "full":
            changes.append({"label": field.label, "before": "***", "after": "***"})
            continue
        changes.append(
            {"label": field.label, "before": (entry.before or {}).get(name), "after": (entry.after or {}).get(name)}
        )
    return [
        change for change in changes if change["before"] not in (None, "", []) or change["after"] not in (None, "", [])
    ]


@open_page
def record_related(request: Any, key: str, pk: int, child: str) -> Any:
    """Rows of a child register (an enterprise's years, a project's payments) as a tab."""
    row = row_for(request, register_for(request, key), pk)
    register = register_for(request, child)
    by = next(name for name, f in register.fields.items() if f.kind == "reference" and actions.target_of(f).key == key)
    rows = (
        register.rows()
        .visible_to(request.user)
        .filter(**{register.fields[by].path: row})
        .order_by(*register.order)[:200]
    )
    sight = access.lens(request.user, register)
    columns = [register.fields[name] for name in register.list_columns if name != by]
    table = [(one.pk, [sight.shown(field, one) for field in columns]) for one in rows]
    return render(
        request,
        "records/_related.html",
        {
            "register": register,
            "columns": columns,
            "table": table,
            "parent": row,
            "by": by,
            "may_add": bool(access.may(request.user, "add", register)),
        },
    )


def record_access(request: Any, key: str, pk: int) -> Any:
    """Why can this person see this record: the decision for each action, with its reason, for me or for any account."""
    register = register_for(request, key)
    row = row_for(request, register, pk)
    person = request.user
    if name := request.GET.get("user", "").strip():
        if not (decision := access.may(request.user, "access.explain")):
            raise PermissionDenied(decision.reason)
        person = type(request.user).objects.filter(username=name).first()
    decisions = access.explain(person, row) if person else []
    fields = (
        [(field, access.lens(person, register).sees(field, row)) for field in register.fields.values()]
        if person
        else []
    )
    context = frame(request, register) | {
        "row": row,
        "title": register.title(row),
        "person": person,
        "asked": name,
        "decisions": decisions,
        "fields": fields,
    }
    return render(request, "records/access.html", context)


def record_files(request: Any, key: str, pk: int) -> Any:
    """Files that belong to a row: list and upload."""
    register = register_for(request, key)
    row = row_for(request, register, pk)
    need_inside(request, register, row)
    if request.method == "POST":
        if not (decision := access.may(request.user, "change", row)):
            raise PermissionDenied(decision.reason)
        for upload in request.FILES.getlist("file"):
            try:
                files.store(upload.name, upload.read(), act_of(request), row)
            except InvalidError as error:
                messages.error(request, str(error))
        return redirect("record_detail", key, pk)
    stored = StoredFile.objects.filter(register=key, record_id=str(pk)).order_by("-created_at")
    context = {
        "stored": stored,
        "register": register,
        "row": row,
        "may_change": bool(access.may(request.user, "change", row)),
    }
    return render(request, "records/_files.html", context)
