"""Written reports: years said, sources followed, editions compared, published ones left alone."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from keqiao.control import actions, evidence, reporting
from keqiao.control.models import IndicatorFigure, Target, WrittenReport
from keqiao.core.act import Act
from keqiao.core.records import actions as records
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.problems import InvalidError
from keqiao.engines import reports
from keqiao.registers.uscc import complete

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)


def enterprise(units: Any, act: Any, number: int) -> str:
    uscc = complete(f"91990102MA200000{number}")
    place = (units.river, units.lake)[number % 2]
    records.create(
        REGISTERS["enterprise"],
        {"name": f"企业{number}", "uscc": uscc, "org_unit": place.code, "industry": "C344", "founded_on": "2015-01-01"},
        act,
    )
    return uscc


@pytest.fixture
def city(units: Any, act: Any) -> Any:
    """Two enterprises with their yearly R&D and a technology contract each in the year and the year before."""
    for number in (1, 2):
        uscc = enterprise(units, act, number)
        for year, cost in ((2024, "1000000"), (2025, "1500000")):
            values = {"enterprise": uscc, "year": year, "revenue": "50000000", "staff": "20", "rd_statistics": cost}
            records.create(REGISTERS["enterprise_year"], values, act)
        for year in (2025, 2026):
            kind = {"kind": "tech_sme", "number": f"S{number}{year}", "enterprise": uscc, "issued_on": f"{year}-03-01"}
            records.create(
                REGISTERS["qualification"],
                kind | {"valid_from": f"{year}-03-01", "valid_until": f"{year + 1}-01-01"},
                act,
            )
    return units.city


def test_a_figure_of_the_year_before_says_its_year_and_everything_adds_up(city: Any, act: Any) -> None:
    row = actions.write_report("annual", city, 2026, act, DAY)
    document = reporting.document_of(row)
    text = "".join(block.text for block in document.blocks if isinstance(block, reports.Paragraph))
    assert "企业研发经费300万元（2025年），同比增长50%" in text
    assert "科技型中小企业入库2家" in text
    found = actions.check_report(row, act).figures["evidence"]
    assert found["total"] > 10
    assert (found["held"], found["faults"]) == (found["total"], [])
    assert all("@" not in one.key for one in document.figures if one.aspect == "target")
    assert {verdict.state for verdict in reports.verify(reporting.docx_of(row))} == {"equal"}
    # a number that was tampered with is found
    stored = IndicatorFigure.objects.get(
        snapshot=row.snapshot, indicator="enterprise_rd_expense", org_unit=city, period="2025", source="computed"
    )
    stored.value = (stored.value or Decimal(0)) + 1
    stored.save()
    again = evidence.check(row, reporting.document_of(row))
    assert again.held < again.total
    assert "企业研发经费" in again.faults[0]


@pytest.mark.slow
def test_a_report_stays_and_the_next_edition_says_what_changed(city: Any, units: Any, act: Any, people: Any) -> None:
    first = actions.write_report("annual", city, 2026, act, DAY)
    printed = reporting.docx_of(first)
    actions.publish_report(first, Act(people.leader, "page"))
    uscc = enterprise(units, act, 3)
    records.create(
        REGISTERS["enterprise_year"],
        {"enterprise": uscc, "year": 2025, "revenue": "50000000", "staff": "20", "rd_statistics": "500000"},
        act,
    )
    Target.objects.create(indicator="tech_smes", org_unit=city, year=2027, value=5)
    second = actions.write_report("annual", city, 2026, act, DAY)
    first = WrittenReport.objects.get(pk=first.pk)
    assert reporting.docx_of(first) == printed
    with pytest.raises(InvalidError):
        actions.publish_report(first, Act(people.leader, "page"))
    assert reporting.previous_edition(second) == first
    found = {
        (one.name, one.was, one.now)
        for one in reporting.changes(reporting.document_of(second), reporting.document_of(first))
    }
    assert any(was.startswith("300万") and now.startswith("350万") for _name, was, now in found)
    assert any(not was and now.startswith("5") for _name, was, now in found)  # next year's target came


def test_a_confirmed_figure_is_what_a_report_compares_to(city: Any, act: Any, people: Any) -> None:
    officer = Act(people.officer, "page")
    past = actions.take_in_report("去年总结.txt", "2023年，全社会研发经费支出1.2亿元。".encode(), city, 2023, officer)
    proposal = past.proposals.get(measure="level")
    actions.confirm(proposal, "rd_expense", city, "2023", officer)
    IndicatorFigure.objects.create(
        indicator="rd_expense", org_unit=city, period="2024", value=15000, measure_unit="万元", source="confirmed", data_on=DAY, definition="1"
    )  # fmt: skip
    row = actions.write_report("annual", city, 2024, act, DAY)
    figure = reports.figures_from_json(row.figures["figures"])["rd_expense"]
    assert (figure.value, figure.last_year) == (Decimal(150000000), Decimal(120000000))
    assert row.figures["bases"]["rd_expense"]["last_year"] == f"confirmed:{proposal.figure.pk}"
