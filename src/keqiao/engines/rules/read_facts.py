"""Facts files (CSV, Parquet, JSON) to records: forgiving in form, strict in error, all errors at once.

Headers may be keys, Chinese names or aliases, with or without a unit in brackets (`销售收入(万元)`), with a year (`2025年销售收入`); values may carry
thousands separators, %, full-width digits, 是/否. A wrong unit, an unknown column, an impossible value is an error with row, column and remedy.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from unicodedata import normalize

from ..expressions import Field, Kind, Let, Problem, ProblemsFound, unit_of
from .catalogue import YEARS_BACK, Grain
from .results import Record

ID_HEADERS = ("id", "编号", "序号", "主键")
_UNIT_IN_HEADER = re.compile(r"^(?P<name>.+?)\s*[(（\[]\s*(?:单位[::]?)?(?P<unit>[^()（）\[\]]+)\s*[)）\]]\s*$")
_YEAR_IN_HEADER = re.compile(r"^(?P<year>(?:19|20)\d{2})\s*(?:年度|年)?[_\-\s]?(?P<name>.+)$")
_YES = {"是", "有", "true", "1", "y", "yes", "√", "真"}
_NO = {"否", "无", "false", "0", "n", "no", "×", "假"}
_EMPTY = {"", "-", "—", "/", "无数据", "未知", "null", "none", "nan", "n/a"}
_NAME_KEYS = ("enterprise_name", "contract_name", "carrier_name", "block_name", "project_name")


@dataclass(frozen=True)
class Column:
    """A header understood: the field it fills, and the unit it is written in (its scale over the field's unit)."""

    header: str
    field: Field
    factor: Fraction = Fraction(1)


def read_facts(file: Path | str, grain: Grain, as_of: date) -> list[Record]:
    """All records of a file. Raises ProblemsFound (E4xx) with every unreadable header and cell."""
    path = Path(file)
    headers, rows = _table(path)
    return records_of(headers, rows, grain, as_of, path.name)


def records_of(
    headers: Sequence[str], rows: Iterable[Sequence[object]], grain: Grain, as_of: date, file: str = ""
) -> list[Record]:
    """As `read_facts`, of a table in memory (rows in the order of `headers`)."""
    problems: list[Problem] = []
    columns = [_column(header, index, grain, as_of, file, problems) for index, header in enumerate(headers)]
    _refuse_doubles(columns, file, problems)
    records: list[Record] = []
    for number, row in enumerate(rows, start=2):
        if all(_is_empty(cell) for cell in row):
            continue
        records.append(_record(number, row, headers, columns, grain, file, problems))
    if problems:
        raise ProblemsFound(problems)
    return records


def _refuse_doubles(columns: Sequence[Column | str | None], file: str, problems: list[Problem]) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        if isinstance(column, Column):
            if column.field.key in seen:
                message = f"与“{seen[column.field.key]}”是同一个事实“{column.field.name}”"
                problems.append(Problem("E405", message, "只留一列", file, 1, field=column.header))
            seen[column.field.key] = column.header


def _column(
    header: str, index: int, grain: Grain, as_of: date, file: str, problems: list[Problem]
) -> Column | str | None:
    """The column, "id" for the identifying one, or None with a problem."""
    text = normalize("NFKC", str(header)).strip()
    if text.casefold() in ID_HEADERS:
        return "id"
    field = _find(text, grain, as_of)
    if field is not None:
        return Column(str(header), field)
    match = _UNIT_IN_HEADER.match(text)
    field = _find(match.group("name"), grain, as_of) if match else None
    if match is None or field is None:
        near = grain.scope.suggest(text)
        remedy = f"是不是:{'、'.join(near)}?" if near else "删去这一列,或用事实目录里的名称(keqiao rules show --facts)"
        problems.append(Problem("E401", "不认识的列", remedy, file, 1, index + 1, field=str(header)))
        return None
    written, own = unit_of(match.group("unit").strip()), unit_of(field.unit)
    if field.kind is not Kind.NUMBER or written is None or own is None or written[0] != own[0]:
        expected = field.unit or "无单位"
        message = f"表头单位“{match.group('unit')}”与“{field.name}”({expected})不是一类"
        problems.append(
            Problem("E402", message, f"改成 {field.name}({expected}),或同类单位", file, 1, index + 1, field=str(header))
        )
        return None
    return Column(str(header), field, written[1] / own[1])


def _find(name: str, grain: Grain, as_of: date) -> Field | None:
    found = grain.scope.find(name)
    if found is None and (match := _YEAR_IN_HEADER.match(name)):
        back = as_of.year - 1 - int(match.group("year"))
        base = grain.scope.find(match.group("name"))
        fact = grain.facts.get(base.key) if isinstance(base, Field) else None
        if fact is not None and fact.period == "year" and 0 <= back < len(YEARS_BACK):
            found = grain.scope.find(YEARS_BACK[back][1] + fact.field.name)
    field = found.field if isinstance(found, Let) else found
    return field if isinstance(field, Field) and field.key in grain.facts else None


def _record(
    number: int,
    row: Sequence[object],
    headers: Sequence[str],
    columns: Sequence[Column | str | None],
    grain: Grain,
    file: str,
    problems: list[Problem],
) -> Record:
    values: dict[str, object] = {}
    identity = ""
    if len(row) > len(headers):
        problems.append(
            Problem(
                "E404",
                f"这一行有 {len(row)} 格,表头只有 {len(headers)} 格",
                "检查多余的逗号或未加引号的内容",
                file,
                number,
            )
        )
    for column, cell in zip(columns, row, strict=False):
        if column == "id":
            identity = str(cell).strip()
        elif isinstance(column, Column) and not _is_empty(cell):
            try:
                values[column.field.key] = _stored(column, cell)
            except ValueError as error:
                problems.append(
                    Problem(
                        "E403", str(error), _remedy(column.field), file, number, field=column.header, value=str(cell)
                    )
                )
    name = next((str(values[key]) for key in _NAME_KEYS if key in values), "")
    identity = identity or str(values.get(grain.identity, "")) or name or str(number - 1)
    return Record(identity, values, name, dict.fromkeys(values, f"{file} 第{number}行"))


def _remedy(field: Field) -> str:
    if field.choices:
        return f"可填:{'、'.join(field.choices)}"
    kinds = {
        Kind.NUMBER: f"填数字,单位{field.unit or '无'};不知道就留空",
        Kind.DATE: "写成 2026-01-01;不知道就留空",
        Kind.BOOL: "填 是 或 否;不知道就留空",
        Kind.SET: "多项用顿号或分号隔开;确实没有填 无,不知道就留空",
    }
    return kinds.get(field.kind, "填文字;不知道就留空")


def _is_empty(cell: object) -> bool:
    if cell is None or (isinstance(cell, float) and cell != cell):
        return True
    return isinstance(cell, str) and cell.strip().casefold() in _EMPTY


def _stored(column: Column, cell: object) -> object:
    field = column.field
    if field.kind is Kind.NUMBER:
        return _number(column, cell)
    if field.kind is Kind.BOOL:
        return _flag(cell)
    if field.kind is Kind.DATE:
        return _date(cell)
    if field.kind is Kind.SET:
        return _set(cell)
    text = normalize("NFKC", str(cell)).strip()
    if field.choices and text not in field.choices:
        raise ValueError("不在可选值之内")
    return text


_CELL_NUMBER = re.compile(r"^(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(?P<unit>\S*)$")


def _number(column: Column, cell: object) -> Decimal:
    field = column.field
    amount, factor = _amount_in(cell, field, column)
    stored = amount * factor
    scaled = stored * 10**field.decimals
    if scaled.denominator != 1:
        raise ValueError(f"最多 {field.decimals} 位小数({field.unit or '无单位'})")
    if field.unit == "" and field.decimals == 0 and field.kind is Kind.NUMBER and scaled.denominator != 1:
        raise ValueError("应为整数")
    value = Decimal(scaled.numerator).scaleb(-field.decimals)
    field.value(value)
    return value


def _amount_in(cell: object, field: Field, column: Column) -> tuple[Fraction, Fraction]:
    """The cell's number and the factor to the field's unit."""
    if isinstance(cell, bool):
        raise ValueError("应为数值,给的是“是/否”")
    if isinstance(cell, int | Decimal):
        return Fraction(cell), column.factor
    if isinstance(cell, float):
        return Fraction(Decimal(repr(cell))), column.factor
    text = normalize("NFKC", str(cell)).strip().replace("−", "-")
    match = _CELL_NUMBER.match(text)
    if not match or not match.group("number"):
        raise ValueError("不是数值")
    try:
        amount = Fraction(Decimal(match.group("number").replace(",", "")))
    except InvalidOperation as error:
        raise ValueError("不是数值") from error
    unit = match.group("unit")
    if not unit:
        return amount, column.factor
    written, own = unit_of(unit), unit_of(field.unit)
    if written is None or own is None or written[0] != own[0]:
        raise ValueError(f"单位“{unit}”与该列({field.unit or '无单位'})不是一类")
    return amount, written[1] / own[1]


def _flag(cell: object) -> bool:
    if isinstance(cell, bool):
        return cell
    text = str(cell).strip().casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueError("应为 是 或 否")


def _date(cell: object) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = normalize("NFKC", str(cell)).strip()
    match = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?", text
    ) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if not match:
        raise ValueError("不是日期")
    try:
        return date(*map(int, match.groups()))
    except ValueError as error:
        raise ValueError("没有这一天") from error


