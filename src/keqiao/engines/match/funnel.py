"""The match funnel: shown → contact → talk → intent → deal, counted from events alone, and the coded answers.

Hides repeated, late and out-of-order events: a pair counts at a stage when it reached it or a later one, once. Nothing
is stored here; the same events always give the same figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Stage = Literal["shown", "contact", "talk", "intent", "deal"]
STAGES: tuple[Stage, ...] = ("shown", "contact", "talk", "intent", "deal")
GroupBy = Literal["all", "matcher", "broker", "industry"]

# Coded answers to a recommendation, with their Chinese names; `fits` is the only good one.
ANSWERS = {
    "fits": "合适",
    "too_early": "成熟度不够",
    "benefit_unclear": "效益不明",
    "route_unclear": "技术路线不明",
    "description_unclear": "描述不清",
    "price": "价格不合适",
    "competitor": "已有或选用他人方案",
    "not_our_field": "不属本领域",
    "no_capacity": "暂无人力或资金",
    "other": "其他",
}


@dataclass(frozen=True)
class Event:
    """Something that happened to a recommended pair. `stage` or `answer` (a code of `ANSWERS`) or both are given."""

    pair: str
    at: datetime
    stage: Stage | None = None
    answer: str = ""
    matcher: str = ""
    broker: str = ""
    industry: str = ""


@dataclass(frozen=True)
class StageCount:
    """Pairs that reached a stage, as a share of those shown and of the stage before (None where that is 0), and the
    median days from the first showing (None where unknown)."""

    stage: Stage
    count: int
    of_shown: float | None
    of_previous: float | None
    median_days: float | None


@dataclass(frozen=True)
class Funnel:
    """The funnel of one group, with its answers by code (the latest answer of each pair counts)."""

    group: str
    stages: tuple[StageCount, ...]
    answers: tuple[tuple[str, int], ...]
    unanswered: int


def funnels(events: Iterable[Event], by: GroupBy = "all") -> tuple[Funnel, ...]:
    """Funnels per group, most shown first. A pair belongs to the group named last on it (a broker may join later);
    events with an unknown answer code raise ValueError. Cost: one sort of the events."""
    pairs: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda each: each.at):
        if event.answer and event.answer not in ANSWERS:
            raise ValueError(f"answer {event.answer!r} of pair {event.pair!r}: use one of {', '.join(ANSWERS)}")
        pairs[event.pair].append(event)
    groups: dict[str, list[list[Event]]] = defaultdict(list)
    for history in pairs.values():
        groups[_group(history, by)].append(history)
    made = [_funnel(group, histories) for group, histories in groups.items()]
    return tuple(sorted(made, key=lambda each: (-each.stages[0].count, each.group)))


def _group(history: Sequence[Event], by: GroupBy) -> str:
    return "" if by == "all" else next((value for each in reversed(history) if (value := getattr(each, by))), "")


def _funnel(group: str, histories: Sequence[Sequence[Event]]) -> Funnel:
    reached = [_reached(history) for history in histories]
    counts = [sum(level >= at for level in reached) for at in range(len(STAGES))]
    stages = tuple(
        StageCount(
            stage,
            counts[at],
            counts[at] / counts[0] if counts[0] else None,
            counts[at] / counts[at - 1] if at and counts[at - 1] else None,
            _median([days for history in histories if (days := _days(history, at)) is not None]),
        )
        for at, stage in enumerate(STAGES)
    )
    latest = [next((each.answer for each in reversed(history) if each.answer), "") for history in histories]
    answers = Counter(code for code in latest if code)
    ordered = tuple((code, answers[code]) for code in ANSWERS if answers[code])
    return Funnel(group, stages, ordered, latest.count(""))


def _reached(history: Sequence[Event]) -> int:
    """Index of the furthest stage; a pair with answers only was at least shown."""
    return max((STAGES.index(each.stage) for each in history if each.stage), default=0)


def _days(history: Sequence[Event], stage: int) -> float | None:
    """Days from the first event to the first that reached the stage."""
    first = next((each.at for each in history if each.stage and STAGES.index(each.stage) >= stage), None)
    return None if first is None else (first - history[0].at).total_seconds() / 86400


def _median(values: list[float]) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
