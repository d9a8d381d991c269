"""Rows of the custom ledgers: events, visits, cooperation, inspections, bases, leads, cases, surveys, finance, and the bureau's own work."""

import datetime
from collections.abc import Callable

from keqiao.demo import codes
from keqiao.demo.dice import Dice
from keqiao.demo.world import CITY, Row, World, yuan

DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2023, 1, 9)


def make(world: World) -> None:
    steps: tuple[Callable[[World, Dice], None], ...] = (
        events,
        visits,
        cooperation,
        inspections,
        bases,
        logs,
        leads,
        cases,
        surveys,
        buildings,
        finance,
        work,
        bulletins,
    )
    for step in steps:
        step(world, world.dice(step.__name__))


def _until(world: World, dice: Dice, first: datetime.date = FIRST) -> datetime.date:
    return dice.day(first, world.today)


def _after(day: datetime.date, world: World, dice: Dice, fewest: int, most: int) -> datetime.date | None:
    """A day so many days later, unless that is still to come."""
    later = day + DAY * dice.randint(fewest, most)
    return later if later <= world.today else None


def events(world: World, dice: Dice) -> None:
    kinds = {
        "training": 30,
        "matchmaking": 24,
        "fair": 8,
        "contest": 6,
        "finance": 10,
        "popularisation": 12,
        "salon": 10,
    }
    names = {
        "training": "专题培训",
        "matchmaking": "成果对接会",
        "fair": "产业博览会",
        "contest": "创新创业大赛",
        "finance": "银企对接会",
        "popularisation": "科普进校园",
        "salon": "技术沙龙",
    }
    rows: list[Row] = []
    for number in range(1, 261):
        kind, industry = dice.weighted(kinds), world.material.industries[dice.choice(list(world.material.industries))]
        county = dice.weighted({code: 1 if code == "390121" else 3 for code in world.material.counties})
        held_on = _until(world, dice)
        deals = kind in {"matchmaking", "fair", "finance", "contest"}
        intentions = dice.randint(2, 40) if deals else 0
        signed = dice.randint(0, intentions // 3) if deals else 0
        topic = {
            "training": dice.choice(["研发费用加计扣除", "高新技术企业申报", "专利布局", "科技统计", "项目经费管理"]),
            "popularisation": "青少年科学体验",
        }.get(kind, industry.key)
        rows.append(
            {
                "code": f"HD{held_on.year}{number:04d}",
                "name": f"{world.material.counties[county]}{topic}{names[kind]}",
                "kind": kind,
                "held_on": held_on,
                "ends_on": held_on + DAY * (dice.randint(1, 3) if kind in {"fair", "contest"} else 0),
                "place": f"{world.material.counties[county]}{dice.choice(['科技馆', '政务中心', '会展中心', '产业园报告厅'])}",
                "organiser": f"{world.material.counties[county]}科学技术局",
                "industry": dice.choice(industry.codes),
                "topic": f"围绕{topic}，邀请专家讲解并现场答疑。",
                "org_unit": county,
                "participants": dice.randint(25, 900 if kind == "fair" else 220),
                "enterprises": dice.randint(8, 120),
                "institutions": dice.randint(0, 18),
                "materials": dice.randint(30, 1200),
                "projects_shown": dice.randint(5, 80) if deals else 0,
                "intentions": intentions,
                "signed": signed,
                "signed_amount": yuan(signed * dice.lognormal(38, 0.5)) if signed else 0,
                "cost": yuan(round(dice.lognormal(4, 0.6), 1)),
                "closed_on": _after(held_on, world, dice, 7, 30) if dice.happens(0.9) else None,
                "contact_name": world.material.person_name(dice),
                "contact_phone": codes.phone(dice),
            }
        )
    world.add("event_log", rows)


PROBLEMS = {
    "technology": ["{object}{trouble}，想找专家看看", "{product}{trouble}，自己解决不了"],
    "policy": [
        "加计扣除的研发人员怎么认定",
        "高企重新认定差两件专利怎么办",
        "创新券能不能抵扣仪器使用费",
        "研发补助一直没到账",
    ],
    "talent": ["招不到{expertise}方向的工程师", "外地来的技术骨干孩子入学没着落"],
    "finance": ["新产品投产缺流动资金，没有抵押物", "想用专利质押贷款，不知道找谁评估"],
    "land": ["厂房租期快到了，想找带环评的标准厂房", "研发楼扩建审批卡住了"],
    "market": ["新产品没有首台套应用单位", "进口替代产品进不了大客户名录"],
}


def visits(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    for number in range(1, 561):
        firm = dice.choice(world.firms)
        topic = dice.weighted({"technology": 30, "policy": 26, "talent": 12, "finance": 14, "land": 8, "market": 10})
        visited_on = _until(world, dice)
        on_site = dice.happens(0.3)
        solved_on = visited_on if on_site else _after(visited_on, world, dice, 2, 45) if dice.happens(0.86) else None
        problem = dice.choice(PROBLEMS[topic]).format(
            object=dice.choice(firm.industry.objects),
            trouble=dice.choice(firm.industry.troubles),
            product=dice.choice(firm.products),
            expertise=dice.choice(firm.industry.expertise),
        )
        experts = world.people_of(firm.industry.key, "expert")
        rows.append(
            {
                "number": f"ZF{visited_on.year}{number:05d}",
                "enterprise": firm.uscc,
                "org_unit": firm.town,
                "visited_on": visited_on,
                "mode": dice.weighted({"on_site": 7, "online": 2, "phone": 1}),
                "group": f"第{dice.choice('一二三四五六')}服务组",
                "expert": dice.choice(experts).code if topic == "technology" and experts else None,
                "visitors": "、".join(world.material.person_name(dice) for _ in range(2)),
                "problem": problem,
                "topic": topic,
                "is_solved_on_site": on_site,
                "handed_to": None
                if on_site
                else dice.choice(["高新技术科", "成果转化科", "规划与项目科", "平台与人才科", "区县科技局"]),
                "due_on": visited_on + DAY * 30,
                "solved_on": solved_on,
                "answer": dice.choice(
                    [
                        "已联系专家上门诊断。",
                        "已解释政策并帮助填报。",
                        "已转相关部门办理，企业认可。",
                        "已对接银行，正在授信。",
                    ]
                )
                if solved_on
                else None,
                "satisfaction": dice.weighted({5: 6, 4: 3, 3: 1}) if solved_on and dice.happens(0.7) else None,
            }
        )
    world.add("service_visit", rows)


def cooperation(world: World, dice: Dice) -> None:
    """What became of contracts with institutions."""
    modes = {
        "development": "development",
        "transfer": "transfer",
        "licence": "licence",
        "consulting": "consulting",
        "service": "consulting",
    }
    followed = [
        c for c in world.contracts if c.get("seller_institution") and c.get("buyer_enterprise") and c["kind"] in modes
    ]
    rows: list[Row] = []
    for contract in dice.pick(followed, 220):
        signed_on = contract["signed_on"]
        started = _after(signed_on, world, dice, 10, 90) if dice.happens(0.9) else None
        planned = signed_on + DAY * dice.choice([240, 365, 480, 600])
        produced = _after(planned, world, dice, -60, 160) if started and dice.happens(0.55) else None
        stopped = not produced and dice.happens(0.06)
        sales = yuan(dice.lognormal(180, 1)) if produced else None
        rows.append(
            {
                "number": f"HZ{contract['number']}",
                "name": contract["name"],
                "enterprise": contract["buyer_enterprise"],
                "institution": contract["seller_institution"],
                "demand": contract.get("demand"),
                "achievement": contract.get("achievement"),
                "contract": contract["number"],
                "mode": modes[contract["kind"]],
                "signed_on": signed_on,
                "amount": contract["amount"],
                "paid": contract["paid_amount"],
                "progress": "stopped"
                if stopped
                else "producing"
                if produced
                else "implementing"
                if started
                else "signed",
                "implemented_on": started,
                "planned_production_on": planned,
                "produced_on": produced,
                "sales": sales,
                "tax": round(sales * dice.uniform(0.03, 0.09)) if sales else None,
                "stopped_why": dice.choice(["技术指标未达到，双方协商终止", "企业转产", "负责人离职，团队解散"])
                if stopped
                else None,
                "updated_until": world.today.replace(day=1) - DAY,
            }
        )
    world.add("cooperation", rows)


def inspections(world: World, dice: Dice) -> None:
    """Laboratories and carriers, month by month; what was done plans the next, so the last of each chain is still to come."""
    rows: list[Row] = []
    sites = [
        row
        for row in world.rows("platform")
        if row["kind"] in {"incubator", "accelerator", "key_laboratory", "testing_centre"}
    ]
    for site in dice.pick(sites, 20):
        month, planned_on = 7, datetime.date(world.today.year, 7, dice.randint(3, 24))
        late = dice.happens(0.15)
        while True:
            done = planned_on <= world.today and not (late and planned_on.month >= world.today.month - 1)
            rows.append(_inspection(site, planned_on, done, world, dice))
            if not done:
                break
            month += 1
            planned_on = datetime.date(planned_on.year + (month == 13), 1 if month == 13 else month, planned_on.day)
            month = 1 if month == 13 else month
    world.add("inspection", rows)


def _inspection(site: Row, planned_on: datetime.date, done: bool, world: World, dice: Dice) -> Row:
    inspected_on = min(world.today, planned_on + DAY * dice.randint(0, 4)) if done else None
    finding = dice.weighted({"passed": 7, "minor": 2.6, "major": 0.4}) if done else None
    row: Row = {
        "site": site["name"],
        "enterprise": site.get("enterprise"),
        "kind": "laboratory" if site["kind"] in {"key_laboratory", "testing_centre"} else "carrier",
        "frequency": "month",
        "planned_on": planned_on,
        "inspector": world.material.person_name(dice),
        "org_unit": site.get("org_unit") or CITY,
        "inspected_on": inspected_on,
        "finding": finding,
        "hazards": 0 if finding == "passed" else dice.randint(1, 4) if done else None,
    }
    if inspected_on and finding != "passed":
        rectified = _after(inspected_on, world, dice, 2, 14) if dice.happens(0.85) else None
        row |= {
            "hazard_note": dice.choice(
                ["灭火器过期", "消防通道堆放杂物", "危化品未双锁", "配电箱未关闭", "气瓶未固定"]
            ),
            "notice_number": f"整改〔{inspected_on.year}〕{dice.randint(1, 200)}号",
            "rectify_by": inspected_on + DAY * 15,
            "rectified_on": rectified,
            "accepted": bool(rectified) or None,
        }
    return row


def bases(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    farms = sorted(
        (firm for firm in world.firms if firm.industry.key in {"农业", "中药材"} and firm.code.startswith("A")),
        key=lambda firm: (-firm.spirit, firm.uscc),
    )
    for number, firm in enumerate(farms[:36], start=1):
        helpers = world.people_of(firm.industry.key, "commissioner")
        area = float(dice.choice([60, 80, 120, 200, 320, 500]))
        product, level, helper = (
            dice.choice(firm.products),
            dice.weighted({"city": 5, "county": 3, "province": 2}),
            dice.choice(helpers),
        )
        for year in range(2024, world.today.year + 1):
            households = dice.randint(18, 260)
            rows.append(
                {
                    "code": f"JD{number:04d}",
                    "year": year,
                    "name": f"{firm.name.removesuffix('有限公司')}{product}示范基地",
                    "enterprise": firm.uscc,
                    "commissioner": helper.code,
                    "product": product,
                    "level": level,
                    "area": area,
                    "org_unit": firm.town,
                    "new_varieties": dice.randint(0, 6),
                    "new_techniques": dice.randint(1, 5),
                    "spread_area": round(area * dice.uniform(2, 14)),
                    "households": households,
                    "trained": dice.randint(40, 600),
                    "added_income": households * dice.randint(800, 6200),
                    "support": yuan(dice.choice([0, 0, 5, 8, 12])),
                }
            )
    world.add("demonstration_base", rows)


def logs(world: World, dice: Dice) -> None:
    rows: dict[tuple[str, datetime.date, str], Row] = {}
    sent = {row["code"]: row["commissioner_town"] for row in world.rows("person") if row.get("commissioner_town")}
    for code, town in sent.items():
        person = next(one for one in world.people if one.code == code)
        industry = world.material.industries[person.industry]
        for _ in range(dice.randint(3, 9)):
            served_on, place = (
                _until(world, dice, datetime.date(2025, 1, 6)),
                f"{world.material.towns[town]['name']}{dice.choice(['上', '下', '东', '溪', '石', '竹'])}{dice.choice(['坑', '岙', '垟', '塘', '坪'])}村",
            )
            rows[code, served_on, place] = {
                "person": code,
                "served_on": served_on,
                "place": place,
                "town": town,
                "org_unit": town,
                "days": dice.choice([0.5, 1, 1, 1, 2, 3]),
                "mode": dice.pick(["field", "training", "remote", "project"], dice.randint(1, 2)),
                "content": f"指导{dice.choice(industry.products)}{dice.choice(industry.methods)}，解决{dice.choice(industry.troubles)}的问题。",
                "techniques": dice.randint(0, 3),
                "varieties": dice.randint(0, 2),
                "trained": dice.randint(0, 60),
                "households": dice.randint(1, 25),
                "added_income": yuan(dice.choice([0, 0.5, 1, 2, 5])),
                "is_confirmed": dice.happens(0.85),
            }
    world.add("commissioner_log", rows.values())


def leads(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    for number in range(1, 96):
        industry = world.material.industries[dice.choice(list(world.material.industries))]
        first_on = _until(world, dice)
        stage = dice.weighted(
            {"lead": 3, "talking": 4, "signed": 2, "registered": 1.2, "building": 1, "producing": 0.5, "lost": 1.6}
        )
        county, other = dice.pick(list(world.material.counties), 2)
        signed_on = (
            _after(first_on, world, dice, 40, 200)
            if stage in {"signed", "registered", "building", "producing"}
            else None
        )
        investment = yuan(dice.choice([2000, 5000, 8000, 12000, 20000, 35000, 60000]))
        moved_on = _after(first_on, world, dice, 1, 10) if dice.happens(0.3) else None
        ended = stage in {"lost", "producing"}
        rows.append(
            {
                "number": f"ZS{first_on.year}{number:04d}",
                "name": f"{dice.choice(industry.objects)}{dice.choice(['生产基地', '研发总部', '产业化项目', '智能工厂'])}",
                "investor": f"{dice.choice(['临岚', '赤湾', '明州', '锦屏'])}{dice.choice(['华腾', '锐普', '信科', '方正源'])}集团",
                "investor_region": dice.choice(world.material.names["outside_regions"]),
                "industry": dice.choice(industry.codes),
                "chain_node": dice.choice(industry.products),
                "source": dice.choice(["meeting", "agency", "talent", "visit", "referral"]),
                "planned_investment": investment,
                "planned_output": round(investment * dice.uniform(1.1, 2.6)),
                "land_area": dice.choice([0, 15, 30, 50, 80]),
                "is_high_tech": dice.happens(0.7),
                "org_unit": county,
                "first_contact_on": first_on,
                "first_contact_unit": county,
                "circulated_to": other if moved_on else None,
                "circulated_on": moved_on,
                "progress": stage,
                "next_step": None
                if ended
                else dice.choice(["实地考察", "商定用地", "提交合作协议草案", "办理注册", "组织专家评估"]),
                "next_step_on": None if ended else world.today + DAY * dice.randint(-25, 60),
                "signed_on": signed_on,
                "closed_on": _after(first_on, world, dice, 60, 240) if ended else None,
                "arrived_investment": round(investment * dice.uniform(0.1, 0.7))
                if stage in {"building", "producing"}
                else 0,
                "lost_why": dice.choice(["用地指标不足", "落户其他城市", "投资方资金变化"])
                if stage == "lost"
                else None,
                "responsible": world.material.person_name(dice),
                "contact_name": world.material.person_name(dice),
                "contact_phone": codes.phone(dice),
            }
        )
    world.add("investment_lead", rows)


def cases(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    owned = [
        row
        for row in world.patents
        if row.get("enterprise") and row["kind"] in {"utility_model", "design", "invention"} and row["granted_on"]
    ]
    names = {firm.uscc: firm.name for firm in world.firms}
    for number, right in enumerate(dice.pick(owned, 72), start=1):
        accepted_on = _until(world, dice)
        closed_on = _after(accepted_on, world, dice, 20, 120)
        kind = dice.weighted({"infringement": 6, "counterfeit": 2.5, "mediation": 1.5})
        outcome = (
            dice.choice(
                ["fined", "stopped"]
                if kind == "counterfeit"
                else ["mediated", "mediated", "stopped", "dismissed", "court"]
            )
            if closed_on
            else None
        )
        rows.append(
            {
                "number": f"东知案〔{accepted_on.year}〕{number}号",
                "kind": kind,
                "patent": right["number"],
                "enterprise": right["enterprise"],
                "requester": names[right["enterprise"]],
                "respondent": f"{dice.choice(['东街', '商埠', '南塘', '北岸'])}{world.material.person_name(dice)}{dice.choice(['五金店', '经营部', '网店', '加工厂'])}",
                "source": dice.choice(["request", "report", "patrol", "transfer"]),
                "facts": f"涉嫌{'假冒' if kind == 'counterfeit' else '侵犯'}“{right['name']}”专利权，现场取样并固定证据。",
                "org_unit": right["org_unit"],
                "accepted_on": accepted_on,
                "due_on": accepted_on + DAY * 90,
                "closed_on": closed_on,
                "outcome": outcome,
                "fine": yuan(dice.choice([0.3, 0.5, 1, 2])) if outcome == "fined" else 0,
                "compensation": yuan(dice.choice([1, 3, 5, 8])) if outcome == "mediated" else 0,
                "handler": world.material.person_name(dice),
            }
        )
    world.add("ip_case", rows)


def surveys(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    for platform in world.rows("platform"):
        if platform["kind"] in {"science_popularisation", "agri_base"}:
            continue
        for year in range(max(2023, platform["opened_on"].year), world.today.year):
            staff = platform.get("rd_staff") or dice.randint(3, 20)
            carrier = "tenants" in platform
            rows.append(
                {
                    "platform": platform["code"],
                    "year": year,
                    "enterprise": platform.get("enterprise"),
                    "rd_expense": round((platform.get("rd_expense") or 0) * dice.uniform(0.7, 1.15)),
                    "equipment_value": platform.get("equipment_value"),
                    "rd_staff": staff,
                    "doctors": round(staff * dice.uniform(0, 0.35)),
                    "projects": dice.randint(0, 14),
                    "inventions": dice.randint(0, 9),
                    "standards": dice.randint(0, 2),
                    "incubated": platform["tenants"] if carrier else 0,
                    "graduated": dice.randint(0, 9) if carrier else 0,
                    "served": dice.randint(2, 180),
                    "service_income": yuan(dice.lognormal(55, 1)),
                    "grade": dice.weighted({"excellent": 2, "good": 4, "qualified": 3.5, "failed": 0.5}),
                }
            )
    world.add("platform_survey", rows)


def buildings(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    for number in range(1, 241):
        town = dice.choice(list(world.material.towns))
        floor = float(dice.choice([1800, 3200, 5600, 9000, 15000, 26000]))
        rentable = round(floor * dice.uniform(0.6, 0.95))
        tenants = dice.randint(1, 60)
        rows.append(
            {
                "form_number": f"LY{number:05d}",
                "year": 2026,
                "building": f"{dice.choice(world.material.names['enterprise_first'])}{dice.choice(['科创园', '大厦', '产业园'])}{dice.randint(1, 9)}号楼",
                "address": f"{world.material.towns[town]['name']}工业大道{dice.randint(1, 300)}号",
                "owner": dice.choice(["国有平台公司", "村集体", "民营企业", "个人"]),
                "use": dice.choice(["office", "research", "workshop", "incubation", "mixed"]),
                "built_year": dice.randint(1998, 2025),
                "org_unit": town,
                "floor_area": floor,
                "rentable_area": rentable,
                "let_area": round(rentable * dice.uniform(0.35, 1)),
                "rent": float(dice.randint(8, 45)),
                "tenants": tenants,
                "tech_tenants": round(tenants * dice.uniform(0.05, 0.8)),
                "yearly_tax": yuan(dice.lognormal(160, 1)),
                "surveyed_on": dice.day(datetime.date(2026, 3, 1), world.today),
                "surveyor": world.material.person_name(dice),
            }
        )
    world.add("building_survey", rows)


def finance(world: World, dice: Dice) -> None:
    rows: list[Row] = []
    lenders = {"bank": ["pledge", "credit"], "insurer": ["insurance"], "fund": ["fund"]}
    keen = [firm for firm in world.firms if firm.spirit > 0.3]
    invention_of = {
        row["enterprise"]: row["number"]
        for row in world.patents
        if row.get("enterprise") and row["kind"] == "invention" and row["legal_state"] == "in_force"
    }
    for number in range(1, 211):
        lender = dice.choice([one for one in world.institutes if one.kind in lenders])
        kind = dice.choice(lenders[lender.kind])
        pledged = [firm for firm in keen if firm.uscc in invention_of]
        firm = dice.choice(pledged if kind == "pledge" else keen)
        agreed_on = _until(world, dice)
        loan = kind in {"pledge", "credit"}
        amount = yuan(dice.choice([1, 2, 5]) if kind == "insurance" else dice.choice([100, 200, 300, 500, 800]))
        repay_on = agreed_on + DAY * 365 if loan or kind == "insurance" else None
        rows.append(
            {
                "number": f"JR{agreed_on.year}{number:05d}",
                "kind": kind,
                "enterprise": firm.uscc,
                "institution": lender.code,
                "patent": invention_of[firm.uscc] if kind == "pledge" else None,
                "agreed_on": agreed_on,
                "amount": amount,
                "rate": dice.choice([3.45, 3.65, 3.85, 4.1, 4.35]) if loan else None,
                "repay_on": repay_on,
                "settled_on": repay_on if repay_on and repay_on <= world.today and dice.happens(0.94) else None,
                "interest_subsidy": round(amount * 0.012) if loan and dice.happens(0.5) else 0,
                "bank_account": codes.bank_account(dice),
            }
        )
    world.add("tech_finance", rows)


def work(world: World, dice: Dice) -> None:
    titles = {
        "learning": ["党组理论学习中心组学习会", "科技政策业务学习"],
        "meeting": ["局务会", "科技工作季度例会", "乡镇科技工作例会"],
        "task": ["技术交易额进度督办", "逾期项目清理督办", "高企申报进度督办", "研发统计补报督办"],
        "appraisal": ["半年度考核", "科室绩效评议"],
        "integrity": ["专项资金廉政风险检查", "评审回避情况抽查"],
        "proposal": ["关于加强科技金融的建议", "关于支持中药材产业的提案"],
        "party": ["主题党日活动", "支部联建活动"],
    }
    rows: list[Row] = []
    for number in range(1, 121):
        kind = dice.weighted(
            {"learning": 4, "meeting": 5, "task": 6, "appraisal": 1, "integrity": 1, "proposal": 2, "party": 2}
        )
        held_on = _until(world, dice, datetime.date(2025, 1, 6))
        tracked = kind in {"task", "proposal"}
        rows.append(
            {
                "code": f"NB{held_on.year}{number:04d}",
                "name": dice.choice(titles[kind]),
                "kind": kind,
                "held_on": held_on,
                "responsible_division": dice.choice(
                    ["high_tech", "transfer", "planning", "platform", "ip", "rural", "policy", "office"]
                ),
                "responsible": world.material.person_name(dice),
                "participants": dice.randint(6, 60),
                "org_unit": CITY,
                "due_on": held_on + DAY * 60 if tracked else None,
                "done_on": (_after(held_on, world, dice, 10, 75) if dice.happens(0.85) else None)
                if tracked
                else held_on,
            }
        )
    world.add("internal_work", rows)


def bulletins(world: World, _dice: Dice) -> None:
    """What the bureau published up to today, as written."""
    rows: list[Row] = []
    for number, raw in enumerate(reversed(world.material.notices), start=1):
        if raw["published_on"] <= world.today:
            rows.append(
                {
                    "code": f"{'TZ' if raw['kind'] == 'notice' else 'DT'}{raw['published_on'].year}-{number:03d}",
                    "name": raw["title"],
                    "kind": "publicity" if "公示" in raw["title"] else raw["kind"],
                    "text": raw["text"],
                    "source": "东洲市科学技术局",
                    "published_on": raw["published_on"],
                    "due_on": raw.get("due_on"),
                    "org_unit": CITY,
                }
            )
    world.add("bulletin", rows)
