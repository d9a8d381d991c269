"""The demand coach: what a text already says, what is asked next, and that it ends after five questions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.match import coach


def values(text, **answers):
    return {slot.name: slot.value for slot in coach(text, answers).slots if slot.value}


def test_a_full_need_needs_no_question():
    need = coach("目前注塑件合格率只有85%,希望提高到98%以上,不能换模具,预算50万元,年底前用上")
    assert need.question is None
    assert need.missing == ()
    assert need.price_limit == Decimal(500000)
    found = {slot.name: slot.value for slot in need.slots}
    assert "注塑件" in found["object"]
    assert "98%" in found["target"]
    assert "85%" in found["current"]
    assert found["constraint"].startswith("不能换模具")
    assert "年底" in found["time"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("机器老坏,想找专家看看", "object"),
        ("我们厂的印染废水老是超标,怎么办?", "target"),
        ("Our machine is bad, please help", "object"),
        ("dyeing wastewater COD must be reduced to 50 mg/L", "current"),
    ],
)
def test_asks_first_for_the_first_missing_thing(text, first):
    assert coach(text).question.key == first


def test_english_needs_and_questions():
    need = coach("Dyeing wastewater COD is currently 120 mg/L, reach below 50 mg/L within 6 months", language="en")
    assert need.question.key == "constraint"
    assert "must not change" in need.question.text
    assert {slot.name for slot in need.slots if slot.value} >= {"object", "target", "current", "time"}


def test_money_and_dates_are_no_technical_figures_and_stay_out_of_the_search():
    need = coach("定形机能耗太高,希望3个月内解决,预算20万元")
    assert {slot.name for slot in need.slots if slot.value} == {"object", "budget", "time"}
    assert "20万" not in need.search_text
    assert "3个月" not in need.search_text
    assert "定形机" in need.search_text


def test_answers_fill_slots_and_not_knowing_closes_the_question():
    need = coach("机器老坏", {"object": "喷气织机主喷嘴", "target": "不清楚", "budget+time": "30万,明年6月前"})
    found = {slot.name: slot for slot in need.slots}
    assert found["object"].value == "喷气织机主喷嘴"
    assert found["target"].declined
    assert found["budget"].value.startswith("30万")
    assert "6月" in found["time"].value
    assert "喷气织机主喷嘴" in need.search_text
    assert need.price_limit == Decimal(300000)
    assert need.missing == ("current", "constraint")
    assert need.question.key == "current"


@given(st.text(max_size=40), st.text(max_size=20))
def test_at_most_five_questions_whatever_is_said(text, answer):
    answers = {}
    while (question := coach(text, answers).question) is not None:
        assert question.key not in answers
        answers[question.key] = answer
    assert len(answers) <= 5
