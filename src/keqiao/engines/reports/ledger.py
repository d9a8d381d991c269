"""The ledger a draft is checked against: confirmed figures with their sentence and source, as JSON lines."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

RATES = ("yoy", "attainment", "share", "rank", "rank_change", "ratio", "gap", "change_abs")


@dataclass(frozen=True)
class LedgerEntry:
    """One confirmed figure. `value` is in the base unit (元, percent points); `rows` says what stands behind it."""

    id: str
    indicator: str
    value: Decimal
    unit: str
    sentence: str = ""
    span: str = ""
    article: str = ""
    subject: str = ""
    period: str = ""
    kind: str = ""
    measure: str = ""
    modifier: tuple[str, ...] = ()
    value_max: Decimal | None = None
    rows: str = ""


def load_ledger(lines: Iterable[str]) -> list[LedgerEntry]:
    """Entries of JSON lines such as `keqiao text facts` writes; lines without a value (masks) are passed over.

    Raises ValueError listing every wrong line.
    """
    entries: list[LedgerEntry] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except json.JSONDecodeError as error:
            problems.append(f"L001 line {number}: not JSON ({error.msg})")
            continue
        if not isinstance(data, Mapping) or "value" not in data:
            problems.append(f"L002 line {number}: an object with at least indicator, value and unit is needed")
        elif data["value"] is not None and data.get("kind") not in ("ignore", "none", "masked"):
            try:
                entries.append(_entry(number, data))
            except ArithmeticError:
                problems.append(f"L003 line {number}: value {data['value']!r} is not a number")
    if problems:
        raise ValueError("\n".join(problems))
    return entries


def _entry(number: int, data: Mapping[str, object]) -> LedgerEntry:
    def text(name: str) -> str:
        value = data.get(name)
        return "" if value is None else str(value)

    modifier = data.get("modifier")
    high = data.get("value_max")
    return LedgerEntry(
        id=text("id") or str(number), indicator=text("indicator"), value=Decimal(str(data["value"])), unit=text("unit"),
        sentence=text("sentence"), span=text("span"), article=text("article"), subject=text("subject"), period=text("period"),
        kind=text("kind"), measure=text("measure"), modifier=tuple(map(str, modifier)) if isinstance(modifier, list) else (),
        value_max=None if high is None else Decimal(str(high)), rows=text("rows") or text("source"),
    )  # fmt: skip
