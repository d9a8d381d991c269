"""From the ledger's rows to the costs the forms are filled with: vouchers as booked, and each month's pay shared over projects by hours."""

import datetime
from collections import defaultdict
from decimal import Decimal
from typing import Any

from keqiao.services.models import RdCost, RdHours, RdProject
from keqiao.services.rd_forms import Cost, share_of_pay

SYSTEM = "the caller has shown that the reader may see this enterprise's ledger"


def years_of(enterprise: Any) -> list[int]:
    """Years with entries, the newest first."""
    costs = RdCost.objects.unscoped(SYSTEM).filter(project__enterprise=enterprise).dates("booked_on", "year")
    hours = RdHours.objects.unscoped(SYSTEM).filter(project__enterprise=enterprise).dates("month", "year")
    return sorted({day.year for day in [*costs, *hours]}, reverse=True)


def costs_of(enterprise: Any, year: int) -> list[Cost]:
    """All costs of a year: vouchers, then pay by hours."""
    first, after = datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1)
    projects = dict(RdProject.objects.unscoped(SYSTEM).filter(enterprise=enterprise).values_list("pk", "name"))
    booked = RdCost.objects.unscoped(SYSTEM).filter(project__in=projects, booked_on__gte=first, booked_on__lt=after)
    costs = [Cost(projects[row.project_id], row.head, row.amount, row.is_untaxed_money) for row in booked]
    months: dict[tuple[str, datetime.date], list[RdHours]] = defaultdict(list)
    for row in (
        RdHours.objects.unscoped(SYSTEM).filter(project__in=projects, month__gte=first, month__lt=after).order_by("pk")
    ):
        months[(row.staff_number, row.month)].append(row)
    for rows in months.values():
        costs += _pay(rows, projects)
    return costs


def _pay(rows: list[RdHours], projects: dict[int, str]) -> list[Cost]:
    """One person's month over the projects worked on. The month's pay is the same on every row of it."""
    hours, whole = [row.hours for row in rows], rows[0].month_hours
    head = "outside_labour" if rows[0].is_outside else "wages"
    shares = [
        (head, share_of_pay(rows[0].wages, hours, whole)),
        ("social_insurance", share_of_pay(rows[0].social_insurance, hours, whole)),
    ]
    return [
        Cost(projects[row.project_id], kind, amount)
        for kind, amounts in shares
        for row, amount in zip(rows, amounts, strict=True)
        if amount != Decimal(0)
    ]
