"""Institutions and persons: universities and institutes in and outside the city, their experts, the firms' talents, brokers, commissioners."""

import datetime

from keqiao.demo import codes
from keqiao.demo.dice import Dice
from keqiao.demo.material import Industry
from keqiao.demo.world import CITY, Firm, Institute, Row, Someone, World

CODE_KIND = {"association": "51", "university": "12", "institute": "12", "hospital": "12", "new_rd": "52"}
TITLES = {
    "university": (("教授", "senior"), ("副教授", "associate"), ("讲师", "middle")),
    "hospital": (("主任医师", "senior"), ("副主任医师", "associate"), ("主治医师", "middle")),
    "other": (("正高级工程师", "senior"), ("高级工程师", "associate"), ("工程师", "middle")),
}
FARM = ("农业", "中药材", "调味品")
TALENT = {"f": 46, "e": 34, "d": 13, "c": 5, "b": 1.5, "a": 0.2}


def make_institutions(world: World) -> None:
    dice = world.dice("institutions")
    rows = []
    for line in world.material.names["institutions"]:
        name, short, kind, town, region, level, fields = line.split("|")
        one = Institute(
            codes.uscc((town or "390000")[:6], dice, CODE_KIND.get(kind, "91")),
            name,
            kind,
            town[:6],
            region or "东洲省东洲市",
            fields.split(),
        )
        world.institutes.append(one)
        rows.append(_institution_row(world, one, short, town, level, dice))
    world.add("institution", rows)


def _institution_row(world: World, one: Institute, short: str, town: str, level: str, dice: Dice) -> Row:
    industries = [world.material.industries[key] for key in one.industries]
    expertise = [text for industry in industries for text in dice.pick(industry.expertise, 3)]
    big = one.kind in {"university", "hospital"}
    staff = dice.randint(600, 3200) if big else dice.randint(12, 240)
    domain = f"{codes.uscc('390000', dice)[-6:].lower()}.example"
    return {
        "code": one.code,
        "name": one.name,
        "short_name": short,
        "kind": one.kind,
        "level": level,
        "org_unit": town or CITY,
        "region": one.region,
        "is_local": bool(town),
        "founded_on": dice.day(datetime.date(1952, 1, 1), datetime.date(2021, 12, 31)),
        "research_fields": "、".join(expertise) or "科技金融服务",
        "key_disciplines": "、".join(f"{text}实验室" for text in expertise[:2]) if big else None,
        "services": dice.choice(
            [
                "技术开发、技术转让、检测分析、人才培训",
                "成果发布、供需对接、合同登记代理",
                "委托试验、标准制定、技术咨询",
            ]
        ),
        "introduction": f"{one.name}长期服务{'、'.join(one.industries) or '科技企业'}，与东洲市企业保持合作。",
        "staff": staff,
        "rd_staff": round(staff * dice.uniform(0.3, 0.7)),
        "senior_staff": round(staff * dice.uniform(0.05, 0.25)),
        "website": f"https://www.{domain}",
        "contact_name": world.material.person_name(dice),
        "contact_phone": codes.phone(dice),
        "contact_email": f"office@{domain}",
    }


def make_persons(world: World) -> None:
    dice = world.dice("persons")
    rows = []
    for one in world.institutes:
        count = {"university": 17, "institute": 10, "new_rd": 9, "hospital": 9, "testing": 4}.get(one.kind, 0)
        for key in (dice.choice(one.industries) for _ in range(count)):
            rows.append(_expert(world, one, world.material.industries[key], dice))
    keen = sorted(world.firms, key=lambda firm: (-firm.spirit, firm.uscc))[:260]
    rows += [_talent(world, firm, dice) for firm in keen]
    rows += [_broker(world, dice) for _ in range(92)]
    rows += [_commissioner(world, dice) for _ in range(96)]
    world.add("person", rows)


def _someone(
    world: World, role: str, industry: str, institute: Institute | None, firm: Firm | None, dice: Dice
) -> tuple[Someone, Row]:
    """Adds a person and the columns that all have."""
    one = Someone(
        f"P{len(world.people) + 1:05d}",
        world.material.person_name(dice),
        [role],
        industry,
        institute,
        firm,
        codes.phone(dice),
    )
    world.people.append(one)
    is_woman = dice.happens(0.27)
    born = dice.randint(1961, 1996)
    profile = world.material.industries[industry]
    return one, {
        "code": one.code,
        "name": one.name,
        "roles": one.roles,
        "institution": institute.code if institute else None,
        "enterprise": firm.uscc if firm else None,
        "org_unit": CITY if institute and not institute.county else None,
        "gender": "female" if is_woman else "male",
        "birth_year": born,
        "industry": dice.choice(profile.codes),
        "hi_tech_field": dice.choice(profile.fields),
        "is_available": dice.happens(0.88),
        "phone": one.phone,
        "email": f"{one.code.lower()}@mail.example",
        "id_number": codes.id_number(dice.choice(list(world.material.counties)), born, is_woman, dice),
        "bank_account": codes.bank_account(dice),
    }


