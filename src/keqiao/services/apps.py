"""Services as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesConfig(AppConfig):
    name = "keqiao.services"
    verbose_name = _("企业服务")

    def ready(self) -> None:
        from keqiao.core import access
        from keqiao.core.records.panels import Panel, add_panel
        from keqiao.services import declared, jobs  # noqa: F401  # importing declares registers and background work

        def inside(user: Any, row: Any) -> bool:
            return access.lens(user, "enterprise").sees_inside(row)

        add_panel(Panel("enterprise", "policies", _("政策清单"), "checklist", "one_list", inside))
        add_panel(Panel("enterprise", "checkup", _("体检"), "activity", "checkup", inside))
        add_panel(Panel("enterprise", "ladder", _("梯度"), "trending-up", "ladder", inside))
        add_panel(Panel("enterprise", "rd", _("研发四表"), "flask", "rd_forms", inside))
