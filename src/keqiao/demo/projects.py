"""Science projects from 2020 to date: budgets, payments, milestones; some overdue, as everywhere."""

import datetime

from keqiao.demo.dice import Dice
from keqiao.demo.world import Row, Someone, World, yuan

FIRST_YEAR = 2020
YEARLY = 74
KINDS = {
    "key_rd": 2.4,
    "industry": 3,
    "agriculture": 1.6,
    "social": 1.2,
    "transformation": 1,
    "basic": 0.4,
    "soft_science": 0.5,
    "open_bidding": 0.8,
    "talent": 0.5,
    "cooperation": 0.4,
    "platform": 0.4,
}
FUNDS = {
    "key_rd": 120,
    "industry": 25,
    "agriculture": 15,
    "social": 12,
    "transformation": 40,
    "basic": 8,
    "soft_science": 4,
    "open_bidding": 150,
    "talent": 80,
    "cooperation": 30,
    "platform": 60,
}  # 万元
PREFIX = {"city": "DZ", "province": "SK", "national": "GJ", "county": "QX"}
PROGRAMME = {
    "key_rd": "重点研发计划",
    "industry": "工业科技项目",
    "agriculture": "农业与乡村科技项目",
    "social": "社会发展科技项目",
    "transformation": "成果转化项目",
    "basic": "基础公益研究",
    "soft_science": "软科学研究",
    "open_bidding": "揭榜挂帅攻关",
    "talent": "领军团队项目",
    "cooperation": "科技合作项目",
    "platform": "创新平台建设",
}


