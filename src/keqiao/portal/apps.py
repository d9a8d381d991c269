"""Portal as a Django app: puts the other apps' pages into one menu."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "keqiao.portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        from keqiao.portal.context import PUBLIC_PAGES, Entry, add_pages

        PUBLIC_PAGES[:] = [Entry(_("说出难题"), "message", "try_demand"), Entry(_("对接成效"), "filter", "funnel")]

        add_pages(
            _("技术市场"),
            "arrows-exchange",
            [Entry(_("说出难题"), "message", "try_demand"), Entry(_("对接成效"), "filter", "funnel")],
        )
        add_pages(
            _("企业服务"),
            "building-factory-2",
            [
                Entry(_("我的政策清单"), "checklist", "my_list", "enterprise.list"),
                Entry(_("政策匹配"), "checklist", "policy_matches", "cockpit.view"),
                Entry(_("梯度培育"), "trending-up", "ladders", "cockpit.view"),
                Entry(_("政策试算"), "test-pipe", "rehearsal", "policies.rehearse"),
                Entry(_("政策库"), "gavel", "policy_library"),
                Entry(_("科技金融储备"), "coins", "finance_pools", "cockpit.view"),
                Entry(_("企业体检"), "activity", "checkups", "cockpit.view"),
            ],
        )
        add_pages(
            _("创新管控"),
            "dashboard",
            [
                Entry(_("驾驶舱"), "dashboard", "cockpit", "cockpit.view"),
                Entry(_("指标目录"), "chart-bar", "indicators", "cockpit.view"),
                Entry(_("目标"), "target", "targets", "cockpit.view"),
                Entry(_("数据上报"), "clipboard-check", "reporting_desk", "cockpit.view"),
                Entry(_("编制报告"), "file-description", "written_reports", "report.write"),
                Entry(_("核对稿件"), "checks", "draft_check", "report.write"),
                Entry(_("历史报告"), "file-search", "past_reports", "figures.confirm"),
                Entry(_("数据质量"), "shield-check", "findings", "cockpit.view"),
            ],
        )

        from keqiao.portal.desk import add_desk
        from keqiao.portal.desk_control import reporting_cards

        add_desk(reporting_cards)
