"""Registers as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "keqiao.registers"
    verbose_name = _("基础库")

    def ready(self) -> None:
        from keqiao.registers import declared  # noqa: F401  # importing declares the registers