def _set(cell: object) -> frozenset[str]:
    if isinstance(cell, list | tuple | set | frozenset):
        return frozenset(str(item).strip() for item in cell)
    text = normalize("NFKC", str(cell)).strip()
    return (
        frozenset()
        if text in ("无", "[]")
        else frozenset(part.strip() for part in re.split(r"[;,、|,;]", text) if part.strip())
    )


# files


def _table(path: Path) -> tuple[list[str], list[Sequence[object]]]:
    readers = {".csv": _csv, ".json": _json, ".jsonl": _json, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ProblemsFound(
            [Problem("E001", f"不认识的文件类型“{path.suffix}”", "用 .csv、.json、.jsonl 或 .parquet", str(path))]
        )
    try:
        return reader(path)
    except OSError as error:
        raise ProblemsFound([Problem("E001", f"文件读不出来:{error.strerror}", "检查路径与权限", str(path))]) from error


def _csv(path: Path) -> tuple[list[str], list[Sequence[object]]]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ProblemsFound([Problem("E001", "文件编码不认识", "另存为 UTF-8 的 CSV", str(path))])
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if not rows:
        raise ProblemsFound([Problem("E001", "文件是空的", "第一行写表头", str(path))])
    return rows[0], [*rows[1:]]


def _json(path: Path) -> tuple[list[str], list[Sequence[object]]]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        if path.suffix == ".jsonl":
            data = [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]
        else:
            data = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ProblemsFound(
            [Problem("E001", f"不是合法的 JSON:{error.msg}", "检查引号与逗号", str(path), error.lineno, error.colno)]
        ) from error
    if isinstance(data, dict):
        data = data.get("facts") or data.get("rows") or data.get("records") or [data]
    rows = [_flat(entry) for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []
    if not rows:
        raise ProblemsFound([Problem("E001", "JSON 里没有记录", "写成 [{…}, {…}],每个对象一条记录", str(path))])
    headers = list(dict.fromkeys(key for row in rows for key in row))
    return headers, [[row.get(header) for header in headers] for row in rows]


def _flat(entry: dict[str, object]) -> dict[str, object]:
    """A record may keep its facts under `facts`."""
    inner = entry.get("facts")
    return {**{k: v for k, v in entry.items() if k != "facts"}, **inner} if isinstance(inner, dict) else entry


def _parquet(path: Path) -> tuple[list[str], list[Sequence[object]]]:
    import polars as pl

    frame = pl.read_parquet(path)
    return frame.columns, [*frame.iter_rows()]
