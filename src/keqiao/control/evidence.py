"""Whether every printed figure of a report is what its sources say: rows that add up, documents that were confirmed, targets that were set."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from keqiao.control import facts, report_figures
from keqiao.control.models import IndicatorFigure, Target, WrittenReport
from keqiao.engines import indicators as engine
from keqiao.engines import reports

NO_ROWS_NEEDED = 1  # the totals are of all rows; none of them is shown here


@dataclass(frozen=True)
class Evidence:
    """How many printed figures there are, how many hold, and what is wrong with the others (printed text: reason)."""

    total: int
    held: int
    faults: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        return {"total": self.total, "held": self.held, "faults": list(self.faults)}


def check(
    row: WrittenReport, document: reports.Document, progress: Callable[[int, int, str], None] | None = None
) -> Evidence:
    """Follows every printed figure to its sources. Cost: a scan of the registers per figure, some tenths of a second."""
    desk = _Desk(row)
    faults = []
    for done, printed in enumerate(document.figures, start=1):
        wrong = desk.faults(printed)
        faults += [f"{printed.name} {printed.text}：{reason}" for reason in wrong[:1]]
        if progress:
            progress(done, len(document.figures), _("核对数据来源"))
    drawn = desk.drawn()
    faults += [f"{desk.pinned[key].name}（图）：{reason}" for key, name in drawn if (reason := desk.look_up(key, name))]
    total = len(document.figures) + len(drawn)
    return Evidence(total, total - len(faults), tuple(faults))


class _Desk:
    """Looks up each input of a figure once."""

    def __init__(self, row: WrittenReport) -> None:
        self.row, self.bases = row, row.figures.get("bases", {})
        self.pinned = reports.figures_from_json(row.figures["figures"])
        self.look = lru_cache(maxsize=None)(self._look)

    def faults(self, printed: reports.PrintedFigure) -> list[str]:
        found = [self.look(printed.key, name, Decimal(value)) for name, value in printed.inputs]
        return [reason for reason in found if reason]

    def look_up(self, key: str, name: str) -> str:
        value = getattr(self.pinned[key], name)
        return self.look(key, name, value)

    def drawn(self) -> list[tuple[str, str]]:
        """Figure and input of every number that stands in a chart."""
        keys: dict[str, None] = {}
        for asked in reports.load_template(self.row.template_text).chart_keys():
            matching = [
                key for key in self.pinned if key == asked or (asked.endswith("*") and key.startswith(asked[:-1]))
            ]
            keys.update(dict.fromkeys(matching))
        return [
            (key, name)
            for key in keys
            for name in ("value", "last_year")
            if getattr(self.pinned[key], name) is not None
        ]

    def _look(self, key: str, name: str, value: Decimal) -> str:
        """What is wrong with one input of a figure; empty when its source says the same."""
        one = facts.definition(self.pinned[key].indicator)
        if one is None:
            return _("没有这个指标")
        if name == "rank":
            return "" if self._rank(key) == value else _("位次与各单位的数值不符")
        base, _colon, which = self.bases.get(key, {}).get(name, "").partition(":")
        code = key.partition("@")[2] or self.row.org_unit.code
        if base == "computed":
            return self._computed(one, code, which, value)
        if base == "confirmed":
            stored = IndicatorFigure.objects.filter(pk=which, source=IndicatorFigure.Source.CONFIRMED).first()
            return self._same(one, stored.value if stored else None, value)
        if base == "target":
            target = Target.objects.filter(indicator=one.id, org_unit__code=code, year=which).first()
            return self._same(one, target.value if target else None, value)
        return _("没有记下来源")

    def _computed(self, one: engine.Definition, code: str, period: str, value: Decimal) -> str:
        stored = (
            IndicatorFigure.objects.filter(
                snapshot=self.row.snapshot,
                indicator=one.id,
                org_unit__code=code,
                period=period,
                source=IndicatorFigure.Source.COMPUTED,
            )
            .select_related("org_unit", "snapshot")
            .first()
        )
        wrong = self._same(one, stored.value if stored else None, value)
        if wrong or stored is None:
            return wrong
        run = facts.roll(self.row.snapshot, stored.data_on)
        figure = run.figure(one.id, code, period)
        if figure is None or not engine.trace(figure, run, NO_ROWS_NEEDED).adds_up:
            return _("明细与此数不符")
        return ""

    @staticmethod
    def _same(one: engine.Definition, stored: Decimal | None, value: Decimal) -> str:
        if stored is None:
            return _("来源已不存在")
        return "" if report_figures.plain(stored, one) == value else _("与来源中的数不同")

    def _rank(self, key: str) -> Decimal | None:
        own = self.pinned[key]
        if own.value is None:
            return None
        peers = [
            one.value
            for name, one in self.pinned.items()
            if "@" in name and one.indicator == own.indicator and one.value is not None
        ]
        better = [value for value in peers if (value > own.value if own.higher_is_better else value < own.value)]
        return Decimal(1 + len(better))
