"""The demo enterprise's R&D ledger: two projects, a year of vouchers and hours, written down as its own people would."""

import datetime
from decimal import Decimal
from typing import Any

from keqiao.core.act import Act
from keqiao.core.models import User
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS

PROJECTS = (
    ("RD01", "高温导热油泵双端面密封组件开发", "own", "端面开槽与冲洗方案，目标连续运行8000小时。"),
    ("RD02", "立式多级泵高效水力模型", "own", "额定点效率提高到73%以上，外形尺寸不变。"),
)
# (head, 元 a month on the first and on the second project, what for)
MONTHLY = (
    ("materials", "86400.50", "52310.00", "碳化硅环坯、试制材料"),
    ("moulds_trials", "12800.00", "31500.00", "模具与样机检验"),
    ("depreciation", "15200.00", "15200.00", "试验台折旧"),
    ("travel_meeting", "3150.80", "2210.40", "差旅与评审会议"),
)
ONCE = (
    (3, "RD01", "contracted_domestic", "180000.00", "委托高校做端面流固耦合计算", False),
    (5, "RD02", "equipment_bought", "236000.00", "购置激光测速仪", False),
    (6, "RD02", "review_ip", "14500.00", "专利申请与代理", False),
    (9, "RD01", "materials", "60000.00", "省级专项资金购置的试验材料", True),
)
PEOPLE = (
    ("R001", "顾承宇", "13800.00", "4140.00", 96, 60),
    ("R002", "沈若楠", "11200.00", "3360.00", 40, 110),
    ("R003", "陆启明", "9600.00", "2880.00", 120, 30),
)


def keep(year: int) -> int:
    """Writes the ledger of the year unless it is there; returns how many rows were made."""
    user = User.objects.get(username="enterprise")
    act, uscc = Act(user), REGISTERS["enterprise"].rows().unscoped("demo").get(pk=user.subject_id).uscc
    projects = REGISTERS["rd_project"]
    if projects.rows().unscoped("demo").filter(enterprise_id=user.subject_id).exists():
        return 0
    made = [
        actions.create(
            projects,
            {
                "enterprise": uscc,
                "code": code,
                "name": name,
                "mode": mode,
                "treatment": "expensed",
                "started_on": datetime.date(year, 1, 6),
                "goal": goal,
            },
            act,
        )
        for code, name, mode, goal in PROJECTS
    ]
    costs = [_cost(*line, year=year) for line in ONCE]
    for month in range(1, 11):
        costs += [
            _cost(month, code, head, amount, summary, False, year=year)
            for head, first, second, summary in MONTHLY
            for code, amount in (("RD01", first), ("RD02", second))
        ]
    for number, values in enumerate(costs, start=1):
        actions.create(
            REGISTERS["rd_cost"],
            {**values, "voucher": f"记-{values['booked_on']:%m}-{number:03d}", "evidence": f"发票{year}{number:05d}"},
            act,
        )
    hours = [
        {
            "project": code,
            "staff_number": number,
            "person_name": name,
            "month": datetime.date(year, month, 1),
            "hours": spent,
            "month_hours": 168,
            "wages": wages,
            "social_insurance": insurance,
        }
        for month in range(1, 11)
        for number, name, wages, insurance, first, second in PEOPLE
        for code, spent in (("RD01", first), ("RD02", second))
    ]
    for values in hours:
        actions.create(REGISTERS["rd_hours"], values, act)
    return len(made) + len(costs) + len(hours)


def _cost(
    month: int, project: str, head: str, amount: str, summary: str, is_untaxed: bool, *, year: int
) -> dict[str, Any]:
    return {
        "project": project,
        "booked_on": datetime.date(year, month, 25),
        "head": head,
        "amount": Decimal(amount),
        "summary": summary,
        "is_untaxed_money": is_untaxed,
    }
