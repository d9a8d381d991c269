"""Small snapshots, trees and definitions shared by the tests, and the roll-up written a second time, naively, from the rows."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from keqiao.engines.expressions import document_of
from keqiao.engines.indicators import Definition, Period, UnitTree, definition_of, tree_from_rows

ROWS = pa.schema(
    [
        ("id", pa.int64()),
        ("org_unit", pa.string()),
        ("day", pa.date32()),
        ("kind", pa.string()),
        ("who", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("cost", pa.decimal128(18, 2)),
        ("since", pa.date32()),
        ("until", pa.date32()),
    ]
)


def define(text: str) -> Definition:
    return definition_of(document_of(text, "test.yaml"))


def write(directory: Path, rows: list[dict[str, Any]], name: str = "deed") -> None:
    full = [{"id": i + 1, **{c: row.get(c) for c in ROWS.names if c != "id"}} for i, row in enumerate(rows)]
    pq.write_table(pa.Table.from_pylist(full, schema=ROWS), directory / f"{name}.parquet")


def small_tree() -> UnitTree:
    return tree_from_rows(
        [
            {"code": "c", "name": "county", "level": "county", "parent": ""},
            {"code": "t1", "name": "one", "level": "town", "parent": "c"},
            {"code": "t2", "name": "two", "level": "town", "parent": "c"},
        ]
    )


DEFINITIONS = {
    "total": "components: {n: {register: deed, value: amount, date: day}}\nmeasure_unit: 元",
    "ratio": "components: {num: {register: deed, value: cost, date: day}, den: {register: deed, value: amount, date: day}}\nformula: num / den\nmeasure_unit: '%'\nmissing: {policy: propagate}",
    "people": "components: {n: {register: deed, distinct: who, date: day}}\nmeasure_unit: 人",
    "newest": "components: {n: {register: deed, value: amount, date: day, time: last}}\nmeasure_unit: 元\nmissing: {policy: propagate}",
    "newest_known": "components: {n: {register: deed, value: amount, date: day, time: last_nonempty, per: who}}\nmeasure_unit: 元\nmissing: {policy: propagate}",
    "held": "components: {n: {register: deed, where: kind = 'a', held: [since, until]}}\nmeasure_unit: 项",
    "kind_b": "components: {n: {register: deed, select: {kind: b}, value: amount, date: day}}\nmeasure_unit: 元",
    "largest": "components: {n: {register: deed, value: amount, date: day, time: max, across: max}}\nmeasure_unit: 元\nmissing: {policy: propagate}",
}


def definitions() -> list[Definition]:
    return [define(f"id: {key}\nversion: 1\nname: {key}\n{body}\n") for key, body in DEFINITIONS.items()]


def naive(key: str, rows: list[dict[str, Any]], tree: UnitTree, org: str, period: Period) -> float | None:
    """What the definition says, straight from the rows: every row is tested alone, every node added up alone."""
    if key == "held":
        return float(
            sum(1 for r in rows if _under(tree, r, org, period.last_day) and r["kind"] == "a" and _holds(r, period))
        )
    inside = [r for r in rows if r["day"] and period.start <= r["day"] < period.stop and _under(tree, r, org, r["day"])]
    amounts = [r["amount"] for r in inside if r["amount"] is not None]
    if key == "total":
        return None if inside and not amounts else float(sum(amounts, Decimal(0)))
    if key == "kind_b":
        own = [r for r in inside if r["kind"] == "b"]
        known = [r["amount"] for r in own if r["amount"] is not None]
        return None if own and not known else float(sum(known, Decimal(0)))
    if key == "people":
        return (
            float(len({r["who"] for r in inside if r["who"]})) if not inside or any(r["who"] for r in inside) else 0.0
        )
    if key == "largest":
        return float(max(amounts)) if amounts else None
    if key == "ratio":
        costs = [r["cost"] for r in inside if r["cost"] is not None]
        top, bottom = sum(costs, Decimal(0)), sum(amounts, Decimal(0))
        return float(top / bottom * 100) if costs and amounts and bottom else None
    return _latest(key, inside)


def _latest(key: str, inside: list[dict[str, Any]]) -> float | None:
    """Time first, within each unit (and person); then up the tree."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for r in inside:
        if key == "newest_known" and r["amount"] is None:
            continue
        groups.setdefault((r["org_unit"], r["who"] or "") if key == "newest_known" else (r["org_unit"],), []).append(r)
    total, known = Decimal(0), False
    for own in groups.values():
        last = max(r["day"] for r in own)
        for r in own:
            if r["day"] == last and r["amount"] is not None:
                total, known = total + r["amount"], True
    return float(total) if known else None


def _under(tree: UnitTree, row: dict[str, Any], org: str, day: datetime.date) -> bool:
    return row["org_unit"] is not None and org in tree.chain(row["org_unit"], day)


def _holds(row: dict[str, Any], period: Period) -> bool:
    return (
        row["since"] is not None
        and row["since"] < period.stop
        and (row["until"] is None or row["until"] >= period.stop)
    )
