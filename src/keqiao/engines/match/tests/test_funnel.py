"""The funnel: recomputed from events, whatever their order or repetition."""

import random
from datetime import datetime, timedelta

import pytest

from keqiao.engines.match import Event, funnels

DAY = datetime(2026, 3, 1, 9)
EVENTS = [
    Event("p1", DAY, "shown", matcher="keqiao", industry="纺织"),
    Event("p1", DAY + timedelta(days=2), "contact", broker="周"),
    Event("p1", DAY + timedelta(days=10), "deal"),
    Event("p2", DAY, "shown", matcher="keqiao", industry="纺织"),
    Event("p2", DAY + timedelta(days=1), answer="price"),
    Event("p2", DAY + timedelta(days=3), answer="too_early"),
    Event("p3", DAY, "shown", matcher="hand", industry="装备"),
    Event("p3", DAY + timedelta(days=4), "talk", answer="fits"),
]


def test_counts_shares_and_days():
    whole = funnels(EVENTS)[0]
    assert [each.count for each in whole.stages] == [3, 2, 2, 1, 1]
    assert whole.stages[1].of_shown == pytest.approx(2 / 3)
    assert whole.stages[4].of_previous == 1.0
    assert whole.stages[1].median_days == 3.0
    assert whole.answers == (("fits", 1), ("too_early", 1))
    assert whole.unanswered == 1


def test_groups_and_order_and_repeats_do_not_matter():
    shuffled = EVENTS * 2
    random.Random(1).shuffle(shuffled)
    for by in ("all", "matcher", "broker", "industry"):
        assert funnels(shuffled, by) == funnels(EVENTS, by)
    assert [(each.group, each.stages[0].count) for each in funnels(EVENTS, "matcher")] == [("keqiao", 2), ("hand", 1)]
    assert [each.group for each in funnels(EVENTS, "broker")] == ["", "周"]


def test_nothing_gives_nothing_and_unknown_codes_are_refused():
    assert funnels([]) == ()
    with pytest.raises(ValueError, match="maybe"):
        funnels([Event("p", DAY, answer="maybe")])
