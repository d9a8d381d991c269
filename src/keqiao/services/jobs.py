"""Services' long work in the background."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from keqiao.core.act import Act
from keqiao.core.clock import today
from keqiao.core.jobs import Run, daily, job, start
from keqiao.services import actions


@job("run_rules")
def run_rules(run: Run) -> dict[str, Any]:
    run.progress(0, 1, _("按全部政策核对全部企业"))
    made = actions.run_all(today())
    run.progress(1, 1, _("完成"))
    return {_("企业数"): made.subjects, _("政策数"): len(made.summary), "link": reverse("policy_matches")}


@daily
def rerun() -> None:
    """Every night the lists are those of the evening's data."""
    start("run_rules", _("每日政策匹配"), {}, Act(None, "job"))
