"""Periods officials report by: year, half, quarter, month, and January-to-month (1—N月). Hides their dates and neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from keqiao.engines.indicators.problems import IndexProblem

MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of days; `stop` is excluded. Labels: 2024 · 2024H1 · 2024Q3 · 2024-09 · 2024-01..09 (1—9月)."""

    start: date
    stop: date
    grain: str

    @classmethod
    def parse(cls, label: str) -> Period:
        """Raises for anything but the five forms."""
        found = re.fullmatch(r"(\d{4})(?:H([12])|Q([1-4])|-(\d\d)(?:\.\.(\d\d))?)?", label.strip())
        if found:
            year = int(found[1])
            if found[2]:
                return cls._of(year, 6 * int(found[2]) - 5, "half")
            if found[3]:
                return cls._of(year, 3 * int(found[3]) - 2, "quarter")
            if found[5] and found[4] == "01" and 1 <= int(found[5]) <= 12:
                return cls(date(year, 1, 1), _first(year, int(found[5]) + 1), "ytd")
            if found[4] and not found[5] and 1 <= int(found[4]) <= 12:
                return cls._of(year, int(found[4]), "month")
            if not found[4]:
                return cls._of(year, 1, "year")
        raise IndexProblem.single(
            "index.period",
            "periods",
            "period",
            label,
            "not a period",
            "write 2024, 2024H1, 2024Q3, 2024-09 or 2024-01..09",
        )

    @classmethod
    def _of(cls, year: int, month: int, grain: str) -> Period:
        return cls(_first(year, month), _first(year, month + MONTHS[grain]), grain)

    @classmethod
    def containing(cls, day: date, grain: str) -> Period:
        """The year, half, quarter or month of a day; grain ytd: January to the day's month."""
        if grain == "ytd":
            return cls(date(day.year, 1, 1), _first(day.year, day.month + 1), "ytd")
        size = MONTHS[grain]
        return cls._of(day.year, (day.month - 1) // size * size + 1, grain)

    @property
    def label(self) -> str:
        year, month = self.start.year, self.start.month
        match self.grain:
            case "year":
                return f"{year}"
            case "half":
                return f"{year}H{(month + 5) // 6}"
            case "quarter":
                return f"{year}Q{(month + 2) // 3}"
            case "month":
                return f"{year}-{month:02d}"
        return f"{year}-01..{self.last_day.month:02d}"

    @property
    def last_day(self) -> date:
        return self.stop - timedelta(days=1)

    def a_year_earlier(self) -> Period:
        """The period to compare with for 同比."""
        stop = _first(self.stop.year - 1, self.stop.month)
        return Period(_first(self.start.year - 1, self.start.month), stop, self.grain)

    def before(self) -> Period:
        """The period to compare with for 环比; for January-to-month: the same months a year earlier."""
        if self.grain == "ytd":
            return self.a_year_earlier()
        return Period.containing(self.start - timedelta(days=1), self.grain)

    def __str__(self) -> str:
        return self.label


def _first(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
