"""Dated parameters: values, lists and band tables, each version with its source. Half-open validity; overlaps and holes are errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..expressions import (
    NUMBER,
    SET,
    TEXT,
    Constant,
    Document,
    Kind,
    Literal,
    Number,
    Problem,
    ProblemsFound,
    Scope,
    Step,
    Table,
    Type,
    parse,
    read_document,
)

Span = tuple[date, date | None]
OPERATORS = {">=": ">=", "≥": ">=", ">": ">", "＞": ">", "<=": "<=", "≤": "<=", "<": "<", "＜": "<", "=": "="}
_KEYS = {
    "name",
    "english",
    "value",
    "values",
    "bands",
    "cite",
    "versions",
    "valid_from",
    "valid_until",
    "verified",
    "by",
    "gives",
    "note",
}


@dataclass(frozen=True)
class Parameter:
    """A named value over time; `spans` and `constants` run side by side, oldest first."""

    name: str
    spans: tuple[Span, ...]
    constants: tuple[Constant, ...]
    cites: tuple[str, ...]

    def at(self, day: date) -> Constant | None:
        """The value of the day, or None before the first and after the last version."""
        for (start, end), constant in zip(self.spans, self.constants, strict=True):
            if start <= day and (end is None or day < end):
                return constant
        return None

    def cite_at(self, day: date) -> str:
        for (start, end), cite in zip(self.spans, self.cites, strict=True):
            if start <= day and (end is None or day < end):
                return cite
        return ""


def load_parameters(folders: Iterable[Path]) -> dict[str, Parameter]:
    """Reads parameters/*.yaml: `parameters: {name: …}`. Raises ProblemsFound with all mistakes."""
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for folder in folders:
        for file in sorted((folder / "parameters").glob("*.yaml")):
            try:
                document = read_document(file)
                found |= read_parameters(document, ("parameters",), problems)
            except ProblemsFound as error:
                problems += error.problems
    if problems:
        raise ProblemsFound(problems)
    return found


def read_parameters(
    document: Document, path: tuple[str | int, ...], problems: list[Problem], span: Span = (date.min, None)
) -> dict[str, Parameter]:
    """The parameters of a section; an undated one holds for all of `span`."""
    section: Any = document.data
    for part in path:
        section = section.get(part) or {}
    found: dict[str, Parameter] = {}
    for name, entry in section.items():
        parameter = _parameter(document, (*path, name), str(name), entry, problems, span)
        if parameter:
            found[str(name)] = parameter
    return found


def _parameter(
    document: Document, path: tuple[str | int, ...], name: str, entry: Any, problems: list[Problem], span: Span
) -> Parameter | None:
    if not isinstance(entry, dict):
        entry = {"value": entry}
    for unknown in set(entry) - _KEYS:
        problems.append(
            document.problem("E301", f"不认识的项“{unknown}”", f"可用:{'、'.join(sorted(_KEYS))}", *path, unknown)
        )
    versions = entry.get("versions")
    rows = [(path, entry)] if versions is None else [((*path, "versions", i), row) for i, row in enumerate(versions)]
    spans: list[Span] = []
    constants: list[Constant] = []
    cites: list[str] = []
    for place, row in rows:
        try:
            constant = _constant(name, {**entry, **row})
        except ValueError as error:
            problems.append(
                document.problem(
                    "E302",
                    str(error),
                    "value 写数量(10%、500万元)或文本,values 写清单,bands 写 [条件, 值] 各行",
                    *place,
                )
            )
            return None
        start = row.get("valid_from") or span[0]
        spans.append((start, row.get("valid_until") or (span[1] if versions is None else None)))
        constants.append(constant)
        cites.append(str(row.get("cite") or entry.get("cite") or ""))
    problems += span_problems(document, path, spans, f"参数“{name}”")
    return Parameter(name, tuple(spans), tuple(constants), tuple(cites))


def span_problems(document: Document, path: tuple[str | int, ...], spans: Sequence[Span], what: str) -> list[Problem]:
    """Versions must follow each other without a hole or an overlap, whatever order they are written in."""
    found: list[Problem] = []
    ordered = sorted(spans, key=lambda span: span[0])
    for start, end in ordered:
        if end is not None and end <= start:
            found.append(
                document.problem("E303", f"{what}的有效期止({end})不晚于起({start})", "有效期含起日、不含止日", *path)
            )
    for (start, end), (following, _) in pairwise(ordered):
        if end is None or end > following:
            shown = "不限" if end is None else str(end)
            message = f"{what}的版本有重叠:{start} 至 {shown} 与 {following} 起"
            found.append(document.problem("E304", message, f"把前一版的 valid_until 写成 {following}", *path))
        elif end < following:
            message = f"{what}的版本有空档:{end} 至 {following}"
            found.append(document.problem("E305", message, "补上这一段的版本,或把两段接起来", *path))
    return found


def _constant(name: str, row: dict[str, Any]) -> Constant:
    english = str(row.get("english", ""))
    if "values" in row:
        return Constant(
            name, frozenset(str(item) for item in row["values"]), SET, "、".join(map(str, row["values"])), english
        )
    if "bands" in row:
        low, _high, shown = band_tables(row["bands"])
        return Constant(name, low, Type(Kind.TABLE), shown, english)
    if "value" not in row:
        raise ValueError("参数没有值")
    return _scalar(name, row["value"], english)


def _scalar(name: str, raw: object, english: str) -> Constant:
    if isinstance(raw, date):
        raw = raw.isoformat()
    try:
        tree = parse(str(raw), Scope())
    except ProblemsFound:
        if isinstance(raw, str):
            return Constant(name, raw, TEXT, f"“{raw}”", english)
        raise
    if not isinstance(tree, Literal):
        raise ValueError(f"“{raw}”不是固定的值")
    return Constant(name, tree.value, tree.type, tree.text, english)


def band_tables(rows: Any) -> tuple[Table, Table, str]:
    """Rows [condition, value] or [condition, least, greatest] as two tables of the same steps, and their text. Raises ValueError.

    Conditions: `>= 5%`, `<= 5000万元`, `else`; read from top to bottom; the last must be `else`."""
    if not isinstance(rows, list) or not rows:
        raise ValueError("分档表是空的")
    low: list[Step] = []
    high: list[Step] = []
    shown: list[str] = []
    bounds: list[Literal] = []
    results: list[Literal] = []
    for row in rows:
        if not isinstance(row, list) or len(row) not in (2, 3):
            raise ValueError(f"分档行“{row}”应为 [条件, 值] 或 [条件, 低分, 高分]")
        operator, bound = _condition(str(row[0]))
        values = [_number(value) for value in row[1:]]
        bounds += [bound] if bound else []
        results += values
        at: Number = _value(bound) if bound else 0
        low.append(Step(operator, at, _value(values[0])))
        high.append(Step(operator, at, _value(values[-1])))
        shown.append(f"{row[0] if operator else '其余'}:{'~'.join(value.text for value in values)}")
    if low[-1].operator is not None or any(step.operator is None for step in low[:-1]):
        raise ValueError("分档表要以 [else, …] 收尾,且只有一行 else")
    argument, result = _common(bounds), _common(results)
    return Table(tuple(low), argument, result), Table(tuple(high), argument, result), "; ".join(shown)


def _common(literals: list[Literal]) -> Type:
    types = {literal.type for literal in literals if not literal.type.flexible}
    if len({kind.dimension for kind in types}) > 1:
        raise ValueError("分档表里混用了不同的单位")
    return next(iter(types), NUMBER)


def _condition(text: str) -> tuple[str | None, Literal | None]:
    text = text.strip()
    if text in ("else", "其余"):
        return None, None
    for sign in sorted(OPERATORS, key=len, reverse=True):
        if text.startswith(sign):
            return OPERATORS[sign], _number(text[len(sign) :])
    raise ValueError(f"分档条件“{text}”应以 >=、>、<=、<、= 开头,或为 else")


def _number(raw: object) -> Literal:
    try:
        tree = parse(str(raw), Scope())
    except ProblemsFound as error:
        raise ValueError(f"“{raw}”不是数值:{error.problems[0].message}") from error
    if not isinstance(tree, Literal) or tree.type.kind is not Kind.NUMBER:
        raise ValueError(f"“{raw}”不是数值")
    return tree


def _value(literal: Literal) -> Number:
    if isinstance(literal.value, bool) or literal.value is None or isinstance(literal.value, str | date | frozenset):
        raise ValueError("不是数值")
    return literal.value
