"""Every ledger of every pack with its example, wrong declarations, and a never-seen ledger taken up by a running server."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import QueryDict
from tests.packs.stand_ins import ACT, make_all, rows_of

from keqiao.core import packs
from keqiao.core.act import Act
from keqiao.core.models import AuditEntry
from keqiao.core.records import actions, excel_in, excel_out, importing
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.fields import show
from keqiao.core.records.listing import Listing
from keqiao.core.records.problems import InvalidError
from keqiao.registers.ledgers.store import LedgerRegister

ROOT = Path(__file__).resolve().parents[2] / "packs"
LEDGERS = sorted(ROOT.glob("*/ledgers/*.yaml"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(tmp_path: Path) -> Any:
    """An empty pack folder; afterwards the packs are as they were."""
    folder = tmp_path / "source" / "newcomer"
    (folder / "ledgers").mkdir(parents=True)
    yield folder
    for leftover in (tmp_path / "packs").rglob("*.yaml"):
        leftover.unlink()
    packs.load()


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.stem)
def test_example_fills_the_ledger(path: Path) -> None:
    register = REGISTERS[path.stem]
    assert isinstance(register, LedgerRegister)
    rows = rows_of(path.parent.parent / "examples" / "ledgers" / f"{path.stem}.csv", register)
    make_all(register, rows)
    made = [actions.create(register, row, ACT) for row in rows]
    held = list(register.rows().unscoped("test").order_by("pk"))
    assert [row.pk for row in held] == [row.pk for row in made]
    for given, row in zip(rows, held, strict=True):
        assert row.title
        for name, text in given.items():
            field = register.fields[name]
            value = field.get(row)
            if text or name != "org_unit":  # an empty unit may come from the enterprise
                assert (value in (None, "", [])) == (not text), (name, text, value)
            if field.kind in {"text", "date", "bool"} and text:
                assert show(field, value) == text
    with pytest.raises(InvalidError) as refused:
        actions.create(register, rows[0], ACT)
    assert [problem.code for problem in refused.value.problems] == ["duplicate"]


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.stem)
def test_example_file_imports_and_imports_again_unchanged(path: Path) -> None:
    register = REGISTERS[path.stem]
    example = path.parent.parent / "examples" / "ledgers" / f"{path.stem}.csv"
    rows = rows_of(example, register)
    make_all(register, rows)
    for outcome in ("new", "unchanged"):
        plan = importing.plan(register, excel_in.read(register, example.name, example.read_bytes()), ACT)
        assert plan.problems == []
        assert plan.counts[outcome] == len(rows)
        importing.carry_out(plan, ACT)


def test_at_least_eight_national_ledgers() -> None:
    assert len([path for path in LEDGERS if path.parts[-3] == "national"]) >= 8


def test_every_ledger_is_bilingual() -> None:
    """Every name in the shipped ledgers has an English one."""
    from django.utils.translation import override

    for path in LEDGERS:
        register = REGISTERS[path.stem]
        assert isinstance(register, LedgerRegister)
        if path.parts[-3] != "national":
            continue
        texts = [register.label, register.description, *(section.title for section in register.sections)]
        for field in register.fields.values():
            texts += [field.label, *(label for _code, label in field.choices)]
        for text in texts:
            with override("en"):
                assert str(text).isascii() or str(text)[0].isascii(), (path.stem, str(text))


def test_formula_and_rules() -> None:
    register = REGISTERS["building_survey"]
    base = {"form_number": "T1", "year": "2026", "building": "一号楼"}
    row = actions.create(register, base | {"floor_area": "1000", "rentable_area": "900", "let_area": "600"}, ACT)
    assert str(register.fields["vacancy"].get(row)) == "33.33"
    assert register.fields["vacancy"].get(actions.create(register, base | {"form_number": "T2"}, ACT)) is None
    with pytest.raises(InvalidError) as refused:
        actions.create(
            register,
            base
            | {"form_number": "T3", "rentable_area": "900", "let_area": "901", "tenants": "3", "tech_tenants": "4"},
            ACT,
        )
    assert [(p.code, p.field) for p in refused.value.problems] == [
        ("ledger_rule", "let_area"),
        ("ledger_rule", "tech_tenants"),
    ]


def test_a_finished_inspection_plans_the_next(django_capture_on_commit_callbacks: Any) -> None:
    register = REGISTERS["inspection"]
    values = {
        "site": "锅炉房",
        "kind": "safety",
        "frequency": "half_month",
        "planned_on": "2026-02-20",
        "inspector": "王强",
    }
    with django_capture_on_commit_callbacks(execute=True):
        row = actions.create(register, values, ACT)
    assert register.rows().unscoped("test").count() == 1
    for finding in ("passed", "minor"):  # a second change of the finished row plans nothing more
        with django_capture_on_commit_callbacks(execute=True):
            row = actions.change(row, {"inspected_on": "2026-02-21", "finding": finding}, ACT)
    following = register.rows().unscoped("test").exclude(pk=row.pk).get()
    assert str(register.fields["planned_on"].get(following)) == "2026-03-07"
    assert (register.fields["inspector"].get(following), register.fields["finding"].get(following)) == ("王强", None)


def test_rows_follow_the_unit_of_their_enterprise(units: Any) -> None:
    from keqiao.registers.uscc import complete

    firm = actions.create(
        REGISTERS["enterprise"], {"name": "甲", "uscc": complete("91990102MA2000777"), "org_unit": units.lake.code}, ACT
    )
    visit = actions.create(
        REGISTERS["service_visit"],
        {"number": "V1", "enterprise": firm.uscc, "visited_on": "2026-01-05", "problem": "缺人"},
        ACT,
    )
    assert visit.org_unit_id == units.lake.pk


WRONG = """
key: Wrong-Key
name: 错误的台账
identity: [code, when]
title: nam
colums: [code]
sections:
  - title: 甲
    fields:
      - {key: code, name: 编号}
      - {key: code, name: 编号二}
      - {key: state, name: 状态, kind: choise}
      - {key: grade, name: 等级, kind: choice}
      - {key: firm, name: 企业, kind: reference, reference: enterprize}
      - {key: phone, name: 电话, personal: telephone, public: true}
      - {key: count, name: 数量, kind: integer, minimum: 9, maximum: 3, default: 甲}
      - {key: share, name: 占比, kind: percent, formula: 数量 / 总数}
