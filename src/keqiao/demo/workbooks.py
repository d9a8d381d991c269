"""Workbooks: one .xlsx per table, with the Chinese headers and choice labels that the register's import expects."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter

from keqiao.demo.world import Row, Table

CREATED = datetime.datetime(2026, 1, 1)
SEPARATOR = "；"


@dataclass(frozen=True)
class Column:
    """A field by its name, how its header reads, and the labels of its codes."""

    name: str
    header: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def cell(self, value: Any) -> Any:
        """What is written for a value: labels for codes, 是/否 for flags, nothing for what is not known."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list):
            return SEPARATOR.join(self.labels.get(code, str(code)) for code in value)
        return self.labels.get(value, value) if isinstance(value, str) else value


class UnknownFieldError(ValueError):
    """The world has fields that a register does not declare (or no longer)."""


def write_workbooks(
    tables: Sequence[Table],
    folder: Path,
    columns_of: Callable[[str], Sequence[Column]],
    title_of: Callable[[str], str],
) -> list[tuple[Table, Path]]:
    """Writes "01_机构.xlsx" … into `folder`, in loading order; columns that no row fills are left out. Same tables, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    width = max(2, len(str(len(tables))))
    written = []
    for number, table in enumerate(tables, start=1):
        columns = columns_of(table.register)
        path = folder / f"{number:0{width}d}_{table.title or title_of(table.register)}.xlsx"
        write(path, table.rows, columns)
        written.append((table, path))
    return written


def write(path: Path, rows: Sequence[Row], columns: Sequence[Column]) -> None:
    """One workbook. Raises UnknownFieldError naming fields of the rows that no column takes."""
    used = {name for row in rows for name, value in row.items() if value is not None}
    if unknown := used - {column.name for column in columns}:
        raise UnknownFieldError(
            f"{path.name}: the register has no field {', '.join(sorted(unknown))}. Remedy: follow its declaration in keqiao.demo."
        )
    shown = [column for column in columns if column.name in used]
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"created": CREATED, "title": path.stem})
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(shown):
        sheet.write_string(0, index, column.header, bold)
        sheet.set_column(index, index, min(40, max(10, 2 * len(column.header))))
    for line, row in enumerate(rows, start=1):
        for index, column in enumerate(shown):
            value = column.cell(row.get(column.name))
            if isinstance(value, datetime.date):
                sheet.write_datetime(line, index, datetime.datetime(value.year, value.month, value.day), day)
            elif isinstance(value, int | float):
                sheet.write_number(line, index, value)
            elif value not in (None, ""):
                sheet.write_string(line, index, str(value))
    book.close()
