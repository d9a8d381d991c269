"""Withholding figures that rest on too few reporters, without letting a subtraction give them away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa

from keqiao.engines.indicators.definition import Definition
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.tree import UnitTree


def withheld(table: pa.Table, definitions: Sequence[Definition], tree: UnitTree) -> pa.Table:
    """Blank the figures marked `withheld`; where only one child of a parent is, its smallest sibling is withheld with it,
    so that parent minus the others does not show it. Definitions without a disclosure rule pass through untouched."""
    guarded = {d.id for d in definitions if d.disclosure}
    if not guarded:
        return table
    rows = table.to_pylist()
    groups: dict[tuple[str, str], dict[str, dict[str, object]]] = defaultdict(dict)
    for row in rows:
        if row["indicator"] in guarded:
            groups[row["indicator"], row["period"]][row["org"]] = row
    for (_indicator, label), by_org in groups.items():
        _protect(by_org, Period.parse(label), tree)
    for row in rows:
        if row["state"] == "withheld":
            row["value"], row["components"] = None, None
    return pa.Table.from_pylist(rows, schema=table.schema)


def _protect(by_org: dict[str, dict[str, object]], period: Period, tree: UnitTree) -> None:
    """Top down: a withheld sibling may need a partner, whose own children then matter in turn."""
    for parent in list(by_org):
        children = [u.code for u in tree.children_on(parent, period.last_day) if u.code in by_org]
        hidden = [c for c in children if by_org[c]["state"] == "withheld"]
        if len(hidden) == 1 and by_org[parent]["state"] != "withheld":
            open_ones = [c for c in children if c not in hidden and by_org[c]["value"]]
            if open_ones:
                partner = min(open_ones, key=lambda c: (abs(float(str(by_org[c]["value"]))), c))
                by_org[partner]["state"] = "withheld"
