"""The cockpit's pictures as chart options for the page."""

from decimal import Decimal
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from keqiao.control.models import IndicatorFigure
from keqiao.control.standing import Line, Standing
from keqiao.core.models import OrgUnit, Snapshot


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
             "data": [{"value": float(round(one.value or Decimal(0), 2)), "url": reverse("figure", args=[one.figure.pk]) if one.figure else ""} for one in rows]}
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


def year_option(figures: list[IndicatorFigure | None], own: Standing | None) -> dict[str, Any]:
    """Whole years, this year so far, what it is expected to become (hatched), and the target as a line."""
    rows = sorted((row for row in figures if row and row.value is not None), key=lambda row: row.period)
    labels = [row.period for row in rows]
    values = [float(row.value or 0) for row in rows]
    rest: list[float | None] = [None] * len(rows)
    way = own.way if own else None
    if own and own.figure and own.figure.value is not None and own.figure.period not in labels:
        labels.append(own.figure.period)
        values.append(float(own.figure.value))
        rest.append(max(way.projected - values[-1], 0.0) if way and way.projected is not None else None)
    mark = (
        {"symbol": "none", "data": [{"yAxis": way.level, "name": _("目标")}], "lineStyle": {"color": "#d63939"},
         "label": {"formatter": "{b} {c}", "position": "insideEndTop"}}
        if way else {}
    )  # fmt: skip
    return {
        "grid": {"left": 8, "right": 16, "top": 32, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0},
        "xAxis": {"type": "category", "data": labels},
        "yAxis": {"type": "value"},
        "series": [
            {"name": _("完成"), "type": "bar", "stack": "year", "barMaxWidth": 32, "itemStyle": {"color": "#1257a8"},
             "data": values, "markLine": mark},
            {"name": _("预计年底再增"), "type": "bar", "stack": "year", "barMaxWidth": 32, "data": rest,
             "itemStyle": {"color": "#a9c8ec", "decal": {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [2, 5], "rotation": -0.785}}},
        ],
    }  # fmt: skip
