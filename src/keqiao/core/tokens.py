"""API tokens (接口令牌): issued to an account, shown once, kept as a digest, revoked by its owner or a security administrator."""

import datetime
import hashlib
import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.core import access, audit
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import ApiToken, User

PREFIX = "kq_"
DEFAULT_LIFE = datetime.timedelta(days=365)


def issue(user: User, name: str, act: Act, life: datetime.timedelta | None = DEFAULT_LIFE) -> tuple[ApiToken, str]:
    """A new token and its text, which is never to be seen again. For oneself, or for anybody by who manages accounts. Raises ForbiddenError."""
    _need(act, user)
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(user=user, name=name.strip()[:60] or "API", prefix=text[:8], digest=_digest(text))
    token.expires_at = timezone.now() + life if life else None
    with transaction.atomic():
        token.save()
        audit.record(act, audit.Trace("token_issue", "user", str(user.pk), str(token)[:200]))
    return token, text


def revoke(token: ApiToken, act: Act) -> None:
    """Ends a token at once. Raises ForbiddenError."""
    _need(act, token.user)
    with transaction.atomic():
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
        audit.record(act, audit.Trace("token_revoke", "user", str(token.user_id), str(token)[:200]))


def _need(act: Act, user: User) -> None:
    is_own = act.actor is not None and act.actor.pk == user.pk
    if act.actor is not None and not is_own and not access.may(act.actor, "users.manage"):
        raise ForbiddenError(_("只能管理自己的接口令牌"))


def user_of(text: str) -> Any:
    """The active account a token acts for, or None. Its last use is noted once a minute."""
    token = ApiToken.objects.alive().filter(digest=_digest(text), user__is_active=True).select_related("user").first()
    if token is None:
        return None
    now = timezone.now()
    if token.used_at is None or now - token.used_at > datetime.timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token.user


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
