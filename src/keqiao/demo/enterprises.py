"""Enterprises: who they are, their figures by year, and the qualifications they won and lost."""

import datetime

from keqiao.demo import codes
from keqiao.demo.dice import Dice
from keqiao.demo.material import Industry
from keqiao.demo.world import Firm, Row, World, yuan

FORMS = {"limited": 86, "joint_stock": 6, "foreign": 3, "hmt": 2, "partnership": 1, "sole": 2}
SUFFIX = {"joint_stock": "股份有限公司", "partnership": "（有限合伙）", "sole": "厂"}
AGRICULTURE = "A"


def make(world: World) -> None:
    dice = world.dice("enterprises")
    rows: list[Row] = []
    taken: set[str] = set()
    for industry in world.material.industries.values():
        for _ in range(industry.enterprises):
            firm, row = _enterprise(world, industry, dice, taken)
            world.firms.append(firm)
            rows.append(row)
    world.add("enterprise", rows)


def _enterprise(world: World, industry: Industry, dice: Dice, taken: set[str]) -> tuple[Firm, Row]:
    material = world.material
    county = dice.weighted(industry.counties)
    town = _town(world, industry, county, dice)
    code = dice.choice(industry.codes)
    form = "cooperative" if code.startswith(AGRICULTURE) and dice.happens(0.45) else dice.weighted(FORMS)
    name = _name(world, industry, county, form, dice, taken)
    # Older firms are fewer in the digital industries; nobody is founded in the last three months.
    span = 12 if industry.key == "数字经济" else 26
    age = min(dice.expovariate(1 / (span / 2.6)), span) + 0.25
    founded_on = world.today - datetime.timedelta(days=int(age * 365.25))
    # A weak spirit is common, a strong one rare; the county far behind has fewer strong ones.
    spirit = dice.betavariate(1.7, 3.6) * (0.55 if county == "390121" else 1)
    firm = Firm(
        codes.uscc(county, dice, "93" if form == "cooperative" else "91"),
        name,
        industry,
        code,
        dice.choice(industry.fields),
        county,
        town,
        founded_on,
        spirit,
        dice.pick(industry.products, dice.randint(1, 3)),
    )
    state = "active" if dice.happens(0.955) else dice.choice(["suspended", "cancelled", "moved", "revoked"])
    park = material.park_of.get(town) if dice.happens(0.55) else None
    boss = material.person_name(dice)
    row: Row = {
        "name": name,
        "uscc": firm.uscc,
        "org_unit": town,
        "park": park,
        "industry": code,
        "hi_tech_field": firm.hi_tech_field if dice.happens(0.9) else None,
        "legal_form": form,
        "founded_on": founded_on,
        "registered_capital": yuan(
            dice.choice([50, 100, 200, 300, 500, 500, 600, 800, 1000, 1008, 1280, 2000, 3000, 5000])
        ),
        "business_state": state,
        "closed_on": dice.day(max(founded_on, datetime.date(2025, 1, 1)), world.today)
        if state in {"cancelled", "moved"}
        else None,
        "growth_stage": "start_up" if age < 4 else "growing" if age < 11 else "mature",
        "listing": "none" if dice.happens(0.985) else dice.choice(["neeq", "bse", "star", "chinext", "main"]),
        "main_products": "、".join(firm.products),
        "business_scope": f"{'、'.join(firm.products)}的研发、制造与销售；货物进出口；技术服务。（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
        "introduction": _introduction(firm, material.towns[town]["name"], dice),
        "address": f"东洲省东洲市{material.counties[county]}{material.towns[town]['name']}{dice.choice(['创业路', '滨河路', '工业大道', '科技路', '兴业街', '同心路'])}{dice.randint(1, 399)}号",
        "website": f"https://www.{firm.uscc[-9:].lower()}.example" if dice.happens(0.4) else None,
        "legal_representative": boss,
        "contact_name": boss if dice.happens(0.3) else material.person_name(dice),
        "contact_phone": codes.phone(dice) if dice.happens(0.96) else None,
        "contact_email": f"office@{firm.uscc[-9:].lower()}.example" if dice.happens(0.7) else None,
        "bank_name": dice.choice(["东洲商业银行科技支行", "青溪农村商业银行", "兰浦农村合作银行"]),
        "bank_account": codes.bank_account(dice),
        "is_resident": True,
        "tax_method": "audited" if dice.happens(0.9) else "assessed",
        "keeps_sound_accounts": True if dice.happens(0.85) else dice.choice([False, None]),
        "industry_catalogue": "encouraged" if spirit > 0.4 else "allowed" if dice.happens(0.97) else "restricted",
        "is_abnormal": dice.happens(0.02),
        "is_dishonest": dice.happens(0.006),
        "has_infringement": dice.happens(0.006),
        "is_founded_by_talent": dice.happens(0.03),
        "instruments_value": yuan(round(dice.lognormal(60 + 300 * spirit, 0.8))) if dice.happens(0.6) else None,
        "research_area": dice.choice([120, 200, 300, 450, 600, 800, 1200, 2000]) if dice.happens(0.5) else None,
    }
    return firm, row


def _town(world: World, industry: Industry, county: str, dice: Dice) -> str:
    """Industries gather: most firms of one sit in two towns of a county."""
    towns = [code for code in world.material.towns if code.startswith(county)]
    home = sum(map(ord, industry.key)) % len(towns)
    return dice.weighted(
        {code: 6 if index in {home, (home + 1) % len(towns)} else 1 for index, code in enumerate(towns)}
    )


def _name(world: World, industry: Industry, county: str, form: str, dice: Dice, taken: set[str]) -> str:
    place = world.material.counties[county][:2]
    while True:
        first, word = dice.choice(world.material.names["enterprise_first"]), dice.choice(industry.words)
        ending = (
            f"{dice.choice(industry.products)[-2:]}专业合作社"
            if form == "cooperative"
            else f"{word}{SUFFIX.get(form, '有限公司')}"
        )
        name = f"{dice.choice([place, '东洲', place, '东洲市'])}{first}{ending}"
        if name not in taken:
            taken.add(name)
            return name


def _introduction(firm: Firm, town: str, dice: Dice) -> str:
    opening = dice.choice(
        [
            f"公司{firm.founded_on.year}年成立于{town}，",
            f"位于{town}，自{firm.founded_on.year}年起",
            f"{firm.founded_on.year}年由几位本地技术人员创办，",
        ]
    )
    middle = dice.choice(
        [
            f"主营{'、'.join(firm.products)}。",
            f"专注{firm.products[0]}的研制。",
            f"以{firm.products[0]}起家，逐步形成系列产品。",
        ]
    )
    ending = dice.choice(
        [
            "产品销往华东、华南等地。",
            "三成产品出口东南亚和欧洲。",
            "为多家整机企业长期配套。",
            "与高校保持合作，每年开发新品若干。",
            "正在推进车间数字化改造。",
        ]
    )
    return opening + middle + ending
