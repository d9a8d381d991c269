"""The yearly figures of enterprises: revenue log-normal by industry, growth by county, and the flaws that real returns have."""

import datetime
import math

from keqiao.demo.dice import Dice
from keqiao.demo.world import Firm, Row, World, yuan

# Yearly growth of revenue by county, 2023→2024, 2024→2025, 2025→2026. 云峤县 falls behind, 兰浦市 is slow.
GROWTH = {
    "390102": (0.11, 0.14, 0.13),
    "390103": (0.09, 0.13, 0.15),
    "390104": (0.07, 0.09, 0.10),
    "390181": (0.10, 0.11, 0.12),
    "390182": (0.06, 0.05, 0.06),
    "390121": (0.03, -0.01, -0.04),
}
FIRST_YEAR = 2023
MAY_BE_MISSING = [
    "technical_income",
    "exports",
    "new_product_revenue",
    "added_value",
    "fixed_investment",
    "rd_staff_fte",
    "bachelor_staff",
    "standards_joined",
    "rd_design_trial",
    "joint_projects",
    "output_value",
]


def make(world: World) -> None:
    dice = world.dice("years")
    rows: list[Row] = []
    by_uscc = {row["uscc"]: row for row in world.rows("enterprise")}
    for firm in world.firms:
        _history(world, firm, dice)
        enterprise = by_uscc[firm.uscc]
        newest = firm.figures.get(world.today.year - 1) or next(reversed(firm.figures.values()), None)
        enterprise.update(_size(firm, newest) if newest else {})
        rows += firm.figures.values()
    _flaws(rows, dice)
    world.add("enterprise_year", rows)


def _history(world: World, firm: Firm, dice: Dice) -> None:
    median, sigma = firm.industry.revenue
    level = dice.lognormal(median, sigma) * (0.5 + 1.1 * firm.spirit)
    age_now = (world.today - firm.founded_on).days / 365.25
    level *= min(1.0, 0.12 + age_now / 7)
    noise = dice.gauss(0, 0.1)
    for step, year in enumerate(range(FIRST_YEAR, world.today.year + 1)):
        if step:
            level *= (
                1
                + GROWTH[firm.county][min(step, 3) - 1]
                + 0.10 * (firm.spirit - 0.3)
                + noise * 0.3
                + dice.gauss(0, 0.09)
            )
        if firm.founded_on.year > year or (firm.founded_on.year == year and firm.founded_on.month > 9):
            continue
        is_current = year == world.today.year
        if dice.happens(0.03) or (is_current and not dice.happens(0.72)):
            continue  # did not report
        share = 0.79 * dice.uniform(0.93, 1.06) if is_current else 1.0
        firm.figures[year] = _year(firm, year, max(level, 8.0), share, world.today, dice)


