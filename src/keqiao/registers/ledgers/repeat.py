"""Recurring work (monthly inspections): when one row is done, the next is planned."""

import calendar
import datetime
from typing import Any

from keqiao.core.act import Act
from keqiao.core.events import RecordsChanged
from keqiao.core.models import Channel
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS
from keqiao.registers.ledgers.store import LedgerRegister

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
SYSTEM = "the next row of a recurring ledger is planned"


def next_day(day: datetime.date, every: str) -> datetime.date | None:
    """The next day at that rhythm, at a month's end if the month is shorter; None for a rhythm that does not repeat.

    >>> next_day(datetime.date(2026, 1, 31), "month"), next_day(datetime.date(2026, 2, 20), "half_month")
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 7))
    """
    if every == "half_month":
        return day + datetime.timedelta(days=15)
    if every not in MONTHS:
        return None
    months = day.year * 12 + day.month - 1 + MONTHS[every]
    year, month = divmod(months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def on_changed(event: RecordsChanged) -> None:
    """Subscribed to RecordsChanged in `apps.py`."""
    register = REGISTERS.get(event.register)
    if not isinstance(register, LedgerRegister) or register.ledger.repeat is None or event.verb == "remove":
        return
    for row in register.rows().unscoped(SYSTEM).filter(pk__in=event.ids, merged_into_id=None):
        plan_next(register, row)


def plan_next(register: LedgerRegister, row: Any) -> Any:
    """The row that comes after a finished one, or None when there is none to plan or it is there already."""
    plan = register.ledger.repeat
    if plan is None:
        return None
    every, due, done = (register.fields[name].get(row) for name in (plan.every, plan.due, plan.done))
    day = next_day(due, every) if done and due and every else None
    if day is None:
        return None
    names = dict.fromkeys((*register.identity, *plan.keep, plan.every, "org_unit"))
    values = {name: register.fields[name].get(row) for name in names} | {plan.due: day}
    following = register.new_row()
    actions.apply(register, following, values)
    if register.rows().unscoped(SYSTEM).filter(**register.identity_filter(following)).exists():
        return None
    return actions.create(register, values, Act(None, Channel.JOB, "周期任务自动排定下一次"))
