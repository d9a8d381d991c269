"""Pages of Excel in and out: template, export, import with its report, duplicates and merging."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keqiao.core import access, files, jobs
from keqiao.core.act import ForbiddenError, act_of
from keqiao.core.models import Job, StoredFile
from keqiao.core.records import duplicates as finder
from keqiao.core.records import excel_out, import_job, merge
from keqiao.core.records.listing import Listing
from keqiao.core.records.pages import frame, open_page, register_for, row_for
from keqiao.core.records.problems import InvalidError

AT_ONCE = 5_000  # rows that are exported while the user waits; more go to a job


def _download(name: str, content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=excel_out.CSV if kind == "csv" else excel_out.XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def record_template(request: Any, key: str) -> Any:
    register = register_for(request, key, "import")
    return _download(excel_out.file_name(register, "xlsx", "_模板"), excel_out.template(register), "xlsx")


@open_page
def record_export(request: Any, key: str, kind: str) -> Any:
    """The list as filtered and permitted; a long one becomes a job and its file waits for the user."""
    register = register_for(request, key, "export")
    if kind not in {"xlsx", "csv"}:
        raise Http404
    listing = Listing(register, request.user, request.GET, action="export")
    act = act_of(request)
    if int(listing.count) > AT_ONCE:
        if not request.user.is_authenticated:
            raise PermissionDenied(_("超过 %(n)s 条的导出需要登录") % {"n": AT_ONCE})
        parameters = {"register": key, "query": request.GET.urlencode(), "kind": kind}
        return redirect(
            "job",
            jobs.start("export_records", _("导出：%(name)s") % {"name": register.verbose_name}, parameters, act).pk,
        )
    if not request.user.is_authenticated:
        act = act.__class__(None, act.channel, _("公开数据下载"), act.address)
    return _download(excel_out.file_name(register, kind), excel_out.export(listing, kind, act), kind)


def record_import(request: Any, key: str) -> Any:
    """Choose a file; it is checked first, and written only when the user has seen what would happen."""
    register = register_for(request, key, "import")
    if request.method == "POST":
        act = act_of(request)
        try:
            if pk := request.POST.get("file_id"):
                stored = get_object_or_404(StoredFile, pk=pk, created_by=request.user)
            elif upload := request.FILES.get("file"):
                stored = files.store(upload.name, upload.read(), act)
            else:
                raise InvalidError([])
            in_earnest = request.POST.get("do") in {"import", "good"}
            job = import_job.start(
                register, stored, act, dry_run=not in_earnest, good_rows_only=request.POST.get("do") == "good"
            )
        except InvalidError as error:
            for problem in error.problems:
                messages.error(request, str(problem))
            if not error.problems:
                messages.error(request, _("请先选择文件"))
        except ForbiddenError as error:
            raise PermissionDenied(str(error)) from error
        else:
            return redirect("record_import_result", key, job.pk)
    recent = Job.objects.filter(kind="import_records", created_by=request.user, parameters__register=key)[:10]
    return render(request, "records/import.html", frame(request, register) | {"recent": recent})


def import_result(request: Any, key: str, pk: Any) -> Any:
    """What the check found, or what the import did: counts, every problem, every change."""
    register = register_for(request, key, "import")
    job = get_object_or_404(Job, pk=pk, kind="import_records", created_by=request.user)
    result = job.result or {}
    context = frame(request, register) | {
        "job": job,
        "progress": jobs.progress_of(job),
        "result": result,
        "file_id": job.parameters.get("file"),
        "nothing": not any(result.get("counts", {}).get(name) for name in ("new", "changed")),
    }
    return render(request, "records/import_result.html", context)


def duplicates(request: Any, key: str) -> Any:
    register = register_for(request, key, "merge")
    pairs = finder.find(register, request.user)
    return render(request, "records/duplicates.html", frame(request, register) | {"pairs": pairs})


@require_POST
def record_merge(request: Any, key: str) -> Any:
    """Shows two rows side by side, then merges them as chosen; or takes a merge back."""
    register = register_for(request, key, "merge")
    todo = request.POST.get("do", "")
    try:
        if todo == "undo":
            kept = merge.undo(int(request.POST.get("merge", "0")), act_of(request))
            messages.success(request, _("已撤销合并"))
            return redirect("record_detail", key, kept.pk)
        keep, gone = (row_for(request, register, int(request.POST.get(name, "0") or 0)) for name in ("keep", "gone"))
        if todo == "merge":
            chosen = {name: request.POST.get(f"from_{name}") == "gone" for name in register.fields}
            taken = [name for name, from_gone in chosen.items() if from_gone]
            merge.merge(keep, gone, taken, act_of(request))
            messages.success(request, _("已合并；可在变更历史中撤销"))
            return redirect("record_detail", key, keep.pk)
    except InvalidError as error:
        messages.error(request, str(error))
        return redirect("record_duplicates", key)
    sight = access.lens(request.user, register)
    lines = [
        (field, sight.shown(field, keep), sight.shown(field, gone))
        for field in register.fields.values()
        if not field.read_only
    ]
    return render(
        request, "records/merge.html", frame(request, register) | {"keep": keep, "gone": gone, "lines": lines}
    )
