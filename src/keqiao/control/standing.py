"""How units stand against last year and plan: the lines of the cockpit, and its charts as options for the page."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language

from keqiao.control import facts
from keqiao.control.models import IndicatorFigure, Target
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.engines import indicators as engine


@dataclass(frozen=True)
class Standing:
    """One unit's value of one indicator with what it is compared to. `attained` and `time_passed` are percents; `pace` is the first over the second."""

    unit: OrgUnit
    figure: IndicatorFigure | None
    last_year: Decimal | None
    target: Target | None
    time_passed: Decimal
    direction: str

    @property
    def value(self) -> Decimal | None:
        return self.figure.value if self.figure else None

    @property
    def growth(self) -> Decimal | None:
        """Percent over the same stretch of last year; None without a base."""
        if self.value is None or not self.last_year:
            return None
        return (self.value - self.last_year) / abs(self.last_year) * 100

    @property
    def attained(self) -> Decimal | None:
        if self.value is None or self.target is None or self.target.value <= 0:
            return None
        return self.value / self.target.value * 100

    @property
    def stage(self) -> str:
        """done, ahead, on_track, behind, or far_behind; empty without a target."""
        if self.attained is None or self.direction != "up":
            return ""
        if self.attained >= 100:
            return "done"
        gap = self.attained - self.time_passed
        return "ahead" if gap >= 5 else "on_track" if gap >= -5 else "behind" if gap >= -20 else "far_behind"


@dataclass(frozen=True)
class Line:
    """One indicator on the board: the unit itself and each unit below it."""

    definition: engine.Definition
    label: str
    own: Standing
    below: list[Standing] = field(default_factory=list)


@dataclass(frozen=True)
class Board:
    lines: list[Line]
    time_passed: Decimal

    @property
    def behind(self) -> list[Line]:
        return sorted(
            (line for line in self.lines if line.own.stage in {"behind", "far_behind"}),
            key=lambda line: line.own.attained or 0,
        )

    @property
    def league(self) -> list[tuple[OrgUnit, Decimal, int, int]]:
        """Units below by mean attainment (each capped at 120 %, so that one runaway figure does not hide the rest), with targets met and counted."""
        scores: dict[int, list[Standing]] = {}
        for line in self.lines:
            for one in line.below:
                if one.attained is not None:
                    scores.setdefault(one.unit.pk, []).append(one)
        rows = [
            (
                held[0].unit,
                sum((min(one.attained or Decimal(0), Decimal(120)) for one in held), Decimal(0)) / len(held),
                sum(one.stage == "done" for one in held),
                len(held),
            )
            for held in scores.values()
        ]
        return sorted(rows, key=lambda row: -row[1])


def time_passed(day: datetime.date) -> Decimal:
    first, last = datetime.date(day.year, 1, 1), datetime.date(day.year + 1, 1, 1)
    return Decimal((day - first).days + 1) / (last - first).days * 100


def board(unit: OrgUnit, children: list[OrgUnit], snapshot: Snapshot, calendar: facts.Calendar) -> Board:
    units = [unit, *children]
    now = facts.figures(snapshot, calendar.this_year, units)
    then = facts.figures(snapshot, calendar.last_year_so_far, units)
    plan = facts.targets(snapshot.as_of.year, units)
    passed = time_passed(snapshot.as_of)

    def stand(one: engine.Definition, place: OrgUnit) -> Standing:
        before = then.get((one.id, place.pk))
        return Standing(
            place,
            now.get((one.id, place.pk)),
            before.value if before else None,
            plan.get((one.id, place.pk)),
            passed,
            one.direction,
        )

    lines = [
        Line(one, facts.label(one), stand(one, unit), [stand(one, child) for child in children])
        for one in facts.current()
    ]
    known = [line for line in lines if line.own.figure is not None]
    return Board(sorted(known, key=lambda line: line.own.target is None), passed)


def name_of(unit: OrgUnit) -> str:
    return unit.name_en if (get_language() or "").startswith("en") and unit.name_en else unit.name


def map_option(unit: OrgUnit, children: list[OrgUnit], line: Line, snapshot: Snapshot) -> dict[str, Any]:
    """A map of the units below, coloured by attainment (or by value where there is no plan); a click opens the unit."""
    data = []
    for one in line.below:
        measure = one.attained if one.attained is not None else one.value
        data.append(
            {
                "name": one.unit.code,
                "value": None if measure is None else float(round(measure, 2)),
                "url": f"{reverse('cockpit')}?unit={one.unit.code}&indicator={line.definition.id}",
            }
        )
    values = [item["value"] for item in data if item["value"] is not None]
    return {
        "kqMap": {"name": unit.code, "url": static(f"maps/{unit.code}.json")},
        "tooltip": {"trigger": "item"},
        "visualMap": {
            "min": min(values, default=0),
            "max": max(values, default=1),
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "inRange": {"color": ["#d7e6f7", "#5b9bd5", "#0f5aa6"]},
            "calculable": True,
        },
        "series": [
            {
                "type": "map",
                "map": unit.code,
                "nameProperty": "code",
                "roam": False,
                "data": data,
                "nameMap": {},
                "label": {"show": False},
            }
        ],
        "kqNames": {child.code: name_of(child) for child in children},
    }


def bar_option(children: list[OrgUnit], line: Line) -> dict[str, Any]:
    rows = [one for one in line.below if one.value is not None]
    rows.sort(key=lambda one: one.value or Decimal(0))
    return {
        "grid": {"left": 8, "right": 48, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "splitLine": {"show": False}, "axisLabel": {"show": False}},
        "yAxis": {"type": "category", "data": [name_of(one.unit) for one in rows], "axisTick": {"show": False}},
        "series": [
            {"type": "bar", "barMaxWidth": 18, "itemStyle": {"color": "#1257a8", "borderRadius": 3}, "label": {"show": True, "position": "right"},
             "data": [{"value": float(round(one.value or 0, 2)), "url": reverse("figure", args=[one.figure.pk]) if one.figure else ""} for one in rows]}
        ],
    }  # fmt: skip


def trend_option(unit: OrgUnit, figures: list[IndicatorFigure | None]) -> dict[str, Any]:
    rows = sorted((row for row in figures if row and row.value is not None), key=lambda row: row.period)
    years, quarters = [r for r in rows if len(r.period) == 4], [r for r in rows if "Q" in r.period]
    shown = quarters or years
    return {
        "grid": {"left": 8, "right": 16, "top": 16, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [row.period for row in shown]},
        "yAxis": {"type": "value"},
        "series": [{"type": "bar", "barMaxWidth": 32, "itemStyle": {"color": "#1257a8", "borderRadius": 3},
                    "data": [{"value": float(row.value or 0), "url": reverse("figure", args=[row.pk])} for row in shown]}],
    }  # fmt: skip
