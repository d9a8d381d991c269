"""Excel and CSV, out and in: nothing is lost on the way, and every fault is named at once."""

import datetime
import io
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.contrib.auth.models import AnonymousUser

from keqiao.core import jobs
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import AuditEntry, StoredFile
from keqiao.core.records import actions, excel_in, excel_out, import_job, importing
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.listing import Listing
from keqiao.core.records.problems import InvalidError, StaleError
from keqiao.registers.models import Enterprise
from keqiao.registers.uscc import complete

SYSTEM = Act(None, "command", "test")
HEADERS = [
    "企业名称",
    "统一社会信用代码",
    "属地",
    "注册资本（元）",
    "成立日期",
    "企业规模",
    "联系电话",
    "主要产品（服务）",
]


def uscc(number: int) -> str:
    return complete(f"9199010{number % 10}MA2{number:07d}"[:17])


def workbook(rows: list[list[Any]], headers: list[str] | None = None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False})
    sheet = book.add_worksheet("企业")
    for number, values in enumerate([headers or HEADERS, *rows]):
        for column, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write(number, column, value)
    book.close()
    return out.getvalue()


def line(number: int, **changes: Any) -> list[Any]:
    values = {
        "name": f"东区{number}号泵业有限公司",
        "uscc": uscc(number),
        "org_unit": "临河街道",
        "capital": 1_000_000 + number,
        "founded": "2015-06-01",
        "size": "小型",
        "phone": f"1370000{number:04d}",
        "products": "离心泵",
    }
    return list((values | changes).values())


def import_file(
    user: Any, content: bytes, name: str = "企业.xlsx", key: str = "enterprise", **options: Any
) -> dict[str, int]:
    register, act = REGISTERS[key], Act(user, "import")
    plan = importing.plan(register, excel_in.read(register, name, content), act)
    return importing.carry_out(plan, act, **options)


def planned(user: Any, content: bytes, name: str = "企业.xlsx", key: str = "enterprise") -> importing.Plan:
    register = REGISTERS[key]
    return importing.plan(register, excel_in.read(register, name, content), Act(user, "import"))


def state() -> list[dict[str, Any]]:
    return list(Enterprise.objects.unscoped("test").order_by("pk").values())


@pytest.fixture
def filled(people: Any, units: Any) -> SimpleNamespace:
    assert import_file(people.officer, workbook([line(n) for n in range(30)]))["new"] == 30
    rows = list(Enterprise.objects.unscoped("test").order_by("pk"))
    tricky = {
        "introduction": "=SUM(A1)\r\n第二行\t制表\n-3 是负数；“引号”_x0041_",
        "main_products": "'=1+1",
        "contact_name": "+王",
        "registered_capital": "9999999999999.99",
        "is_above_scale": "是",
        "bank_account": "6222020000001234567",
    }
    actions.change(rows[0], tricky, SYSTEM)
    return SimpleNamespace(people=people, units=units, rows=rows, register=REGISTERS["enterprise"])


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("who", ["officer", "east_officer"])
def test_export_then_import_changes_nothing(filled: SimpleNamespace, kind: str, who: str) -> None:
    user = getattr(filled.people, who)
    content = excel_out.export(Listing(filled.register, user, action="export"), kind, Act(user))
    before, entries = state(), AuditEntry.objects.count()
    counts = import_file(user, content, f"企业.{kind}")
    assert counts == {"new": 0, "changed": 0, "unchanged": 30, "faulty": 0}
    assert state() == before
    assert AuditEntry.objects.count() == entries


def test_a_masked_export_comes_back_without_change(filled: SimpleNamespace) -> None:
    """The leader sees masks; an officer who imports that very file must not write stars over telephone numbers."""
    leader = filled.people.leader
    content = excel_out.export(Listing(filled.register, leader, action="export"), "xlsx", Act(leader))
    assert "138****" not in str(state())
    table = excel_in.read(filled.register, "x.xlsx", content)
    assert "137****0001" in {cell for one in table.lines for cell in one.cells}
    assert (
        importing.plan(filled.register, table, SYSTEM).counts["faulty"] == 30
    )  # for a reader of full values the stars are a fault
    plan = importing.plan(filled.register, table, Act(filled.people.officer))
    assert {problem.code for problem in plan.problems} == {"masked_value"}


