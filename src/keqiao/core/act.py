"""Act: on whose behalf, by which way in and why a write happens. Every action takes one."""

from dataclasses import dataclass
from typing import Any

from keqiao.core.models.audit_entry import Channel


class ForbiddenError(Exception):
    """The actor may not do this; the text is the reason."""


@dataclass(frozen=True)
class Act:
    """`actor` None is the system itself (a scheduled command), which needs no permission but still leaves its trace."""

    actor: Any
    channel: str = Channel.PAGE
    reason: str = ""
    address: str = ""

    def need(self, action: str, target: Any = None) -> None:
        """Raises ForbiddenError unless the actor may do `action` to `target`."""
        from keqiao.core import access

        if self.actor is not None and not (decision := access.may(self.actor, action, target)):
            raise ForbiddenError(decision.reason)


def act_of(request: Any, reason: str = "", channel: str = Channel.PAGE) -> Act:
    """The Act of a web request."""
    return Act(request.user, channel, reason or request.POST.get("reason", ""), request.META.get("REMOTE_ADDR", ""))
