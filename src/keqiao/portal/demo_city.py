"""Loads the demo city by the product's own ways: units, workbooks through the import, accounts, and some unfinished work to find on the desk.

Hides the step from generated tables to workbooks: headers and labels come from the declarations in force, so they cannot drift apart.
"""

import datetime
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import override

from keqiao import demo
from keqiao.control import actions as control
from keqiao.control import collection, submission_actions, target_actions
from keqiao.control import facts as control_facts
from keqiao.control.models import IndicatorFigure, Target
from keqiao.core import accounts, audit
from keqiao.core.act import Act
from keqiao.core.models import Channel, OrgUnit, Snapshot, User
from keqiao.core.records import actions, excel_in, importing
from keqiao.core.records.declare import REGISTERS
from keqiao.engines.indicators import Period

CITY = "390100"
PASSWORD = "Dongzhou-2026"  # noqa: S105  # printed by `demo_accounts`; the demo serves this machine only
ACT = Act(None, Channel.COMMAND, "装载演示城市")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """A demo account: a role over a unit, in a division, or for a row of a register (found by `subject_of`)."""

    username: str
    name: str
    role: str
    unit: str = ""
    division: str = ""
    subject: str = ""


ACCOUNTS = (
    Account("leader", "林局长", "bureau_leader", CITY),
    Account("officer", "周科长（高新技术科）", "officer", CITY, "high_tech"),
    Account("transfer", "何科长（成果转化科）", "officer", CITY, "transfer"),
    Account("planning", "沈科长（规划与项目科）", "officer", CITY, "planning"),
    Account("platform", "董科长（平台与人才科）", "officer", CITY, "platform"),
    Account("ip", "陆科长（知识产权科）", "officer", CITY, "ip"),
    Account("rural", "竺科长（农村与社会发展科）", "officer", CITY, "rural"),
    Account("policy", "方科长（政策法规科）", "officer", CITY, "policy"),
    Account("office", "胡主任（办公室）", "officer", CITY, "office"),
    Account("county", "叶科长（青溪市科技局）", "officer", "390181", "high_tech"),
    Account("town", "石潭镇科技员小吴", "town_officer", "390181105"),
    Account("park", "泵阀科技园小郑", "park_officer", "390181404"),
    Account("enterprise", "企业联系人", "enterprise", subject="enterprise"),
    Account("university", "高校科研院联系人", "institution", subject="institution"),
    Account("expert", "专家", "expert", subject="expert"),
    Account("broker", "技术经纪人", "broker", subject="broker"),
    Account("sysadmin", "系统管理员", "system_admin"),
    Account("security", "安全管理员", "security_admin"),
    Account("auditor", "审计管理员", "audit_admin"),
)


class LoadError(Exception):
    """A workbook was refused; the text lists its first faults."""


def load_units(material: demo.Material) -> int:
    """The unit tree. Units that are there already are left alone."""
    made: dict[str, OrgUnit] = {}
    raw_units = material.org_units
    with transaction.atomic():
        for raw in raw_units:
            # allow: writes-in-actions – laying the demo city's ground, before there are accounts to act
            unit, _new = OrgUnit.objects.get_or_create(
                code=raw["code"],
                valid_from=raw["valid_from"],
                defaults={
                    "name": raw["name"],
                    "name_en": raw["name_en"],
                    "level": raw["level"],
                    "parent": made.get(raw["parent"] or ""),
                    "valid_until": raw["valid_until"],
                },
            )
            made[raw["code"]] = unit
        for raw in raw_units:
            made[raw["code"]].successors.set(made[code] for code in raw.get("succeeded_by", ()))
            made[raw["code"]].covers.set(made[code] for code in raw.get("covers", ()))
        audit.record(ACT, audit.Trace("create", "org_unit", "", "东洲市单位树", after={"units": len(made)}))
    return len(made)


def columns_of(key: str) -> list[demo.Column]:
    """How a register's import wants its workbook: header and, for codes, the Chinese labels."""
    with override("zh-hans"):
        return [
            demo.Column(name, field.header, {code: str(label) for code, label in field.choices})
            for name, field in REGISTERS[key].fields.items()
            if not field.read_only
        ]


