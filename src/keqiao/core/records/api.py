"""The API of every register: list, read, write, review, import, export. Generic over the declarations; a ledger loaded today is in it today.

Values are exact (amounts as texts), references are written as in Excel (by code), hidden fields are left out, masked ones are named in
`masked`. What a caller sees and may do is what the pages show them: the same lens, the same actions.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError

from keqiao.core import access, audit, files, jobs
from keqiao.core.act import ForbiddenError
from keqiao.core.api import PreconditionError, act_of, answer, idempotent
from keqiao.core.models import Job, StoredFile
from keqiao.core.records import actions, api_schema, excel_out, import_job, references, search
from keqiao.core.records.cells import looks_masked
from keqiao.core.records.declare import REGISTERS, Register, all_registers
from keqiao.core.records.fields import Field, mask, to_json
from keqiao.core.records.listing import Listing
from keqiao.core.records.problems import InvalidError, Problem

router = Router()
MOST_EXPORTED = 10_000  # rows given at once; larger exports are jobs
LARGEST_ID = 2**63


def _register(request: Any, key: str, action: str = "view") -> Register:
    """The register, if the caller may do `action` there at all; one that the caller may not even view does not exist for them."""
    register = REGISTERS.get(key)
    if register is None:
        raise Http404
    if not (decision := access.may(request.user, action, register)):
        raise ForbiddenError(decision.reason)
    return register


def _row(request: Any, register: Register, pk: int) -> Any:
    if pk >= LARGEST_ID:
        raise Http404
    row = (
        register.rows()
        .visible_to(request.user)
        .filter(access.lens(request.user, register).q, pk=pk, merged_into_id=None)
        .first()
    )
    if row is None:
        raise Http404
    return row


def _body(request: Any) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise HttpError(400, _("请求体不是合法的 JSON")) from None
    if not isinstance(body, dict):
        raise InvalidError([Problem("wrong_type", _("请求体应为一个对象"), _("请按接口说明填写"))])
    return body


def _values(register: Register, body: Mapping[str, Any], row: Any = None, user: Any = None) -> dict[str, Any]:
    """The `values` of a request, each of the JSON type its field has. Masks that came back as they were given mean "unchanged"."""
    problems = [
        Problem("unknown_field", _("没有这个字段"), _("请核对字段名"), name, name)
        for name in body
        if name not in {"values", "reason", "draft"}
    ]
    values = body.get("values")
    if not isinstance(values, dict):
        raise InvalidError(
            [*problems, Problem("required", _("缺少 values 对象"), _("请按接口说明填写"), "values", "values")]
        )
    kept: dict[str, Any] = {}
    for name, value in values.items():
        one = register.fields.get(name)
        if one is None or (one.read_only and row is None):
            problems.append(
                Problem(
                    "unknown_field",
                    _("没有这个字段，或不能填写"),
                    _("请核对字段名；可用字段见接口说明"),
                    name[:100],
                    name[:100],
                )
            )
        elif not api_schema.has_type(one, value):
            problems.append(
                one.problem(
                    "wrong_type", value, _("值的类型不对"), _("应为：%(types)s") % {"types": api_schema.type_names(one)}
                )
            )
        elif one.personal and looks_masked(value):
            if row is None or value != mask(one, one.get(row)):
                problems.append(
                    one.problem(
                        "masked_value", value, _("是脱敏后的内容，与库中不一致"), _("请填写完整内容，或不要提交此项")
                    )
                )
        elif not (one.read_only and row is not None and value == _json(one, row)):
            kept[name] = value
    for name in (name for name in kept if register.fields[name].read_only):
        problems.append(
            register.fields[name].problem("read_only", kept[name], _("此项由系统生成，不能修改"), _("请不要提交此项"))
        )
    if problems:
        raise InvalidError(problems)
    return kept


def _reason(body: Mapping[str, Any]) -> str:
    reason = body.get("reason", "")
    if not isinstance(reason, str) or not api_schema.is_storable(reason):
        raise InvalidError([Problem("wrong_type", _("值的类型不对"), _("应为文本"), "reason", "reason")])
    return reason


def _json(one: Field, row: Any) -> Any:
    """The value as the API writes it, and takes it back."""
    value = one.get(row)
    if one.kind == "org_unit":
        return value.code if value else None
    if one.kind == "reference":
        if value is None:
            return None
        target = actions.target_of(one)
        by = target.fields[one.reference.by if one.reference and one.reference.by else target.identity[0]]
        return _json(by, value)
    return None if value == "" else to_json(value)


def shown(user: Any, register: Register, row: Any, fields: Any = None) -> dict[str, Any]:
    """A row as the caller may read it."""
    sight = access.lens(user, register)
    seen = sight.over(row)
    values: dict[str, Any] = {}
    masked = []
    for one in register.fields.values() if fields is None else fields:
        how = seen.of(one)
        if how == "hidden" or one.name not in register.fields:
            continue
        if how == "masked":
            masked.append(one.name)
        values[one.name] = mask(one, one.get(row)) if how == "masked" else _json(one, row)
    title = register.fields.get(register.title_field)
    data = {
        "id": row.pk,
        "register": register.key,
        "title": sight.shown(title, row) if title else register.title(row),
        "edition": row.edition,
    }
    if seen.reads:
        data["review_state"] = row.review_state
    return {**data, "updated_at": row.updated_at.isoformat(), "values": values, "masked": masked}


def _one(request: Any, register: Register, row: Any, code: int = 200) -> HttpResponse:
    headers = {"ETag": f'"{row.edition}"'}
    if code == 201:
        headers["Location"] = f"{reverse('api:record_list', args=[register.key])}/{row.pk}"
    return answer(shown(request.user, register, row), code, headers)


def _match(request: Any, row: Any) -> int | None:
    """The edition that If-Match names. Raises PreconditionError when it is not the row's."""
    asked = request.headers.get("If-Match", "").strip()
    if not asked or asked == "*":
        return None
    if f'"{row.edition}"' not in [part.strip() for part in asked.split(",")]:
        raise PreconditionError
    return int(row.edition)


