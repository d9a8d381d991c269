"""Snapshots: what is in the files, what the digest covers, and how large registers fare."""

import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from keqiao.core import snapshots
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS
from keqiao.registers.uscc import complete

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)


@pytest.fixture
def firm(units: Any, act: Any) -> Any:
    values = {
        "name": "测试泵业有限公司",
        "uscc": complete("91990102MA2000001"),
        "org_unit": units.river.code,
        "park": units.park.code,
        "industry": "C344",
        "founded_on": "2015-03-15",
        "registered_capital": "1234567.89",
        "contact_phone": "13800001234",
        "is_resident": "是",
    }
    return actions.create(REGISTERS["enterprise"], values, act)


def test_types_and_references(firm: Any, act: Any) -> None:
    year = {
        "enterprise": firm.uscc,
        "year": "2025",
        "revenue": "98765432109.87",
        "rd_hnte": "0.29",
        "staff": "12.5",
        "profit": "-3.10",
        "total_assets": "1234567890123.45",
    }
    actions.create(REGISTERS["enterprise_year"], year, act)
    place = snapshots.folder(snapshots.take(DAY))
    firms = pl.read_parquet(place / "enterprise.parquet")
    row = firms.to_dicts()[0]
    assert "contact_phone" not in firms.columns
    assert (row["org_unit"], row["park"], row["industry"]) == ("990102001", "990102901", "C344")
    assert row["founded_on"] == datetime.date(2015, 3, 15)
    assert row["registered_capital"] == Decimal("1234567.89")
    assert (row["is_resident"], row["is_abnormal"]) == (True, None)
    assert firms.schema["registered_capital"] == pl.Decimal(18, 2)
    years = pl.read_parquet(place / "enterprise_year.parquet").to_dicts()[0]
    assert (years["enterprise"], years["enterprise_uscc"], years["org_unit"]) == (firm.pk, firm.uscc, "990102001")
    assert [str(years[name]) for name in ("revenue", "rd_hnte", "profit", "total_assets", "staff")] == [
        "98765432109.87",
        "0.29",
        "-3.10",
        "1234567890123.45",
        "12.50",
    ]
    assert years["exports"] is None
    facts = pq.read_schema(place / "enterprise_year.parquet").field("revenue").metadata
    assert facts[b"label"].decode() == "营业收入"
    assert facts[b"unit"].decode() == "元"
    tree = pl.read_parquet(place / "org_units.parquet")
    assert tree.columns == ["code", "name", "name_en", "level", "parent", "valid_from", "valid_until", "successor"]
    assert tree.height == OrgUnit.objects.count()


def test_ledgers_are_in_it(firm: Any, act: Any) -> None:
    values = {
        "number": "V1",
        "enterprise": firm.uscc,
        "visited_on": "2026-01-05",
        "problem": "缺人",
        "satisfaction": "4",
    }
    actions.create(REGISTERS["service_visit"], values, act)
    log = {
        "code": "E1",
        "name": "对接会",
        "kind": "fair",
        "held_on": "2026-03-01",
        "signed_amount": "12.30",
        "signed": "1",
    }
    actions.create(REGISTERS["event_log"], log, act)
    place = snapshots.folder(snapshots.take(DAY))
    visit = pl.read_parquet(place / "service_visit.parquet").to_dicts()[0]
    assert (visit["enterprise_uscc"], visit["visited_on"], visit["satisfaction"]) == (
        firm.uscc,
        datetime.date(2026, 1, 5),
        4,
    )
    event = pl.read_parquet(place / "event_log.parquet").to_dicts()[0]
    assert (event["kind"], event["signed_amount"], event["cost"]) == ("fair", Decimal("12.30"), None)


def test_only_what_counts(firm: Any, act: Any) -> None:
    demand = {"code": "D1", "name": "需求", "enterprise": firm.uscc}
    actions.create(REGISTERS["demand"], demand | {"cooperation_modes": "转让、许可"}, act)
    actions.create(REGISTERS["demand"], demand | {"code": "D2"}, act, draft=True)
    found = pl.read_parquet(snapshots.folder(snapshots.take(DAY)) / "demand.parquet")
    assert found["code"].to_list() == ["D1"]
    assert found["cooperation_modes"].to_list() == [["transfer", "licence"]]


def test_same_data_same_digest_and_tampering_shows(firm: Any, act: Any) -> None:
    first = snapshots.take(DAY)
    assert snapshots.take(DAY + datetime.timedelta(days=1)) == first
    assert Snapshot.objects.count() == 1
    assert first.counts["enterprise"] == 1
    actions.change(firm, {"registered_capital": "1234567.90"}, act)
    second = snapshots.take(DAY)
    assert second.digest != first.digest
    assert pl.read_parquet(snapshots.folder(first) / "enterprise.parquet")["registered_capital"][0] == Decimal(
        "1234567.89"
    )
    assert snapshots.faults(second) == []
    (snapshots.folder(second) / "demand.parquet").write_bytes(b"")
    assert snapshots.faults(second) == ["demand.parquet"]
