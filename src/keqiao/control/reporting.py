"""Between figures and documents: what a report needs of each indicator, pinned so that it renders the same for ever; and old reports read into proposals."""

import datetime
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from keqiao.control import facts
from keqiao.control.models import FigureProposal, IndicatorFigure, WrittenReport
from keqiao.core import packs
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.engines import indicators as engine
from keqiao.engines import reports, text

MONEY_FACTORS = {"元": Decimal(1), "万元": Decimal(10) ** 4, "亿元": Decimal(10) ** 8}


@dataclass(frozen=True)
class Made:
    document: reports.Document
    template_text: str
    period: str
    pinned: dict[str, Any]


def templates() -> dict[str, Path]:
    """Report templates of the packs by key; a later pack's stands for an earlier one's."""
    return {file.stem: file for file in packs.files("reports")}


def make(template: str, unit: OrgUnit, year: int, day: datetime.date, snapshot: Snapshot) -> Made:
    """A report's document and what pins it."""
    file = templates()[template]
    calendar = facts.Calendar(day)
    period, before = (calendar.this_year, calendar.last_year_so_far) if year == day.year else (str(year), str(year - 1))
    figures = report_figures(unit, year, period, before, snapshot)
    parameters = parameters_of(unit, year, day)
    document = reports.render(reports.load_template(file), figures, parameters)
    pinned = {"figures": reports.figures_to_json(figures), "parameters": parameters}
    return Made(document, file.read_text(encoding="utf-8"), period, json.loads(json.dumps(pinned, default=str)))


def parameters_of(unit: OrgUnit, year: int, day: datetime.date) -> dict[str, str]:
    return {
        "unit": f"{unit.name}科学技术局",
        "place": {"city": "全市", "county": "全县（区）", "province": "全省"}.get(unit.level, "全域"),
        "year": str(year),
        "next_year": str(year + 1),
        "organ": f"{unit.name}科学技术局",
        "date": f"{day.year}年{day.month}月{day.day}日",
        "period": f"{year}年",
        "quarter": f"第{'一二三四'[(day.month - 1) // 3]}季度",
        "county": unit.name,
    }


def document_of(row: WrittenReport) -> reports.Document:
    """The document of a written report from its own template text and pinned figures: the same for ever, whatever happened to the data."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{row.template}.yaml"
        file.write_text(row.template_text, encoding="utf-8")
        template = reports.load_template(file)
    return reports.render(template, reports.figures_from_json(row.figures["figures"]), row.figures["parameters"])


def docx_of(row: WrittenReport) -> bytes:
    return reports.to_docx(document_of(row))


def report_figures(unit: OrgUnit, year: int, period: str, before: str, snapshot: Snapshot) -> dict[str, reports.Figure]:
    """Figures by the name a template uses: `<indicator>` for the unit, `<indicator>@<code>` for each unit below it."""
    children = list(OrgUnit.objects.filter(parent=unit).valid_on(snapshot.as_of).order_by("code"))
    units = [unit, *children]
    now, then = facts.figures(snapshot, period, units), facts.figures(snapshot, before, units)
    targets, following = facts.targets(year, units), facts.targets(year + 1, units)
    confirmed = confirmed_figures(units, before)
    found: dict[str, reports.Figure] = {}
    for one in facts.current():
        ranks = _ranks([(child.pk, now.get((one.id, child.pk))) for child in children], one.direction)
        for place in units:
            row = now.get((one.id, place.pk))
            if row is None or row.value is None or row.note == "withheld":
                continue
            previous = then.get((one.id, place.pk))
            baseline = confirmed.get((one.id, place.pk))
            target, next_target = targets.get((one.id, place.pk)), following.get((one.id, place.pk))
            name = one.id if place == unit else f"{one.id}@{place.code}"
            found[name] = reports.Figure(
                id=name,
                indicator=one.id,
                name=one.name,
                value=plain(row.value, one),
                unit=printed_unit(one),
                subject=place.name,
                period=period,
                last_year=plain(previous.value, one)
                if previous and previous.value is not None
                else (plain(baseline.value, one) if baseline and baseline.value is not None else None),
                target=plain(target.value, one) if target else None,
                next_target=plain(next_target.value, one) if next_target else None,
                rank=ranks.get(place.pk),
                rank_of=len(ranks) if place.pk in ranks else None,
                rank_scope=f"全{'市' if unit.level == 'city' else '县'}" if place.pk in ranks else "",
                higher_is_better=one.direction != "down",
                decimals=one.decimals,
                source=reports.Source(
                    snapshot.digest,
                    row.row_count,
                    f"{one.id}@{row.definition}:{place.code}:{period}",
                    snapshot.as_of.isoformat(),
                ),
            )
    return found


def confirmed_figures(units: list[OrgUnit], period: str) -> dict[tuple[str, int], IndicatorFigure]:
    """Values read from past reports and confirmed by a person; for a year so far, the whole year does not stand in."""
    rows = IndicatorFigure.objects.filter(
        source=IndicatorFigure.Source.CONFIRMED, org_unit__in=units, period=period
    ).order_by("id")
    return {(row.indicator, row.org_unit_id): row for row in rows if row.value is not None}


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


def in_indicator_unit(value: Decimal, unit: str, one: engine.Definition) -> Decimal:
    """A value read from a text (money in yuan) in the indicator's own unit."""
    if one.measure_unit in MONEY_FACTORS and unit == "元":
        return value / MONEY_FACTORS[one.measure_unit]
    return value


def read_past(name: str, content: bytes, only: str = "") -> tuple[list[dict[str, Any]], list[FigureProposal]]:
    """Articles and figure proposals of a file. `only` keeps one article ("五"). Raises InvalidError for a file that can't be read."""
    try:
        imported = text.import_bytes(content, name)
    except (text.UnknownKind, text.NotWord) as error:
        raise InvalidError([Problem("unreadable", _("读不出这个文件"), str(error), label=name)]) from error
    page = text.clean(imported.text)
    articles = [one for one in text.split_articles(page.text) if not only or one.id == only]
    if not articles:
        raise InvalidError(
            [Problem("no_article", _("文件中没有这一篇"), _("请核对篇号，或留空读取全文"), "article", _("篇章"), only)]
        )
    data, proposals = [], []
    for one in articles:
        words = page.text[one.start : one.end]
        guesses = sum(one.start <= guess.start < one.end for guess in page.guesses)
        data.append({"id": one.id, "title": one.title, "clean": words, "guesses": guesses})
        proposals += list(_proposals(one.id, words))
    return data, proposals


def catalogue() -> text.Catalogue:
    """The indicators as names a text may use for them."""
    entries = [
        text.CatalogueEntry(
            one.id,
            tuple(filter(None, (one.name, one.name_en))),
            "元" if one.measure_unit in MONEY_FACTORS else one.measure_unit,
        )
        for one in facts.current()
    ]
    return text.Catalogue(entries)


def _proposals(article: str, words: str) -> Iterator[FigureProposal]:
    names = catalogue()
    for fact in text.extract_facts(words, article):
        found = names.link(fact.indicator, fact.unit) if fact.value is not None and fact.measure == "level" else None
        yield FigureProposal(
            article=article,
            sentence=fact.sentence,
            span=fact.span[:200],
            start=fact.start,
            end=fact.end,
            value=fact.value,
            measure_unit=fact.unit[:30],
            nature=fact.status,
            measure=fact.measure,
            name=fact.indicator[:200],
            subject=fact.subject[:100],
            period=fact.period[:40],
            indicator=found.key if found else "",
        )
