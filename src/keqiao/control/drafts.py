"""Checking a draft against the figures of record: what the bureau's own figures, targets and confirmed history say to each number in it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from keqiao.control import facts, report_figures
from keqiao.control.models import IndicatorFigure
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.engines import reports, text


@dataclass(frozen=True)
class Checked:
    """A checked draft: its clean text, a finding per figure, and the same file with comments where it was a Word file."""

    text: str
    findings: list[reports.Finding]
    marked: bytes | None
    kind: str


def ledger(unit: OrgUnit, snapshot: Snapshot, year: int, words: str) -> list[reports.LedgerEntry]:
    """Figures of the unit and of those below it that the draft names: this year so far, the same stretch and the whole of last year,
    targets, and what was confirmed from documents."""
    calendar = facts.Calendar(snapshot.as_of)
    below = OrgUnit.objects.filter(parent=unit).valid_on(snapshot.as_of)
    units = [unit, *(place for place in below if place.name in words)]
    this_year = calendar.this_year if year == snapshot.as_of.year else str(year)
    entries = []
    last_year = [calendar.last_year_so_far] if year == snapshot.as_of.year else []
    for period, said in ((this_year, str(year)), *((period, str(year - 1)) for period in [*last_year, str(year - 1)])):
        for (key, _unit), row in facts.figures(snapshot, period, units).items():
            if row.value is not None and (one := facts.definition(key)):
                place = next(place for place in units if place.pk == row.org_unit_id)
                entries.append(
                    _entry(f"figure:{row.pk}", one, report_figures.plain(row.value, one), place, said, "actual")
                )
    for planned in (year, year + 1):
        for (key, _unit), target in facts.targets(planned, units).items():
            if one := facts.definition(key):
                entries.append(
                    _entry(
                        f"target:{target.pk}",
                        one,
                        report_figures.plain(target.value, one),
                        target.org_unit,
                        str(planned),
                        "target",
                    )
                )
    confirmed = IndicatorFigure.objects.filter(
        source=IndicatorFigure.Source.CONFIRMED, org_unit__in=units
    ).select_related("org_unit")
    for row in confirmed:
        if row.value is not None and (one := facts.definition(row.indicator)):
            entries.append(
                _entry(
                    f"figure:{row.pk}", one, report_figures.plain(row.value, one), row.org_unit, row.period, "actual"
                )
            )
    return entries


def _entry(key: str, one: Any, value: Decimal, place: OrgUnit, period: str, kind: str) -> reports.LedgerEntry:
    return reports.LedgerEntry(
        id=key,
        indicator=one.name,
        value=value,
        unit=report_figures.printed_unit(one),
        subject=place.name,
        period=period,
        kind=kind,
        measure="level",
    )


def check(name: str, content: bytes, unit: OrgUnit, snapshot: Snapshot, year: int, progress: Any = None) -> Checked:
    """Every figure of a draft: equal, rounded, mismatch, contradiction … Raises InvalidError for a file that can't be read."""
    try:
        imported = text.import_bytes(content, name)
    except (text.UnknownKind, text.NotWord) as error:
        raise InvalidError([Problem("unreadable", _("读不出这个文件"), str(error), label=name)]) from error
    cleaned = text.clean(imported.text)
    findings = _findings(cleaned.text, ledger(unit, snapshot, year, cleaned.text), unit, progress)
    marked = (
        reports.add_comments(content, imported.paragraphs, reports.marks_of(findings, cleaned))
        if imported.kind == "docx"
        else None
    )
    return Checked(cleaned.text, findings, marked, imported.kind)


def _findings(words: str, entries: list[reports.LedgerEntry], unit: OrgUnit, progress: Any) -> list[reports.Finding]:
    """A sentence is about the unit itself unless it names a place below it: only then do that place's figures count."""
    place = {entry.id: entry.subject for entry in entries}
    of_all = reports.check_draft(words, entries, progress)
    own = reports.check_draft(words, [entry for entry in entries if entry.subject == unit.name])
    return [
        wide if place.get(wide.ledger_id, unit.name) in (unit.name, *_named_in(wide.sentence, place)) else narrow
        for wide, narrow in zip(of_all, own, strict=True)
    ]


def _named_in(sentence: str, place: dict[str, str]) -> list[str]:
    return [name for name in set(place.values()) if name in sentence]
