"""Duplicates are found, merged with all that refers to them, and taken apart again exactly."""

from types import SimpleNamespace
from typing import Any

import pytest

from keqiao.core import audit
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import AuditEntry, User
from keqiao.core.records import actions, duplicates, merge
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.listing import Listing
from keqiao.core.records.problems import InvalidError
from keqiao.registers.models import Enterprise, EnterpriseYear
from keqiao.registers.uscc import complete

SYSTEM = Act(None, "command", "test")


def uscc(number: int) -> str:
    return complete(f"91990102MA2{number:06d}"[:17])


def enterprise(number: int, name: str, **more: Any) -> Any:
    values = {"name": name, "uscc": uscc(number), "org_unit": "990102001"}
    return actions.create(REGISTERS["enterprise"], values | more, SYSTEM)


def year(row: Any, number: int, **more: Any) -> Any:
    return actions.create(REGISTERS["enterprise_year"], {"enterprise": row.uscc, "year": str(number), **more}, SYSTEM)


@pytest.fixture
def twins(people: Any, units: Any) -> SimpleNamespace:
    left = enterprise(1, "东区恒丰泵业有限公司", size="small", website="https://a.example.com")
    right = enterprise(2, "东区恒丰泵业（有限公司）", main_products="潜水泵", registered_capital="2000000")
    years = [year(left, 2024, revenue="1"), year(right, 2024, revenue="2"), year(right, 2025, revenue="3")]
    User.objects.filter(pk=people.enterprise.pk).update(subject_kind="enterprise", subject_id=right.pk)
    return SimpleNamespace(left=left, right=right, years=years, people=people)


def everything() -> dict[str, Any]:
    """All that a merge may touch, without the counters that rise with every write."""
    left_out = {"edition", "updated_at"}
    rows = [
        *Enterprise.objects.unscoped("test").order_by("pk").values(),
        *EnterpriseYear.objects.unscoped("test").order_by("pk").values(),
    ]
    accounts = list(User.objects.order_by("pk").values("username", "subject_kind", "subject_id"))
    return {"rows": [{k: v for k, v in row.items() if k not in left_out} for row in rows], "accounts": accounts}


def test_merge_moves_all_references_and_undo_brings_back_the_original(twins: SimpleNamespace) -> None:
    before = everything()
    act = Act(twins.people.officer)
    made = merge.merge(twins.left, twins.right, ["main_products", "registered_capital"], act)
    kept = Enterprise.objects.unscoped("test").get(pk=twins.left.pk)
    assert (kept.main_products, str(kept.registered_capital), kept.size) == ("潜水泵", "2000000.00", "small")
    assert EnterpriseYear.objects.unscoped("test").get(pk=twins.years[2].pk).enterprise_id == twins.left.pk
    assert User.objects.get(username="enterprise").subject_id == twins.left.pk
    assert made.kept == [["registers.EnterpriseYear", "enterprise", [twins.years[1].pk]]]  # both have figures for 2024
    assert [row.pk for row in Listing(REGISTERS["enterprise"], twins.people.officer).page()] == [twins.left.pk]
    merge.undo(made.pk, act)
    assert everything() == before
    assert list(audit.verify()) == []
    assert set(AuditEntry.objects.filter(actor=twins.people.officer).values_list("verb", flat=True)) == {
        "merge",
        "merged_away",
        "unmerge",
    }
    with pytest.raises(InvalidError):
        merge.undo(made.pk, act)


def test_the_survivor_can_take_the_others_identity(twins: SimpleNamespace) -> None:
    before = everything()
    made = merge.merge(twins.left, twins.right, ["uscc", "name"], Act(twins.people.officer))
    rows = {row.pk: row for row in Enterprise.objects.unscoped("test")}
    assert (rows[twins.left.pk].uscc, rows[twins.right.pk].uscc) == (uscc(2), uscc(1))
    merge.undo(made.pk, Act(twins.people.officer))
    assert everything() == before


def test_what_was_changed_after_the_merge_survives_the_undo(twins: SimpleNamespace) -> None:
    act = Act(twins.people.officer)
    made = merge.merge(twins.left, twins.right, ["main_products"], act)
    actions.change(Enterprise.objects.unscoped("test").get(pk=twins.left.pk), {"website": "https://b.example.com"}, act)
    kept = merge.undo(made.pk, act)
    assert (kept.website, kept.main_products) == ("https://b.example.com", "")


def test_only_who_may_merge_both_rows_may(twins: SimpleNamespace, units: Any) -> None:
    with pytest.raises(ForbiddenError):
        merge.merge(twins.left, twins.right, [], Act(twins.people.town))
    elsewhere = enterprise(3, "西县恒丰泵业有限公司", org_unit="990103001")
    with pytest.raises(ForbiddenError):
        merge.merge(twins.left, elsewhere, [], Act(twins.people.east_officer))
    with pytest.raises(InvalidError):
        merge.merge(twins.left, twins.left, [], Act(twins.people.officer))


@pytest.mark.parametrize(
    ("left", "right", "is_found"),
    [
        ("东区恒丰泵业有限公司", "东区恒丰泵业（有限公司）", True),
        ("东区恒丰泵业有限公司", "东区恒丰泵业股份有限公司", True),
        ("浙东智能仪表科技有限公司", "浙东智能仪器仪表科技有限公司", True),
        ("东区第一阀门有限公司", "东区第二阀门有限公司", False),
        ("恒丰泵业有限公司", "恒丰阀业有限公司", False),
        ("临河镜片有限公司", "靠山拉链有限公司", False),
    ],
)
def test_like_names_are_found_and_unlike_ones_are_not(
    people: Any, units: Any, left: str, right: str, is_found: bool
) -> None:
    enterprise(101, left)
    enterprise(950_202, right)
    assert bool(duplicates.find(REGISTERS["enterprise"], people.officer)) == is_found


def test_a_code_one_slip_away_is_found(people: Any, units: Any) -> None:
    code = uscc(123456)
    swapped = code[:12] + code[13] + code[12] + code[14:]
    enterprise(1, "甲公司", uscc=code)
    enterprise(2, "毫不相干的名字", uscc=swapped, uscc_confirmed="是")
    (pair,) = duplicates.find(REGISTERS["enterprise"], people.officer)
    assert "统一社会信用代码" in pair.reason
    duplicates.set_distinct(pair.left, pair.right, Act(people.officer))
    assert duplicates.find(REGISTERS["enterprise"], people.officer) == []


def test_duplicates_are_looked_for_only_within_reach(people: Any, units: Any) -> None:
    enterprise(1, "东区恒丰泵业有限公司")
    enterprise(2, "东区恒丰泵业有限公司", org_unit="990103001")
    assert duplicates.find(REGISTERS["enterprise"], people.east_officer) == []
    assert len(duplicates.find(REGISTERS["enterprise"], people.officer)) == 1
