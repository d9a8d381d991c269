"""Platforms and instruments: incubators, laboratories, R&D centres, and the machines that may be booked."""

import datetime

from keqiao.demo import codes
from keqiao.demo.dice import Dice
from keqiao.demo.world import Row, World, yuan

CARRIERS = {"incubator": 15, "maker_space": 22, "star_space": 8, "accelerator": 3, "complex": 5, "science_park": 1}
RESEARCH = {
    "key_laboratory": 12,
    "engineering_centre": 16,
    "rd_institute": 22,
    "academician_station": 9,
    "postdoc_station": 6,
    "public_service": 10,
    "testing_centre": 6,
    "innovation_centre": 3,
    "agri_base": 16,
    "science_popularisation": 8,
}
NAMES = {
    "incubator": "科技企业孵化器",
    "maker_space": "众创空间",
    "star_space": "星创天地",
    "accelerator": "加速器",
    "complex": "产业创新服务综合体",
    "science_park": "大学科技园",
    "key_laboratory": "重点实验室",
    "engineering_centre": "工程技术研究中心",
    "rd_institute": "企业研究院",
    "academician_station": "院士专家工作站",
    "postdoc_station": "博士后工作站",
    "public_service": "公共技术服务平台",
    "testing_centre": "公共检测中心",
    "innovation_centre": "技术创新中心",
    "agri_base": "科技示范基地",
    "science_popularisation": "科普基地",
}
INSTRUMENTS = (
    ("扫描电子显微镜", "analytical", 260, 350, "形貌观察与能谱成分分析，分辨率3nm"),
    ("X射线衍射仪", "analytical", 130, 200, "物相分析、残余应力测定"),
    ("气相色谱质谱联用仪", "analytical", 95, 220, "挥发物、残留溶剂定性定量"),
    ("液相色谱仪", "analytical", 45, 120, "药物与添加剂含量测定"),
    ("电感耦合等离子体质谱仪", "analytical", 180, 300, "痕量金属元素分析"),
    ("傅里叶红外光谱仪", "analytical", 38, 90, "高分子材料鉴别"),
    ("万能材料试验机", "physical", 32, 80, "拉伸、压缩、弯曲，最大载荷100kN"),
    ("盐雾试验箱", "physical", 6, 15, "中性、酸性盐雾，容积600L"),
    ("高低温湿热试验箱", "physical", 14, 30, "-70℃至150℃，湿度20%至98%"),
    ("三坐标测量机", "measuring", 85, 150, "尺寸与形位误差，精度1.9微米"),
    ("流量标准装置", "measuring", 120, 260, "DN15至DN300，不确定度0.05%"),
    ("激光干涉仪", "measuring", 42, 180, "机床定位精度检测"),
    ("电磁兼容暗室", "electronic", 600, 900, "辐射、抗扰度、静电放电试验"),
    ("矢量网络分析仪", "electronic", 56, 160, "射频器件参数，26.5GHz"),
    ("焦度计与镜片面形检测仪", "special", 28, 60, "镜片光焦度、面形与应力"),
    ("水泵性能试验台", "process", 150, 400, "流量500m³/h，功率200kW，闭式"),
    ("低温阀门试验系统", "process", 110, 500, "-196℃密封与启闭试验，DN300以下"),
    ("织物耐磨起球仪", "physical", 5, 20, "马丁代尔法，九工位"),
    ("挤出流延试验线", "process", 130, 280, "三层共挤，幅宽400mm"),
    ("发酵中试系统", "process", 90, 240, "50L至500L，自动补料"),
    ("冷冻干燥机", "process", 28, 60, "冻干面积1平方米"),
    ("激光粒度仪", "analytical", 36, 80, "0.02至2000微米"),
    ("流变仪", "physical", 65, 150, "旋转与振荡模式，-20℃至200℃"),
    ("动物行为与眼科检查系统", "medical", 48, 120, "眼底、眼压、视网膜电图"),
    ("高性能计算节点", "computing", 75, 20, "八卡，支持容器调度"),
    ("水质多参数分析仪", "analytical", 12, 40, "总氮总磷氨氮化学需氧量"),
    ("工业计算机断层扫描系统", "special", 320, 450, "铸件内部缺陷，分辨率5微米"),
    ("噪声振动测试系统", "special", 40, 150, "32通道，声阵列"),
)
MAKERS = ("北辰科仪", "赤湾精测", "明州仪器厂", "锦屏试验设备", "进口设备甲", "进口设备乙", "东洲仪器")


