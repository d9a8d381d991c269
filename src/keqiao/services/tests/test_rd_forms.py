"""The four forms of the R&D ledger: official worked figures, and the tie to the ledger."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.services.rd_forms import Cost, fen, fill, forms, share_of_pay

HEADS = ("wages", "materials", "depreciation", "building_depreciation", "amortisation", "design", "commissioning", "travel_meeting", "welfare", "contracted_domestic", "contracted_overseas", "equipment_bought")  # fmt: skip


def cost(head: str, amount: object, project: str = "A", untaxed: bool = False) -> Cost:
    return Cost(project, head, Decimal(str(amount)), untaxed)


@pytest.mark.parametrize(
    ("costs", "year", "base"),
    [
        ([cost("wages", 900), cost("travel_meeting", 120)], 2024, "1000.00"),
        (
            [
                cost("wages", 450),
                cost("travel_meeting", 40),
                cost("contracted_domestic", 200),
                cost("contracted_overseas", 400),
            ],
            2024,
            "970.00",
        ),
        ([cost("wages", 90), cost("welfare", 12), cost("materials", 84, "B"), cost("welfare", 8, "B")], 2021, "193.33"),
        ([cost("wages", 90), cost("welfare", 12), cost("materials", 84, "B"), cost("welfare", 8, "B")], 2020, "192.00"),
        (
            [
                cost("wages", 1800),
                cost("welfare", 260),
                cost("contracted_domestic", 500),
                cost("contracted_overseas", 2500),
            ],
            2024,
            "4000.00",
        ),
    ],
)
def test_super_deduction_base_is_the_official_one(costs: list[Cost], year: int, base: str) -> None:
    assert fill(forms()["super_deduction"], costs, year).counted == Decimal(base)


def test_the_limit_of_high_tech_recognition_is_a_fifth_of_the_whole() -> None:
    filled = fill(forms()["high_tech"], [cost("wages", 800), cost("travel_meeting", 500)], 2024)
    assert filled.counted == Decimal("1000.00")
    assert filled.left_out == [("limits", Decimal("300.00"))]


def test_money_that_was_not_taxed_makes_no_base() -> None:
    filled = fill(forms()["super_deduction"], [cost("wages", 100), cost("materials", 50, untaxed=True)], 2025)
    assert filled.counted == Decimal("100.00")
    assert filled.left_out == [("untaxed", Decimal("50.00"))]


costs_of_any_kind = st.lists(
    st.builds(
        Cost,
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(HEADS),
        st.decimals("0.01", "9999999.99", places=2),
        st.booleans(),
    ),
    max_size=12,
)


@given(costs_of_any_kind, st.sampled_from([2019, 2020, 2021, 2024]))
def test_every_form_ties_to_the_ledger_to_the_fen(costs: list[Cost], year: int) -> None:
    for form in forms().values():
        if form.version_on(datetime.date(year, 12, 31)) is None:
            continue
        filled = fill(form, costs, year)
        assert filled.booked == fen(sum((one.amount for one in costs), Decimal(0)))
        assert filled.counted + sum((amount for _cause, amount in filled.left_out), Decimal(0)) == filled.booked


@given(st.decimals("0", "99999.99", places=2), st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_shares_of_pay_make_the_pay(pay: Decimal, hours: list[int]) -> None:
    shares = share_of_pay(pay, [Decimal(one) for one in hours], Decimal(sum(hours)))
    assert sum(shares) == pay
    assert all(share >= 0 for share in shares)
