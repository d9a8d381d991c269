"""Data-quality checks: declared as data, found over all rows, settled by people, corrected by the data itself."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from keqiao.core import audit, packs
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import AuditEntry
from keqiao.core.records import actions as records
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.problems import InvalidError
from keqiao.registers import actions, checks
from keqiao.registers.models import Finding
from keqiao.registers.uscc import complete

pytestmark = pytest.mark.django_db


@pytest.fixture
def years(units: Any, act: Any) -> Any:
    """Two enterprises in two counties; the second year of the first is ten times too large."""
    rows = {}
    for number, unit in ((1, units.river), (2, units.lake)):
        uscc = complete(f"91990102MA200000{number}")
        values = {
            "name": f"企业{number}",
            "uscc": uscc,
            "org_unit": unit.code,
            "industry": "C344",
            "founded_on": "2015-01-01",
        }
        records.create(REGISTERS["enterprise"], values, act)
        for year, revenue in ((2024, "5000000"), (2025, "5000000.01" if number == 2 else "50000000")):
            values = {"enterprise": uscc, "year": year, "revenue": revenue, "staff": "20", "rd_statistics": "100"}
            rows[number, year] = records.create(REGISTERS["enterprise_year"], values, act)
    return rows


def open_keys(register: str = "enterprise_year") -> list[tuple[str, int]]:
    found = Finding.objects.filter(stage="open", register=register).order_by("check_key", "record_id")
    return list(found.values_list("check_key", "record_id"))


def test_the_life_of_a_finding(years: Any, act: Any, people: Any) -> None:
    row = years[1, 2025]
    first = actions.check_data(act)
    assert open_keys() == [("year_revenue_jump", row.pk)]
    assert actions.check_data(act)["opened"] == 0
    finding = Finding.objects.get(check_key="year_revenue_jump")
    assert finding.values["revenue"] == "50000000.00"
    assert finding.values["revenue_last"] == "5000000.00"
    officer = Act(people.officer, "page")
    with pytest.raises(InvalidError):
        actions.settle(finding, "explained", " ", officer)
    with pytest.raises(ForbiddenError):
        actions.settle(finding, "explained", "并购", Act(people.leader, "page"))
    actions.settle(finding, "explained", "当年并入两家子公司", officer)
    actions.check_data(act)
    assert open_keys() == []
    records.change(row, {"revenue": "60000000"}, act)  # another value: the explanation no longer holds
    actions.check_data(act)
    assert open_keys() == [("year_revenue_jump", row.pk)]
    records.change(row, {"revenue": "6000000"}, act)
    assert actions.check_data(act)["corrected"] == 1
    finding.refresh_from_db()
    assert (finding.stage, finding.settled_by) == ("corrected", None)
    with pytest.raises(InvalidError):
        actions.settle(finding, "waived", "不必", officer)
    assert AuditEntry.objects.filter(verb="settle_finding").count() == 1
    assert first["rows"] == 6
    assert audit.digest_of(AuditEntry.objects.first()) == AuditEntry.objects.first().digest


def test_a_removed_row_takes_its_findings_along(years: Any, act: Any) -> None:
    actions.check_data(act)
    records.remove(years[1, 2025], act)
    actions.check_data(act)
    assert open_keys() == []


def test_who_sees_findings(years: Any, act: Any, people: Any) -> None:
    actions.check_data(act)
    seen = {
        name: actions.findings_seen_by(getattr(people, name)).filter(check_key="year_revenue_jump").count()
        for name in ("officer", "leader", "east_officer", "town", "enterprise", "nobody", "expert")
    }
    assert seen == {"officer": 1, "leader": 1, "east_officer": 1, "town": 1, "enterprise": 0, "nobody": 0, "expert": 0}
    Finding.objects.update(record_id=years[2, 2025].pk)
    assert actions.findings_seen_by(people.east_officer).count() == 0


def test_every_shipped_check_reads_known_fields_and_finds_nothing_in_good_rows(years: Any, act: Any) -> None:
    assert len(checks.all_checks()) >= 25
    actions.check_data(act)
    assert not Finding.objects.filter(record_id=years[2, 2024].pk, register="enterprise_year").exists()


def test_unknown_accuses_nobody(units: Any, act: Any) -> None:
    uscc = complete("91990102MA2000009")
    records.create(REGISTERS["enterprise"], {"name": "空", "uscc": uscc, "org_unit": units.river.code}, act)
    records.create(REGISTERS["enterprise_year"], {"enterprise": uscc, "year": 2025}, act)
    actions.check_data(act)
    assert [key for key, _pk in open_keys()] == ["year_no_revenue"]


def test_a_wrong_check_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "source" / "wrong"
    (folder / "checks").mkdir(parents=True)
    (folder / "checks" / "bad.yaml").write_text(
        "register: enterprise\nchecks:\n"
        "  - {key: a, name: 甲, that: 注册资金 > 0元, why: 一, remedy: 二}\n"
        "  - {key: b, name: 乙, that: 注册资本 > 5, why: 一, severity: bad}\n"
    )
    with pytest.raises(CommandError) as refused:
        call_command("load_packs", str(folder))
    text = str(refused.value)
    assert "bad.yaml:3" in text
    assert "注册资本" in text  # suggested
    assert "bad.yaml:4" in text
    assert all(code in text for code in ("C003", "C004"))
    packs.load()
