"""Registers as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "keqiao.registers"
    verbose_name = _("基础库")
