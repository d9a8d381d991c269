"""Achievements and demands: those written one by one first, the rest composed; each has an owner that could really have it."""

import datetime
import re

from keqiao.demo import codes, texts
from keqiao.demo.dice import Dice, years_later
from keqiao.demo.material import Industry
from keqiao.demo.world import Firm, Institute, Row, World, yuan

ACHIEVEMENTS, DEMANDS = 600, 300
HOLDERS = {"U": "university", "R": "institute new_rd testing", "H": "hospital university", "F": "institute university"}
MODES = {
    "技术转让": "transfer",
    "技术许可": "licence",
    "技术入股": "equity",
    "合作开发": "cooperation",
    "委托开发": "commission",
    "技术服务": "service",
}
DEMAND_WORDS = (
    ("testing", "检测|检验|监测|识别|鉴别|检漏|测定|分选|检定"),
    ("equipment", "设备|装置|机械|自动|机器人|装配|割台|产线"),
    ("process", "工艺|发酵|染色|焊接|干燥|镀|涂|复合|回收|利用"),
    ("new_product", "国产|材料|新|研制|开发"),
)


def make(world: World) -> None:
    world.achievements = _achievements(world)
    world.demands = _demands(world)
    _settle(world)
    world.add("achievement", world.achievements)
    world.add("demand", world.demands)


def _achievements(world: World) -> list[Row]:
    dice = world.dice("achievements")
    rows = []
    for number, raw in enumerate(world.material.achievements, start=1):
        industry = world.material.industries[raw["industry"]]
        modes = [MODES[raw["transfer_mode"]]]
        if dice.happens(0.35):
            modes.append(dice.choice([m for m in MODES.values() if m not in modes]))
        has_patent = "专利" in raw["ip"] or "著作权" in raw["ip"]
        rows.append(
            _achievement(world, number, industry, raw["holder"], dice)
            | {
                "name": raw["title"],
                "summary": raw["description"],
                "advantage": raw["advantage"],
                "technical_indicators": raw["advantage"],
                "keywords": "、".join([industry.key, *dice.pick(industry.expertise, 1)]),
                "maturity": f"trl{raw['maturity']}",
                "ip_state": "granted" if has_patent else "secret",
                "ip_numbers": raw["ip"],
                "transfer_modes": modes,
                "price": yuan(raw["price_wan"]) if raw["price_wan"] else None,
                "is_negotiable": not raw["price_wan"] or dice.happens(0.3),
            }
        )
    industries = list(world.material.industries.values())
    weights = [industry.enterprises for industry in industries]
    while len(rows) < ACHIEVEMENTS:
        industry = dice.choices(industries, weights)[0]
        text = texts.achievement(industry, dice)
        priced = dice.happens(0.8)
        rows.append(
            _achievement(world, len(rows) + 1, industry, dice.choice("UUURRE"), dice)
            | {
                "name": text["title"],
                "summary": text["description"],
                "advantage": text["advantage"],
                "problem_solved": text["problem"],
                "keywords": "、".join([industry.key, text["method"], text["product"]]),
                "maturity": f"trl{dice.weighted({4: 2, 5: 3, 6: 4, 7: 5, 8: 4, 9: 1})}",
                "ip_state": dice.weighted({"granted": 6, "applied": 2, "secret": 1, "none": 1}),
                "transfer_modes": dice.pick(list(MODES.values()), dice.randint(1, 3)),
                "price": yuan(round(dice.lognormal(35, 0.8))) if priced else None,
                "is_negotiable": not priced or dice.happens(0.3),
            }
        )
        _transfer(rows[-1], world, dice)
    return rows


def _transfer(row: Row, world: World, dice: Dice) -> None:
    """One composed achievement in five that has been on offer for half a year has found a taker."""
    on_offer = (world.today - row["published_on"]).days
    if on_offer > 180 and dice.happens(0.2):
        day = row["published_on"] + datetime.timedelta(days=dice.randint(60, on_offer))
        row |= {"transfer_state": "transferred" if dice.happens(0.7) else "signed", "transferred_on": day}


def _achievement(world: World, number: int, industry: Industry, holder: str, dice: Dice) -> Row:
    """Owner, dates and contact."""
    owner: Firm | Institute
    if holder == "E":
        owner = dice.choice(sorted(world.firms_of(industry.key), key=lambda firm: -firm.spirit)[:25])
    else:
        owner = dice.choice(
            world.institutes_of(industry.key, HOLDERS[holder])
            or world.institutes_of(industry.key)
            or world.institutes[:2]
        )
    staff = [one for one in world.people if (one.firm if holder == "E" else one.institute) is owner]
    lead = next((one for one in staff if one.industry == industry.key), staff[0] if staff else None)
    published_on = dice.day(datetime.date(2022, 9, 1), world.today)
    return {
        "code": f"CG{number:05d}",
        "institution": None if isinstance(owner, Firm) else owner.code,
        "enterprise": owner.uscc if isinstance(owner, Firm) else None,
        "lead_person": lead.code if lead else None,
        "org_unit": owner.town if isinstance(owner, Firm) else None if owner.county else "390100",
        "industry": dice.choice(industry.codes),
        "hi_tech_field": dice.choice(industry.fields),
        "application": "、".join(dice.pick(industry.products, 3)) + "等企业",
        "completed_on": published_on - datetime.timedelta(days=dice.randint(30, 700)),
        "published_on": published_on,
        "expires_on": years_later(published_on, 3),
        "transfer_state": "open",
        "contact_name": lead.name if lead else world.material.person_name(dice),
        "contact_phone": lead.phone if lead else codes.phone(dice),
    }


