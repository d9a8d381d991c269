"""Error pages: what happened, why, and what to do next."""

from typing import Any

from django.shortcuts import render
from django.utils.translation import gettext as _


def forbidden(request: Any, exception: Any = None) -> Any:
    return render(
        request,
        "portal/error.html",
        {"title": _("不能访问"), "reason": str(exception or _("您没有此项权限。"))},
        status=403,
    )


def not_found(request: Any, exception: Any = None) -> Any:
    return render(
        request,
        "portal/error.html",
        {"title": _("找不到页面"), "reason": _("它可能已被移走、删除，或不对您开放。")},
        status=404,
    )


def failed(request: Any) -> Any:
    return render(
        request,
        "portal/error.html",
        {"title": _("系统出错了"), "reason": _("我们已记录此错误；您填写的内容保存在草稿中。")},
        status=500,
    )
