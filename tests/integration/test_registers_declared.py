"""The core registers: declarations hold together, cross-field checks, unified codes, and units that follow."""

from typing import Any

import pytest

from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.problems import InvalidError
from keqiao.registers.ledgers.store import LedgerRegister
from keqiao.registers.models import EnterpriseYear
from keqiao.registers.uscc import check_digit, complete, has_valid_check_digit, organisation_check_digit

CORE = [key for key, register in REGISTERS.items() if type(register).__module__.startswith("keqiao.registers.declared")]
USCC = complete("91990102MA2000001")


def codes(error: pytest.ExceptionInfo[InvalidError]) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in error.value.problems]


@pytest.mark.parametrize("key", [key for key in REGISTERS if not isinstance(REGISTERS[key], LedgerRegister)])
def test_every_name_in_a_declaration_is_a_field(key: str) -> None:
    register: Register = REGISTERS[key]
    names: list[str] = [
        register.title_field,
        *register.identity,
        *register.unit_from,
        *(one for one in register.deadline if one),
    ]
    for attribute in (
        "columns",
        "filters",
        "search_fields",
        "public_fields",
        "required",
        "read_only",
        "choices_from",
        "references",
        "measure_units",
        "personal",
    ):
        names += getattr(register, attribute)
    assert not register.parent or register.parent in REGISTERS
    assert [name for name in names if name not in register.fields] == []
    assert not set(register.public_fields) & set(register.personal)


def test_the_core_registers_are_all_there() -> None:
    assert len(CORE) == 16


@pytest.mark.parametrize(
    ("code", "digit"),
    [
        ("91350100M000100Y43", "3"),
        ("91512081MA62K0260E", "E"),
        ("11320000MB151840XJ", "J"),
        ("9131000063159284XQ", "Q"),
    ],
)
def test_check_digits_of_the_standard(code: str, digit: str) -> None:
    assert check_digit(code) == digit
    assert has_valid_check_digit(code)
    assert not has_valid_check_digit(code[:-1] + ("0" if digit != "0" else "1"))
    assert organisation_check_digit(code) == code[16]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("uscc", "code"),
    [
        ("91350100M000100Y4Z", "uscc_alphabet"),
        ("9135010", "uscc_length"),
        ("330602000012345", "uscc_length"),
        ("91350211M0000XUF46", "uscc_check_digit"),
    ],
)
def test_wrong_codes_are_refused(uscc: str, code: str, units: Any, act: Any) -> None:
    with pytest.raises(InvalidError) as refused:
        actions.create(REGISTERS["enterprise"], {"name": "甲", "uscc": uscc, "org_unit": units.river.code}, act)
    assert codes(refused) == [(code, "uscc")]
    assert refused.value.problems[0].remedy


@pytest.mark.django_db
def test_a_real_code_with_a_wrong_digit_may_be_confirmed(units: Any, act: Any) -> None:
    values = {"name": "甲", "uscc": " ９1350211m0000xuf46 ", "uscc_confirmed": "是", "org_unit": units.river.code}
    assert actions.create(REGISTERS["enterprise"], values, act).uscc == "91350211M0000XUF46"


@pytest.mark.django_db
def test_all_problems_at_once(units: Any, act: Any) -> None:
    actions.create(REGISTERS["enterprise"], {"name": "甲", "uscc": USCC, "org_unit": units.river.code}, act)
    values = {
        "enterprise": USCC,
        "year": 2025,
        "revenue": "100",
        "main_revenue": "101",
        "rd_hnte": "5",
        "rd_hnte_domestic": "5.01",
        "staff": "10",
        "rd_staff": "11",
        "total_assets": "100",
        "liabilities": "40",
        "net_assets": "62",
    }
    with pytest.raises(InvalidError) as refused:
        actions.create(REGISTERS["enterprise_year"], values, act)
    assert codes(refused) == [
        ("part_over_whole", "main_revenue"),
        ("part_over_whole", "rd_hnte_domestic"),
        ("part_over_whole", "rd_staff"),
        ("balance", "net_assets"),
    ]


@pytest.mark.django_db
def test_dates_in_order_and_validity(units: Any, act: Any) -> None:
    actions.create(REGISTERS["enterprise"], {"name": "甲", "uscc": USCC, "org_unit": units.river.code}, act)
    project = {
        "number": "P1",
        "name": "项目",
        "kind": "industry",
        "level": "city",
        "enterprise": USCC,
        "starts_on": "2025-01-01",
        "due_on": "2024-12-31",
    }
    with pytest.raises(InvalidError) as refused:
        actions.create(REGISTERS["project"], project, act)
    assert codes(refused) == [("out_of_order", "due_on")]
    qualification = {
        "kind": "hnte",
        "number": "GR",
        "enterprise": USCC,
        "valid_from": "2025-01-01",
        "valid_until": "2025-01-01",
    }
    with pytest.raises(InvalidError) as refused:
        actions.create(REGISTERS["qualification"], qualification, act)
    assert codes(refused) == [("empty_validity", "valid_until")]
    with pytest.raises(InvalidError) as refused:
        actions.create(REGISTERS["qualification"], {"kind": "hnte", "number": "GR"}, act)
    assert codes(refused) == [("one_needed", "enterprise")]


@pytest.mark.django_db
def test_years_follow_their_enterprise(units: Any, act: Any, django_capture_on_commit_callbacks: Any) -> None:
    firm = actions.create(REGISTERS["enterprise"], {"name": "甲", "uscc": USCC, "org_unit": units.river.code}, act)
    year = actions.create(REGISTERS["enterprise_year"], {"enterprise": USCC, "year": 2025}, act)
    assert year.org_unit_id == units.river.pk
    patent = actions.create(
        REGISTERS["patent"], {"number": "N1", "name": "阀", "kind": "invention", "enterprise": USCC}, act
    )
    assert patent.org_unit_id == units.river.pk
    with django_capture_on_commit_callbacks(execute=True):
        actions.change(firm, {"org_unit": units.lake.code}, act)
    assert EnterpriseYear.objects.unscoped("test").get(pk=year.pk).org_unit_id == units.lake.pk


@pytest.mark.django_db
@pytest.mark.parametrize("key", CORE)
def test_a_row_with_only_what_is_required(key: str, db: Any) -> None:
    from tests.packs.stand_ins import ACT, make_all, sample_row

    register = REGISTERS[key]
    values = sample_row(register)
    make_all(
        register,
        [
            {
                name: str(value)
                for name, value in values.items()
                if register.fields[name].kind in {"reference", "org_unit"}
            }
        ],
    )
    row = actions.create(register, values, ACT)
    assert register.title(row)
    with pytest.raises(InvalidError) as refused:
        actions.create(register, values, ACT)
    assert "duplicate" in [problem.code for problem in refused.value.problems]