@router.get("/registers", url_name="registers")
def list_registers(request: Any) -> HttpResponse:
    """The registers the caller may view, with their fields."""
    found = [register for register in all_registers() if access.may(request.user, "view", register)]
    return answer({"items": [api_schema.described(request.user, register) for register in found]})


@router.get("/registers/{key}", url_name="register")
def get_register(request: Any, key: str) -> HttpResponse:
    return answer(api_schema.described(request.user, _register(request, key)))


@router.get("/registers/{key}/records", url_name="record_list")
def list_records(request: Any, key: str) -> HttpResponse:
    """A page of rows, and the cursor of the next."""
    register = _register(request, key)
    listing = Listing(register, request.user, request.GET, strict=True)
    if listing.problems:
        raise InvalidError(listing.problems)
    chosen = listing.columns if request.GET.get("columns") else tuple(listing.register.fields.values())
    listing.columns = tuple(one for one in chosen if one.name in listing.available)
    page = listing.after(request.GET.get("after", ""))
    data: dict[str, Any] = {
        "items": [shown(request.user, register, row.record, listing.columns) for row in page],
        "next": page.cursor or None,
    }
    headers = {}
    if page.cursor:
        headers["Link"] = f'<{request.path}?{listing.query(after=page.cursor)}>; rel="next"'
    return answer(data, headers=headers)


@router.post("/registers/{key}/records", url_name="record_create")
@idempotent
def create_record(request: Any, key: str) -> HttpResponse:
    register = _register(request, key, "add")
    body = _body(request)
    values, reason = _values(register, body), _reason(body)
    row = actions.create(register, values, act_of(request, reason), draft=body.get("draft") is True)
    return _one(request, register, row, 201)


@router.get("/registers/{key}/records/{int:pk}", url_name="record")
def get_record(request: Any, key: str, pk: int) -> HttpResponse:
    register = _register(request, key)
    row = _row(request, register, pk)
    references.load(
        register,
        register.rows().unscoped("loads what this very row refers to").filter(pk=row.pk),
        register.fields.values(),
    )
    _note_reading(request, register, row)
    if request.headers.get("If-None-Match", "") == f'"{row.edition}"':
        return HttpResponse(status=304, headers={"ETag": f'"{row.edition}"'})
    return _one(request, register, row)


