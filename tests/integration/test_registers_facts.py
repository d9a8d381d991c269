"""Facts: what the rules read about an enterprise on a day, from its rows and from a snapshot alike."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from keqiao.core import snapshots
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS
from keqiao.registers import facts
from keqiao.registers.uscc import complete

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 5, 1)


@pytest.fixture
def firm(units: Any, act: Any) -> Any:
    def make(key: str, **values: Any) -> Any:
        return actions.create(REGISTERS[key], values, act)

    uscc = complete("91990102MA2000001")
    firm = make(
        "enterprise", name="测试泵业", uscc=uscc, org_unit=units.river.code, industry="C344", hi_tech_field="8-5", founded_on="2015-03-15",
        tax_method="audited", is_abnormal="否", is_dishonest="否", listing="none",
    )  # fmt: skip
    other = make(
        "enterprise", name="另一家", uscc=complete("91990102MA2000002"), org_unit=units.lake.code, industry="H61"
    )
    for year, sales in ((2023, "1000"), (2024, "1200"), (2025, "1500.01")):
        make(
            "enterprise_year", enterprise=uscc, year=year, sales=sales, total_income="2000", nontaxable_income="100", hi_tech_revenue="900",
            staff="99.5", tech_staff="12", transformed_achievements=5, had_major_accident="否", had_environmental_offence="否",
        )  # fmt: skip
    make(
        "qualification",
        kind="hnte",
        number="GR1",
        enterprise=uscc,
        issued_on="2023-05-01",
        valid_from="2023-05-01",
        valid_until="2026-05-01",
    )
    make(
        "qualification",
        kind="tech_sme",
        number="S1",
        enterprise=uscc,
        issued_on="2025-07-01",
        valid_from="2025-07-01",
        valid_until="2027-01-01",
    )
    make("qualification", kind="rd_centre", number="R1", level="province", enterprise=uscc, issued_on="2022-01-01")
    for number, kind, more in (
        ("1", "invention", {"acquired_by": "self"}),
        ("2", "software", {"acquired_by": "bought"}),
        ("3", "utility_model", {"expires_on": "2026-05-01"}),  # expired on the day itself
        ("4", "invention", {"legal_state": "lapsed"}),
        ("5", "design", {"acquired_by": "licensed"}),
    ):
        make("patent", number=number, name="权利", kind=kind, enterprise=uscc, granted_on="2025-02-01", **more)
    for number, amount in (("C1", "300.10"), ("C2", "0.20")):
        make(
            "tech_contract",
            number=number,
            name="合同",
            kind="service",
            seller_enterprise=uscc,
            buyer_enterprise=other.uscc,
            registered_on="2025-09-01",
            amount=amount,
        )
    return firm


def test_an_enterprise_on_a_day(firm: Any) -> None:
    record = facts.record_of(firm, DAY)
    known = record.values
    assert record.id == firm.uscc
    assert (known["revenue"], known["revenue_prev"], known["revenue_prev2"]) == (
        Decimal("1500.01"),
        Decimal("1200.00"),
        Decimal("1000.00"),
    )
    assert known["total_income"] == Decimal("1900.00")
    assert known["staff"] == 100  # monthly mean 99.5, whole people half up
    assert known["rd_staff"] == 12
    assert known["industry"] == "制造业"
    assert known["hitech_field"] == "先进制造与自动化"
    assert known["town"] == "临河街道"
    assert known["qualifications"] == frozenset(
        {"科技型中小企业", "企业研发中心"}
    )  # the certificate ended on the day itself
    assert known["platforms"] == frozenset({"企业研发中心", "省部级研发机构"})
    assert (known["class1_ip"], known["class2_ip"], known["invention_patents"]) == (1, 1, 1)
    assert known["ip_is_self_developed"] is True
    assert known["patents_granted"] == 4
    assert known["tech_contract_amount"] == Decimal("300.30")
    assert known["is_tech_sme"] is True
    assert known["has_major_accident"] is False
    assert known["is_account_based"] is True
    assert known["is_in_negative_list"] is False
    assert known["is_listed"] is False
    assert float(known["results_converted"]) == 5.0
    for unknown in (
        "profit",
        "rd_expense",
        "has_research_dishonesty",
        "is_resident",
        "net_assets",
        "is_settled_in_carrier",
    ):
        assert unknown not in known
    assert record.sources["revenue"] == "企业年度数据 2025 年度"
    assert record.sources["revenue_prev"] == "企业年度数据 2024 年度"
    assert record.sources["class1_ip"] == "知识产权 截至 2026-05-01"


def test_the_day_before_the_certificate_ended(firm: Any) -> None:
    known = facts.record_of(firm, DAY - datetime.timedelta(days=1)).values
    assert "高新技术企业" in known["qualifications"]
    assert known["class2_ip"] == 2


def test_nothing_known_is_nothing_claimed(firm: Any) -> None:
    other = REGISTERS["enterprise"].rows().unscoped("test").get(name="另一家")
    known = facts.record_of(other, DAY).values
    assert "class1_ip" not in known
    assert "revenue" not in known
    assert known["is_in_negative_list"] is True
    assert known["tech_contract_amount"] == 0
    assert known["absorbed_contract_amount"] == Decimal("300.30")


def test_batch_says_the_same_as_one(firm: Any) -> None:
    frame = facts.batch(snapshots.folder(snapshots.take(DAY)), DAY)
    assert frame["id"].to_list() == [row.uscc for row in REGISTERS["enterprise"].rows().unscoped("test").order_by("pk")]
    for row, data in zip(REGISTERS["enterprise"].rows().unscoped("test").order_by("pk"), frame.to_dicts(), strict=True):
        single = facts.record_of(row, DAY).values
        grain = facts.catalogue().grains["enterprise"].facts
        whole = {
            name: frozenset(value) if isinstance(value, list) else value
            for name, value in data.items()
            if name in grain and value is not None
        }
        assert whole == single


def test_rules_can_read_them(firm: Any) -> None:
    """Every value is one the engine accepts for the fact."""
    for name, value in facts.record_of(firm, DAY).values.items():
        facts.catalogue().grains["enterprise"].facts[name].field.value(value)


def test_match_document(firm: Any, act: Any) -> None:
    values = {
        "code": "D1",
        "name": "密封寿命短",
        "enterprise": firm.uscc,
        "object": "机械密封",
        "target_value": "8000 小时",
        "keywords": "密封、泵",
        "budget": "50",
        "contact_name": "王某",
        "hi_tech_field": "8-5",
    }
    document = facts.match_document(actions.create(REGISTERS["demand"], values, act))
    assert document.title == "密封寿命短"
    assert document.keywords == ("密封", "泵")
    assert "机械密封" in document.text
    assert "王某" not in document.text
    assert document.numbers == {"budget": 50.0}
    assert document.labels["hi_tech_field"] == ("8-5",)