def title_of(key: str) -> str:
    with override("zh-hans"):
        return str(REGISTERS[key].verbose_name)


def write_workbooks(world: demo.World, folder: Path) -> list[tuple[demo.Table, Path]]:
    return demo.write_workbooks(world.tables, folder, columns_of, title_of)


def load_workbook(key: str, path: Path) -> Mapping[str, int]:
    """One workbook through the import, as a user's own file. Raises LoadError with the faults."""
    register = REGISTERS[key]
    table = excel_in.read(register, path.name, path.read_bytes())
    act = Act(None, Channel.IMPORT, path.name)
    plan = importing.plan(register, table, act)
    if plan.problems or table.notes:
        faults = [f"{p.row or ''} {p.label} {p.value}: {p.reason}" for p in [*plan.problems, *table.notes][:12]]
        raise LoadError(f"{path.name}: {len(plan.problems)} faults\n  " + "\n  ".join(faults))
    return importing.carry_out(plan, act)


def load_targets(material: demo.Material, snapshot: Snapshot) -> int:
    """Each year's targets, grown from the year before as the snapshot has it, and published."""
    plan = material.targets
    act = replace(ACT, reason=plan["source"])
    units = {code: OrgUnit.objects.get(code=code, valid_until=None) for code in (*material.counties, CITY)}
    made = []
    for year in plan["years"]:
        held = control_facts.figures(snapshot, str(year - 1), list(units.values()))
        for one in plan["targets"]:
            values = {code: grown(one, code, held.get((one["indicator"], unit.pk))) for code, unit in units.items()}
            if one.get("sum"):
                values[CITY] = sum(
                    (value for code, value in values.items() if value is not None and code != CITY), Decimal(0)
                )
            for code, value in values.items():
                if value is not None:
                    made.append(
                        control.set_target(one["indicator"], units[code], year, value, act, source=plan["source"])
                    )
    return control.move_targets([row for row in made if row], Target.Stage.PUBLISHED, act)


def propose_targets(year: int, snapshot: Snapshot) -> int:
    """The city's drafts for a year to come, from the usual growth and split to the counties."""
    return len(target_actions.propose(OrgUnit.objects.get(code=CITY, valid_until=None), year, snapshot, ACT))