def _note_reading(request: Any, register: Register, row: Any) -> None:
    """Unmasked personal data that is not one's own goes into the trail, as it does on pages."""
    seen, subject = access.lens(request.user, register).over(row), register.subject_of(row)
    names = [name for name, one in register.fields.items() if one.personal and seen.of(one) == "full" and one.get(row)]
    kind, own = access.powers(request.user).subject
    if names and subject != f"{kind}:{own}":
        audit.record(act_of(request), audit.trace("read_personal", row, None, {"fields": names}))


@router.patch("/registers/{key}/records/{int:pk}", url_name="record_change")
def change_record(request: Any, key: str, pk: int) -> HttpResponse:
    register = _register(request, key)
    row = _row(request, register, pk)
    body = _body(request)
    edition = _match(request, row)
    row = actions.change(row, _values(register, body, row), act_of(request, _reason(body)), edition=edition)
    return _one(request, register, row)


@router.delete("/registers/{key}/records/{int:pk}", url_name="record_remove")
def remove_record(request: Any, key: str, pk: int) -> HttpResponse:
    register = _register(request, key)
    row = _row(request, register, pk)
    _match(request, row)
    actions.remove(row, act_of(request))
    return HttpResponse(status=204)


@router.post("/registers/{key}/records/{int:pk}/moves", url_name="record_move")
@idempotent
def move_record(request: Any, key: str, pk: int) -> HttpResponse:
    """One step of the review: {"move": "return", "note": "…"}."""
    register = _register(request, key)
    row = _row(request, register, pk)
    body = _body(request)
    name, note = body.get("move"), body.get("note", "")
    if (
        name not in actions.MOVES
        or not isinstance(note, str)
        or not api_schema.is_storable(note)
        or set(body) - {"move", "note"}
    ):
        remedy = _("move 可为：%(moves)s；note 为文本") % {"moves": "、".join(actions.MOVES)}
        raise InvalidError(
            [Problem("unknown_move", _("没有这个审核动作，或参数有误"), remedy, "move", "move", str(name)[:100])]
        )
    return _one(request, register, actions.move(row, str(name), act_of(request), note))


@router.post("/registers/{key}/imports", url_name="record_import")
@idempotent
def import_records(request: Any, key: str) -> HttpResponse:
    """A workbook or CSV as a job: fields `file`, `dry_run` (default true), `good_rows_only`."""
    register = _register(request, key, "import")
    upload = request.FILES.get("file")
    if upload is None:
        raise InvalidError(
            [Problem("required", _("缺少文件"), _("请以 multipart/form-data 上传 file"), "file", "file")]
        )
    act = act_of(request)
    stored = files.store(upload.name or "import.xlsx", upload.read(), act)
    job = import_job.start(
        register,
        stored,
        act,
        dry_run=_flag(request, "dry_run", True),
        good_rows_only=_flag(request, "good_rows_only", False),
    )
    return _job(job, 202)


def _flag(request: Any, name: str, default: bool) -> bool:
    text = request.POST.get(name, "").lower()
    if text not in {"", "true", "false", "1", "0"}:
        raise InvalidError([Problem("not_yes_no", _("不是“是”或“否”"), _("请填 true 或 false"), name, name, text[:50])])
    return text in {"true", "1"} if text else default


@router.get("/registers/{key}/export.{kind}", url_name="record_export")
def export_records(request: Any, key: str, kind: str) -> HttpResponse:
    """The filtered rows as a file; above ten thousand a job (signed-in callers only)."""
    register = _register(request, key, "export")
    if kind not in {"xlsx", "csv"}:
        raise Http404
    listing = Listing(register, request.user, request.GET, action="export", strict=True)
    if listing.problems:
        raise InvalidError(listing.problems)
    if listing.count.is_capped:
        if not request.user.is_authenticated:
            raise ForbiddenError(_("结果超过 %(n)s 条，请登录后导出或缩小范围") % {"n": MOST_EXPORTED})
        parameters = {"register": register.key, "query": request.GET.urlencode(), "kind": kind}
        return _job(
            jobs.start(
                "export_records",
                _("导出：%(register)s") % {"register": register.verbose_name},
                parameters,
                act_of(request),
            ),
            202,
        )
    content = excel_out.export(listing, kind, act_of(request))
    return HttpResponse(content, content_type=excel_out.CSV if kind == "csv" else excel_out.XLSX)


