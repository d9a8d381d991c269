"""Duplicates (查重): pairs of rows that are probably the same thing, with the reason, found without comparing every row with every other.

Two rows are compared when their identities are one slip apart (a wrong, missing, extra or swapped character, or look-alikes such as O and
0), or when their names share one of their rarest character pairs. Names are compared after what says nothing is taken off: width, blanks,
brackets, legal forms.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from keqiao.core import access, audit
from keqiao.core.act import Act
from keqiao.core.models import DistinctPair
from keqiao.core.records import references
from keqiao.core.records.declare import Register, register_of
from keqiao.core.records.fields import fold

LIKELY = 88.0  # of 100: below, most pairs of company names are different companies of one trade
MOST_ROWS = 200_000
BIGGEST_BLOCK = 60  # a character pair that more names share says nothing
RAREST = 4
LOOK_ALIKE = str.maketrans("OIZSBLQDG", "012581006")
LEGAL_FORMS = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|责任公司|集团公司|公司|合伙企业|有限合伙|个人独资企业|专业合作社|研究院|研究所)"
)
EMPTY = re.compile(r"[\s()（）\[\]【】〔〕《》“”\"'·.,，。、\-—_/]+")


@dataclass(frozen=True)
class Pair:
    """Two rows that look alike; `score` is of 100, `reason` says why, for people."""

    left: Any = field(compare=False)
    right: Any = field(compare=False)
    score: float
    reason: str


def find(register: Register, user: Any, limit: int = 200) -> list[Pair]:
    """The likeliest pairs among the rows that the user may merge, best first; pairs judged to be different are left out."""
    rows = (
        register.rows()
        .unscoped("filtered by the lens")
        .filter(access.lens(user, register, "merge").q, merged_into_id=None)
    )
    compared = [register.fields[name] for name in register.identity if register.fields[name].kind == "text"]
    title = register.fields.get(register.title_field)
    names = [one.path for one in ([title] if title and title.kind in {"text", "long_text"} else [])]
    codes = [one.path for one in compared]
    values = list(rows.order_by("-pk").values_list("pk", *names, *codes)[:MOST_ROWS])
    scores: dict[tuple[int, int], tuple[float, str]] = {}
    if names:
        _by_name({row[0]: str(row[1] or "") for row in values}, scores)
    for place, one in enumerate(compared, start=1 + len(names)):
        # A long code that differs in one place is a slip; short serial numbers differ in one place by nature.
        _by_code(
            {row[0]: str(row[place] or "") for row in values if len(str(row[place] or "")) >= 12},
            str(one.label),
            scores,
        )
    for low, high in DistinctPair.objects.filter(register=register.key).values_list("low_id", "high_id"):
        scores.pop((low, high), None)
    best = sorted(scores.items(), key=lambda item: -item[1][0])[:limit]
    found = _rows(register, {pk for pair, _score in best for pk in pair})
    return [
        Pair(found[low], found[high], score, reason)
        for (low, high), (score, reason) in best
        if low in found and high in found
    ]


def _rows(register: Register, ids: Iterable[int]) -> dict[int, Any]:
    rows = register.rows().unscoped("ids from the lens").filter(pk__in=list(ids))
    return {row.pk: row for row in references.load(register, rows, ())}


def bare_name(name: str) -> str:
    """The name without what says nothing about who it is."""
    bare = EMPTY.sub("", fold(name)).lower()
    return LEGAL_FORMS.sub("", bare) or bare


def _by_name(names: dict[int, str], scores: dict[tuple[int, int], tuple[float, str]]) -> None:
    bare = {pk: bare_name(name) for pk, name in names.items() if name}
    for left, right in _candidates(bare):
        score = _likeness(bare[left], bare[right])
        if score >= LIKELY:
            reason = _("名称相同") if bare[left] == bare[right] else _("名称相似（%(score)d%%）") % {"score": score}
            scores[(min(left, right), max(left, right))] = (score, reason)


def _likeness(left: str, right: str) -> float:
    """Of 100. Names that differ in a number or in a character of a short name are different things ("一号泵站", "二号泵站")."""
    if left == right:
        return 100.0
    if re.findall(r"\d+|[一二三四五六七八九十甲乙丙丁]", left) != re.findall(
        r"\d+|[一二三四五六七八九十甲乙丙丁]", right
    ):
        return 0.0
    return fuzz.ratio(left, right)


def _candidates(bare: dict[int, str]) -> Iterator[tuple[int, int]]:
    """Pairs that share a rare character pair, or the whole name."""
    pieces = {pk: {name[i : i + 2] for i in range(len(name) - 1)} or {name} for pk, name in bare.items()}
    counts: dict[str, int] = defaultdict(int)
    for found in pieces.values():
        for piece in found:
            counts[piece] += 1
    blocks: dict[str, list[int]] = defaultdict(list)
    for pk, found in pieces.items():
        for piece in sorted(found, key=lambda one: (counts[one], one))[:RAREST]:
            blocks[piece].append(pk)
        blocks[f"={bare[pk]}"].append(pk)
    yield from _within(blocks)


def _within(blocks: dict[str, list[int]]) -> Iterator[tuple[int, int]]:
    seen: set[tuple[int, int]] = set()
    for members in blocks.values():
        for place, left in enumerate(members[:BIGGEST_BLOCK]):
            for right in members[place + 1 : BIGGEST_BLOCK]:
                pair = (min(left, right), max(left, right))
                if left != right and pair not in seen:
                    seen.add(pair)
                    yield pair


def _by_code(codes: dict[int, str], label: str, scores: dict[tuple[int, int], tuple[float, str]]) -> None:
    """Codes one slip apart: they share either half or, look-alikes taken as one, the whole."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for pk, code in codes.items():
        same = code.upper().translate(LOOK_ALIKE)
        half = len(code) // 2
        for key in (f"={same}", f"<{same[:half]}", f">{same[-half:]}"):
            blocks[key].append(pk)
    for left, right in _within(
        {key: members for key, members in blocks.items() if len(members) <= 2000 and len(members) > 1}
    ):
        slips = DamerauLevenshtein.distance(codes[left], codes[right], score_cutoff=1)
        looks_same = codes[left].upper().translate(LOOK_ALIKE) == codes[right].upper().translate(LOOK_ALIKE)
        if slips <= 1 or looks_same:
            reason = _("%(label)s只差一处") % {"label": label}
            score, other = scores.get((min(left, right), max(left, right)), (0.0, ""))
            scores[(min(left, right), max(left, right))] = (
                max(score, 95.0),
                "；".join(part for part in (other, reason) if part),
            )


def set_distinct(left: Any, right: Any, act: Act) -> None:
    """Notes that two rows are different things. Raises ForbiddenError."""
    register = register_of(left)
    act.need("merge", left)
    act.need("merge", right)
    low, high = sorted((left.pk, right.pk))
    with transaction.atomic():
        _pair, is_new = DistinctPair.objects.get_or_create(
            {"made_by": act.actor}, register=register.key, low_id=low, high_id=high
        )
        if is_new:
            audit.record(act, audit.trace("distinct", left, None, {"other": right.pk}))
