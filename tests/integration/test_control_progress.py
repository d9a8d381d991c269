"""Where targets stand: flows start at nothing, stocks and ratios at last year's end, ceilings hold all year."""

import datetime
from decimal import Decimal

import pytest

from keqiao.control import progress
from keqiao.engines import indicators as engine

HALF_WAY = datetime.date(2026, 7, 2)


def made(direction: str = "up", formula: str = "n", **component: object) -> engine.Definition:
    parts = [engine.Component(name, register="r", **component) for name in formula.split(" / ")]  # type: ignore[arg-type]
    return engine.Definition("x", 1, "x", "x", "项", tuple(parts), formula, direction=direction)


FLOW, STOCK, RATIO = made(date="signed_on"), made(held=("a", "b")), made(formula="n / d", date="signed_on")


def stand(one: engine.Definition, target: int, actual: int | None, base: int | None = None) -> engine.Attainment:
    known = None if base is None else Decimal(base)
    return progress.attain(one, Decimal(target), None if actual is None else Decimal(actual), known, HALF_WAY)


def test_a_flow_is_projected_from_nothing() -> None:
    way = stand(FLOW, 100, 60)
    assert way.status == engine.Status.AHEAD
    assert way.projected == pytest.approx(60 / (183 / 365))


def test_a_stock_must_grow_from_last_year() -> None:
    way = stand(STOCK, 100, 95, base=94)
    assert (way.status, way.level, way.actual) == (engine.Status.FAR_BEHIND, 100, 95)
    assert way.projected == pytest.approx(94 + 1 / (183 / 365))
    assert stand(STOCK, 100, 97, base=94).status == engine.Status.ON_TRACK


def test_a_stock_to_be_kept_is_due_every_day() -> None:
    assert stand(STOCK, 100, 90, base=110).status == engine.Status.BEHIND
    assert stand(STOCK, 100, 90).projected is None


def test_a_ratio_is_not_projected() -> None:
    way = stand(RATIO, 50, 45, base=40)
    assert (way.status, way.projected) == (engine.Status.ON_TRACK, None)


def test_downward_targets_and_ceilings() -> None:
    down = made("down", held=("a", "b"))
    assert stand(down, 5, 10, base=15).status == engine.Status.ON_TRACK
    assert stand(down, 5, 4, base=3).status == engine.Status.ACHIEVED
    assert stand(down, 5, 8, base=3).status == engine.Status.FAR_BEHIND


def test_no_figure_is_no_data() -> None:
    assert stand(FLOW, 100, None).status == engine.Status.NO_DATA


def test_seasonal_profile_of_past_quarters() -> None:
    quarters = {"2025Q1": Decimal(10), "2025Q2": Decimal(10), "2025Q3": Decimal(10), "2025Q4": Decimal(70)}
    profile = progress.profile(quarters, 2026)
    way = progress.attain(FLOW, Decimal(100), Decimal(20), None, datetime.date(2026, 6, 30), profile)
    assert (way.status, way.time_progress) == (engine.Status.ON_TRACK, pytest.approx(0.2))
    assert progress.profile({"2025Q1": Decimal(10)}, 2026).kind == "linear"
