"""The least change: it works, it is proved, and nothing smaller works (all combinations tried)."""

from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.rules import Record, Rule, load_rulebook, smallest_change, verdict_of, with_moves

from .small_pack import write_pack

DAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def rule(tmp_path_factory: pytest.TempPathFactory) -> Rule:
    return load_rulebook(write_pack(tmp_path_factory.mktemp("pack"))).at(DAY)["demo.award"]


def cheapest_by_trying_all(rule: Rule, facts: dict[str, object]) -> Decimal | None:
    """Every combination of whole steps of the three levers (R&D by 10,000 yuan, people, patents)."""
    best = None
    for money, people, patents in product(range(0, 61), range(13), range(9)):
        effort = Decimal(money * 10_000 + people * 150_000 + patents * 20_000)
        if best is not None and effort >= best:
            continue
        moved = {
            **facts,
            "rd": facts["rd"] + Decimal(money * 10_000),
            "rd_staff": facts["rd_staff"] + people,
            "staff": facts["staff"] + people,
            "patents": facts["patents"] + patents,
        }
        if verdict_of(rule, moved, DAY) is True:
            best = effort
    return best


@given(st.integers(0, 60), st.integers(5, 12), st.integers(0, 6), st.booleans())
@settings(max_examples=8, deadline=None)
def test_no_smaller_change_works(rule: Rule, rd: int, people: int, patents: int, title: bool) -> None:
    facts = {
        "founded_on": date(2020, 1, 1), "revenue": Decimal(10_000_000), "rd": Decimal(rd * 10_000), "staff": 100, "rd_staff": people,
        "patents": patents, "titles": frozenset({"高企"} if title else ()), "has_accident": False,
    }  # fmt: skip
    change = smallest_change(rule, Record("1", facts), DAY)
    best = cheapest_by_trying_all(rule, facts)
    if change is None:
        assert verdict_of(rule, facts, DAY) is True
    elif best is None:
        assert not change.moves
    else:
        assert change.is_proven
        assert verdict_of(rule, with_moves(Record("1", facts), change).values, DAY) is True
        assert change.effort == best


def test_new_staff_are_staff_too(rule: Rule) -> None:
    facts = {
        "founded_on": date(2020, 1, 1), "revenue": Decimal(10_000_000), "rd": Decimal(500_000), "staff": 100, "rd_staff": 8, "patents": 3,
        "titles": frozenset({"高企"}), "has_accident": False,
    }  # fmt: skip
    change = smallest_change(rule, Record("1", facts), DAY)
    assert change is not None
    assert {move.fact: move.after for move in change.moves} == {"rd_staff": 11, "staff": 103}


def test_time_alone_and_no_way_at_all(rule: Rule) -> None:
    facts = {
        "founded_on": date(2026, 1, 1), "revenue": Decimal(10_000_000), "rd": Decimal(500_000), "staff": 100, "rd_staff": 10, "patents": 3,
        "titles": frozenset({"高企"}), "has_accident": False,
    }  # fmt: skip
    waiting = smallest_change(rule, Record("1", facts), DAY)
    assert waiting is not None
    assert waiting.wait_until == date(2027, 1, 1)
    assert not waiting.moves
    blocked = smallest_change(rule, Record("1", {**facts, "founded_on": date(2020, 1, 1), "has_accident": True}), DAY)
    assert blocked is not None
    assert blocked.obstacles == ("accident",)


def test_the_lever_goes_to_the_step_not_beyond(tmp_path: Path) -> None:
    from .small_pack import FACTS

    rule = load_rulebook(
        write_pack(
            tmp_path, facts=FACTS.replace("step: 1万元, cost: 1, most: 200万元", "step: 0.01元, cost: 1, most: 200万元")
        )
    ).at(DAY)["demo.award"]
    facts = {
        "founded_on": date(2020, 1, 1), "revenue": Decimal("33333333.33"), "rd": Decimal(100), "staff": 100, "rd_staff": 10, "patents": 3,
        "titles": frozenset({"高企"}), "has_accident": False,
    }  # fmt: skip
    change = smallest_change(rule, Record("1", facts), DAY)
    assert change is not None
    (move,) = change.moves
    assert move.after == Decimal("1666666.67")
    assert verdict_of(rule, {**facts, "rd": Decimal("1666666.66")}, DAY) is False
