"""The target workbench: splits close, say by how much they cannot, and next year's drafts follow from the usual growth."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from keqiao.control import facts, splitting, target_actions
from keqiao.control.models import IndicatorFigure, Target, TargetNote
from keqiao.core.act import Act
from keqiao.core.models import AuditEntry, Snapshot
from keqiao.core.records.problems import InvalidError

KEY = "high_tech_enterprises"


@pytest.fixture
def shot(units: SimpleNamespace) -> Snapshot:
    shot = Snapshot.objects.create(digest="e" * 64, as_of=datetime.date(2026, 11, 20))
    for year, east, west in ((2023, 20, 5), (2024, 25, 10), (2025, 30, 15), (2026, 40, 20)):
        for unit, value in ((units.east, east), (units.west, west), (units.city, east + west)):
            IndicatorFigure.objects.create(
                indicator=KEY, org_unit=unit, period=str(year), value=Decimal(value), snapshot=shot,
                source=IndicatorFigure.Source.COMPUTED, data_on=shot.as_of,
            )  # fmt: skip
    return shot


def parts(
    shot: Snapshot, units: SimpleNamespace, total: int, limits: Any = None, method: str = "base"
) -> splitting.Split:
    one = facts.definition(KEY)
    assert one is not None
    places = [units.east, units.west]
    past = splitting.history(one, places, 2026, shot)
    return splitting.split(Decimal(total), Decimal(1), method, places, past, limits or {})


def test_a_split_closes_and_shows_the_pressure(shot: Snapshot, units: SimpleNamespace) -> None:
    east, west = parts(shot, units, 50).parts
    assert (east.amount, west.amount) == (33, 17)
    assert west.growth == pytest.approx((17 / 15 - 1) * 100)
    assert west.usual == pytest.approx(((15 / 5) ** 0.5 - 1) * 100)


def test_locks_floors_and_caps_hold_or_say_by_how_much(shot: Snapshot, units: SimpleNamespace) -> None:
    lock = {units.west.pk: splitting.Limits(amount=Decimal(20), is_locked=True)}
    assert [part.amount for part in parts(shot, units, 50, lock).parts] == [30, 20]
    assert parts(shot, units, 50, {units.east.pk: splitting.Limits(floor=Decimal(53))}).shortfall == 3
    manual = {units.east.pk: splitting.Limits(amount=Decimal(30)), units.west.pk: splitting.Limits(amount=Decimal(15))}
    assert parts(shot, units, 50, manual, "manual").shortfall == -5


def test_saving_keeps_locks_and_needs_a_reason_once_published(
    shot: Snapshot, units: SimpleNamespace, people: SimpleNamespace
) -> None:
    one = facts.definition(KEY)
    assert one is not None
    lock = {units.west.pk: splitting.Limits(amount=Decimal(20), is_locked=True)}
    target_actions.save_split(one, units.city, 2026, parts(shot, units, 50, lock), Act(people.leader))
    assert Target.objects.get(org_unit=units.west).is_locked
    Target.objects.update(stage=Target.Stage.PUBLISHED)
    with pytest.raises(InvalidError):
        target_actions.save_split(one, units.city, 2026, parts(shot, units, 60), Act(people.leader))
    assert Target.objects.get(org_unit=units.city).value == 50
    assert Target.objects.get(org_unit=units.west).is_locked  # a refused save changes nothing
    target_actions.save_split(one, units.city, 2026, parts(shot, units, 60), Act(people.leader, reason="省里加码"))
    assert Target.objects.get(org_unit=units.west).value == 20
    assert AuditEntry.objects.filter(register="target", reason="省里加码").exists()


def test_next_year_follows_the_usual_growth(shot: Snapshot, units: SimpleNamespace, act: Act) -> None:
    Target.objects.create(indicator=KEY, org_unit=units.city, year=2026, value=55)
    made = {row.org_unit: row.value for row in target_actions.propose(units.city, 2027, shot, act)}
    # 35 (2024) to 60 (2026): 30.9 % a year, so 79; split 40 to 20.
    assert made == {units.city: 79, units.east: 53, units.west: 26}
    assert target_actions.propose(units.city, 2027, shot, act) == []


def test_the_workbench_previews_saves_and_negotiates(
    shot: Snapshot, units: SimpleNamespace, people: SimpleNamespace, client: Any
) -> None:
    client.force_login(people.leader)
    address = f"/targets/split/{KEY}/?year=2026"
    typed = {"year": "2026", "total": "50", "method": "base", "step": "1"}
    assert "各地之和等于总数" in client.post(address, typed | {"do": "preview"}).content.decode()
    assert not Target.objects.exists()
    assert "不是数字" in client.post(address, typed | {f"cap_{units.east.code}": "很多"}).content.decode()
    client.post(address, typed | {"do": "save"})
    row = Target.objects.get(org_unit=units.east)
    assert row.value == 33
    client.force_login(people.east_officer)
    client.post(f"/targets/{row.pk}/note/", {"text": "上年已高位增长", "asked": "30"})
    other = Target.objects.get(org_unit=units.west)
    assert client.post(f"/targets/{other.pk}/note/", {"text": "x"}).status_code == 404
    note = TargetNote.objects.get()
    client.force_login(people.leader)
    client.post(f"/targets/notes/{note.pk}/answer/", {"text": "维持"})
    note.refresh_from_db()
    assert (note.answer, note.asked) == ("维持", 30)