rules:
  - {that: 数量 + 1, message: 不对}
"""


def test_all_faults_of_a_wrong_ledger_are_named_at_once(pack: Path) -> None:
    (pack / "ledgers" / "wrong.yaml").write_text(WRONG)
    before = dict(REGISTERS)
    with pytest.raises(CommandError) as refused:
        call_command("load_packs", str(pack))
    text = str(refused.value)
    for line, code in (
        (2, "L007"),
        (4, "L006"),
        (4, "L019"),
        (5, "L006"),
        (6, "L002"),
        (11, "L010"),
        (12, "L011"),
        (13, "L016"),
        (14, "L017"),
    ):
        assert any(f"wrong.yaml:{line}:" in one and code in one for one in text.splitlines()), (line, code, text)
    assert "columns" in text
    assert "是否想写 enterprise" in text
    assert all(code in text for code in ("L012", "L013", "L018"))
    assert any("E1" in one and "总数" in one for one in text.splitlines())
    assert any("wrong.yaml:19:" in one and "E120" in one for one in text.splitlines())
    assert before == REGISTERS
    assert not list((packs.folders()[-1].parent).glob("newcomer")) or packs.folders()[-1].name != "newcomer"


NEWCOMER = """
key: drone_patrol
name: 无人机巡查台账
name_en: Drone patrols
identity: [flight]
title: flight
public: true
sections:
  - title: 飞行
    title_en: Flight
    fields:
      - {key: flight, name: 架次, name_en: Flight, required: true, public: true}
      - {key: flown_on, name: 日期, name_en: Flown on, kind: date, required: true, public: true}
      - {key: site, name: 区域, name_en: Area, kind: org_unit}
      - {key: pilot_phone, name: 飞手电话, name_en: Pilot's phone, personal: phone}
      - {key: minutes, name: 时长, name_en: Minutes, kind: integer, measure_unit: 分, minimum: 1}
      - {key: tags, name: 标签, name_en: Tags, kind: choices, choices: [河道, 山林]}
"""


def test_a_never_seen_ledger_works_without_restart(
    pack: Path, people: Any, units: Any, client: Any, settings: Any
) -> None:
    (pack / "ledgers" / "drone_patrol.yaml").write_text(NEWCOMER)
    assert "drone_patrol" not in REGISTERS
    call_command("load_packs", str(pack))
    assert AuditEntry.objects.filter(verb="load_packs").count() == 1
    del REGISTERS["drone_patrol"]  # as in another process, which only hears of it
    packs._seen = 0
    client.force_login(people.officer)
    assert client.get("/").status_code in {200, 302}
    register = REGISTERS["drone_patrol"]
    values = {
        "flight": "F-1",
        "flown_on": "2026-03-01",
        "site": units.river.code,
        "pilot_phone": "13900001234",
        "minutes": "25",
        "tags": "河道、山林",
        "org_unit": units.river.code,
    }
    row = actions.create(register, values, ACT)
    actions.create(register, values | {"flight": "F-2", "org_unit": units.lake.code}, ACT)
    from django.contrib.auth.models import AnonymousUser

    from keqiao.core import access

    people_seen = {
        name: register.rows().visible_to(getattr(people, name)).count()
        for name in ("officer", "town", "enterprise", "system")
    }
    assert set(people_seen.values()) == {2}  # the ledger is public
    workable = {
        name: register.rows().visible_to(getattr(people, name), "change").count()
        for name in ("officer", "east_officer", "town", "enterprise", "leader")
    }
    assert workable == {"officer": 2, "east_officer": 1, "town": 0, "enterprise": 0, "leader": 0}
    for address in (
        "",
        "new/",
        f"{row.pk}/",
        f"{row.pk}/edit/",
        f"{row.pk}/history/",
        "import/",
        "template.xlsx",
        "export.csv",
    ):
        assert client.get(f"/r/drone_patrol/{address}").status_code == 200, address
    assert "F-1" in client.get("/r/drone_patrol/?tags=河道&minutes.min=20").content.decode()
    assert "F-1" not in client.get("/r/drone_patrol/?minutes.min=26").content.decode()
    data = client.get("/api/v1/registers/drone_patrol/records").json()
    assert "F-2" in str(data)
    content = excel_out.export(Listing(register, people.officer, QueryDict("")), "csv", Act(people.officer, "page"))
    again = importing.plan(register, excel_in.read(register, "无人机.csv", content), Act(people.officer, "import"))
    assert (again.problems, again.counts) == ([], {"new": 0, "changed": 0, "unchanged": 2, "faulty": 0})
    phone, flight = register.fields["pilot_phone"], register.fields["flight"]
    public = access.lens(AnonymousUser(), register)
    assert (public.shown(flight, row), public.shown(phone, row)) == ("F-1", "")
    assert access.lens(people.leader, register).shown(phone, row) == "139****1234"
    assert access.lens(people.officer, register).shown(phone, row) == "13900001234"