def test_a_town_officer_gets_out_and_in_what_the_town_sees(filled: SimpleNamespace) -> None:
    town = filled.people.town
    content = excel_out.export(Listing(filled.register, town, action="export"), "xlsx", Act(town))
    assert b"6222020000001234567" not in content
    before = state()
    assert planned(town, content).counts == {"new": 0, "changed": 0, "unchanged": 30, "faulty": 0}
    assert state() == before


def test_export_is_filtered_and_audited(filled: SimpleNamespace) -> None:
    officer = filled.people.officer
    listing = Listing(filled.register, officer, {"name": "7号", "columns": "name,contact_phone"}, action="export")
    content = excel_out.export(listing, "csv", Act(officer)).decode("utf-8-sig")
    assert [row.split(",")[:1] for row in content.splitlines()][1:] == [[uscc(n)] for n in (27, 17, 7)]
    entry = AuditEntry.objects.get(verb="export", actor=officer)
    assert entry.after["rows"] == 3
    assert AuditEntry.objects.filter(verb="export_personal", actor=officer).count() == 3
    public = excel_out.export(Listing(filled.register, AnonymousUser(), action="export"), "csv", Act(None)).decode(
        "utf-8-sig"
    )
    assert "统一社会信用代码" not in public.splitlines()[0]


def test_no_cell_of_an_export_is_a_formula(filled: SimpleNamespace) -> None:
    officer = filled.people.officer
    content = excel_out.export(Listing(filled.register, officer, action="export"), "xlsx", Act(officer))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    text = excel_out.export(Listing(filled.register, officer, action="export"), "csv", Act(officer)).decode("utf-8-sig")
    assert "\n=SUM" not in text
    assert ",=" not in text
    assert ",+" not in text


def test_five_kinds_of_fault_in_a_thousand_rows_are_all_reported(people: Any, units: Any) -> None:
    rows = [line(n) for n in range(1000)]
    faults = {
        3: {"uscc": "12345"},
        250: {"capital": "一百万"},
        511: {"founded": "2015-02-30"},
        700: {"size": "巨型"},
        999: {"org_unit": "不存在镇"},
    }
    for number, changes in faults.items():
        rows[number] = line(number, **changes)
    rows[5] = line(5, name="", capital=-1)  # two in one row
    plan = planned(people.officer, workbook(rows))
    found = {(problem.row, problem.field, problem.code) for problem in plan.problems}
    assert found == {
        (5, "uscc", "uscc_length"),
        (7, "name", "required"),
        (7, "registered_capital", "too_small"),
        (252, "registered_capital", "not_a_number"),
        (513, "founded_on", "not_a_date"),
        (702, "size", "not_a_choice"),
        (1001, "org_unit", "not_found"),
    }
    assert all(problem.reason and (problem.value or problem.code == "required") for problem in plan.problems)
    assert plan.counts == {"new": 994, "changed": 0, "unchanged": 0, "faulty": 6}
    with pytest.raises(InvalidError) as refused:
        importing.carry_out(plan, Act(people.officer, "import"))
    assert len(refused.value.problems) == 7
    assert state() == []