def make(world: World) -> None:
    dice = world.dice("projects")
    payments: list[Row] = []
    milestones: list[Row] = []
    for year in range(FIRST_YEAR, world.today.year + 1):
        for order in range(1, YEARLY + 6 * (year - FIRST_YEAR) // 2 + 1):
            project = _project(world, year, order, dice)
            world.projects.append(project)
            paid = _payments(world, project, dice)
            payments += paid
            milestones += _milestones(world, project, dice)
            _accounts(project, paid, dice)
    world.add("project", world.projects)
    world.add("project_payment", payments)
    world.add("project_milestone", milestones)


def _project(world: World, year: int, order: int, dice: Dice) -> Row:
    kind = dice.weighted(KINDS)
    level = dice.weighted({"city": 7, "province": 2.2, "national": 0.4, "county": 0.8})
    applied_on = dice.day(datetime.date(year, 1, 15), datetime.date(year, 4, 20))
    approved_on = dice.day(datetime.date(year, 6, 10), datetime.date(year, 9, 15))
    starts_on = approved_on + datetime.timedelta(days=20)
    due_on = starts_on + datetime.timedelta(days=dice.choice([365, 540, 730, 730, 1095]))
    row: Row = {
        "number": f"{year}{PREFIX[level]}{order:04d}",
        "kind": kind,
        "programme": f"{year}年度{'东洲市' if level == 'city' else '东洲省' if level == 'province' else ''}{PROGRAMME[kind]}",
        "level": level,
        "year": year,
        "applied_on": applied_on,
        "total_budget": None,
        "is_lump_sum": dice.happens(0.3) if year >= 2023 else False,
    }
    row |= _holder(world, row, kind, dice)
    if not dice.happens(0.86):
        return row | {"stage": "rejected", "year": year}
    fiscal = yuan(round(FUNDS[kind] * dice.lognormal(1, 0.35)))
    own = round(fiscal * dice.uniform(0.8, 3)) if row.get("enterprise") else 0
    row |= {
        "stage": "running",
        "approved_on": approved_on,
        "contract_signed_on": approved_on + datetime.timedelta(days=dice.randint(10, 40)),
        "starts_on": starts_on,
        "due_on": due_on,
        "document_number": f"东科发〔{year}〕{dice.randint(20, 60)}号",
        "mid_term_due_on": starts_on + (due_on - starts_on) / 2,
        "fiscal_funds": fiscal,
        "self_funds": own,
        "total_budget": fiscal + own,
    }
    return row | _progress(world, row, dice)


def _holder(world: World, row: Row, kind: str, dice: Dice) -> Row:
    """Who carries the project out: firms in industry, institutions in research; the leader is one of theirs."""
    from_institution = dice.happens(0.85 if kind in {"basic", "soft_science", "social"} else 0.3)
    if kind == "agriculture":
        industries = ["农业", "中药材", "调味品"]
    elif kind == "social":
        industries = ["生物医药", "眼镜眼健康", "环保", "现代建筑"]
    else:
        industries = list(world.material.industries)
    industry = world.material.industries[dice.choice(industries)]
    topic = f"{dice.choice(industry.objects)}{dice.choice(industry.methods)}"
    name = dice.choice(
        [
            f"{topic}关键技术研究与应用",
            f"{topic}技术开发及产业化",
            f"面向{dice.choice(industry.products)}的{dice.choice(industry.methods)}研究",
            f"{topic}示范",
        ]
    )
    common: Row = {
        "name": name,
        "industry": dice.choice(industry.codes),
        "hi_tech_field": dice.choice(industry.fields),
        "keywords": f"{industry.key}、{dice.choice(industry.expertise)}",
    }
    common["summary"] = (
        f"针对{dice.choice(industry.objects)}{dice.choice(industry.troubles)}的问题，开展{topic}研究，形成可推广的工艺与装备。"
    )
    common["expected_results"] = f"申请发明专利{dice.randint(1, 6)}件，形成示范线{dice.randint(1, 3)}条。"
    candidates = [one for one in world.institutes_of(industry.key) if one.county]
    if from_institution and candidates:
        one = dice.choice(candidates)
        leaders = [person for person in world.people if person.institute is one and "expert" in person.roles]
        return common | {"institution": one.code, "org_unit": None} | _leader(leaders, world, dice)
    firms = [firm for firm in world.firms_of(industry.key) if firm.founded_on.year < row["year"]]
    firm = max(dice.pick(firms, 5), key=lambda one: one.spirit)
    leaders = [person for person in world.people if person.firm is firm]
    return common | {"enterprise": firm.uscc, "org_unit": firm.town} | _leader(leaders, world, dice)


def _leader(leaders: list[Someone], world: World, dice: Dice) -> Row:
    if leaders:
        leader = dice.choice(leaders)
        return {"leader": leader.code, "leader_name": leader.name}
    return {"leader_name": world.material.person_name(dice)}


def _progress(world: World, row: Row, dice: Dice) -> Row:
    """What has happened to an approved project by today. Some that are due have not been handed in."""
    today, found = world.today, Row()
    if row["mid_term_due_on"] <= today and dice.happens(0.9):
        found["mid_term_on"] = min(today, row["mid_term_due_on"] + datetime.timedelta(days=dice.randint(-20, 25)))
    due = row["due_on"]
    if dice.happens(0.12):
        due = found["extended_due_on"] = due + datetime.timedelta(days=dice.choice([180, 365]))
    if due > today:
        return found | (
            {"stage": "terminated", "terminated_on": today - datetime.timedelta(days=60)} if dice.happens(0.015) else {}
        )
    if dice.happens(0.16 if due > today - datetime.timedelta(days=500) else 0.03):
        return found  # overdue
    applied_on = due + datetime.timedelta(days=dice.randint(-25, 60))
    if applied_on > today:
        return found
    found["acceptance_applied_on"] = max(applied_on, found.get("mid_term_on", applied_on))
    accepted_on = found["acceptance_applied_on"] + datetime.timedelta(days=dice.randint(20, 90))
    if accepted_on > today:
        return found | {"stage": "accepting"}
    result = dice.weighted({"passed": 88, "concluded": 9, "failed": 3})
    return found | {"stage": "closed", "accepted_on": accepted_on, "acceptance_result": result}


def _payments(world: World, project: Row, dice: Dice) -> list[Row]:
    fiscal = project.get("fiscal_funds")
    if not fiscal:
        return []
    first = project["contract_signed_on"] + datetime.timedelta(days=dice.randint(15, 60))
    second = project.get("mid_term_on") or project["mid_term_due_on"]
    plan = [
        ("首拨", first, round(fiscal * 0.6)),
        ("尾款", second + datetime.timedelta(days=45), fiscal - round(fiscal * 0.6)),
    ]
    rows = []
    for number, planned_on, amount in plan:
        paid = planned_on <= world.today and (number == "首拨" or project.get("mid_term_on")) and dice.happens(0.93)
        paid_on = min(world.today, planned_on + datetime.timedelta(days=dice.randint(0, 40)))
        level = project["level"]
        rows.append(
            {
                "project": project["number"],
                "number": number,
                "source": level,
                "planned_on": planned_on,
                "planned_amount": amount,
                "paid_on": paid_on if paid else None,
                "paid_amount": amount if paid else None,
                "document_number": f"东财科〔{paid_on.year}〕{dice.randint(1, 90)}号" if paid else None,
            }
        )
    return rows


def _milestones(world: World, project: Row, dice: Dice) -> list[Row]:
    if "starts_on" not in project:
        return []
    start, due = project["starts_on"], project["due_on"]
    rows = []
    for name, share, deliverable in (
        ("方案设计", 0.25, "总体方案"),
        ("样机（小试）", 0.6, "样机与测试报告"),
        ("应用验证", 0.9, "用户报告"),
    ):
        day = start + (due - start) * share
        done = day <= world.today and dice.happens(0.9)
        rows.append(
            {
                "project": project["number"],
                "name": name,
                "due_on": day,
                "done_on": min(world.today, day + datetime.timedelta(days=dice.randint(-10, 40))) if done else None,
                "deliverable": deliverable,
            }
        )
    return rows


def _accounts(project: Row, payments: list[Row], dice: Dice) -> None:
    """What has been paid and spent so far."""
    if "fiscal_funds" not in project:
        return
    paid = sum(row["paid_amount"] or 0 for row in payments)
    rate = dice.uniform(0.85, 1) if project["stage"] == "closed" else dice.uniform(0.2, 0.85)
    project["paid_funds"] = paid
    project["spent_funds"] = round(paid * rate)
    project["spent_total"] = round(paid * rate + project["self_funds"] * rate)
