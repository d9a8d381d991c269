"""Technology contracts 2023 to date: busy year-ends, growth that differs by county, and those that carry an achievement or demand."""

import datetime

from keqiao.demo.dice import Dice
from keqiao.demo.world import Firm, Institute, Row, World, yuan

COUNT = {2023: 320, 2024: 380, 2025: 450, 2026: 490}
KINDS = {
    "development": 5.2,
    "transfer": 1.2,
    "licence": 0.7,
    "consulting": 0.8,
    "service": 2.6,
    "training": 0.15,
    "brokering": 0.1,
}
MEDIAN = {
    "development": 32,
    "transfer": 45,
    "licence": 26,
    "consulting": 7,
    "service": 13,
    "training": 4,
    "brokering": 3,
}  # 万元
# Share of the contracts by county and year: the market grows in the centre and shrinks in the hills.
SHARE = {
    "390102": (26, 27, 28, 30),
    "390103": (17, 18, 19, 20),
    "390104": (15, 15, 15, 15),
    "390181": (24, 24, 24, 24),
    "390182": (13, 12, 11, 10),
    "390121": (5, 4, 3, 1.6),
}
MONTHS = (5, 4, 8, 7, 7, 10, 6, 7, 9, 8, 11, 18)


def make(world: World) -> None:
    dice = world.dice("contracts")
    rows = [row for year, count in COUNT.items() if year <= world.today.year for row in _year(world, year, count, dice)]
    rows += [_answer(world, demand, dice) for demand in world.demands if "_answer" in demand]
    rows.sort(key=lambda row: (row["signed_on"], row["name"]))
    serial: dict[int, int] = {}
    for row in rows:
        year = row["signed_on"].year
        serial[year] = serial.get(year, 0) + 1
        row["number"] = f"{year}39{serial[year]:06d}"
    for demand in world.demands:
        demand.pop("_answer", None)
        demand.pop("_signed_on", None)
    world.contracts = rows
    world.add("tech_contract", rows)


def _year(world: World, year: int, count: int, dice: Dice) -> list[Row]:
    rows = []
    for _ in range(count):
        month = dice.choices(range(1, 13), MONTHS)[0]
        signed_on = dice.day(datetime.date(year, month, 1), datetime.date(year, month, 28))
        if signed_on <= world.today:
            rows.append(_contract(world, signed_on, dice))
    return rows


def _contract(world: World, signed_on: datetime.date, dice: Dice) -> Row:
    """Sellers are the city's firms and institutions (they register where they are), buyers mostly its firms."""
    step = min(max(signed_on.year - 2023, 0), 3)
    county = dice.weighted({code: shares[step] for code, shares in SHARE.items()})
    locals_ = [one for one in world.institutes if one.county == county and one.industries]
    firms = [firm for firm in world.firms if firm.county == county and firm.founded_on < signed_on]
    seller: Firm | Institute = (
        dice.choice(locals_)
        if locals_ and dice.happens(0.36)
        else max(dice.pick(firms, 4), key=lambda firm: firm.spirit)
    )
    industry = (
        seller.industry if isinstance(seller, Firm) else world.material.industries[dice.choice(seller.industries)]
    )
    kind = dice.weighted(KINDS)
    row = _common(world, kind, signed_on, MEDIAN[kind], dice)
    topic = f"{dice.choice(industry.objects)}{dice.choice(industry.methods)}"
    suffix = {
        "transfer": "技术转让",
        "licence": "专利实施许可",
        "consulting": "技术咨询",
        "service": "技术服务",
        "training": "技术培训",
        "brokering": "技术中介",
    }.get(kind, "技术开发")
    row |= {
        "name": f"{topic}{suffix}",
        "subject": f"围绕{topic}开展{suffix}，提交技术报告与验收资料。",
        "hi_tech_field": dice.choice(industry.fields),
    }
    row |= _side(world, "seller", seller)
    buyers = [firm for firm in world.firms_of(industry.key) if firm is not seller and firm.founded_on < signed_on]
    if buyers and dice.happens(0.72):
        row |= _side(world, "buyer", dice.choice(buyers))
    else:
        row |= {
            "buyer_name": f"{dice.choice(['临岚', '赤湾', '明州', '洛川', '丰和'])}{dice.choice(['华腾', '信科', '海智', '方正源', '锐普'])}{dice.choice(industry.words)}有限公司",
            "buyer_region": dice.choice(world.material.names["outside_regions"]),
        }
    achievements = [
        one
        for one in world.achievements
        if (one["institution"] or one["enterprise"]) in {row.get("seller_institution"), row.get("seller_enterprise")}
    ]
    if kind in {"transfer", "licence"} and achievements:
        row["achievement"] = dice.choice(achievements)["code"]
    return row


