from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.text.numbers import format_chinese, match_number, parse_chinese


@given(st.integers(0, 10**12 - 1))
def test_chinese_numerals_come_back(value: int) -> None:
    assert parse_chinese(format_chinese(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三万零五十", 30050),
        ("两百", 200),
        ("十三", 13),
        ("百万", 10**6),
        ("一亿二千万", 120_000_000),
        ("二〇二五", 2025),
        ("三点五", "3.5"),
    ],
)
def test_numerals_as_reports_write_them(text: str, value: int | str) -> None:
    assert parse_chinese(text) == Decimal(value)


@given(st.integers(0, 10**9), st.sampled_from(["", "万", "亿"]), st.sampled_from(["", "余", "多"]))
def test_arabic_numbers_with_multiplier(value: int, times: str, approx: str) -> None:
    for written in (str(value), f"{value:,}"):
        number = match_number(f"{written}{times}{approx}元", 0)
        assert number is not None
        assert number.value == value * {"": 1, "万": 10**4, "亿": 10**8}[times]
        assert number.approx == approx


def test_neighbouring_digits_are_a_range() -> None:
    number = match_number("两三家", 0)
    assert number is not None
    assert (number.value, number.high) == (2, 3)
