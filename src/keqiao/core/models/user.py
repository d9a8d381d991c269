"""User (账号) and Grant (授权): who someone is, and which role they hold over which part of the tree."""

import datetime
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from keqiao.core.roles import DIVISIONS, ROLES


class User(AbstractUser):
    """An account. `subject_kind` and `subject_id` name the register row that the account stands for (an enterprise, institution or person)."""

    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    phone = models.CharField(_("手机"), max_length=20, blank=True)
    subject_kind = models.CharField(_("主体类别"), max_length=20, blank=True)
    subject_id = models.BigIntegerField(_("主体"), null=True, blank=True)
    large_font = models.BooleanField(_("大字模式"), default=False)
    webhook_url = models.URLField(_("群机器人地址"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("账号")

    def __str__(self) -> str:
        return self.display_name or self.username


class GrantQuerySet(models.QuerySet["Grant"]):
    def valid_on(self, day: datetime.date) -> Self:
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)


class Grant(models.Model):
    """A role held by a user over one unit's subtree, from `valid_from` until before `valid_until`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("账号"))
    role = models.CharField(_("角色"), max_length=30)
    org_unit = models.ForeignKey("core.OrgUnit", models.PROTECT, null=True, blank=True, verbose_name=_("管辖单位"))
    division = models.CharField(_("科室"), max_length=30, blank=True)
    valid_from = models.DateField(_("生效日期"), default=datetime.date(2000, 1, 1))
    valid_until = models.DateField(_("失效日期"), null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("授权")

    def __str__(self) -> str:
        where = self.org_unit.name if self.org_unit else ""
        division = str(DIVISIONS.get(self.division, self.division))
        return "·".join(part for part in (str(ROLES[self.role].label), division, where) if part)
