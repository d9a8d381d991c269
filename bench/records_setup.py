"""What the register benchmarks share: a database of their own, a small tree of units, an officer, and rows of believable enterprises."""

import argparse
import datetime
import os
import platform
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORDS = [
    "恒丰",
    "远大",
    "华泰",
    "金桥",
    "东海",
    "天工",
    "瑞鑫",
    "博远",
    "正源",
    "中科",
    "鼎力",
    "宏图",
    "绿源",
    "海纳",
    "飞跃",
    "长青",
]
TRADES = [
    "泵业",
    "阀门",
    "仪表",
    "眼镜",
    "锁业",
    "拉链",
    "针织",
    "印刷",
    "薄膜",
    "药材",
    "调味品",
    "新材料",
    "生物科技",
    "数字科技",
]
PLACES = ["柯桥", "越城", "临海", "玉环", "瓯海", "乐清", "诸暨", "义乌"]


def options(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--database", default="", help="postgresql://… ; SQLite in a temporary folder when left out")
    parser.add_argument("--folder", default="", help="where the data go (default: a new temporary folder)")
    return parser


def start(args: argparse.Namespace) -> None:
    """Django on a database of our own, migrated."""
    folder = args.folder or tempfile.mkdtemp(prefix="keqiao-bench-")
    os.environ |= {
        "KEQIAO_DATA": folder,
        "DATABASE_URL": args.database,
        "DJANGO_SETTINGS_MODULE": "keqiao.conf.settings",
    }
    sys.path.insert(0, str(ROOT / "src"))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def people(towns: int = 40) -> tuple[Any, Any, list[Any]]:
    """(city officer, officer of one town, towns): a city with four counties of ten towns."""
    from keqiao.core.models import Grant, OrgUnit, User

    city, _made = OrgUnit.objects.get_or_create(code="990100", defaults={"name": "测试市", "level": "city"})
    units = []
    for county in range(4):
        above, _made = OrgUnit.objects.get_or_create(
            code=f"99010{county + 1}", defaults={"name": f"{county + 1}区", "level": "county", "parent": city}
        )
        for town in range(towns // 4):
            code = f"{above.code}{town + 1:03d}"
            units.append(
                OrgUnit.objects.get_or_create(
                    code=code, defaults={"name": f"{county + 1}区{town + 1}镇", "level": "town", "parent": above}
                )[0]
            )
    found = []
    for name, role, unit in (("officer", "officer", city), ("town", "town_officer", units[7])):
        user, is_new = User.objects.get_or_create(username=name)
        if is_new:
            Grant.objects.create(user=user, role=role, org_unit=unit)
        found.append(user)
    return found[0], found[1], units


def enterprise(number: int, units: list[Any], rng: random.Random) -> dict[str, Any]:
    from keqiao.registers.uscc import complete

    trade = rng.choice(TRADES)
    return {
        "name": f"{rng.choice(PLACES)}{rng.choice(WORDS)}{rng.choice(WORDS)}{trade}{number}号有限公司",
        "uscc": complete(f"91990102MA{number:07d}"),
        "org_unit": units[number % len(units)],
        "industry": rng.choice(("C34", "C35", "C39", "C40", "C26", "I65")),
        "legal_form": "limited",
        "founded_on": datetime.date(1990 + number % 35, 1 + number % 12, 1 + number % 28),
        "registered_capital": 500_000 + number % 1000 * 10_000,
        "size": ("micro", "small", "medium", "large")[number % 4],
        "is_above_scale": number % 5 == 0,
        "main_products": f"{trade}、配件及{rng.choice(TRADES)}",
        "introduction": f"主要从事{trade}研发与生产，产品用于{rng.choice(TRADES)}行业，年产能{number % 900}万件。",
        "address": f"{rng.choice(PLACES)}区科技路{number % 999}号",
        "legal_representative": "王建国",
        "contact_name": "李小明",
        "contact_phone": f"138{number % 100_000_000:08d}",
        "contact_email": f"e{number}@example.com",
    }


def machine() -> str:
    from django.db import connection

    version = connection.Database.sqlite_version if connection.vendor == "sqlite" else connection.pg_version
    return f"{os.cpu_count()} CPUs, Python {platform.python_version()}, {connection.vendor} {version}"
