"""Figures of a report: an exact value with its comparisons and the place it came from, and how each is printed.

Hides the choice of display unit (元 → 万元, 亿元), rounding, and the rules by which 同比, 完成年度目标的 and 居第…位 may be said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

PERCENT_UNITS = ("%", "‰", "个百分点")
#: Units in which a figure may hold money; print and comparisons are the same for all.
MONEY_UNITS = {"元": Decimal(1), "万元": Decimal(10) ** 4, "亿元": Decimal(10) ** 8}
MONEY_SCALES = ((Decimal(10) ** 8, "亿元"), (Decimal(10) ** 4, "万元"))
#: Below this base a growth rate says little; the change is given in units instead.
SMALL_BASE = Decimal(20)


@dataclass(frozen=True)
class Source:
    """Where a value can be counted again: the snapshot's content hash, how many rows stand behind, and the query's name."""

    snapshot: str = ""
    rows: int = 0
    query: str = ""
    as_of: str = ""


@dataclass(frozen=True)
class Figure:
    """One indicator's value for one subject and period. Money may be in 元, 万元 or 亿元, percent is in points; None is unknown, never zero.

    `higher_is_better` decides what "behind" means. `parts` name figures whose values must add up to this one.
    """

    id: str
    indicator: str
    name: str
    value: Decimal | None
    unit: str = ""
    subject: str = ""
    period: str = ""
    last_year: Decimal | None = None
    target: Decimal | None = None
    next_target: Decimal | None = None
    rank: int | None = None
    rank_of: int | None = None
    rank_scope: str = ""
    higher_is_better: bool = True
    decimals: int | None = None
    parts: tuple[str, ...] = ()
    source: Source = field(default_factory=Source)


ASPECTS = ("value", "last_year", "target", "next_target", "yoy", "attainment", "rank", "gap")


def aspect_value(figure: Figure, aspect: str) -> Decimal | None:
    """The exact number behind an aspect; None when the data do not carry it. yoy and attainment are in percent points."""
    if aspect in ("value", "last_year", "target", "next_target"):
        value: Decimal | None = getattr(figure, aspect)
        return value
    if aspect == "rank":
        return None if figure.rank is None else Decimal(figure.rank)
    return _derived(figure, aspect)


def _derived(figure: Figure, aspect: str) -> Decimal | None:
    value = figure.value
    if value is None:
        return None
    if aspect == "yoy":
        if figure.last_year is None:
            return None
        if figure.unit in PERCENT_UNITS or (abs(figure.last_year) < SMALL_BASE and not figure.unit.endswith("元")):
            return value - figure.last_year
        return None if figure.last_year == 0 else (value - figure.last_year) / abs(figure.last_year) * 100
    if aspect == "attainment":
        return None if not figure.target or figure.target < 0 else value / figure.target * 100
    if aspect == "gap":
        return None if figure.target is None else value - figure.target
    raise KeyError(aspect)


def is_growth_rate(figure: Figure) -> bool:
    """Whether yoy is a rate in percent; otherwise it is a difference in the figure's own unit (points for percent)."""
    small = figure.last_year is not None and abs(figure.last_year) < SMALL_BASE and not figure.unit.endswith("元")
    return figure.unit not in PERCENT_UNITS and not small


def plain(value: Decimal, decimals: int) -> str:
    """Rounded half up, without trailing zeros or exponent.

    >>> plain(Decimal("12.50"), 2)
    '12.5'
    """
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def format_amount(value: Decimal, unit: str, decimals: int | None = None) -> str:
    """3860000000 元 → 38.6亿元; 860 万元 → 860万元; 71 家 → 71家; 2.71 % → 2.71%."""
    if unit in MONEY_UNITS:
        value *= MONEY_UNITS[unit]
        for scale, name in MONEY_SCALES:
            if abs(value) >= scale:
                return plain(value / scale, 2 if decimals is None else decimals) + name
        return plain(value, 2 if decimals is None else decimals) + "元"
    default = 2 if unit in PERCENT_UNITS or value != value.to_integral_value() else 0
    return plain(value, default if decimals is None else decimals) + unit


def format_aspect(figure: Figure, aspect: str) -> str | None:
    """The printed number of an aspect, without words around it."""
    value = aspect_value(figure, aspect)
    if value is None:
        return None
    if aspect in ("value", "last_year", "target", "next_target"):
        return format_amount(value, figure.unit, figure.decimals)
    if aspect == "gap":
        return format_amount(abs(value), "个百分点" if figure.unit == "%" else figure.unit, figure.decimals)
    if aspect == "rank":
        return f"第{int(value)}位"
    if aspect == "attainment" or is_growth_rate(figure):
        return plain(abs(value), 1) + "%"
    unit = "个百分点" if figure.unit == "%" else figure.unit
    return format_amount(abs(value), unit, figure.decimals)