def report_quarters(day: datetime.date, seed: int) -> int:
    """The towns' reports of this year's quarters: older ones approved, the last one in every stage, and a few not begun."""
    made = []
    for form in collection.forms().values():
        ended = [p for p in form.periods(day) if Period.parse(p).last_day < day]
        for item in collection.items(OrgUnit.objects.filter(level__in=form.levels).valid_on(day).order_by("code"), day):
            chance = random.Random(f"{seed} {item.unit.code} {item.period}")  # noqa: S311  # invented figures, no secrets
            is_last = item.period == ended[0] if ended else False
            if item.period not in ended or item.submission or (is_last and chance.random() < 0.25):
                continue
            visits = chance.randint(6, 60)
            problems = chance.randint(2, visits)
            numbers = (
                visits,
                chance.randint(visits // 2, visits),
                problems,
                chance.randint(problems // 2, problems),
                chance.randint(20, 200),
                chance.randint(15, 120),
            )
            values = dict(zip((field.key for field in form.fields), numbers, strict=True))
            row = submission_actions.save(
                form, item.unit, item.period, values, "与上期相比的变化已逐项核实", ACT, is_final=True
            )
            while row.awaits and not (is_last and chance.random() < 0.5):
                submission_actions.approve(form, row, ACT)
            made.append(row)
    return len(made)


def grown(one: Mapping[str, Any], county: str, figure: IndicatorFigure | None) -> Decimal | None:
    """The target that follows from last year's figure; None where there is none."""
    if figure is None or figure.value is None:
        return None
    rate = Decimal(str(one.get("counties", {}).get(county, one.get("growth", one.get("points")))))
    step = Decimal(str(one["step"]))
    value = figure.value * (1 + rate) if "growth" in one else figure.value + rate
    return (value / step).to_integral_value(ROUND_CEILING) * step


def make_accounts(world: demo.World) -> list[User]:
    """One account per kind of user; those that are there already are left alone."""
    found = []
    password = make_password(PASSWORD)  # once: a hash takes its time
    for one in ACCOUNTS:
        if User.objects.filter(username=one.username).exists():
            continue
        user, _first_password = accounts.create({"username": one.username, "display_name": one.name}, ACT)
        user.password = password
        if one.subject:
            user.subject_kind, row = subject_of(one.subject, world)
            user.subject_id = row.pk
            user.display_name = f"{one.name}·{row}"[:60]
        audit.save_user(user, ACT)
        unit = OrgUnit.objects.get(code=one.unit, valid_until=None) if one.unit else None
        accounts.grant(user, one.role, ACT, unit, one.division)
        found.append(user)
    return found


def subject_of(what: str, world: demo.World) -> tuple[str, Any]:
    """The row an account stands for: the keenest pump maker with open demands, the first university, a professor of it, a senior broker."""
    if what == "enterprise":
        asking = {row["enterprise"] for row in world.demands}
        keen = max((f for f in world.firms_of("泵阀") if f.uscc in asking), key=lambda firm: firm.spirit)
        return "enterprise", _row("enterprise", uscc=keen.uscc)
    if what == "institution":
        return "institution", _row("institution", code=world.institutes[0].code)
    people = {row["code"]: row for row in world.rows("person")}
    if what == "expert":
        leads = {row["lead_person"] for row in world.achievements}
        one = next(
            p for p in world.people if p.institute is world.institutes[0] and "reviewer" in p.roles and p.code in leads
        )
    else:
        one = next(p for p in world.people if "broker" in p.roles and people[p.code]["broker_level"] == "senior")
    return "person", _row("person", code=one.code)


def _row(key: str, **identity: Any) -> Any:
    return REGISTERS[key].rows().unscoped("demo accounts stand for rows").get(**identity)


def leave_work(world: demo.World) -> int:
    """What the enterprise has handed in and the bureau has yet to look at: three new demands, one of them sent back."""
    enterprise = User.objects.get(username="enterprise")
    act = Act(enterprise, Channel.PAGE)
    register = REGISTERS["demand"]
    row = _row("enterprise", pk=enterprise.subject_id)
    made = []
    for number, text in enumerate(UNFINISHED, start=1):
        code = f"XQ9{number:04d}"
        if register.rows().unscoped("demo").filter(code=code).exists():
            continue
        values = {
            "code": code,
            "enterprise": row.uscc,
            "published_on": world.today - datetime.timedelta(days=number),
            **text,
        }
        made.append(actions.create(register, values, act))
    if made:
        officer = User.objects.get(username="transfer")
        actions.move(made[-1], "return", Act(officer, Channel.PAGE), "目标值没有写清楚：希望降到多少？请补充后再提交。")
    return len(made)


UNFINISHED: tuple[dict[str, str], ...] = (
    {
        "name": "不锈钢多级泵导叶注塑件吸水变形",
        "kind": "problem",
        "object": "多级泵塑料导叶",
        "present_value": "热水工况300小时后直径胀大0.9%",
        "target_value": "95℃热水1000小时胀大不超过0.3%",
        "constraint": "通过饮水卫生检验",
        "description": "热水循环泵的塑料导叶泡久了发胀，与叶轮口环蹭上就响，换过两个牌号的材料，一个脆一个贵。希望有高分子老师帮忙选材并看看筋位怎么加。",
        "budget": "180000",
        "deadline_on": "2027-05-31",
    },
    {
        "name": "水泵装配线螺栓漏拧在线判别",
        "kind": "testing",
        "object": "立式泵泵头螺栓",
        "present_value": "人工点漆，漏拧率万分之六",
        "target_value": "漏拧率低于十万分之一",
        "constraint": "节拍25秒，机型40种",
        "description": "客户收到货漏水，拆开发现有一颗螺栓没拧紧，赔了整台机组。想在线判断每颗螺栓拧没拧、扭矩够不够，数据跟着机号走。",
        "budget": "260000",
        "deadline_on": "2027-03-31",
    },
    {
        "name": "希望降低水泵电机噪音",
        "kind": "problem",
        "object": "水泵电机",
        "description": "电机声音大，客户有意见，请专家帮忙想想办法，越快越好。",
        "deadline_on": "2027-02-28",
    },
)
