"""Intellectual property: applications year by year, grants after the usual wait, lapses, pledges."""

import datetime

from keqiao.demo import codes
from keqiao.demo.dice import Dice, years_later
from keqiao.demo.material import Industry
from keqiao.demo.world import Row, World, yuan

# kind: (digit in the application number, days to grant, years of protection, chance of grant)
KINDS = {
    "invention": ("1", (420, 900), 20, 0.66),
    "utility_model": ("2", (150, 300), 10, 0.93),
    "design": ("3", (90, 200), 15, 0.96),
}
LETTER = {"invention": "B", "utility_model": "U", "design": "S"}
FIRST_YEAR = 2017
IPC = {
    "泵阀": "F04D",
    "智能仪表": "G01F",
    "眼镜眼健康": "G02C",
    "智能锁": "E05B",
    "拉链": "A44B",
    "袜业针织": "D04B",
    "印刷薄膜": "B41F",
    "中药材": "A61K",
    "调味品": "A23L",
    "新材料": "C08L",
    "生物医药": "C12N",
    "数字经济": "G06F",
    "海工装备": "B63B",
    "现代建筑": "E04B",
    "农业": "A01G",
    "汽配电气": "H01H",
    "环保": "C02F",
}


def make(world: World) -> None:
    dice = world.dice("patents")
    rows: list[Row] = []
    for firm in world.firms:
        if firm.spirit < 0.16:
            continue
        for year in range(max(FIRST_YEAR, firm.founded_on.year), world.today.year + 1):
            for _ in range(dice.poisson(1.6 * firm.spirit**1.6 * (0.55 + 0.1 * (year - FIRST_YEAR)))):
                rows.append(
                    _right(world, firm.industry, year, dice, len(rows))
                    | {"enterprise": firm.uscc, "org_unit": firm.town, "owner_name": firm.name}
                )
    for one in world.institutes:
        if not one.county or one.kind not in {"university", "institute", "new_rd", "hospital"}:
            continue
        for year in range(FIRST_YEAR, world.today.year + 1):
            for _ in range(dice.poisson(3 if one.kind == "university" else 1.6)):
                industry = world.material.industries[dice.choice(one.industries)]
                rows.append(
                    _right(world, industry, year, dice, len(rows)) | {"institution": one.code, "owner_name": one.name}
                )
    world.patents = [row for row in rows if row["applied_on"] <= world.today]
    world.add("patent", world.patents)


def _right(world: World, industry: Industry, year: int, dice: Dice, order: int) -> Row:
    applied_on = dice.day(datetime.date(year, 1, 3), datetime.date(year, 12, 30))
    if dice.happens(0.55 if industry.key == "数字经济" else 0.05):
        return _software(world, industry, applied_on, dice, order)
    kind = dice.weighted({"invention": 4, "utility_model": 5.2, "design": 1.4})
    digit, (fewest, most), years, chance = KINDS[kind]
    number = codes.application_number(year, digit, order)
    granted_on = applied_on + datetime.timedelta(days=dice.randint(fewest, most)) if dice.happens(chance) else None
    waits = granted_on is None or granted_on > world.today
    expires_on = years_later(applied_on, years)
    lapsed = not waits and dice.happens(0.11) and applied_on.year < world.today.year - 3
    state = (
        "lapsed"
        if lapsed
        else "in_force"
        if not waits
        else "rejected"
        if granted_on is None and (world.today - applied_on).days > most
        else "pending"
    )
    bought = dice.happens(0.07)
    row: Row = {
        "number": number,
        "kind": kind,
        "name": _title(industry, kind, dice),
        "ipc": f"{IPC[industry.key]}{dice.randint(1, 39)}/{dice.randint(0, 64):02d}" if kind != "design" else None,
        "industry": dice.choice(industry.codes),
        "applied_on": applied_on,
        "granted_on": None if waits else granted_on,
        "grant_number": None if waits else f"CN{910000000 + order}{LETTER[kind]}",
        "expires_on": None if waits else expires_on,
        "legal_state": state,
        "acquired_by": "bought" if bought else "self",
        "inventors": "；".join(world.material.person_name(dice) for _ in range(dice.randint(1, 4))),
        "is_pct": kind == "invention" and dice.happens(0.03),
        "serves_main_product": dice.happens(0.75),
        "is_industrialised": state == "in_force" and dice.happens(0.45),
        "is_high_value": kind == "invention" and state == "in_force" and dice.happens(0.28),
    }
    if state == "in_force":
        row["annual_fee_due_on"] = next_anniversary(applied_on, world.today)
        if kind == "invention" and dice.happens(0.05):
            row |= {
                "pledged_amount": yuan(dice.choice([100, 200, 300, 500, 1000])),
                "pledged_on": dice.day(max(row["granted_on"], datetime.date(2023, 1, 1)), world.today),
            }
    return row


def _software(world: World, industry: Industry, applied_on: datetime.date, dice: Dice, order: int) -> Row:
    return {
        "number": f"{applied_on.year}SR9{order:06d}",
        "kind": "software",
        "name": f"{dice.choice(industry.products)}{dice.choice(['管理', '监控', '采集分析', '配置', '质量追溯'])}软件V{dice.randint(1, 5)}.0",
        "industry": dice.choice(industry.codes),
        "applied_on": applied_on,
        "granted_on": min(applied_on + datetime.timedelta(days=45), world.today) if applied_on <= world.today else None,
        "legal_state": "in_force",
        "acquired_by": "self",
        "serves_main_product": dice.happens(0.8),
    }


def _title(industry: Industry, kind: str, dice: Dice) -> str:
    thing, method = dice.choice(industry.objects), dice.choice(industry.methods)
    if kind == "design":
        return dice.choice(industry.products)
    if kind == "invention":
        return dice.choice(
            [
                f"一种{thing}的{method}方法",
                f"一种采用{method}的{dice.choice(industry.products)}及其制造方法",
                f"{thing}及其{method}工艺",
                f"一种用于{thing}的{method}系统",
            ]
        )
    return dice.choice(
        [
            f"一种{thing}",
            f"一种改进的{dice.choice(industry.products)}结构",
            f"一种便于更换的{thing}装置",
            f"一种{dice.choice(industry.products)}用安装组件",
        ]
    )


def next_anniversary(day: datetime.date, after: datetime.date) -> datetime.date:
    """The first yearly return of `day` on or after `after`."""
    years = after.year - day.year
    first = years_later(day, years)
    return first if first >= after else years_later(day, years + 1)
