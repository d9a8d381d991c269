"""The workspace: what I have to do, my notices, my jobs, and files by their own access check."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render

from keqiao.core import access, files
from keqiao.core import jobs as job_desk
from keqiao.core import notices as notice_desk
from keqiao.core.act import ForbiddenError
from keqiao.core.models import Job, Notice, StoredFile
from keqiao.core.models.record import ReviewState
from keqiao.core.records.declare import all_registers
from keqiao.portal.desk import desk_cards


def workspace(request: Any) -> Any:
    mine = access.powers(request.user)
    context = {
        "cards": desk_cards(request.user),
        "reviews": _waiting_reviews(request.user),
        "returned": _returned(request.user),
        "notices": Notice.objects.filter(user=request.user)[:6],
        "jobs": Job.objects.filter(created_by=request.user)[:5],
        "mine": mine,
    }
    return render(request, "portal/workspace.html", context)


def _waiting_reviews(user: Any) -> list[dict[str, Any]]:
    """Registers with rows waiting for this user's review, and how many (up to 1,000 counted)."""
    found = []
    for register in all_registers():
        if not access.lens(user, register, "review").held:
            continue
        count = register.rows().visible_to(user, "review").filter(review_state=ReviewState.SUBMITTED)[:1000].count()
        if count:
            found.append({"register": register, "count": count})
    return found


def _returned(user: Any) -> list[dict[str, Any]]:
    """The user's own rows that were sent back."""
    found = []
    for register in all_registers():
        rows = register.rows().visible_to(user, "submit").filter(created_by=user, review_state=ReviewState.RETURNED)[:5]
        found += [{"register": register, "row": row, "title": register.title(row)} for row in rows]
    return found


def notices(request: Any) -> Any:
    if request.method == "POST":
        chosen = request.POST.getlist("id")
        notice_desk.mark_read(request.user, [int(pk) for pk in chosen if pk.isdigit()] if chosen else None)
        return redirect("notices")
    page = Paginator(Notice.objects.filter(user=request.user), 30).get_page(request.GET.get("page"))
    return render(request, "portal/notices.html", {"page": page})


def jobs(request: Any) -> Any:
    # allow: scoped-reads – all jobs only for those who may manage them
    rows = Job.objects.all() if access.may(request.user, "jobs.manage") else Job.objects.filter(created_by=request.user)
    page = Paginator(rows.exclude(kind="deliver_notice"), 30).get_page(request.GET.get("page"))
    return render(request, "portal/jobs.html", {"page": page})


def _my_job(request: Any, pk: Any) -> Job:
    row = get_object_or_404(Job, pk=pk)
    if row.created_by_id != request.user.pk and not access.may(request.user, "jobs.manage"):
        raise Http404
    return row


def job(request: Any, pk: Any) -> Any:
    row = _my_job(request, pk)
    if request.method == "POST":
        {"again": job_desk.again, "cancel": job_desk.cancel}.get(request.POST.get("do", ""), lambda _row: None)(row)
        return redirect("job", pk=pk)
    return render(request, "portal/job.html", {"job": row, "progress": job_desk.progress_of(row)})


def job_state(request: Any, pk: Any) -> Any:
    """The part of the job page that refreshes itself."""
    row = _my_job(request, pk)
    response = render(request, "portal/_job_state.html", {"job": row, "progress": job_desk.progress_of(row)})
    if row.stage in {Job.Stage.DONE, Job.Stage.FAILED, Job.Stage.CANCELLED}:
        response["HX-Refresh"] = "true"
    return response


def stored_file(request: Any, pk: Any) -> Any:
    try:
        row = files.readable(request.user, get_object_or_404(StoredFile, pk=pk))
    except ForbiddenError as error:
        raise PermissionDenied(str(error)) from error
    return FileResponse(row.content.open("rb"), as_attachment=True, filename=row.name, content_type=row.media_kind)
