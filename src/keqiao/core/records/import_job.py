"""The import as a job: dry run or in earnest, with progress, a report that people can act on, and the faulty rows as a workbook to correct."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from keqiao.core import jobs
from keqiao.core.act import Act
from keqiao.core.models import Job, StoredFile
from keqiao.core.models.audit_entry import Channel
from keqiao.core.records import excel_in, excel_out, importing, search
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.problems import InvalidError, Problem, StaleError

MOST_PROBLEMS = 5_000  # listed in the result; all of them are in the workbook


def start(register: Register, stored: StoredFile, act: Act, *, dry_run: bool, good_rows_only: bool = False) -> Job:
    """Queues an import of a stored file. Raises ForbiddenError."""
    act.need("import", register)
    title = (_("试导入：%(name)s") if dry_run else _("导入：%(name)s")) % {"name": stored.name}
    return jobs.start("import_records", title, parameters(register, stored, dry_run, good_rows_only), act)


def parameters(register: Register, stored: StoredFile, dry_run: bool, good_rows_only: bool) -> dict[str, Any]:
    return {"register": register.key, "file": str(stored.pk), "dry_run": dry_run, "good_rows_only": good_rows_only}


@jobs.job("import_records")
def run_import(
    run: jobs.Run, *, register: str, file: str, dry_run: bool = True, good_rows_only: bool = False
) -> dict[str, Any]:
    """Reads, judges and (unless `dry_run`) writes. Killed at any point it can run again: nothing is written but at the one commit.

    Result: outcome ("checked", "refused", "imported"), counts, notes, problems, differences, failed_file.
    """
    found, stored = REGISTERS[register], StoredFile.objects.get(pk=file)
    act = replace(run.act, channel=Channel.IMPORT, reason=stored.name)
    with stored.content.open("rb") as handle:
        content = handle.read()
    try:
        table = excel_in.read(found, stored.name, content)
    except InvalidError as error:
        return {
            "outcome": "refused",
            "counts": {},
            "notes": [],
            "problems": _data(error.problems),
            "problem_count": len(error.problems),
            "differences": [],
        }
    plan, outcome = _judged(run, found, table, act, dry_run, good_rows_only)
    if outcome == "imported" and run.job.attempts > 1:
        search.catch_up(found)  # the attempt before may have been killed between commit and index
    return _report(plan, outcome, act)


def _judged(
    run: jobs.Run, register: Register, table: excel_in.Table, act: Act, dry_run: bool, good_rows_only: bool
) -> tuple[importing.Plan, str]:
    for attempt in (1, 2):
        plan = importing.plan(register, table, act, lambda done, total: run.progress(done, 2 * total, _("正在核对")))
        if dry_run:
            return plan, "checked"
        if table.problems or (plan.problems and not good_rows_only):
            return plan, "refused"
        try:
            importing.carry_out(
                plan,
                act,
                good_rows_only=good_rows_only,
                progress=lambda done, total: run.progress(total + done, 2 * total, _("正在写入")),
            )
        except StaleError:
            if attempt == 2:
                raise
            run.log(_("导入期间有记录被他人修改，重新核对"))
        except InvalidError as error:
            table.problems += [problem for problem in error.problems if problem not in plan.problems]
            return plan, "refused"
        else:
            return plan, "imported"
    raise AssertionError("unreachable")


def _report(plan: importing.Plan, outcome: str, act: Act) -> dict[str, Any]:
    problems = plan.problems
    report: dict[str, Any] = {
        "outcome": outcome,
        "counts": plan.counts,
        "notes": _data(plan.table.notes),
        "problems": _data(problems[:MOST_PROBLEMS]),
        "problem_count": len(problems),
        "differences": list(plan.differences()),
    }
    if any(one.problems for one in plan.planned):
        name = excel_out.file_name(plan.register, "xlsx", "_待更正")
        report["failed_file"] = str(excel_out.keep(name, failed_rows(plan), act).pk)
    return report


def _data(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [problem.as_data() for problem in problems]


def failed_rows(plan: importing.Plan) -> bytes:
    """The faulty rows as they came, the faulty cells coloured, and what to mend at the end of each row; can be corrected and imported."""
    sheets = excel_out.Sheets(plan.register)
    sheet = sheets.book.add_worksheet("待更正")
    sheet.freeze_panes(1, 1)
    places = {column.field.name: column.place for column in plan.table.columns}
    # A unit given once over the whole table is not in this file, so it goes into the headers.
    headers = {column.place: column.unit_header for column in plan.table.columns}
    kept = [place for place, header in enumerate(plan.table.headers) if header != excel_in.PROBLEM_HEADER]
    for column, place in enumerate(kept):
        sheet.set_column(column, column, 16)
        sheet.write_string(0, column, headers.get(place, plan.table.headers[place]), sheets.head)
    sheet.set_column(len(kept), len(kept), 70)
    sheet.write_string(0, len(kept), excel_in.PROBLEM_HEADER, sheets.must)
    faulty = [one for one in plan.planned if one.problems]
    for row, one in enumerate(faulty, start=1):
        bad = {places[problem.field] for problem in one.problems if problem.field in places}
        for column, place in enumerate(kept):
            value = one.line.cells[place] if place < len(one.line.cells) else None
            if value is None and place in bad:
                sheet.write_blank(row, column, None, sheets.bad)
            sheets.write(sheet, row, column, None, value, sheets.bad if place in bad else None)
        text = "；".join(str(problem) for problem in one.problems)
        sheets.write(sheet, row, len(kept), None, text, sheets.text)
    return sheets.done()
