"""Does a written figure agree with a recorded one: equal, rounded, precision lost, or a mismatch."""

import re
from decimal import Decimal

from keqiao.engines.reports.figures import format_amount
from keqiao.engines.reports.ledger import LedgerEntry
from keqiao.engines.text import Fact

LOWER_BOUND = ("余", "多", "超", "超过", "突破", "逾", "以上", "高达", "不低于", "不少于", "上", "过", "有余", "破")
UPPER_BOUND = ("近", "接近", "将近", "不超过", "以下", "以内")
AROUND = ("约", "大约", "左右", "上下")
VAGUE = (*LOWER_BOUND, *UPPER_BOUND, *AROUND)
#: How far a marked rounding may be off.
TOLERANCE = Decimal("0.1")
AROUND_TOLERANCE = Decimal("0.05")


def compare(fact: Fact, entry: LedgerEntry) -> tuple[str, str]:
    """(verdict, reason in Chinese). Both values are in the base unit."""
    assert fact.value is not None
    value, recorded = fact.value, entry.value
    said = f"文中{fact.span}，台账{format_amount(recorded, entry.unit)}"
    vague = [m for m in fact.modifier if m in VAGUE]
    was_vague = [m for m in entry.modifier if m in ("余", "多", "近", "约", "左右", "超", "超过", "突破", "逾", "以上")]
    if _opposite(fact, entry):
        return "mismatch", f"{said}，升降方向相反"
    if value == recorded and fact.value_max == entry.value_max:
        if was_vague and not vague:
            return "precision_lost", f"台账为约数（{'、'.join(was_vague)}），文中写成了确数"
        return "equal", f"与台账一致：{entry.indicator}"
    if abs(value - recorded) * 2 <= quantum(fact) and not _is_count(fact):
        return "rounded", f"{said}，四舍五入"
    if recorded == 0:
        return "mismatch", f"{said}，不一致"
    off = (value - recorded) / abs(recorded)
    if any(m in AROUND for m in vague) and abs(off) <= AROUND_TOLERANCE:
        return "rounded", f"{said}，已标明约数"
    if any(m in LOWER_BOUND for m in vague) and -TOLERANCE <= off <= 0 and _truncates(value, recorded):
        return "rounded", f"{said}，已标明下限"
    if any(m in UPPER_BOUND for m in vague) and 0 <= off <= TOLERANCE:
        return "rounded", f"{said}，已标明上限"
    return "mismatch", f"{said}，不一致"


def _opposite(fact: Fact, entry: LedgerEntry) -> bool:
    falls = ("下降", "减少", "回落", "降低")
    if entry.measure not in ("", "yoy", "change_abs") or fact.measure not in ("yoy", "change_abs"):
        return False
    fell, recorded_fell = (
        any(w in m for w in falls) for m in (fact.modifier, (*entry.modifier, *_words(entry.sentence, entry.span)))
    )
    return fell != recorded_fell and entry.value > 0 and bool(entry.modifier or entry.sentence)


def _words(sentence: str, span: str) -> tuple[str, ...]:
    at = sentence.find(span) if span else -1
    match = re.search(r"(下降|减少|回落|降低)[^,，]{0,3}$", sentence[:at]) if at > 0 else None
    return (match[1],) if match else ()


def quantum(fact: Fact) -> Decimal:
    """The step of the last written digit in the base unit: 0.34亿元 → 1,000,000; 12.4% → 0.1."""
    digits = re.search(r"\d+(?:,\d{3})*(?:\.(\d+))?", fact.span)
    if not digits:
        return Decimal(0)
    step = Decimal(1).scaleb(-len(digits[1] or ""))
    for char in re.sub(r"[\d.,]", "", fact.span):
        step *= {"百": 100, "千": 1000, "万": 10**4, "亿": 10**8}.get(char, 1)
    return step


def _is_count(fact: Fact) -> bool:
    """Counts are written exactly; only amounts in 万, 亿 or with decimals are rounded without saying so."""
    return quantum(fact) <= 1 and fact.unit not in ("元", "%", "个百分点", "‰", "倍") and "." not in fact.span


def _truncates(value: Decimal, recorded: Decimal) -> bool:
    """3000余 for 3186: the recorded value begins with the same digits, or lies within one step of the written ones."""
    step = Decimal(1)
    while value % (step * 10) == 0 and step * 10 <= abs(value):
        step *= 10
    return recorded - value < step or (recorded - value) / value <= TOLERANCE