def _year(firm: Firm, year: int, level: float, share: float, today: datetime.date, dice: Dice) -> Row:
    revenue = level * share
    has_rd = dice.random() < min(0.97, 0.25 + 1.5 * firm.spirit)
    rd = revenue * firm.industry.rd * dice.lognormal(0.35 + 2.1 * firm.spirit, 0.28) if has_rd else 0.0
    rd = min(rd, revenue * 0.55)
    staff = max(3.0, round(level / (firm.industry.per_head * dice.lognormal(1, 0.2)), 1))
    rd_staff = min(staff * 0.7, max(1.0, staff * dice.lognormal(0.05 + 0.22 * firm.spirit, 0.25))) if has_rd else 0.0
    total_income = yuan(revenue * dice.uniform(1.0, 1.03))
    sales = yuan(revenue * dice.uniform(0.96, 1.0))
    hi_tech = min(sales, yuan(revenue * min(0.97, dice.betavariate(1 + 6 * firm.spirit, 2)))) if has_rd else 0
    assets = yuan(level * dice.uniform(0.7, 1.5))
    liabilities = round(assets * dice.betavariate(4, 4.6))
    profit = yuan(revenue * dice.gauss(0.055 + 0.04 * firm.spirit, 0.05))
    rd_yuan = yuan(rd)
    statistics = round(rd_yuan * dice.uniform(0.86, 0.99))
    hnte = round(rd_yuan * dice.uniform(0.95, 1.04))
    applications = dice.poisson(0.3 + 5 * firm.spirit**1.5) if has_rd else 0
    row: Row = {
        "enterprise": firm.uscc,
        "year": year,
        "reported_on": min(
            today, datetime.date(year, 10, 20) if share < 1 else datetime.date(year + 1, 3, dice.randint(1, 28))
        ),
        "is_audited": share == 1 and dice.happens(0.5),
        "total_income": total_income,
        "nontaxable_income": 0,
        "revenue": yuan(revenue),
        "main_revenue": yuan(revenue * dice.uniform(0.9, 0.99)),
        "sales": min(sales, total_income),
        "hi_tech_revenue": hi_tech,
        "main_product_revenue": round(hi_tech * dice.uniform(0.55, 0.9)),
        "new_product_revenue": round(min(yuan(revenue), hi_tech) * dice.uniform(0.3, 0.8)),
        "technical_income": yuan(revenue * 0.02) if dice.happens(0.2) else 0,
        "exports": yuan(revenue * dice.uniform(0.05, 0.6)) if dice.happens(0.35) else 0,
        "cost_and_expense": total_income - profit,
        "profit": profit,
        "tax_paid": yuan(revenue * dice.uniform(0.02, 0.07)),
        "total_assets": assets,
        "liabilities": liabilities,
        "net_assets": assets - liabilities,
        "output_value": yuan(revenue * dice.uniform(0.97, 1.05)) if firm.code[0] == "C" else None,
        "added_value": yuan(revenue * dice.uniform(0.17, 0.28)) if firm.code[0] == "C" else None,
        "fixed_investment": yuan(revenue * dice.lognormal(0.05, 0.9)),
        "rd_accounting": rd_yuan,
        "rd_statistics": statistics,
        "rd_hnte": hnte,
        "rd_hnte_domestic": hnte if dice.happens(0.97) else round(hnte * 0.5),
        "staff": staff,
        "tech_staff": round(min(staff, rd_staff * dice.uniform(1, 1.25)), 1),
        "rd_staff": round(rd_staff, 1),
        "rd_staff_fte": round(rd_staff * dice.uniform(0.6, 0.95), 1),
        "bachelor_staff": round(staff * dice.uniform(0.08, 0.45), 1),
        "patent_applications": applications,
        "invention_applications": sum(dice.happens(0.3) for _ in range(applications)),
        "transformed_achievements": dice.poisson(6 * firm.spirit) if has_rd else 0,
        "standards_led": int(dice.happens(0.06 * firm.spirit)),
        "standards_joined": dice.poisson(0.5 * firm.spirit),
        "rd_projects": max(1, dice.poisson(2 + 6 * firm.spirit)) if has_rd else 0,
        "joint_projects": dice.poisson(1.1 * firm.spirit),
        "has_rd_institution": has_rd and firm.spirit > 0.3 and dice.happens(0.7),
        "has_rd_accounts": has_rd and dice.happens(0.75),
        "subsidies_received": yuan(dice.lognormal(12, 0.9)) if dice.happens(0.3 * firm.spirit) else 0,
        "ip_pledge_loans": yuan(dice.choice([100, 200, 300, 500, 800])) if dice.happens(0.05) else 0,
        "equity_raised": yuan(dice.choice([200, 500, 800, 1500, 3000]))
        if dice.happens(0.02 + 0.08 * firm.spirit)
        else 0,
        "pct_applications": int(dice.happens(0.05 * firm.spirit)),
        "had_major_accident": dice.happens(0.002),
        "had_environmental_offence": dice.happens(0.004),
        "had_research_dishonesty": False,
    }
    return row | _deduction_parts(rd_yuan, dice)


def _deduction_parts(rd: int, dice: Dice) -> Row:
    """The R&D expense split by head; the heads make up the whole to the yuan."""
    if not rd:
        return {"rd_deducted": 0}
    shares = {
        "rd_personnel": dice.uniform(0.32, 0.5),
        "rd_direct_input": dice.uniform(0.22, 0.38),
        "rd_depreciation": dice.uniform(0.03, 0.09),
        "rd_amortisation": dice.uniform(0, 0.02),
        "rd_design_trial": dice.uniform(0, 0.05),
        "rd_contracted_domestic": dice.uniform(0.02, 0.2) if dice.happens(0.3) else 0,
    }
    whole = sum(shares.values()) + 0.08
    parts: Row = {name: int(rd * share / whole) for name, share in shares.items()}
    parts["rd_other"] = rd - sum(parts.values())
    parts["rd_deducted"] = round(rd * 0.93) if dice.happens(0.7) else 0
    return parts


def _size(firm: Firm, figures: Row) -> Row:
    """企业规模 after the statistical size classes for industry (staff and revenue must both reach the class)."""
    staff, revenue = figures["staff"], (figures["revenue"] or 0) / 10_000
    size = (
        "large"
        if staff >= 1000 and revenue >= 40_000
        else "medium"
        if staff >= 300 and revenue >= 2_000
        else "small"
        if staff >= 20 and revenue >= 300
        else "micro"
    )
    return {"size": size, "is_above_scale": firm.code[0] == "C" and revenue >= 2_000}


def _flaws(rows: list[Row], dice: Dice) -> None:
    """About one cell in twenty of the softer figures is empty, and a few returns are in 万元 instead of yuan or slip a digit."""
    for row in rows:
        for name in MAY_BE_MISSING:
            if row.get(name) is not None and dice.happens(0.12):
                row[name] = None
        for name in (
            "rd_hnte",
            "rd_hnte_domestic",
            "tech_staff",
            "hi_tech_revenue",
            "total_assets",
            "liabilities",
            "net_assets",
        ):
            if dice.happens(0.03):
                row[name] = None
    money = sorted(
        {name for row in rows for name, value in row.items() if isinstance(value, int) and abs(value) > 100_000}
    )
    for row in dice.pick(rows, 12):
        for name in money:
            if row.get(name):
                row[name] = math.floor(row[name] / 10_000)
        if None not in (row["total_assets"], row["liabilities"], row["net_assets"]):
            row["net_assets"] = row["total_assets"] - row["liabilities"]
    for row in dice.pick(rows, 6):
        row["staff"] = row["staff"] * 10