@router.get("/registers/{key}/template.xlsx", url_name="record_template")
def get_template(request: Any, key: str) -> HttpResponse:
    return HttpResponse(excel_out.template(_register(request, key, "import")), content_type=excel_out.XLSX)


def _job(job: Job, code: int = 200) -> HttpResponse:
    progress = jobs.progress_of(job)
    data = {
        "id": str(job.pk),
        "kind": job.kind,
        "title": job.title,
        "stage": job.stage,
        "progress": {name: progress[name] for name in ("done", "total", "text")},
        "result": job.result,
        "error": job.error,
    }
    return answer(data, code, {"Location": reverse("api:job", args=[job.pk])} if code == 202 else None)


@router.get("/jobs/{uuid:pk}", url_name="job")
def get_job(request: Any, pk: str) -> HttpResponse:
    job = Job.objects.filter(pk=pk).first()
    is_own = job is not None and request.user.is_authenticated and job.created_by_id == request.user.pk
    if job is None or not (is_own or access.may(request.user, "jobs.manage")):
        raise Http404
    return _job(job)


@router.get("/files/{uuid:pk}", url_name="file")
def get_file(request: Any, pk: str) -> HttpResponse:
    stored = StoredFile.objects.filter(pk=pk).first()
    if stored is None:
        raise Http404
    try:
        files.readable(request.user, stored)
    except ForbiddenError:
        raise Http404 from None
    with stored.content.open("rb") as handle:
        return HttpResponse(handle.read(), content_type=stored.media_kind)


@router.get("/search", url_name="search")
def search_records(request: Any) -> HttpResponse:
    """Rows of all registers found by their text: `q`, `in` (register keys), `limit` (1–50 per register)."""
    params = request.GET
    problems = [
        Problem("unknown_parameter", _("没有这个参数"), _("可用：q、in、limit"), name[:100], name[:100])
        for name in params
        if name not in {"q", "in", "limit"}
    ]
    text, limit = params.get("q", ""), params.get("limit", "6")
    if not 1 <= len(text) <= 200 or not api_schema.is_storable(text):
        problems.append(Problem("required", _("请给出 1 至 200 字的检索词"), "", "q", "q", text[:50]))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= 50):
        problems.append(Problem("not_a_number", _("应为 1 至 50 的整数"), "", "limit", "limit", limit[:50]))
    keys = [key for item in params.getlist("in") for key in item.split(",") if key] or None
    if unknown := [key for key in keys or () if key not in REGISTERS]:
        problems.append(Problem("unknown_register", _("没有这个库"), "", "in", "in", "、".join(unknown)[:100]))
    if problems:
        raise InvalidError(problems)
    groups = search.search_all(request.user, text, keys, int(limit))
    found = [
        {
            "register": group.register.key,
            "has_more": group.has_more,
            "items": [{"id": hit.pk, "title": hit.title, "snippet_html": str(hit.snippet)} for hit in group.hits],
        }
        for group in groups
    ]
    return answer({"groups": found})


@router.get("/me", url_name="me")
def who_am_i(request: Any) -> HttpResponse:
    """The caller's account and roles."""
    mine = access.powers(request.user)
    name = request.user.username if request.user.is_authenticated else None
    return answer({"username": name, "roles": sorted(mine.roles), "functions": sorted(mine.functions)})


@router.get("/openapi.json", url_name="openapi")
def openapi(request: Any) -> HttpResponse:
    """This API as OpenAPI 3.1, with the registers that the caller may view."""
    return answer(api_schema.document(request.user))