def test_good_rows_only_gives_the_others_back_to_correct(people: Any, units: Any, settings: Any) -> None:
    rows = [line(1), line(2, size="巨型"), line(3), line(1)]
    job = run(
        people.officer,
        workbook(rows, ["企业名称", "统一社会信用代码", "属地", "注册资本(万元)", *HEADERS[4:]]),
        good_rows_only=True,
    )
    assert job.result["outcome"] == "imported"
    assert job.result["counts"] == {"new": 2, "changed": 0, "unchanged": 0, "faulty": 2}
    assert {problem["code"] for problem in job.result["problems"]} == {"not_a_choice", "duplicate_in_file"}
    failed = StoredFile.objects.get(pk=job.result["failed_file"])
    with failed.content.open("rb") as handle:
        book = openpyxl.load_workbook(io.BytesIO(handle.read()))
    sheet = book.active
    assert [sheet.cell(row, 2).value for row in (2, 3)] == [uscc(2), uscc(1)]
    sheet.cell(2, 6).value = "小型"
    sheet.delete_rows(3)
    out = io.BytesIO()
    book.save(out)
    again = run(people.officer, out.getvalue(), good_rows_only=False)
    assert again.result["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "faulty": 0}
    assert Enterprise.objects.unscoped("test").get(uscc=uscc(2)).registered_capital == Decimal(10_000_020_000)


def run(user: Any, content: bytes, name: str = "企业.xlsx", **options: Any) -> Any:
    from keqiao.core import files

    stored = files.store(name, content, Act(user))
    parameters = import_job.parameters(
        REGISTERS["enterprise"], stored, options.get("dry_run", False), options.get("good_rows_only", False)
    )
    job = jobs.run_now("import_records", "test", parameters, Act(user))
    assert job.stage == "done", job.error
    return job


def test_a_dry_run_counts_and_shows_differences_but_writes_nothing(filled: SimpleNamespace) -> None:
    before = state()
    job = run(filled.people.officer, workbook([line(1), line(2, capital=5), line(99)]), dry_run=True)
    assert job.result["outcome"] == "checked"
    assert job.result["counts"] == {"new": 1, "changed": 1, "unchanged": 1, "faulty": 0}
    (difference,) = job.result["differences"]
    assert difference["row"] == 3
    assert [(c["field"], c["before"], c["after"]) for c in difference["changes"]] == [
        ("registered_capital", "1000002.00", "5.00")
    ]
    assert state() == before


def test_the_same_file_twice_changes_nothing_the_second_time(people: Any, units: Any) -> None:
    content = workbook([line(n) for n in range(5)])
    assert import_file(people.officer, content)["new"] == 5
    before = state()
    assert import_file(people.officer, content) == {"new": 0, "changed": 0, "unchanged": 5, "faulty": 0}
    assert state() == before


def test_every_written_row_has_its_audit_entry_by_import(people: Any, units: Any) -> None:
    import_file(people.officer, workbook([line(n) for n in range(3)]))
    import_file(people.officer, workbook([line(0, capital=7)]))
    entries = AuditEntry.objects.filter(register="enterprise")
    assert entries.filter(verb="create", channel="import", actor=people.officer).count() == 3
    change = entries.get(verb="change")
    assert (change.before, change.after) == ({"registered_capital": "1000000.00"}, {"registered_capital": "7.00"})
    from keqiao.core import audit

    assert list(audit.verify()) == []


def test_import_stays_within_the_importers_reach(people: Any, units: Any) -> None:
    plan = planned(people.town, workbook([line(1), line(2, org_unit="湖口镇")]))
    assert [(p.row, p.code) for p in plan.problems] == [(3, "out_of_reach")]
    with pytest.raises(ForbiddenError):
        planned(people.enterprise, workbook([line(1)]))
    import_file(people.officer, workbook([line(5, org_unit="湖口镇")]))
    assert [p.code for p in planned(people.town, workbook([line(5, org_unit="临河街道")])).problems] == ["out_of_reach"]


def test_a_row_changed_meanwhile_stops_the_import(filled: SimpleNamespace) -> None:
    plan = planned(filled.people.officer, workbook([line(1, capital=5), line(200)]))
    actions.change(filled.rows[1], {"main_products": "镜片"}, SYSTEM)
    with pytest.raises(StaleError):
        importing.carry_out(plan, Act(filled.people.officer, "import"))
    assert not Enterprise.objects.unscoped("test").filter(uscc=uscc(200)).exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_officials_have(people: Any, units: Any, encoding: str) -> None:
    text = ",".join(HEADERS) + "\n" + ",".join(str(value) for value in line(1)) + "\n"
    assert import_file(people.officer, text.encode(encoding), "企业.csv")["new"] == 1


def test_headers_are_matched_as_people_write_them(people: Any, units: Any) -> None:
    headers = [
        "Enterprise name",
        " 统一社会 信用代码 *",
        "org_unit",
        "注册资本（万元）",
        "成立日期(必填)",
        "企业\n规模",
        "联系电话",
        "自编备注",
    ]
    register = REGISTERS["enterprise"]
    headers[0] = "name"
    rows = [["某市企业汇总表"], headers, line(1, capital=120.5)]
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, values in enumerate(rows):
        sheet.write_row(number, 0, values)
    book.close()
    table = excel_in.read(register, "x.xlsx", out.getvalue())
    assert [column.field.name for column in table.columns] == [
        "name",
        "uscc",
        "org_unit",
        "registered_capital",
        "founded_on",
        "size",
        "contact_phone",
    ]
    assert {(note.code, note.value) for note in table.notes} == {
        ("converted", "注册资本（万元）"),
        ("unknown_column", "自编备注"),
    }
    plan = importing.plan(register, table, Act(people.officer, "import"))
    assert plan.planned[0].number == 3
    importing.carry_out(plan, Act(people.officer, "import"))
    assert Enterprise.objects.unscoped("test").get().registered_capital == Decimal("1205000.00")


def test_column_faults_are_named(people: Any, units: Any) -> None:
    plan = planned(
        people.officer,
        workbook(
            [line(1)],
            [
                "企业名称",
                "名称（企业）",
                "属地",
                "注册资本（元）",
                "注册资本",
                "企业规模",
                "联系电话",
                "主要产品（服务）",
            ],
        ),
    )
    assert {problem.code for problem in plan.problems} == {"missing_identity", "duplicate_column"}
    assert plan.counts["faulty"] == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.xlsx", b"PK\x03\x04broken", "not_a_workbook"),
        ("x.csv", b"\x00\x01\x02", "not_a_table"),
        ("x.csv", b"\xff\xff\xff", "bad_encoding"),
        ("x.csv", "甲,乙\n1,2\n".encode(), "no_headers"),
        ("x.csv", b"", "no_headers"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(db: Any, name: str, content: bytes, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        excel_in.read(REGISTERS["enterprise"], name, content)
    assert refused.value.problems[0].code == code


def test_empty_cells_clear_and_absent_columns_do_not(filled: SimpleNamespace) -> None:
    content = workbook([[uscc(1), ""]], ["统一社会信用代码", "主要产品（服务）"])
    assert import_file(filled.people.officer, content)["changed"] == 1
    row = Enterprise.objects.unscoped("test").get(uscc=uscc(1))
    assert (row.main_products, row.name) == ("", "东区1号泵业有限公司")
    plan = planned(filled.people.officer, workbook([[uscc(1), ""]], ["统一社会信用代码", "企业名称"]))
    assert [problem.code for problem in plan.problems] == ["required"]


def test_numbers_typed_as_dates_and_codes_are_understood(people: Any, units: Any) -> None:
    rows = [
        line(1, founded=42156),
        line(2, founded=20150601.0),
        line(3, founded=datetime.date(2015, 6, 1)),
        line(4, founded="2015年6月1日"),
        line(5, phone=13700000005),
    ]
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for number, values in enumerate([HEADERS, *rows]):
        sheet.write_row(number, 0, values)
    book.close()
    assert import_file(people.officer, out.getvalue())["new"] == 5
    rows = list(Enterprise.objects.unscoped("test").order_by("pk"))
    assert {row.founded_on for row in rows} == {datetime.date(2015, 6, 1)}
    assert rows[4].contact_phone == "13700000005"


def test_lookups_do_not_grow_with_the_rows(people: Any, units: Any, django_assert_max_num_queries: Any) -> None:
    import_file(people.officer, workbook([line(n) for n in range(40)]))
    rows = [[uscc(n), 2025, 1000 + n] for n in range(40)]
    content = workbook(rows, ["企业", "年度", "营业收入（元）"])
    register = REGISTERS["enterprise_year"]
    table = excel_in.read(register, "x.xlsx", content)
    with django_assert_max_num_queries(12):
        plan = importing.plan(register, table, Act(people.officer, "import"))
    assert plan.counts["new"] == 40
    with django_assert_max_num_queries(25):
        importing.carry_out(plan, Act(people.officer, "import"))


@pytest.mark.parametrize("key", list(REGISTERS))
def test_every_template_has_all_columns_and_is_read_back(db: Any, units: Any, key: str) -> None:
    register = REGISTERS[key]
    content = excel_out.template(register)
    table = excel_in.read(register, "x.xlsx", content)
    assert [column.field.name for column in table.columns] == actions.editable(register)
    assert [problem.code for problem in table.problems] == ["no_rows"]
    assert table.notes == []
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames[1:] == ["选项", "填写说明", "示例"]