def say_aspect(figure: Figure, aspect: str) -> tuple[str, str, str] | None:
    """(words before, printed number, words after) of a comparison, or None when the data do not carry it."""
    value, printed = aspect_value(figure, aspect), format_aspect(figure, aspect)
    if value is None or printed is None:
        return None
    if aspect == "yoy":
        if value == 0:
            return "与上年持平", "", ""
        if not re.search("[1-9]", printed):
            return "与上年基本持平", "", ""
        if is_growth_rate(figure):
            return ("同比增长" if value > 0 else "同比下降"), printed, ""
        up, down = ("提高", "下降") if figure.unit in PERCENT_UNITS else ("增加", "减少")
        return f"比上年{up if value > 0 else down}", printed, ""
    if aspect == "attainment":
        if figure.unit in PERCENT_UNITS or not figure.higher_is_better:
            return _say_gap(figure)
        return "完成年度目标的", printed, ""
    if aspect == "rank":
        return f"居{figure.rank_scope}", printed, ""
    return "", printed, ""


def _say_gap(figure: Figure) -> tuple[str, str, str] | None:
    gap = aspect_value(figure, "gap")
    if gap is None:
        return None
    if gap == 0:
        return "与年度目标持平", "", ""
    return ("高于" if gap > 0 else "低于") + "年度目标", format_aspect(figure, "gap") or "", ""


def is_behind(figure: Figure, progress: Decimal = Decimal(100)) -> bool:
    """Whether the figure stands below `progress` percent of its target (above it where lower is better)."""
    if figure.value is None or figure.target is None:
        return False
    due = figure.target * progress / 100
    return figure.value < due if figure.higher_is_better else figure.value > figure.target


def figures_from_json(data: object) -> dict[str, Figure]:
    """Figures of a plain file: ``{"figures": {key: {...}}}`` or ``{"figures": [{"id": ...}]}``.

    Raises ValueError that lists every wrong entry at once.
    """
    entries = data.get("figures") if isinstance(data, Mapping) else None
    if isinstance(entries, list):
        entries = {str(e.get("id", i)): e for i, e in enumerate(entries) if isinstance(e, Mapping)}
    if not isinstance(entries, Mapping):
        raise ValueError("F001 the file has no “figures”: write {“figures”: {key: {name, value, unit, …}}}")
    problems: list[str] = []
    found: dict[str, Figure] = {}
    for key, entry in entries.items():
        try:
            found[str(key)] = _figure(str(key), entry)
        except (ArithmeticError, TypeError, ValueError, AttributeError) as error:
            problems.append(f"F002 figure {key}: {error}")
    if problems:
        raise ValueError("\n".join(problems))
    return found


def _figure(key: str, entry: Mapping[str, object]) -> Figure:
    def number(name: str) -> Decimal | None:
        raw = entry.get(name)
        if raw is None or raw == "":
            return None
        try:
            return Decimal(str(raw))
        except ArithmeticError:
            raise ValueError(f"{name} = {raw!r} is not a number; write digits without unit") from None

    def whole(name: str) -> int | None:
        value = number(name)
        return None if value is None else int(value)

    raw_source = entry.get("source")
    source = raw_source if isinstance(raw_source, Mapping) else {}
    raw_parts = entry.get("parts")
    return Figure(
        id=str(entry.get("id", key)), indicator=str(entry.get("indicator", key)), name=str(entry.get("name", key)),
        value=number("value"), unit=str(entry.get("unit", "")), subject=str(entry.get("subject", "")),
        period=str(entry.get("period", "")), last_year=number("last_year"), target=number("target"),
        next_target=number("next_target"), rank=whole("rank"), rank_of=whole("rank_of"),
        rank_scope=str(entry.get("rank_scope", "")), higher_is_better=entry.get("higher_is_better") is not False,
        decimals=whole("decimals"), parts=tuple(str(p) for p in raw_parts) if isinstance(raw_parts, list) else (),
        source=Source(str(source.get("snapshot", "")), int(source.get("rows", 0) or 0), str(source.get("query", "")), str(source.get("as_of", ""))),
    )  # fmt: skip


def figures_to_json(figures: Mapping[str, Figure]) -> dict[str, object]:
    """The inverse of `figures_from_json`; numbers as strings, so that nothing is rounded."""

    def text(value: Decimal | int | None) -> str | None:
        return None if value is None else str(value)

    return {
        "figures": {
            key: {
                "id": f.id, "indicator": f.indicator, "name": f.name, "value": text(f.value), "unit": f.unit,
                "subject": f.subject, "period": f.period, "last_year": text(f.last_year), "target": text(f.target),
                "next_target": text(f.next_target), "rank": f.rank, "rank_of": f.rank_of, "rank_scope": f.rank_scope,
                "higher_is_better": f.higher_is_better, "decimals": f.decimals, "parts": list(f.parts),
                "source": {"snapshot": f.source.snapshot, "rows": f.source.rows, "query": f.source.query, "as_of": f.source.as_of},
            }
            for key, f in figures.items()
        }
    }  # fmt: skip
