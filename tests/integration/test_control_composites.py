"""Composites over stored figures: ranks, what is left out, why a rank moved, what would lift it."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from keqiao.control import composites
from keqiao.control.models import IndicatorFigure
from keqiao.core.models import OrgUnit, Snapshot

HELD = ("technical_trade_share", "hi_tech_revenue_share", "new_product_share")


@pytest.fixture
def shot(units: SimpleNamespace) -> Snapshot:
    """East ahead of west in 2025, behind in 2024; most indicators of the composite have no figure."""
    shot = Snapshot.objects.create(digest="f" * 64, as_of=datetime.date(2026, 11, 20))
    values = {
        "2024": {units.east: (40, 30, 20), units.west: (60, 30, 20)},
        "2025": {units.east: (70, 30, 20), units.west: (60, 20, 20)},
    }
    for period, places in values.items():
        for unit, numbers in places.items():
            for key, number in zip(HELD, numbers, strict=True):
                IndicatorFigure.objects.create(
                    indicator=key, org_unit=unit, period=period, value=Decimal(number), snapshot=shot,
                    source=IndicatorFigure.Source.COMPUTED, data_on=shot.as_of,
                )  # fmt: skip
    return shot


@pytest.fixture
def league(shot: Snapshot) -> composites.League:
    spec = composites.specs()["progress_monitoring"]
    found = composites.league(spec, shot, composites.peers(spec, list(OrgUnit.objects.all())), "2025", "2024")
    assert found is not None
    return found


def test_ranks_rest_on_what_is_known(league: composites.League, units: SimpleNamespace) -> None:
    assert "rd_intensity" in league.left_out
    assert set(league.table.columns) == set(HELD)
    first, second = composites.rows(league)
    assert (first.unit, first.rank, first.before, first.change) == (units.east.code, 1, 2, 1)
    assert (second.unit, second.change) == (units.west.code, -1)
    # 70/80 = 87.5 (25 %) and (6 · 30/60 + 4 · 20/40) / 10 = 50 (25 %): the two pillars left weigh the same.
    assert first.score == pytest.approx((87.5 + 50) / 2)


def test_the_story_adds_up(league: composites.League, units: SimpleNamespace) -> None:
    moved = composites.movement(league, units.east.code)
    assert moved is not None
    assert sum(moved.rank_by_cause.values()) == 1
    assert sum(moved.score_by_cause.values()) == pytest.approx(moved.score_after - moved.score_before)


def test_the_advice_reaches_the_rank(league: composites.League, units: SimpleNamespace) -> None:
    code = units.west.code
    advice = composites.lift(league, code, 1, composites.levers(league, code))
    assert advice.feasible
    assert advice.rank == 1
    stuck = composites.levers(league, code, dict.fromkeys(HELD, (0.0, None)))
    assert not composites.lift(league, code, 1, stuck).feasible


def test_the_page_tells_it(shot: Snapshot, people: SimpleNamespace, units: SimpleNamespace, client: Any) -> None:
    client.force_login(people.leader)
    page = client.get(f"/cockpit/rankings/?period=2025&place={units.west.code}").content.decode()
    assert "由第 1 位降至第 2 位" in page
    assert "补短板建议" in page
    client.force_login(people.east_officer)
    assert client.get(f"/cockpit/rankings/?unit={units.west.code}").status_code == 404


def test_group_percentages_sum_to_100_without_a_pillar(units: SimpleNamespace) -> None:
    shot = Snapshot.objects.create(digest="d" * 64, as_of=datetime.date(2026, 11, 20))
    for unit, value in ((units.river, 3), (units.hill, 5), (units.lake, 4)):
        for key in ("tech_contract_value", "high_tech_enterprises", "tech_smes"):
            IndicatorFigure.objects.create(
                indicator=key, org_unit=unit, period="2025", value=Decimal(value), snapshot=shot,
                source=IndicatorFigure.Source.COMPUTED, data_on=shot.as_of,
            )  # fmt: skip
    spec = composites.specs()["high_tech_zone"]
    found = composites.league(spec, shot, [units.river, units.hill, units.lake], "2025", "2024")
    assert found is not None
    assert {row.unit: row.score for row in composites.rows(found)} == pytest.approx(
        {units.hill.code: 100, units.lake.code: 50, units.river.code: 0}
    )
