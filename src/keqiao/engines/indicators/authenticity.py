"""Signs that reported work was made up rather than done, with reasons an appraiser can check. Signs, never verdicts.

Signals: last-day spikes, copied text, split contracts, circular contracts, round-number bias. Each returns suspects with the ids
of the rows concerned; thresholds are parameters so that a pack can set and date them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scipy.stats import binom


@dataclass(frozen=True)
class Suspect:
    """One sign: which rows, how strong (0-1), why, and what to look at."""

    signal: str
    rows: tuple[str, ...]
    strength: float
    reason: str
    remedy: str


@dataclass(frozen=True)
class Dated:
    """A row with the day it is counted on and who reported it."""

    id: str
    group: str
    day: date
    amount: Decimal = Decimal(1)


def last_day_spikes(
    rows: Sequence[Dated],
    deadline: date,
    days: int = 3,
    start: date | None = None,
    significance: float = 0.001,
    least: int = 5,
) -> tuple[Suspect, ...]:
    """Groups that report far more in the last `days` before the deadline than chance allows.

    Chance is the share of ALL groups' rows in those days: a rush everybody joins is no sign. One-sided binomial test,
    Bonferroni over the groups; at least `least` rows in the window and half of the group's own.
    """
    since = start or min((r.day for r in rows), default=deadline)
    inside = [r for r in rows if since <= r.day <= deadline]
    late = [r for r in inside if (deadline - r.day).days < days]
    groups = defaultdict(list)
    for r in inside:
        groups[r.group].append(r)
    out = []
    for group, own in sorted(groups.items()):
        own_late = [r for r in late if r.group == group]
        others, others_late = len(inside) - len(own), len(late) - len(own_late)
        span = max((deadline - since).days + 1, 1)
        usual = max((others_late + 1) / (others + 2) if others else 0.0, days / span)
        if len(own_late) < least or 2 * len(own_late) < len(own):
            continue
        p = float(binom.sf(len(own_late) - 1, len(own), min(usual, 1.0)))
        if p * len(groups) < significance:
            share = len(own_late) / len(own)
            out.append(
                Suspect(
                    "last_day_spike",
                    tuple(r.id for r in own_late),
                    1 - p,
                    f"{group} 截止前 {days} 天集中 {len(own_late)} 条，占其全部 {share:.0%}，其他单位同期为 {usual:.0%}",
                    "抽查这些记录的原始凭证和办理时间",
                )
            )
    return tuple(out)


@dataclass(frozen=True)
class Text:
    id: str
    group: str
    text: str


def copied_text(
    rows: Sequence[Text], similarity: float = 0.8, shortest: int = 30, shingle: int = 5
) -> tuple[Suspect, ...]:
    """Records whose descriptions are (nearly) the same: share of common character 5-grams of the shorter text ≥ `similarity`.

    Boilerplate every tenth record uses is taken out first, so that a form's own wording is no sign. Same group or not.
    """
    prepared = [(r, _shingles(r.text, shingle)) for r in rows if len(_plain(r.text)) >= shortest]
    frequency = Counter(s for _r, shingles in prepared for s in shingles)
    common = max(3, len(prepared) // 10)
    kept = [(r, frozenset(s for s in shingles if frequency[s] <= common)) for r, shingles in prepared]
    by_shingle: dict[str, list[int]] = defaultdict(list)
    for i, (_r, shingles) in enumerate(kept):
        for s in shingles:
            by_shingle[s].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for members in by_shingle.values():
        for a in range(len(members)):
            for b in range(a + 1, len(members)):
                shared[members[a], members[b]] += 1
    out = []
    for (a, b), n in sorted(shared.items()):
        left, right = kept[a], kept[b]
        smaller = min(len(left[1]), len(right[1]))
        if smaller >= shortest // 2 and n / smaller >= similarity:
            out.append(
                Suspect(
                    "copied_text",
                    (left[0].id, right[0].id),
                    n / smaller,
                    f"两条内容 {n / smaller:.0%} 相同（除通用措辞外）",
                    "对照两条记录,确认是否一事多报或照抄",
                )
            )
    return tuple(out)


def _plain(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)


def _shingles(text: str, size: int) -> frozenset[str]:
    plain = _plain(text)
    return frozenset(plain[i : i + size] for i in range(len(plain) - size + 1))


@dataclass(frozen=True)
class Deal:
    """A contract between two parties."""

    id: str
    seller: str
    buyer: str
    day: date
    amount: Decimal
    subject: str = ""


def split_contracts(
    deals: Sequence[Deal], within_days: int = 30, at_least: int = 3, likeness: float = 0.6
) -> tuple[Suspect, ...]:
    """One piece of work cut into several contracts: same seller and buyer, close dates, similar subjects (or equal amounts)."""
    pairs = defaultdict(list)
    for d in sorted(deals, key=lambda d: (d.day, d.id)):
        pairs[d.seller, d.buyer].append(d)
    out = []
    for (seller, buyer), own in sorted(pairs.items()):
        for run in _runs(own, within_days):
            cluster = _alike(run, likeness)
            if len(cluster) >= at_least:
                total = sum((d.amount for d in cluster), Decimal(0))
                days = (cluster[-1].day - cluster[0].day).days
                out.append(
                    Suspect(
                        "split_contract",
                        tuple(d.id for d in cluster),
                        min(1.0, len(cluster) / 6 + 0.5),
                        f"{seller} 与 {buyer} 在 {days} 天内签 {len(cluster)} 份内容相近的合同，合计 {total}",
                        "查是否同一项目拆分登记",
                    )
                )
    return tuple(out)


def _runs(deals: Sequence[Deal], within_days: int) -> list[list[Deal]]:
    runs: list[list[Deal]] = []
    for d in deals:
        if runs and (d.day - runs[-1][0].day).days <= within_days:
            runs[-1].append(d)
        else:
            runs.append([d])
    return runs


def _alike(run: Sequence[Deal], likeness: float) -> list[Deal]:
    """The largest set of deals that resemble one of them in subject, or have its very amount."""
    best: list[Deal] = []
    for d in run:
        own = _shingles(d.subject, 2)
        near = [o for o in run if o is d or o.amount == d.amount or _overlap(own, _shingles(o.subject, 2)) >= likeness]
        best = max(best, near, key=len)
    return best


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def circular_contracts(
    deals: Sequence[Deal], within_days: int = 365, longest: int = 4, amount_ratio: float = 0.7
) -> tuple[Suspect, ...]:
    """Money that goes round: A sells to B, B to C … back to A within the time, amounts alike (smallest ≥ 70 % of largest).

    Every circle up to `longest` parties is found once.
    """
    by_seller = defaultdict(list)
    for d in deals:
        if d.seller != d.buyer:
            by_seller[d.seller].append(d)
    found: dict[frozenset[str], Suspect] = {}

    def follow(path: list[Deal]) -> None:
        last = path[-1]
        if last.buyer == path[0].seller:
            ids = frozenset(d.id for d in path)
            if ids not in found:
                parties = " → ".join([*(d.seller for d in path), path[0].seller])
                found[ids] = Suspect(
                    "circular_contract", tuple(sorted(ids)), 1.0, f"合同绕成一圈：{parties}", "核对真实交付与资金流水"
                )
            return
        if len(path) == longest:
            return
        for d in by_seller.get(last.buyer, ()):
            fits = d.buyer == path[0].seller or d.buyer not in {p.seller for p in path}
            if fits and d.seller >= path[0].seller and _close([*path, d], within_days, amount_ratio):
                follow([*path, d])

    for d in sorted(deals, key=lambda d: d.id):
        if d.seller != d.buyer:
            follow([d])
    return tuple(found.values())


def _close(path: Sequence[Deal], within_days: int, amount_ratio: float) -> bool:
    days, amounts = [d.day for d in path], [d.amount for d in path]
    return (max(days) - min(days)).days <= within_days and min(amounts) >= Decimal(str(amount_ratio)) * max(amounts)


def round_number_bias(
    amounts: Mapping[str, Sequence[tuple[str, Decimal]]], significance: float = 0.001, least: int = 10
) -> tuple[Suspect, ...]:
    """Groups whose amounts are round far more often than the others'. Round: at most one significant digit beside zeros or fives.

    `amounts`: group → (row id, amount). One-sided binomial test against the other groups' share, Bonferroni over groups.
    """
    flags = {g: [(i, _is_round(a)) for i, a in rows] for g, rows in amounts.items()}
    total, rounds = sum(len(r) for r in flags.values()), sum(f for r in flags.values() for _i, f in r)
    out = []
    for group, rows in sorted(flags.items()):
        own = sum(f for _i, f in rows)
        others = total - len(rows)
        usual = (rounds - own + 1) / (others + 2)
        if len(rows) < least or not others:
            continue
        p = float(binom.sf(own - 1, len(rows), usual))
        if p * len(flags) < significance:
            out.append(
                Suspect(
                    "round_numbers",
                    tuple(i for i, f in rows if f),
                    1 - p,
                    f"{group} 的 {len(rows)} 笔金额中 {own} 笔为整数，其他单位为 {usual:.0%}",
                    "抽查发票与合同原件",
                )
            )
    return tuple(out)


def _is_round(amount: Decimal) -> bool:
    digits = amount.normalize().as_tuple().digits
    return (
        amount != 0
        and (len(digits) == 1 or (len(digits) == 2 and digits[1] == 5))
        and amount == amount.to_integral_value()
    )