def _expert(world: World, institute: Institute, industry: Industry, dice: Dice) -> Row:
    one, row = _someone(world, "expert", industry.key, institute, None, dice)
    if dice.happens(0.62):
        one.roles.append("reviewer")
    if dice.happens(0.18) and industry.key in FARM:
        one.roles.append("commissioner")
        _serve(world, row, dice)
    title, rank = dice.weighted(dict(zip(TITLES.get(institute.kind, TITLES["other"]), (4, 4, 2), strict=True)))
    topics, method = dice.pick(industry.expertise, 2), dice.choice(industry.methods)
    return row | {
        "department": f"{topics[0]}{'学院' if institute.kind == 'university' else '研究室'}"[:30],
        "position": dice.choice(["", "", "主任", "副主任", "课题组长", "实验室主任"]),
        "professional_title": title,
        "title_rank": rank,
        "degree": dice.weighted({"doctor": 7, "master": 2.5, "bachelor": 0.5}),
        "expertise": f"长期从事{topics[0]}研究，擅长{method}，曾为企业解决{dice.choice(industry.objects)}{dice.choice(industry.troubles)}等问题。",
        "keywords": "、".join([*topics, method, dice.choice(industry.products)]),
        "works": f"主持纵向项目{dice.randint(1, 9)}项、企业委托项目{dice.randint(1, 16)}项，授权发明专利{dice.randint(1, 30)}件。",
        "talent_level": dice.weighted(TALENT) if dice.happens(0.35) else None,
        "is_overseas": dice.happens(0.12),
        "yearly_capacity": dice.randint(3, 10),
    }


def _talent(world: World, firm: Firm, dice: Dice) -> Row:
    one, row = _someone(world, "talent", firm.industry.key, None, firm, dice)
    if dice.happens(0.2):
        one.roles.append("entrepreneur")
    title, rank = dice.choice(TITLES["other"])
    return row | {
        "department": dice.choice(["研发部", "技术中心", "研究院", "工艺部"]),
        "position": dice.choice(["技术总监", "研发经理", "总工程师", "主任工程师"]),
        "professional_title": title,
        "title_rank": rank,
        "degree": dice.weighted({"doctor": 2, "master": 4, "bachelor": 4}),
        "expertise": f"负责{dice.choice(firm.products)}研发，熟悉{dice.choice(firm.industry.methods)}。",
        "keywords": "、".join([*firm.products, dice.choice(firm.industry.expertise)]),
        "talent_level": dice.weighted(TALENT),
        "recruited_on": dice.day(max(firm.founded_on, datetime.date(2016, 1, 1)), world.today),
        "is_overseas": dice.happens(0.08),
    }


def _broker(world: World, dice: Dice) -> Row:
    industry = dice.choice(list(world.material.industries))
    hosts = [
        one
        for one in world.institutes
        if one.kind in {"transfer", "service", "ip_agency", "association"} and one.county
    ]
    _, row = _someone(world, "broker", industry, dice.choice(hosts), None, dice)
    level = dice.weighted({"junior": 5, "middle": 3.5, "senior": 1.5})
    return row | {
        "broker_level": level,
        "broker_certificate": f"JJ39{dice.randint(2019, 2026)}{dice.randint(1, 9999):04d}",
        "expertise": f"熟悉{industry}行业企业，擅长{dice.choice(['需求梳理', '专利价值评估', '合同谈判', '融资对接', '项目申报'])}。",
        "keywords": f"{industry}、技术转移、{dice.choice(['需求挖掘', '成果评价', '合同登记'])}",
        "degree": dice.weighted({"doctor": 0.5, "master": 4, "bachelor": 6}),
        "yearly_capacity": dice.randint(8, 30),
    }


def _commissioner(world: World, dice: Dice) -> Row:
    industry = dice.choice(FARM)
    _, row = _someone(world, "commissioner", industry, dice.choice(world.institutes_of(industry)), None, dice)
    profile = world.material.industries[industry]
    _serve(world, row, dice)
    return row | {
        "professional_title": dice.choice(["高级农艺师", "农艺师", "副研究员", "副教授"]),
        "title_rank": dice.choice(["associate", "middle"]),
        "degree": dice.weighted({"doctor": 3, "master": 5, "bachelor": 2}),
        "expertise": f"{dice.choice(profile.expertise)}，长期驻村指导{dice.choice(profile.products)}生产。",
        "keywords": "、".join(dice.pick(profile.expertise, 2) + dice.pick(profile.products, 1)),
    }


def _serve(world: World, row: Row, dice: Dice) -> None:
    """Where a commissioner is sent: villages of the hill county first."""
    towns = {
        code: 5 if code.startswith("390121") else 1
        for code, unit in world.material.towns.items()
        if unit["level"] == "town"
    }
    row |= {
        "commissioner_batch": f"第{dice.choice(['七', '八'])}批",
        "commissioner_town": dice.weighted(towns),
        "yearly_capacity": dice.randint(2, 4),
    }
