"""Guards for pages: a function of `core.roles` that the visitor must hold."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied

from keqiao.core import access


def needs(function: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: refuses visitors who do not hold the function, saying why."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            if not (decision := access.may(request.user, function)):
                raise PermissionDenied(decision.reason)
            return view(request, *args, **kwargs)

        return guarded

    return wrap