def _common(world: World, kind: str, signed_on: datetime.date, median: float, dice: Dice) -> Row:
    amount = yuan(max(1, round(dice.lognormal(median, 0.95), 1)))
    equipment = (
        round(amount * dice.uniform(0.1, 0.45)) if kind in {"development", "service"} and dice.happens(0.3) else 0
    )
    registered_on = signed_on + datetime.timedelta(days=dice.randint(3, 48))
    ends = signed_on + datetime.timedelta(days=dice.choice([180, 365, 365, 540, 730]))
    done = ends <= world.today
    paid = amount if done else round(amount * dice.choice([0, 0.3, 0.3, 0.5, 0.6]))
    brokers = [one for one in world.people if "broker" in one.roles]
    producing = dice.happens(0.3)
    sales = yuan(dice.lognormal(160, 1)) if producing and (world.today - signed_on).days > 240 else None
    return {
        "kind": kind,
        "ip_kind": dice.choice(["invention", "invention", "utility_model", "software"])
        if kind in {"transfer", "licence"}
        else None,
        "signed_on": signed_on,
        "registered_on": registered_on if registered_on <= world.today else None,
        "valid_from": signed_on,
        "valid_until": ends,
        "amount": amount,
        "equipment_amount": equipment,
        "technical_amount": amount - equipment,
        "paid_amount": paid,
        "broker": dice.choice(brokers).code if dice.happens(0.22) else None,
        "is_related_party": dice.happens(0.05),
        "is_tax_relief_used": dice.happens(0.5),
        "registrar": "东洲市技术合同登记处",
        "carry_out": "producing"
        if sales
        else "completed"
        if done
        else "terminated"
        if dice.happens(0.02)
        else "implementing"
        if paid
        else "signed",
        "produced_sales": sales,
        "produced_tax": round(sales * dice.uniform(0.03, 0.08)) if sales else None,
    }


def _side(world: World, side: str, one: Firm | Institute) -> Row:
    if isinstance(one, Firm):
        row: Row = {
            f"{side}_enterprise": one.uscc,
            f"{side}_name": one.name,
            f"{side}_region": f"东洲省东洲市{world.material.counties[one.county]}",
        }
        return row | ({"org_unit": one.town} if side == "seller" else {})
    return {f"{side}_institution": one.code, f"{side}_name": one.name, f"{side}_region": one.region}


def _answer(world: World, demand: Row, dice: Dice) -> Row:
    """The contract by which an achievement answered a demand."""
    achievement, signed_on = demand["_answer"], demand["_signed_on"]
    kind = {"transfer": "transfer", "licence": "licence", "service": "service"}.get(
        achievement["transfer_modes"][0], "development"
    )
    row = _common(world, kind, signed_on, (demand["budget"] or 300_000) / 10_000, dice)
    buyer = next(firm for firm in world.firms if firm.uscc == demand["enterprise"])
    owners: list[Firm | Institute] = [*world.firms, *world.institutes]
    owner = next(
        one
        for one in owners
        if (one.uscc if isinstance(one, Firm) else one.code) in {achievement["enterprise"], achievement["institution"]}
    )
    row |= _side(world, "buyer", buyer) | _side(world, "seller", owner)
    return row | {
        "name": f"{achievement['name'][:60]}合作",
        "subject": f"解决{buyer.name}提出的“{demand['name']}”。",
        "hi_tech_field": demand["hi_tech_field"],
        "achievement": achievement["code"],
        "demand": demand["code"],
        "org_unit": owner.town if isinstance(owner, Firm) else buyer.town,
    }
