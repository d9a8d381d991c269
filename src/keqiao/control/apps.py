"""Control as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ControlConfig(AppConfig):
    name = "keqiao.control"
    verbose_name = _("创新管控")

    def ready(self) -> None:
        from keqiao.control import jobs  # noqa: F401  # declares the background work
