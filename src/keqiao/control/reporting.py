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

from keqiao.control import facts, report_figures
from keqiao.control.models import FigureProposal, WrittenReport
from keqiao.core import packs
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.engines import indicators as engine
from keqiao.engines import reports, text


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
    span = report_figures.span_of(year, day)
    book = report_figures.collect(unit, span, snapshot)
    parameters = parameters_of(unit, year, day)
    document = reports.render(reports.load_template(file), book.figures, parameters)
    pinned = {"figures": reports.figures_to_json(book.figures), "parameters": parameters, "bases": book.bases}
    return Made(document, file.read_text(encoding="utf-8"), span.period, json.loads(json.dumps(pinned, default=str)))


def parameters_of(unit: OrgUnit, year: int, day: datetime.date) -> dict[str, str]:
    """The words a template may use. `progress`: percent of the year gone by, which is how much of a target is due."""
    is_running = year == day.year
    passed = (day - datetime.date(year, 1, 1)).days + 1
    return {
        "unit": f"{unit.name}科学技术局",
        "place": {"city": "全市", "county": "全县（区）", "province": "全省"}.get(unit.level, "全域"),
        "year": str(year),
        "next_year": str(year + 1),
        "organ": f"{unit.name}科学技术局",
        "date": f"{day.year}年{day.month}月{day.day}日",
        "period": f"{year}年",
        "quarter": f"第{'一二三四'[(day.month - 1) // 3 if is_running else 3]}季度",
        "span": report_figures.said(report_figures.span_of(year, day)),
        "progress": str(round(passed / 3.65)) if is_running else "100",
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


@dataclass(frozen=True)
class Change:
    """A printed figure that differs from the edition before; `was` or `now` is empty where it went or came."""

    name: str
    subject: str
    was: str
    now: str


def previous_edition(row: WrittenReport) -> WrittenReport | None:
    editions = WrittenReport.objects.filter(template=row.template, org_unit=row.org_unit, year=row.year)
    return editions.filter(edition__lt=row.edition).order_by("-edition").first()


def changes(document: reports.Document, before: reports.Document) -> list[Change]:
    """Which figures came, went and changed from one edition to the next."""
    now, was = _printed(document), _printed(before)
    pairs = [(now.get(key), was.get(key)) for key in dict.fromkeys([*now, *was])]
    return [
        Change(one.name, one.subject, old.text if old else "", new.text if new else "")
        for new, old in pairs
        if (one := new or old) and (new is None or old is None or new.value != old.value)
    ]


def _printed(document: reports.Document) -> dict[tuple[str, str], reports.PrintedFigure]:
    return {(one.key, one.aspect): one for one in document.figures}


def in_indicator_unit(value: Decimal, unit: str, one: engine.Definition) -> Decimal:
    """A value read from a text (money in yuan) in the indicator's own unit."""
    if one.measure_unit in report_figures.MONEY_FACTORS and unit == "元":
        return value / report_figures.MONEY_FACTORS[one.measure_unit]
    return value


def read_past(
    name: str, content: bytes, only: str = "", progress: Any = None
) -> tuple[list[dict[str, Any]], list[FigureProposal]]:
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
    data, proposals, names = [], [], catalogue()
    for done, one in enumerate(articles):
        if progress:
            progress(done, len(articles), one.title)
        words = page.text[one.start : one.end]
        guesses = sum(one.start <= guess.start < one.end for guess in page.guesses)
        data.append({"id": one.id, "title": one.title, "clean": words, "guesses": guesses})
        proposals += list(_proposals(one.id, words, names))
    return data, proposals


def catalogue() -> text.Catalogue:
    """The indicators as names a text may use for them."""
    entries = [
        text.CatalogueEntry(
            one.id,
            tuple(filter(None, (one.name, one.name_en))),
            report_figures.printed_unit(one),
        )
        for one in facts.current()
    ]
    return text.Catalogue(entries)


def _proposals(article: str, words: str, names: text.Catalogue) -> Iterator[FigureProposal]:
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
