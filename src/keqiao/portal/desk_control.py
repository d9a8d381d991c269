"""Control's piles on the desk: forms a unit has to report, and forms waiting for one's approval."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from keqiao.control import collection
from keqiao.control.models import Submission
from keqiao.control.views.cockpit import home_unit
from keqiao.control.views.submissions import address
from keqiao.core import access
from keqiao.core.clock import today
from keqiao.core.models import OrgUnit
from keqiao.portal.desk import DeskCard

SHOWN = 5


def reporting_cards(user: Any) -> Iterator[DeskCard]:
    home = home_unit(user)
    if home is None:
        return
    units = list(OrgUnit.objects.below(home).valid_on(today()))
    if access.may(user, "figures.report"):
        own = collection.items(units)
        late = [item for item in own if item.state == "late"]
        due = [item for item in own if item.state in {"open", "returned"}]
        if own:
            urgent = tuple(
                (f"{one.form.label} {one.period}", address(one), one.due_on) for one in (*late, *due)[:SHOWN]
            )
            done = sum(item.state in {"submitted", "approved"} for item in own)
            yield DeskCard(
                _("数据上报"),
                "clipboard-check",
                reverse("reporting_desk"),
                len(due) + len(late),
                len(late),
                done,
                urgent,
            )
    if access.may(user, "figures.approve"):
        waiting = list(
            Submission.objects.filter(
                stage=Submission.Stage.SUBMITTED, awaits=home.level, org_unit__in=units
            ).select_related("org_unit")
        )
        if waiting:
            forms = collection.forms()
            urgent = tuple(
                (f"{one.org_unit.name} {one.period}", reverse("submission", args=[one.form, one.org_unit.code, one.period]), forms[one.form].due_on(one.period))
                for one in waiting[:SHOWN]
                if one.form in forms
            )  # fmt: skip
            yield DeskCard(_("待审核上报"), "checks", reverse("reporting_desk"), len(waiting), items=urgent)
