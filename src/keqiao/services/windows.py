"""When one may apply under a rule: the yearly window, as it stands on a day."""

import datetime
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from keqiao.engines.rules import Rule

SOON = 30


@dataclass(frozen=True)
class Window:
    """`opens_on` is set while it is shut, `closes_on` (last day) while it is open; both None: all the year."""

    opens_on: datetime.date | None = None
    closes_on: datetime.date | None = None
    days_left: int | None = None

    @property
    def is_closing(self) -> bool:
        return self.days_left is not None and self.days_left <= SOON

    @property
    def label(self) -> str:
        if self.closes_on:
            return _("申报中，%(day)s 截止") % {"day": date_format(self.closes_on)}
        if self.opens_on:
            return _("%(day)s 开始申报") % {"day": date_format(self.opens_on)}
        return _("全年可申报")


def of(rule: Rule, day: datetime.date) -> Window:
    """A window may run over the turn of the year (11-01 to 02-28). 02-29 counts as the last day of February."""
    if rule.window is None:
        return Window()
    for year in (day.year - 1, day.year, day.year + 1):
        opens, closes = _on(year, rule.window.opens), _on(year, rule.window.closes)
        if closes < opens:
            closes = _on(year + 1, rule.window.closes)
        if opens <= day <= closes:
            return Window(closes_on=closes, days_left=(closes - day).days)
        if day < opens:
            return Window(opens_on=opens)
    raise AssertionError("a yearly window opens again within a year")


def _on(year: int, month_day: tuple[int, int]) -> datetime.date:
    month, day = month_day
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return datetime.date(year, month + 1, 1) - datetime.timedelta(days=1)
