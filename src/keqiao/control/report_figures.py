"""The figures a report is written from: which period counts for each indicator, what it is compared to, and where each number stands."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from keqiao.control import facts
from keqiao.control.models import IndicatorFigure
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.engines import indicators as engine
from keqiao.engines import reports

MONEY_FACTORS = {"元": Decimal(1), "万元": Decimal(10) ** 4, "亿元": Decimal(10) ** 8}
YEARS_BACK = 2  # how far a figure that is known per whole year only may lie back


@dataclass
class Book:
    """Figures by the name a template uses: `<indicator>` for the unit, `<indicator>@<code>` for each unit below it.

    `bases` says where a number stands, by figure name and input: "computed:<period>", "confirmed:<id>" or "target:<year>".
    """

    figures: dict[str, reports.Figure] = field(default_factory=dict)
    bases: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """A period and the one it is compared to."""

    period: str
    before: str

    @property
    def year(self) -> int:
        return int(self.period[:4])

    @property
    def is_whole_year(self) -> bool:
        return len(self.period) == 4


def span_of(year: int, day: datetime.date) -> Span:
    """This year so far beside the same stretch of last year; a past year beside the one before it."""
    calendar = facts.Calendar(day)
    if year == day.year:
        return Span(calendar.this_year, calendar.last_year_so_far)
    return Span(str(year), str(year - 1))


def said(span: Span) -> str:
    """The period in words: 2026年1—11月, 2025年."""
    if span.is_whole_year:
        return f"{span.year}年"
    last = int(span.period.rpartition(".")[2])
    return f"{span.year}年1—{last}月" if last > 1 else f"{span.year}年1月"


def collect(unit: OrgUnit, span: Span, snapshot: Snapshot) -> Book:
    """What the snapshot says of the unit and those below it. An indicator without a value of its own for the period is given for the
    newest whole year before; where nothing was computed, what a person confirmed from a document stands in."""
    below = OrgUnit.objects.filter(parent=unit).exclude(level="park")  # a park's rows are those of the places it covers
    children = list(below.valid_on(snapshot.as_of).order_by("code"))
    shelf = _Shelf(snapshot, [unit, *children])
    spans = [span] + [Span(str(year), str(year - 1)) for year in range(span.year - 1, span.year - 1 - YEARS_BACK, -1)]
    book = Book()
    for one in facts.current():
        known = next((at for at in spans if shelf.value(one, unit, at.period)), None)
        if known is None:
            continue
        ranks = _ranks([(place.pk, shelf.value(one, place, known.period)) for place in children], one.direction)
        for place in [unit, *children]:
            shelf.put(book, one, place, (known, span.year + 1), unit, ranks)
    return book


class _Shelf:
    """Stored figures and targets of some units, read once per period or year."""

    def __init__(self, snapshot: Snapshot, units: list[OrgUnit]) -> None:
        self.snapshot, self.units = snapshot, units
        self._computed: dict[str, dict[tuple[str, int], IndicatorFigure]] = {}
        self._targets: dict[int, dict[tuple[str, int], Decimal]] = {}
        confirmed = IndicatorFigure.objects.filter(source=IndicatorFigure.Source.CONFIRMED, org_unit__in=units)
        self._confirmed = {
            (row.indicator, row.org_unit_id, row.period): row
            for row in confirmed.order_by("id")
            if row.value is not None
        }

    def value(self, one: engine.Definition, place: OrgUnit, period: str) -> IndicatorFigure | None:
        """The row that gives a value: computed before confirmed, a withheld one never."""
        if period not in self._computed:
            self._computed[period] = facts.figures(self.snapshot, period, self.units)
        row = self._computed[period].get((one.id, place.pk))
        if row is not None and row.note == "withheld":
            return None
        return row if row is not None and row.value is not None else self._confirmed.get((one.id, place.pk, period))

    def target(self, one: engine.Definition, place: OrgUnit, year: int) -> Decimal | None:
        if year not in self._targets:
            self._targets[year] = {key: row.value for key, row in facts.targets(year, self.units).items()}
        return self._targets[year].get((one.id, place.pk))

    def put(
        self,
        book: Book,
        one: engine.Definition,
        place: OrgUnit,
        when: tuple[Span, int],
        top: OrgUnit,
        ranks: dict[int, int],
    ) -> None:
        """Adds one figure: `when` is the span of its value and the year its next target is for."""
        span, next_year = when
        row = self.value(one, place, span.period)
        if row is None or row.value is None:
            return
        previous = self.value(one, place, span.before)
        target, following = self.target(one, place, span.year), self.target(one, place, next_year)
        name = one.id if place == top else f"{one.id}@{place.code}"
        book.bases[name] = {"value": _base(row)}
        if previous is not None:
            book.bases[name]["last_year"] = _base(previous)
        if target is not None:
            book.bases[name]["target"] = f"target:{span.year}"
        if following is not None:
            book.bases[name]["next_target"] = f"target:{next_year}"
        book.figures[name] = reports.Figure(
            id=name,
            indicator=one.id,
            name=one.name,
            value=plain(row.value, one),
            unit=printed_unit(one),
            subject=place.name,
            period=span.period,
            last_year=plain(previous.value, one) if previous and previous.value is not None else None,
            target=None if target is None else plain(target, one),
            next_target=None if following is None else plain(following, one),
            rank=ranks.get(place.pk),
            rank_of=len(ranks) if place.pk in ranks else None,
            rank_scope=f"全{'市' if top.level == 'city' else '县'}" if place.pk in ranks else "",
            higher_is_better=one.direction != "down",
            decimals=one.decimals,
            source=self._source(row, one, place),
        )

    def _source(self, row: IndicatorFigure, one: engine.Definition, place: OrgUnit) -> reports.Source:
        query = f"{one.id}@{row.definition}:{place.code}:{row.period}"
        if row.source == IndicatorFigure.Source.CONFIRMED:
            return reports.Source("", 1, f"{query}（{row.note}）", row.data_on.isoformat())
        return reports.Source(self.snapshot.digest, row.row_count, query, self.snapshot.as_of.isoformat())


def _base(row: IndicatorFigure) -> str:
    return f"confirmed:{row.pk}" if row.source == IndicatorFigure.Source.CONFIRMED else f"computed:{row.period}"


def _ranks(pairs: list[tuple[int, IndicatorFigure | None]], direction: str) -> dict[int, int]:
    """Place of each unit, best first, ties sharing the better place. No ranks where fewer than two have a value, or a band is the aim."""
    known = [(pk, row.value) for pk, row in pairs if row is not None and row.value is not None]
    if len(known) < 2 or direction == "band":
        return {}
    better = (lambda a, b: a > b) if direction == "up" else (lambda a, b: a < b)
    return {pk: 1 + sum(better(other, value) for _pk, other in known) for pk, value in known}


def printed_unit(one: engine.Definition) -> str:
    """Money is written from yuan, whatever unit the definition computes in."""
    return "元" if one.measure_unit in MONEY_FACTORS else one.measure_unit


def plain(value: Decimal, one: engine.Definition) -> Decimal:
    """A stored value as the report writer wants it: money in yuan, no trailing zeros."""
    amount = value * MONEY_FACTORS.get(one.measure_unit, Decimal(1))
    return amount.normalize() if amount != amount.to_integral_value() else amount.quantize(Decimal(1))
