"""Services as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesConfig(AppConfig):
    name = "keqiao.services"
    verbose_name = _("企业服务")

    def ready(self) -> None:
        from keqiao.services import declared  # noqa: F401  # importing declares the registers