def _demands(world: World) -> list[Row]:
    dice = world.dice("demands")
    rows = []
    for number, raw in enumerate(world.material.demands, start=1):
        industry = world.material.industries[raw["industry"]]
        deadline = raw["deadline_on"]
        row = _demand(world, number, industry, dice, deadline) | {
            "name": raw["title"],
            "kind": next(
                (kind for kind, words in DEMAND_WORDS if re.search(words, raw["title"] + raw["target_value"])),
                "problem",
            ),
            "object": raw["object"],
            "present_value": raw["present_value"],
            "target_value": raw["target_value"],
            "constraint": raw["constraint"],
            "description": raw["description"],
            "keywords": industry.key,
            "budget": yuan(raw["budget_wan"]) if raw["budget_wan"] else None,
            "is_open_bidding": bool(raw["budget_wan"] and raw["budget_wan"] >= 150),
        }
        rows.append(row)
    industries = list(world.material.industries.values())
    weights = [industry.enterprises for industry in industries]
    while len(rows) < DEMANDS:
        industry = dice.choices(industries, weights)[0]
        row = _demand(
            world, len(rows) + 1, industry, dice, dice.day(datetime.date(2025, 6, 30), datetime.date(2027, 9, 30))
        )
        firm = next(firm for firm in world.firms if firm.uscc == row["enterprise"])
        text = texts.demand(industry, firm.products, dice)
        text["name"] = text.pop("title")
        row |= text | {
            "kind": dice.choice(["problem", "problem", "process", "equipment", "testing"]),
            "keywords": f"{industry.key}、{dice.choice(industry.expertise)}",
            "budget": yuan(dice.choice([5, 8, 10, 15, 20, 20, 30, 40, 50, 80, 100])) if dice.happens(0.8) else None,
        }
        rows.append(row)
    for row in rows:
        row["is_negotiable"] = row["budget"] is None
    return rows


def _demand(world: World, number: int, industry: Industry, dice: Dice, deadline: datetime.date) -> Row:
    firms = [firm for firm in world.firms_of(industry.key) if firm.spirit > 0.15]
    firm = dice.choice(firms)
    latest = min(world.today, deadline - datetime.timedelta(days=60))
    published_on = dice.day(min(max(datetime.date(2023, 2, 1), latest - datetime.timedelta(days=760)), latest), latest)
    return {
        "code": f"XQ{number:05d}",
        "enterprise": firm.uscc,
        "org_unit": firm.town,
        "industry": firm.code,
        "hi_tech_field": firm.hi_tech_field,
        "deadline_on": deadline,
        "published_on": published_on,
        "expires_on": deadline + datetime.timedelta(days=90),
        "cooperation_modes": dice.pick(
            ["commission", "cooperation", "service", "transfer", "licence"], dice.randint(1, 2)
        ),
        "is_common": dice.happens(0.1),
        "solve_state": "open" if dice.happens(0.8) else "talking",
        "contact_name": world.material.person_name(dice),
        "contact_phone": codes.phone(dice),
    }


def _settle(world: World) -> None:
    """Some demands have found their answer: the pairs their authors meant, one demand in four of those."""
    dice = world.dice("settled")
    demand_of = {raw["key"]: row for raw, row in zip(world.material.demands, world.demands, strict=False)}
    achievement_of = {
        raw["key"]: row for raw, row in zip(world.material.achievements, world.achievements, strict=False)
    }
    for pair in world.material.gold_pairs:
        demand, achievement = demand_of[pair["demand"]], achievement_of[pair["achievement"]]
        if pair["grade"] < 2 or demand["solve_state"] != "open" or not dice.happens(0.24):
            continue
        first = max(demand["published_on"], achievement["published_on"]) + datetime.timedelta(days=25)
        if first > world.today:
            continue
        signed_on = dice.day(first, min(world.today, first + datetime.timedelta(days=150)))
        solved = dice.happens(0.4) and (world.today - signed_on).days > 120
        demand |= {
            "solve_state": "solved" if solved else "signed",
            "solved_on": signed_on + datetime.timedelta(days=100) if solved else None,
            "_answer": achievement,
            "_signed_on": signed_on,
        }
        achievement |= {
            "transfer_state": "transferred" if solved else "signed",
            "transferred_on": signed_on if solved else None,
        }
