"""OrgUnit (单位): the tree of places and offices that everything is scoped by."""

import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

BEGINNING = datetime.date(1949, 10, 1)


class OrgUnitQuerySet(models.QuerySet["OrgUnit"]):
    def valid_on(self, day: datetime.date) -> Self:
        """Units that exist on `day` (`valid_until` is excluded)."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=day), valid_from__lte=day)

    def below(self, unit: "OrgUnit") -> Self:
        """The unit and all under it, past and present."""
        return self.filter(path__startswith=unit.path)


class OrgUnit(models.Model):
    """A unit from its first day to its last. A merge or split ends the old units and names their `successors`.

    `path` is "/<id>/<id>/…/" from the root, so a subtree is one prefix. A park that cuts across towns hangs under the county
    and names the towns in `covers`.
    """

    class Level(models.TextChoices):
        PROVINCE = "province", _("省")
        CITY = "city", _("市")
        COUNTY = "county", _("县（市、区）")
        TOWN = "town", _("乡镇")
        STREET = "street", _("街道")
        PARK = "park", _("园区")

    code = models.CharField(_("单位代码"), max_length=12)
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级单位")
    )
    path = models.CharField(_("路径"), max_length=200, db_index=True, editable=False)
    valid_from = models.DateField(_("设立日期"), default=BEGINNING)
    valid_until = models.DateField(_("撤销日期"), null=True, blank=True)
    successors = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="predecessors", verbose_name=_("承接单位")
    )
    covers = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="parks", verbose_name=_("覆盖乡镇")
    )

    objects = OrgUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("单位")
        ordering = ("code", "-valid_from")
        constraints = [models.UniqueConstraint(fields=["code", "valid_from"], name="org_unit_code_from")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passes on whatever Django sends
        path = (self.parent.path if self.parent else "/") + f"{self.pk}/"
        if path != self.path:
            old, self.path = self.path, path
            OrgUnit.objects.filter(pk=self.pk).update(path=path)
            if old:
                for below in OrgUnit.objects.filter(path__startswith=old).exclude(pk=self.pk):
                    OrgUnit.objects.filter(pk=below.pk).update(path=path + below.path[len(old) :])

    def clean(self) -> None:
        if self.valid_until and self.valid_until <= self.valid_from:
            raise ValidationError({"valid_until": _("撤销日期须晚于设立日期")})
        if self.parent and self.pk and self.parent.path.startswith(self.path):
            raise ValidationError({"parent": _("上级单位不能是本单位或其下级")})

    def ancestor_ids(self) -> list[int]:
        """Ids from the root down to this unit."""
        return [int(part) for part in self.path.split("/") if part]
