"""Qualifications: who was recognised as what, from when until when; renewals, lapses and the few that were revoked."""

import datetime

from keqiao.demo.dice import Dice, years_later
from keqiao.demo.world import Firm, Row, World

# kind: (level, years valid, chance per unit of spirit, spirit needed, issuer). Tech SMEs are entered every year.
KINDS: dict[str, tuple[str, int, float, float, str]] = {
    "provincial_tech_sme": ("province", 3, 0.9, 0.28, "东洲省科学技术厅"),
    "hnte_reserve": ("city", 3, 0.45, 0.25, "东洲市科学技术局"),
    "innovative_sme": ("province", 3, 0.5, 0.3, "东洲省经济和信息化厅"),
    "specialised_new": ("province", 3, 0.4, 0.42, "东洲省经济和信息化厅"),
    "little_giant": ("national", 3, 0.14, 0.6, "国家级主管部门"),
    "tech_giant": ("city", 3, 0.16, 0.55, "东洲市科学技术局"),
    "rd_centre": ("city", 3, 0.5, 0.34, "东洲市科学技术局"),
    "rd_institute": ("province", 5, 0.16, 0.5, "东洲省科学技术厅"),
    "patent_demonstration": ("city", 2, 0.3, 0.38, "东洲市市场监督管理局"),
    "gazelle": ("city", 2, 0.1, 0.5, "东洲高新技术产业开发区管理委员会"),
    "green_factory": ("city", 3, 0.08, 0.3, "东洲市经济和信息化局"),
}
# Chance per year and unit of spirit that an enterprise is recognised for the first time as a high-tech enterprise.
FIRST_HNTE = {"390102": 0.20, "390103": 0.19, "390104": 0.15, "390181": 0.17, "390182": 0.10, "390121": 0.07}


def make(world: World) -> None:
    dice = world.dice("qualifications")
    serial: dict[str, int] = {}
    rows: list[Row] = []
    for firm in world.firms:
        rows += _hnte(world, firm, dice, serial)
        rows += _tech_sme(world, firm, dice, serial)
        for kind, (level, years, chance, needed, issuer) in KINDS.items():
            if firm.spirit > needed and dice.happens(chance * firm.spirit * 1.6):
                if firm.code[0] == "A" and kind == "rd_centre":
                    continue
                rows += _simple(world, firm, kind, level, years, issuer, dice, serial)
        if firm.code.startswith("A") and dice.happens(0.25):
            rows += _simple(world, firm, "agri_tech", "province", 3, "东洲省科学技术厅", dice, serial)
    world.qualifications = rows
    firms = {firm.uscc: firm for firm in world.firms}
    for row in rows:
        until = row["valid_until"]
        if row["valid_from"] <= world.today and (until is None or until > world.today) and not row.get("revoked_on"):
            firms[row["enterprise"]].kinds.add(row["kind"])
    world.add("qualification", rows)


def _row(
    firm: Firm,
    kind: str,
    level: str,
    issued_on: datetime.date,
    until: datetime.date | None,
    issuer: str,
    serial: dict[str, int],
) -> Row:
    key = f"{kind}{issued_on.year}"
    serial[key] = serial.get(key, 0) + 1
    prefix = {"hnte": "GR", "tech_sme": ""}.get(kind, kind[:2].upper())
    return {
        "kind": kind,
        "number": f"{prefix}{issued_on.year}{firm.uscc[2:8] if kind == 'tech_sme' else '39'}{serial[key]:06d}",
        "level": level,
        "enterprise": firm.uscc,
        "org_unit": firm.town,
        "issued_on": issued_on,
        "valid_from": issued_on,
        "valid_until": until,
        "issuer": issuer,
    }


def _hnte(world: World, firm: Firm, dice: Dice, serial: dict[str, int]) -> list[Row]:
    """High-tech enterprises: a first recognition, then renewals every three years while the spirit lasts. Issued each December;
    of this year's batches only the first is out (late October)."""
    if firm.spirit < 0.2:
        return []
    first_year = max(firm.founded_on.year + 2, 2015)
    last = world.today.year
    year = next(
        (y for y in range(first_year, last + 1) if dice.happens(FIRST_HNTE[firm.county] * firm.spirit * 2.2)), None
    )
    rows: list[Row] = []
    while year is not None and year <= last:
        day = datetime.date(year, 12, dice.choice([1, 6, 8, 24]))
        if year == last:
            day = datetime.date(year, 10, 28)
            if day > world.today or not dice.happens(0.62):
                break
        row = _row(firm, "hnte", "national", day, years_later(day, 3), "东洲省高新技术企业认定管理工作领导小组", serial)
        row["issue_kind"] = "renewal" if rows else "first"
        row["applied_on"] = day - datetime.timedelta(days=dice.randint(90, 160))
        if not rows and dice.happens(0.02):
            row["issue_kind"] = "moved_in"
        if dice.happens(0.008) and day.year < last:
            row["revoked_on"] = day + datetime.timedelta(days=400)
            row["revoked_why"] = "未按规定报告重大变化"
        rows.append(row)
        year = year + 3 if dice.happens(0.55 + 0.5 * firm.spirit) and not row.get("revoked_on") else None
    return rows


def _tech_sme(world: World, firm: Firm, dice: Dice, serial: dict[str, int]) -> list[Row]:
    """Entered in the pool for a year at a time, mostly between April and September, valid to the year's end."""
    rows: list[Row] = []
    keen = firm.spirit > 0.22 and dice.happens(min(0.9, 0.25 + firm.spirit))
    for year in range(max(2023, firm.founded_on.year + 1), world.today.year + 1):
        if keen and dice.happens(0.82):
            day = dice.day(datetime.date(year, 4, 10), datetime.date(year, 10, 25))
            if day <= world.today:
                rows.append(
                    _row(firm, "tech_sme", "national", day, datetime.date(year + 1, 1, 1), "东洲省科学技术厅", serial)
                )
    return rows


def _simple(
    world: World, firm: Firm, kind: str, level: str, years: int, issuer: str, dice: Dice, serial: dict[str, int]
) -> list[Row]:
    earliest = max(firm.founded_on.year + 2, 2018)
    if earliest > world.today.year:
        return []
    day = dice.day(datetime.date(earliest, 5, 1), world.today)
    rows: list[Row] = []
    while day <= world.today:
        row = _row(firm, kind, level, day, years_later(day, years), issuer, serial)
        row["issue_kind"] = "renewal" if rows else "first"
        if kind == "rd_centre":
            row["grade"] = dice.choice(["优秀", "良好", "良好", "合格"])
        rows.append(row)
        if not dice.happens(0.75):
            break
        day = years_later(day, years) + datetime.timedelta(days=dice.randint(0, 60))
    return rows
