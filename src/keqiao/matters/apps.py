"""Matters as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MattersConfig(AppConfig):
    name = "keqiao.matters"
    verbose_name = _("事项")
