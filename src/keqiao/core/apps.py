"""Core as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "keqiao.core"
    verbose_name = _("基础")

    def ready(self) -> None:
        from keqiao.core import events
        from keqiao.core.records import drafts, excel_out, import_job, search, views_saved  # noqa: F401  # they declare jobs

        events.subscribe(events.RecordsChanged, search.on_changed)