def make_carriers(world: World) -> None:
    """Before the enterprises, so that they can name where they sit."""
    dice = world.dice("carriers")
    rows: list[Row] = []
    for kind, count in CARRIERS.items():
        for _ in range(count):
            rows.append(_carrier(world, kind, len(rows) + 1, dice))
    world.add("platform", rows, "创新平台（载体）")


def _carrier(world: World, kind: str, number: int, dice: Dice) -> Row:
    towns = list(world.material.towns)
    county = (
        "390121"
        if kind == "star_space" and dice.happens(0.7)
        else dice.weighted({"390102": 8, "390103": 5, "390104": 4, "390181": 5, "390182": 4, "390121": 1.5})
    )
    town = dice.choice([code for code in towns if code.startswith(county)])
    area = float(
        dice.choice([800, 1200, 2000, 3000])
        if kind in {"maker_space", "star_space"}
        else dice.choice([5200, 8000, 12000, 20000, 31000])
    )
    tenants = dice.randint(8, 30) if kind in {"maker_space", "star_space"} else dice.randint(22, 96)
    with_ip = round(tenants * dice.uniform(0.2, 0.62))
    opened_on = dice.day(datetime.date(2012, 1, 1), datetime.date(2025, 6, 30))
    level = dice.weighted({"city": 6, "province": 3, "national": 1})
    first = dice.choice(world.material.names["enterprise_first"])
    staff = dice.randint(4, 32)
    return {
        "code": f"PT{number:04d}",
        "name": f"{world.material.counties[county][:2]}{first}{NAMES[kind]}",
        "kind": kind,
        "level": level,
        "operator_name": f"{first}创业服务有限公司",
        "org_unit": town,
        "park": world.material.park_of.get(town) if dice.happens(0.4) else None,
        "opened_on": opened_on,
        "recognised_on": dice.day(opened_on, world.today) if dice.happens(0.85) else None,
        "run_state": dice.weighted({"running": 92, "rectifying": 5, "building": 3}),
        "is_legal_person": dice.happens(0.9),
        "is_specialised": dice.happens(0.35),
        "introduction": f"面向{dice.choice(list(world.material.industries))}方向的初创企业，提供场地、导师与融资对接。",
        "services": "工商代办、知识产权、项目申报、投融资、创业辅导",
        "area": area,
        "tenant_area": round(area * dice.uniform(0.55, 0.85)),
        "public_area": round(area * dice.uniform(0.06, 0.15)),
        "desks": dice.randint(40, 300),
        "tenants": tenants,
        "tenants_of_sector": round(tenants * dice.uniform(0.2, 0.9)),
        "tenants_with_ip": with_ip,
        "tenants_applying_ip": min(tenants, with_ip + dice.randint(0, 5)),
        "tenants_funded": round(tenants * dice.uniform(0, 0.2)),
        "new_tenants": dice.randint(1, max(1, tenants // 3)),
        "teams": dice.randint(2, 40),
        "graduates": dice.randint(0, 60),
        "seed_fund": yuan(dice.choice([100, 200, 300, 500, 800])),
        "staff": staff,
        "professional_staff": round(staff * dice.uniform(0.4, 0.9)),
        "mentors": dice.randint(5, 36),
        "events": dice.randint(6, 40),
        "statistics_years": dice.randint(0, 6),
        "address": f"东洲市{world.material.counties[county]}{world.material.towns[town]['name']}创业路{dice.randint(1, 200)}号",
        "contact_name": world.material.person_name(dice),
        "contact_phone": codes.phone(dice),
    }


def make_research(world: World) -> None:
    dice = world.dice("research platforms")
    rows: list[Row] = []
    start = len(world.rows("platform"))
    for kind, count in RESEARCH.items():
        for _ in range(count):
            rows.append(_research(world, kind, start + len(rows) + 1, dice))
    world.add("platform", rows, "创新平台（研发与服务）")


def _research(world: World, kind: str, number: int, dice: Dice) -> Row:
    rural = kind in {"agri_base", "science_popularisation"}
    industry = world.material.industries[
        dice.choice(["农业", "中药材"]) if rural else dice.choice(list(world.material.industries))
    ]
    candidates = [
        one for one in world.institutes_of(industry.key, "university institute new_rd testing hospital") if one.county
    ]
    held_by_institution = (
        kind in {"key_laboratory", "public_service", "testing_centre", "innovation_centre"} and candidates
    )
    row: Row
    if held_by_institution:
        one = dice.choice(candidates)
        row = {"institution": one.code, "operator_name": one.name}
        owner = one.name
    else:
        firm = max(dice.pick(world.firms_of(industry.key), 6), key=lambda firm: firm.spirit)
        row = {"enterprise": firm.uscc, "operator_name": firm.name, "org_unit": firm.town}
        owner = firm.name.removesuffix("有限公司")
    opened_on = dice.day(datetime.date(2014, 1, 1), datetime.date(2026, 6, 30))
    return row | {
        "code": f"PT{number:04d}",
        "name": f"{owner}{dice.choice(industry.products)}{NAMES[kind]}"[:80],
        "kind": kind,
        "level": dice.weighted({"city": 6, "province": 3.4, "national": 0.3}),
        "industry": dice.choice(industry.codes),
        "hi_tech_field": dice.choice(industry.fields),
        "opened_on": opened_on,
        "recognised_on": dice.day(opened_on, world.today),
        "run_state": dice.weighted({"running": 94, "rectifying": 4, "closed": 2}),
        "introduction": f"围绕{dice.choice(industry.expertise)}，开展{dice.choice(industry.methods)}等研究与服务。",
        "services": f"{dice.choice(industry.products)}检测、{dice.choice(industry.methods)}、技术培训",
        "equipment_value": yuan(round(dice.lognormal(420, 0.8))),
        "rd_staff": dice.randint(6, 60),
        "rd_expense": yuan(round(dice.lognormal(260, 0.8))),
        "contact_name": world.material.person_name(dice),
        "contact_phone": codes.phone(dice),
    }


def make_instruments(world: World) -> None:
    dice = world.dice("instruments")
    platforms = [
        row for row in world.rows("platform") if row["kind"] in {"testing_centre", "public_service", "key_laboratory"}
    ]
    rows: list[Row] = []
    for number in range(1, 311):
        name, category, price, fee, functions = dice.choice(INSTRUMENTS)
        holders = [
            one
            for one in world.institutes
            if one.county and one.kind in {"university", "institute", "new_rd", "testing", "hospital"}
        ]
        row: Row
        if dice.happens(0.7):
            one = dice.choice(holders)
            platform = next((p for p in platforms if p.get("institution") == one.code), None)
            row = {
                "institution": one.code,
                "platform": platform["code"] if platform else None,
                "location": f"{one.name}{dice.choice(['测试中心', '一号楼', '实验楼', '检测室'])}{dice.randint(1, 6)}0{dice.randint(1, 9)}室",
            }
        else:
            firm = max(dice.pick(world.firms, 8), key=lambda firm: firm.spirit)
            row = {"enterprise": firm.uscc, "org_unit": firm.town, "location": f"{firm.name}技术中心"}
        hours = dice.randint(200, 2400)
        shared = dice.happens(0.8)
        rows.append(
            row
            | {
                "code": f"YQ{number:05d}",
                "name": name,
                "category": category,
                "model_number": f"{dice.choice('ABDKXT')}{dice.choice('CMSTX')}-{dice.randint(100, 9900)}",
                "maker": dice.choice(MAKERS),
                "bought_on": dice.day(datetime.date(2011, 1, 1), world.today),
                "price": yuan(round(price * dice.uniform(0.8, 1.3), 1)),
                "functions": functions,
                "services": f"面向企业提供{name}测试，出具{dice.choice(['检测报告', '测试数据', '带资质章报告'])}",
                "fee_note": f"{fee}元/小时，科技型中小企业八折",
                "hourly_fee": fee,
                "is_shared": shared,
                "accepts_vouchers": shared and dice.happens(0.75),
                "open_hours": dice.choice(["工作日9:00-17:00", "周一至周六8:30-17:00", "预约开放"]),
                "yearly_hours": hours,
                "shared_hours": round(hours * dice.uniform(0.05, 0.6)) if shared else 0,
                "contact_name": world.material.person_name(dice),
                "contact_phone": codes.phone(dice),
            }
        )
    world.add("instrument", rows)


def seat_tenants(world: World) -> None:
    """Young firms sit in a carrier of their county."""
    dice = world.dice("tenants")
    carriers = [row for row in world.rows("platform") if row["kind"] in CARRIERS]
    rows = {row["uscc"]: row for row in world.rows("enterprise")}
    for firm in world.firms:
        near = [row for row in carriers if row["org_unit"].startswith(firm.county)]
        if near and (world.today - firm.founded_on).days < 6 * 365 and dice.happens(0.55):
            rows[firm.uscc]["carrier"] = dice.choice(near)["code"]
