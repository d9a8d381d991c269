"""Record: what every row of every register has, and the query set that refuses to be read without a scope."""

from collections.abc import Iterator
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class UnscopedReadError(RuntimeError):
    """Rows were asked for without saying on whose behalf. Remedy: `.visible_to(user)`, or `.unscoped("why")` for the system's own work."""


class RecordQuerySet(models.QuerySet[Any]):
    """Rows can be read only after `visible_to(user)` or `unscoped(reason)`; forgetting both raises instead of leaking."""

    _scope = ""
    _register = ""  # key, where one table holds the rows of many registers

    def _clone(self) -> Self:
        clone = super()._clone()  # type: ignore[misc]  # private in the stubs
        clone._scope, clone._register = self._scope, self._register
        return clone

    def of_register(self, key: str) -> Self:
        """Rows of the register with this key, where `visible_to` can't tell it from the model."""
        clone = self._chain()  # type: ignore[attr-defined]  # private in the stubs
        clone._register = key
        return clone

    def visible_to(self, user: Any, action: str = "view") -> Self:
        from keqiao.core import access  # access needs the declarations, which need the models

        clone = self.filter(access.lens(user, self._register or self.model, action).q)
        clone._scope = f"user {user.pk}"
        return clone

    def unscoped(self, reason: str) -> Self:
        """All rows, for the system's own work; `reason` says for what, to the reader of the code."""
        clone = self._chain()  # type: ignore[attr-defined]
        clone._scope = reason
        return clone

    def _require_scope(self) -> None:
        if not self._scope:
            raise UnscopedReadError(
                f"{self.model._meta.label} was read without a scope: use visible_to(user) or unscoped(reason)"
            )

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._require_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_scope()
        return super().delete()


class ReviewState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审核")
    RETURNED = "returned", _("退回补正")
    APPROVED = "approved", _("已通过")
    ARCHIVED = "archived", _("已归档")


class Record(models.Model):
    """The common part of every register's row.

    `edition` rises with every write and guards against two people overwriting each other. A row merged into another keeps
    `merged_into_id` and is archived, so that the merge can be undone.
    """

    org_unit = models.ForeignKey(
        "core.OrgUnit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("属地")
    )
    review_state = models.CharField(
        _("审核状态"), max_length=10, choices=ReviewState.choices, default=ReviewState.APPROVED
    )
    review_note = models.CharField(_("审核意见"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    created_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)
    edition = models.PositiveIntegerField(_("修订号"), default=1)
    merged_into_id = models.BigIntegerField(_("已并入"), null=True, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="%(class)s_updated"),
            models.Index(fields=["org_unit", "-updated_at", "-id"], name="%(class)s_unit_updated"),
        ]
