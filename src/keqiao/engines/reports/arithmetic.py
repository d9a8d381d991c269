"""Arithmetic that a report must satisfy by itself: parts and whole, growth and levels, shares, attainment, and no contradictions.

Hides which figures belong together. Only what follows from the text is checked; lower bounds (余, 以上) are treated as such.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from keqiao.engines.reports.agreement import quantum
from keqiao.engines.reports.figures import format_amount, plain
from keqiao.engines.text import Fact

Notes = dict[int, list[str]]
APPROXIMATE = ("余", "多", "近", "约", "超", "超过", "突破", "逾", "以上", "左右", "不低于", "不少于")
PAST = ("上年", "去年", "上年同期", "去年同期", "同期")


def inconsistencies(facts: Sequence[Fact]) -> Notes:
    """Reasons by the start offset of the figures they concern."""
    notes: Notes = defaultdict(list)
    sentences: dict[tuple[str, int], list[Fact]] = defaultdict(list)
    number, last = 0, ""
    for fact in facts:
        if fact.sentence != last:
            number, last = number + 1, fact.sentence
        sentences[fact.sentence, number].append(fact)
    for group in sentences.values():
        _parts(group, notes)
        _growth(group, notes)
        _shares(group, notes)
        _attainment(group, notes)
    _contradictions(facts, notes)
    return dict(notes)


def _is_exact(fact: Fact) -> bool:
    return not any(m in APPROXIMATE for m in fact.modifier) and fact.value_max is None


def _amount(fact: Fact) -> str:
    assert fact.value is not None
    return format_amount(fact.value, fact.unit)


def _value(fact: Fact) -> Decimal:
    assert fact.value is not None
    return fact.value


def _parts(group: Sequence[Fact], notes: Notes) -> None:
    by_start = {fact.start: fact for fact in group}
    wholes: dict[int, list[Fact]] = defaultdict(list)
    for fact in group:
        if fact.part_of in by_start and fact.unit == by_start[fact.part_of].unit and fact.measure == "level":
            wholes[fact.part_of].append(fact)
    for start, parts in wholes.items():
        whole = by_start[start]
        largest = max(parts, key=_value)
        if _value(largest) > _value(whole) and not (
            _is_exact(largest) and not _is_exact(whole) and _value(largest) <= _value(whole) * Decimal("1.1")
        ):
            reason = f"其中{_amount(largest)}大于总数{_amount(whole)}"
            notes[start].append(reason)
            notes[largest.start].append(reason)
            continue
        total = sum((_value(p) for p in parts), Decimal(0))
        exact = _is_exact(whole) and all(map(_is_exact, parts))
        near = total < _value(whole) and len(parts) >= 3 and (_value(whole) - total) <= _value(whole) * Decimal("0.1")
        if exact and len(parts) >= 2 and ((total > _value(whole) and _same_kind(parts)) or near):
            reason = f"各部分之和为{format_amount(total, whole.unit)}，与总数{_amount(whole)}不符"
            notes[start].append(reason)


#: Heads of which no two can hold of the same thing; 发明专利 and 企业专利 may, so they are not here together.
PARTITIONS = (
    ("国家", "部", "省", "市", "县", "区", "镇", "乡", "村"),
    ("工业", "农业", "社会发展", "社发", "软科学", "服务业", "星火", "高新"),
    ("发明", "实用新型", "外观设计"),
    ("一等奖", "二等奖", "三等奖", "特等奖", "金奖", "银奖", "优秀奖"),
    ("男", "女"),
)


def _same_kind(parts: Sequence[Fact]) -> bool:
    """Whether the parts exclude each other (省级、市级; 工业类、农业类), so that their sum may not exceed the whole."""
    heads = [part.indicator for part in parts]
    return any(all(head.startswith(names) for head in heads) for names in PARTITIONS) or all(
        "类" in head[:6] for head in heads
    )


def _growth(group: Sequence[Fact], notes: Notes) -> None:
    for rate in group:
        if rate.measure != "yoy" or rate.unit != "%":
            continue
        base = rate.indicator
        levels = [
            f
            for f in group
            if f.measure == "level"
            and f.start < rate.start
            and f.indicator
            and base.startswith(f.indicator.removesuffix("数").removesuffix("额"))
        ]
        past = [f for f in levels if f.period in PAST]
        current = [f for f in levels if f.period not in PAST or (past and f.start > past[-1].start)]
        current = [f for f in current if f not in past[:1]]
        if not past or not current or _value(past[0]) == 0:
            continue
        now, before = current[-1], past[0]
        if not (_is_exact(now) and _is_exact(before)):
            continue
        growth = (_value(now) - _value(before)) / _value(before) * 100
        written = -_value(rate) if "下降" in rate.modifier or "减少" in rate.modifier else _value(rate)
        slack = quantum(rate) / 2 + 100 * (quantum(now) + quantum(before)) / 2 / _value(before) * 2
        if abs(growth - written) > max(slack, Decimal("0.06")):
            notes[rate.start].append(
                f"由{_amount(before)}到{_amount(now)}应为{plain(growth, 2)}%，文中写{plain(written, 2)}%"
            )


def _shares(group: Sequence[Fact], notes: Notes) -> None:
    by_start = {fact.start: fact for fact in group}
    for before, share in pairwise(group):
        whole = by_start.get(before.part_of) if before.part_of is not None else None
        if (
            share.measure != "share"
            or share.unit != "%"
            or whole is None
            or "占" not in share.indicator[-4:]
            or _value(whole) == 0
        ):
            continue
        if share.indicator != before.indicator + "占比" or not (_is_exact(before) and _is_exact(whole)):
            continue
        actual = _value(before) / _value(whole) * 100
        slack = quantum(share) / 2 + 100 * (quantum(before) + quantum(whole)) / 2 / _value(whole)
        if abs(actual - _value(share)) > max(slack, Decimal("0.06")):
            notes[share.start].append(
                f"{_amount(before)}占{_amount(whole)}应为{plain(actual, 2)}%，文中写{plain(_value(share), 2)}%"
            )


def _attainment(group: Sequence[Fact], notes: Notes) -> None:
    for rate in group:
        if rate.measure != "attainment" or rate.unit not in ("%", "倍"):
            continue
        levels = [f for f in group if f.measure == "level" and f.start < rate.start]
        targets = [f for f in levels if f.status == "target"]
        actuals = [f for f in levels if f.status == "actual" and targets and f.indicator == targets[-1].indicator]
        if (
            not targets
            or not actuals
            or _value(targets[-1]) == 0
            or not (_is_exact(targets[-1]) and _is_exact(actuals[-1]))
        ):
            continue
        done, target = actuals[-1], targets[-1]
        ratio = _value(done) / _value(target) * (100 if rate.unit == "%" else 1)
        slack = (
            quantum(rate) / 2
            + ratio * (quantum(done) / 2 / max(_value(done), Decimal(1)) + quantum(target) / 2 / _value(target))
            if done.unit == "元"
            else quantum(rate) / 2
        )
        if abs(ratio - _value(rate)) > max(slack, Decimal("0.06")):
            notes[rate.start].append(
                f"{_amount(done)}对目标{_amount(target)}应为{plain(ratio, 2)}{rate.unit}，文中写{plain(_value(rate), 2)}{rate.unit}"
            )


def _contradictions(facts: Sequence[Fact], notes: Notes) -> None:
    """The same indicator, subject, period and measure with two values that cannot both be right."""
    seen: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in facts:
        if len(fact.indicator) >= 6 and fact.part_of is None and fact.measure in ("level", "share") and _is_exact(fact):
            seen[fact.indicator, fact.subject, fact.unit, fact.status, fact.measure, _period(fact)].append(fact)
    for same in seen.values():
        first = same[0]
        for other in same[1:]:
            if other.sentence == first.sentence or other.verb != first.verb:
                continue
            step = max(quantum(first), quantum(other))
            if abs(_value(first) - _value(other)) * 2 > step and _value(first) != _value(other):
                reason = f"前后不一：{first.span}与{other.span}（{first.indicator}）"
                notes[first.start].append(reason)
                notes[other.start].append(reason)


def _period(fact: Fact) -> str:
    return {"今年以来": "今年", "全年": "今年", "年内": "今年", "截至目前": "今年", "截止目前": "今年", "": "今年"}.get(
        fact.period, fact.period
    )
