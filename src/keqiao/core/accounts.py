"""Accounts and grants: made, changed and locked by the security administrator only; every step leaves its trace."""

import datetime
import secrets
from collections.abc import Mapping
from typing import Any

from axes.utils import reset as reset_lockout
from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.core import access, audit
from keqiao.core.act import Act
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.models.user import Grant, User
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.core.roles import ROLES

# One person must not hold two of these (三员分立).
SEPARATED = frozenset({"system_admin", "security_admin", "audit_admin"})


def create(data: Mapping[str, Any], act: Act) -> tuple[User, str]:
    """A new account with a random first password, which is returned once and kept nowhere."""
    act.need("users.manage")
    username = str(data.get("username", "")).strip()
    problems = []
    if not username:
        problems.append(Problem("required", _("必填项为空"), _("请填写账号"), "username", _("账号")))
    elif User.objects.filter(username=username).exists():
        problems.append(Problem("duplicate", _("账号已存在"), _("请换一个账号"), "username", _("账号"), username))
    if problems:
        raise InvalidError(problems)
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        user = User(
            username=username,
            display_name=str(data.get("display_name", "")).strip()[:60],
            email=str(data.get("email", "")).strip(),
        )
        user.set_password(password)
        audit.save_user(user, act)
    return user, password


def grant(
    user: User,
    role: str,
    act: Act,
    org_unit: OrgUnit | None = None,
    division: str = "",
    until: datetime.date | None = None,
) -> Grant:
    """Gives a role over a unit's subtree. Refuses a second administrator's role, and a staff role without a unit."""
    act.need("users.manage")
    held = set(Grant.objects.filter(user=user).values_list("role", flat=True))
    problems = []
    if role not in ROLES or role == "public":
        problems.append(Problem("unknown_role", _("没有这个角色"), _("请从列表中选择"), "role", _("角色"), role))
    elif role in SEPARATED and held & (SEPARATED - {role}):
        problems.append(
            Problem(
                "separated_roles",
                _("系统、安全、审计三类管理员不得由一人兼任"),
                _("请另设账号"),
                "role",
                _("角色"),
                role,
            )
        )
    elif ROLES[role].is_staff and role not in SEPARATED and org_unit is None:
        problems.append(
            Problem("unit_needed", _("工作人员角色须指定管辖单位"), _("请选择单位"), "org_unit", _("管辖单位"))
        )
    if problems:
        raise InvalidError(problems)
    with transaction.atomic():
        row = Grant.objects.create(user=user, role=role, org_unit=org_unit, division=division, valid_until=until)
        audit.record(
            act,
            audit.Trace(
                "grant",
                "user",
                str(user.pk),
                str(user),
                after={"role": role, "org_unit": org_unit.code if org_unit else "", "division": division},
            ),
        )
    access.forget_powers(user)
    return row


def revoke(row: Grant, act: Act) -> None:
    act.need("users.manage")
    with transaction.atomic():
        audit.record(
            act,
            audit.Trace(
                "revoke",
                "user",
                str(row.user_id),
                str(row.user),
                before={"role": row.role, "org_unit": row.org_unit.code if row.org_unit else ""},
            ),
        )
        row.delete()


def administer(user: User, data: Mapping[str, Any], act: Act) -> str:
    """One button of the account page: grant, revoke, reset the password, unlock, switch off or on. Returns what was done."""
    act.need("users.manage")
    todo = data.get("do")
    if todo == "grant":
        unit = OrgUnit.objects.filter(pk=data.get("org_unit") or 0).first()
        grant(user, str(data.get("role", "")), act, unit, str(data.get("division", "")))
        return _("已授权")
    if todo == "revoke":
        revoke(Grant.objects.get(pk=data.get("grant", 0), user=user), act)
        return _("已收回授权")
    if todo == "password":
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        audit.save_user(user, act, "reset_password")
        return _("新密码（只显示这一次）：%(password)s") % {"password": password}
    if todo == "unlock":
        reset_lockout(username=user.username)
        audit.record(act, audit.Trace("unlock", "user", str(user.pk), str(user)))
        return _("已解除锁定")
    user.is_active = not user.is_active
    audit.save_user(user, act, "activate" if user.is_active else "deactivate")
    return _("账号已启用") if user.is_active else _("账号已停用")
