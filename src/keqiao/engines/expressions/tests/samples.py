"""Random typed expressions and rows, the same for all executor tests."""

import random
from datetime import date, timedelta
from decimal import Decimal

from keqiao.engines.expressions import Constant, Field, Kind, Scope, Step, Table, Type

FIELDS = (
    Field.declare("revenue", "销售收入", "money"),
    Field.declare("rd", "研发费用", "money", unit="万元"),
    Field.declare("net_assets", "净资产", "money"),
    Field.declare("staff", "职工总数", "integer", unit="人"),
    Field.declare("growth", "增长率", "share", largest=100),
    Field.declare("area", "场地面积", "number", unit="平方米", decimals=2, largest=10**7),
    Field.declare("founded_on", "成立日期", "date"),
    Field.declare("valid_until", "有效期止", "date"),
    Field.declare("town", "镇街", "text"),
    Field.declare("honours", "资质", "set"),
    Field.declare("is_listed", "已上市", "bool"),
    Field.declare("has_accident", "有事故", "bool"),
)
BANDS = Table((Step(">=", 6, 50), Step(">=", 4, 30), Step(">", 0, 10), Step(None, 0, 0)))
SCOPE = Scope([*FIELDS, Constant("档次", BANDS, Type(Kind.TABLE))])
TOWNS = ("柯桥街道", "钱清街道", "华舍", "安昌")
HONOURS = ("高企", "科小", "专精特新")
MONEYS = (
    "0",
    "0.01",
    "1",
    "49999999.99",
    "50000000",
    "50000000.01",
    "2500000",
    "2499999.99",
    "2500000.01",
    "9876543.21",
)


def rows(seed: int, count: int, missing: float = 0.15) -> list[dict[str, object]]:
    """Rows of stored values, with values at and a cent beside thresholds, and `missing` unknown."""
    chance = random.Random(seed)
    return [{f.key: _value(f, chance) for f in FIELDS if chance.random() >= missing} for _ in range(count)]


def _value(field: Field, chance: random.Random) -> object:
    if field.kind is Kind.NUMBER:
        if field.key == "staff":
            return chance.choice([0, 1, 8, 9, 10, 100, 499, 500, 501])
        if field.key == "growth":
            return Decimal(chance.randint(-400000, 400000)) / 1000000
        if field.key == "area":
            return Decimal(chance.choice(["0", "999.99", "1000", "1000.01", "56000"]))
        if field.unit == "万元":
            return Decimal(chance.choice(MONEYS)) / 10000
        if field.key == "net_assets":
            return Decimal(chance.choice(MONEYS)) * chance.choice([1, 1, -1])
        return Decimal(chance.choice(MONEYS))
    if field.kind is Kind.DATE:
        return date(2020, 1, 31) + timedelta(days=chance.randint(-1500, 2500))
    if field.kind is Kind.TEXT:
        return chance.choice(TOWNS)
    if field.kind is Kind.SET:
        return frozenset(h for h in HONOURS if chance.random() < 0.4)
    return chance.random() < 0.5


class Writer:
    """Writes a random expression of the asked kind as text of the language."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def condition(self, depth: int) -> str:
        pick = self.chance.random()
        if depth > 0 and pick < 0.45:
            joiner = self.chance.choice([" 且 ", " or ", " 或 "])
            return f"({self.condition(depth - 1)}{joiner}{self.condition(depth - 1)})"
        if depth > 0 and pick < 0.55:
            return f"非 ({self.condition(depth - 1)})"
        kind = self.chance.choice(["money", "money", "number", "number", "date", "text", "set", "bool", "known", "in"])
        sign = self.chance.choice([">=", ">", "<", "<=", "=", "!="])
        match kind:
            case "money":
                return f"{self.money(depth)} {sign} {self.money(depth - 1)}"
            case "number":
                return f"{self.number(depth)} {sign} {self.number(depth - 1)}"
            case "date":
                return f"{self.day()} {self.chance.choice(['>=', '<', '='])} {self.day()}"
            case "text":
                town = self.chance.choice(TOWNS)
                return self.chance.choice(
                    [f"镇街 = '{town}'", "包含(镇街, '街')", "startswith(镇街, '柯', '钱')", "endswith(镇街, '街道')"]
                )
            case "set":
                return self.chance.choice(
                    ["'高企' in 资质", "any_of(资质, '高企', '科小')", "all_of(资质, '高企', '专精特新')"]
                )
            case "known":
                return f"is_known({self.money(depth - 1)})"
            case "in":
                return self.chance.choice(
                    ["镇街 in ('华舍', '安昌')", "职工总数 in (8, 9, 500)", "镇街 not in ('华舍')"]
                )
        return self.chance.choice(["已上市", "有事故", "已上市 = 有事故"])

    def money(self, depth: int) -> str:
        if depth > 0 and self.chance.random() < 0.6:
            left, right = self.money(depth - 1), self.money(depth - 1)
            share = self.chance.choice(["5%", "0.8", "2/3", "-3"])
            return self.chance.choice(
                [
                    f"({left} + {right})",
                    f"({left} - {right})",
                    f"min({left}, {right})",
                    f"max({left}, {right})",
                    f"{left} * {share}",
                    f"if({self.condition(depth - 1)}, {left}, {right})",
                    f"round({left} / 3, 2)",
                    f"abs({left})",
                    f"or_else({left}, 0)",
                    f"known_if({self.condition(0)}, {left})",
                ]
            )
        return self.chance.choice(["销售收入", "研发费用", "净资产", "5000万元", "49999999.99元", "250万元"])

    def number(self, depth: int) -> str:
        if depth > 0 and self.chance.random() < 0.7:
            return self.chance.choice(
                [
                    f"{self.money(0)} / {self.money(0)}",
                    f"0.5 * ({self.money(0)} / 净资产 + 净资产 / {self.money(0)}) - 1",
                    f"({self.number(0)} + {self.number(0)})",
                    f"-{self.number(0)}",
                    f"band({self.number(0)}, 档次)",
                    f"case({self.condition(0)}, {self.number(0)}, {self.condition(0)}, 3, 职工总数)",
                    f"{self.chance.choice(['floor', 'ceil', 'round'])}({self.number(depth - 1)} * 7 / 2)",
                ]
            )
        return self.chance.choice(
            [
                "职工总数",
                "增长率",
                "5%",
                "10",
                "0",
                "项数(资质)",
                "year(成立日期)",
                "months(成立日期, 有效期止)",
                "years(成立日期, 2024-02-29)",
                "days(成立日期, 有效期止)",
                "month(有效期止)",
                "场地面积 / 1000平方米",
            ]
        )

    def day(self) -> str:
        return self.chance.choice(
            [
                "成立日期",
                "有效期止",
                "2020-02-29",
                "add_months(成立日期, 1)",
                "add_years(有效期止, -1)",
                "add_days(成立日期, 365)",
            ]
        )
