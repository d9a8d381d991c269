"""Columns that many registers share. Unknown is NULL, never 0 or "no": an empty cell must not make an enterprise fail a rule."""

import json
import unicodedata
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.records.declare import MoneyField
from keqiao.registers.uscc import check_form

NOT_NEGATIVE = MinValueValidator(Decimal(0))


def short(label: Any, length: int = 120, **more: Any) -> models.CharField[Any, Any]:
    """Optional text of one line."""
    return models.CharField(label, max_length=length, blank=True, default="", **more)


def long(label: Any, **more: Any) -> models.TextField[Any, Any]:
    return models.TextField(label, blank=True, default="", **more)


def chosen(label: Any, choices: Any, **more: Any) -> models.CharField[Any, Any]:
    """Optional choice whose codes are part of the model."""
    return models.CharField(label, max_length=30, choices=choices, blank=True, default="", **more)


def classified(label: Any, **more: Any) -> models.CharField[Any, Any]:
    """Optional code out of a classification in packs/; the declaration names which."""
    return models.CharField(label, max_length=30, blank=True, default="", **more)


def money(label: Any, *, may_be_negative: bool = False) -> MoneyField:
    return MoneyField(label, null=True, blank=True, validators=[] if may_be_negative else [NOT_NEGATIVE])


def number(label: Any, decimals: int = 2) -> models.DecimalField[Any, Any]:
    return models.DecimalField(
        label, max_digits=14, decimal_places=decimals, null=True, blank=True, validators=[NOT_NEGATIVE]
    )


def count(label: Any) -> models.PositiveIntegerField[Any, Any]:
    return models.PositiveIntegerField(label, null=True, blank=True)


def flag(label: Any, help_text: Any = "") -> models.BooleanField[Any, Any]:
    """Yes, no, or not known."""
    return models.BooleanField(label, null=True, blank=True, help_text=help_text)


def day(label: Any, help_text: Any = "") -> models.DateField[Any, Any]:
    return models.DateField(label, null=True, blank=True, help_text=help_text)


def year_of(label: Any, **more: Any) -> models.PositiveSmallIntegerField[Any, Any]:
    return models.PositiveSmallIntegerField(
        label, validators=[MinValueValidator(1949), MaxValueValidator(2200)], **more
    )


def link(to: str, label: Any, *, related_name: str = "+", required: bool = False) -> models.ForeignKey[Any, Any]:
    """A reference to a row that must not vanish while others point at it."""
    return models.ForeignKey(
        to, models.PROTECT, null=not required, blank=not required, related_name=related_name, verbose_name=label
    )


class UsccField(models.CharField[Any, Any]):
    """统一社会信用代码, kept in capitals and half-width. The form is checked here; the check digit in the register, since real codes fail it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 18)
        kwargs["validators"] = [check_form]
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Migrations hold Django's own field, so that they outlive our code."""
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, "django.db.models.CharField", args, kwargs

    @staticmethod
    def normalise(value: str) -> str:
        return unicodedata.normalize("NFKC", value).strip().upper()


class _AsWritten(json.JSONEncoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**(options | {"ensure_ascii": False}))


class TextJSONField(models.JSONField):
    """JSON kept as it reads: a Chinese code in a list can be found as text, which SQLite's JSON needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["encoder"] = _AsWritten
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("encoder", None)
        return name, "django.db.models.JSONField", args, kwargs


class Contact(models.Model):
    """Whom to call; all personal."""

    contact_name = short(_("联系人"), 60)
    contact_phone = short(_("联系电话"), 30)
    contact_email = models.EmailField(_("联系邮箱"), max_length=120, blank=True, default="")

    class Meta:
        abstract = True


CONTACT_MASKS = {"contact_name": "name", "contact_phone": "phone", "contact_email": "email"}


class AdminLevel(models.TextChoices):
    """The level of government that recognises, issues or funds."""

    NATIONAL = "national", _("国家级")
    PROVINCE = "province", _("省级")
    CITY = "city", _("市级")
    COUNTY = "county", _("县（市、区）级")
    TOWN = "town", _("乡镇（街道）级")
    OTHER = "other", _("其他")
