"""Market as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketConfig(AppConfig):
    name = "keqiao.market"
    verbose_name = _("技术市场")

    def ready(self) -> None:
        from keqiao.core import events
        from keqiao.core.records.panels import Panel, add_panel
        from keqiao.market import library

        events.subscribe(events.RecordsChanged, library.on_changed)
        add_panel(Panel("demand", "matches", _("智能对接"), "arrows-exchange", "demand_matches"))
        add_panel(Panel("achievement", "matches", _("可能的需求方"), "arrows-exchange", "achievement_matches"))
