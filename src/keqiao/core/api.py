"""The API root: who calls, what errors look like, repeated calls, rate limit. Each app adds its own router.

Errors are problem documents (RFC 9457) that carry the same Problems as the pages. A POST with an Idempotency-Key is done once, however
often it is sent. Reading without an account is allowed as far as the public may read; everything else needs a session or a token.
"""

import functools
import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth

from keqiao.core import tokens
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import ApiReply
from keqiao.core.models.audit_entry import Channel
from keqiao.core.records.paging import BadCursorError
from keqiao.core.records.problems import InvalidError, Problem, StaleError

logger = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
RATE, RATE_OF_ADDRESS = 600, 3000  # calls a minute by one caller, and from one address


class PreconditionError(Exception):
    """The row is not the edition that If-Match names."""


class TokenAuth(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Any:
        user = tokens.user_of(token)
        if user is None:
            raise AuthenticationError
        request.user = user
        return user


def public_reading(request: HttpRequest) -> str | None:
    """Reading as the public, for callers that bring no credentials at all."""
    is_anonymous = not request.user.is_authenticated and "Authorization" not in request.headers
    return "public" if request.method in READING and is_anonymous else None


api = NinjaAPI(
    title="Keqiao",
    version="1",
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    auth=[TokenAuth(), SessionAuth(csrf=True), public_reading],
)


def act_of(request: Any, reason: str = "") -> Act:
    return Act(request.user, Channel.API, reason[:500], request.META.get("REMOTE_ADDR", ""))


# answers


def answer(data: Any, code: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(_encoded(data), status=code, content_type="application/json", headers=headers)


def problem(
    code: int, kind: str, title: str, problems: Iterable[Problem] = (), headers: dict[str, str] | None = None
) -> HttpResponse:
    """A problem document. `kind` is stable; `problems` name field, value, reason and remedy."""
    data = {
        "type": f"urn:keqiao:problem:{kind}",
        "title": title,
        "status": code,
        "problems": [one.as_data() for one in problems],
    }
    return HttpResponse(_encoded(data), status=code, content_type=PROBLEM, headers=headers)


def _encoded(data: Any) -> bytes:
    """JSON as UTF-8; half a surrogate pair in a value that was refused stays the escape it came as."""
    return json.dumps(data, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")


def answer_to(error: Exception, request: Any) -> HttpResponse | None:
    """The problem document for an error a caller can do something about; None for a fault of ours."""
    if isinstance(error, AuthenticationError) or (
        isinstance(error, ForbiddenError | PermissionDenied | AuthorizationError) and not request.user.is_authenticated
    ):
        return problem(401, "not_signed_in", _("请先登录或提供有效的接口令牌"), headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, ForbiddenError | PermissionDenied | AuthorizationError):
        return problem(403, "forbidden", str(error))
    if isinstance(error, Http404):
        return problem(404, "not_found", _("没有这个地址或记录，或者您不能查看"))
    if isinstance(error, InvalidError):
        return problem(422, "invalid", _("提交的内容有误"), error.problems)
    if isinstance(error, ValidationError):
        return problem(422, "invalid", _("提交的内容有误"), [_parameter_problem(one) for one in error.errors])
    if isinstance(error, PreconditionError):
        return problem(412, "stale", _("这条记录已有更新的修订，请重新读取"))
    if isinstance(error, StaleError):
        return problem(409, "stale", str(error))
    if isinstance(error, ProtectedError):
        return problem(409, "referred_to", _("还有其他记录引用它，不能删除；可先归档"))
    if isinstance(error, BadCursorError):
        return problem(400, "bad_cursor", str(error))
    if isinstance(error, BadRequest | SuspiciousOperation | MultiPartParserError):
        return problem(400, "bad_request", _("请求格式有误"))
    if isinstance(error, HttpError):
        return problem(error.status_code, "bad_request", str(error))
    return None


def _parameter_problem(error: dict[str, Any]) -> Problem:
    place = ".".join(str(part) for part in error.get("loc", ()))
    return Problem(
        str(error.get("type", "invalid")),
        str(error.get("msg", "")),
        _("请按接口说明填写"),
        place,
        place,
        str(error.get("input", ""))[:200],
    )


@api.exception_handler(Exception)
def _on_error(request: Any, error: Exception) -> HttpResponse:
    found = answer_to(error, request)
    if found is None:
        logger.exception("API call failed", exc_info=error)
        return problem(500, "failed", _("服务器内部错误，已记录"))
    return found


for _kind in (Http404, HttpError, AuthenticationError, AuthorizationError, ValidationError):
    api.add_exception_handler(_kind, cast(Any, _on_error))


# repeated calls


def idempotent(operation: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator for operations that write: the answer is kept with the write, and given again when the same call comes again."""

    @functools.wraps(operation)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return operation(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise AuthenticationError
        if len(key) > 200 or not key.isprintable():
            raise HttpError(400, _("Idempotency-Key 应为 1 至 200 个可见字符"))
        with transaction.atomic():
            reply, is_first = ApiReply.objects.get_or_create(
                {"request_digest": _digest(request)}, user=request.user, key=key
            )
            if not is_first:
                return _again(reply, request)
            response = _once(operation, request, args, kwargs)
            reply.code, reply.body = response.status_code, response.content.decode()
            reply.headers = dict(response.items())
            reply.save()
        return response

    return wrapped


def _once(operation: Callable[..., HttpResponse], request: Any, args: Any, kwargs: Any) -> HttpResponse:
    """A refusal is an answer too, and is kept; a fault of ours is not: then the caller may try again under the same key."""
    try:
        with transaction.atomic():
            return operation(request, *args, **kwargs)
    except Exception as error:
        found = answer_to(error, request)
        if found is None:
            raise
        return found


def _again(reply: ApiReply, request: Any) -> HttpResponse:
    if reply.request_digest != _digest(request):
        return problem(422, "idempotency_key_reused", _("这个 Idempotency-Key 已用于另一个请求，请换一个"))
    headers = {**reply.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(reply.body, status=reply.code, headers=headers)


def _digest(request: Any) -> str:
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        found.update(json.dumps(sorted(request.POST.lists())).encode())
        for name, files in sorted(request.FILES.lists()):
            for one in files:
                one.seek(0)
                found.update(name.encode() + one.read())
                one.seek(0)
    else:
        found.update(request.body)
    return found.hexdigest()


# the way in


def _too_many(request: Any) -> bool:
    """Fixed windows of a minute: per credentials, and per address so that made-up credentials gain nothing."""
    address = request.META.get("REMOTE_ADDR", "")
    caller = request.headers.get("Authorization") or request.COOKIES.get(settings.SESSION_COOKIE_NAME) or address
    most = getattr(settings, "API_CALLS_PER_MINUTE", RATE)
    counts = [(f"caller {caller}", most), (f"address {address}", most * RATE_OF_ADDRESS // RATE)]
    return any(_count(name) > limit for name, limit in counts)


def _count(name: str) -> int:
    key = "api:" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    cache.add(key, 0, 60)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out just now
        return 1


def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    @login_not_required
    @functools.wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> Any:
        if _too_many(request):
            return problem(429, "too_many_calls", _("调用过于频繁，请稍后再试"), headers={"Retry-After": "60"})
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            response = problem(
                405, "wrong_method", _("这个地址不支持此方法"), headers={"Allow": response.get("Allow", "")}
            )
        patch_vary_headers(response, ["Authorization", "Cookie"])
        response.setdefault("Cache-Control", "private, no-cache")
        return response

    wrapped.csrf_exempt = True  # type: ignore[attr-defined]  # SessionAuth checks it for callers with a session
    return wrapped


def urlpatterns() -> list[Any]:
    """The URLs of all routers added so far, each behind the rate limit."""
    patterns, _app, _name = api.urls
    for one in patterns:
        if isinstance(one, URLPattern):
            one.callback = guarded(one.callback)
    return list(patterns)
