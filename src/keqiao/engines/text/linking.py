"""Is this the same indicator? Names from texts against names of a catalogue, with refusal.

Hides the similarity: shared characters and neighbouring pairs, corrected for words that make an indicator another one
(申报 is not 认定, 省级 is not 市级, 高新技术 is not 科技型). Linking proposes; below the threshold it refuses.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

#: Actions that tell indicators apart; words of one group mean the same action.
ACTION_GROUPS = (
    ("申报", "申请"), ("认定", "新认定", "获认定"), ("立项", "获批", "获准", "批准"), ("验收",), ("备案",), ("授权",), ("登记",), ("成交", "交易"),
    ("入库",), ("推荐",), ("签约", "签订"), ("结案", "审结", "调处", "办结"), ("受理",), ("下达",), ("兑现", "拨付"), ("发放",), ("培训",), ("引进",),
    ("培育",), ("发布",), ("征集", "挖掘"), ("举办", "召开"), ("净增",), ("新增", "新建", "新设"), ("选派",), ("转化",), ("统计",), ("对接",), ("实施",),
)  # fmt: skip
LEVELS = ("国家", "省", "市", "县", "区", "镇")
KINDS_OF_CHANGE = ("同比", "增长", "增速", "增幅", "占比", "比重", "位次", "完成率", "提高", "下降")
DEFAULT_THRESHOLD = 0.62


@dataclass(frozen=True)
class CatalogueEntry:
    """An indicator of the catalogue with the names it goes by and its unit of record ('' = any)."""

    key: str
    names: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class Link:
    key: str
    name: str
    score: float


@lru_cache(maxsize=50000)
def normal_name(name: str) -> str:
    name = re.sub(r"[\s“”\"《》、,，()（）的&＆]", "", name.lower())
    name = (
        name.replace("研究与试验发展", "研发")
        .replace("r&d", "研发")
        .replace("rd", "研发")
        .replace("高新技术企业", "高企")
    )
    return re.sub(r"(总数|数量|数|总量|总额)$", "", name) or name


@lru_cache(maxsize=50000)
def _features(name: str) -> tuple[Counter[str], frozenset[str], frozenset[int], frozenset[str], frozenset[str]]:
    normal = normal_name(name)
    pairs = frozenset(normal[i : i + 2] for i in range(len(normal) - 1)) or frozenset([normal])
    actions = frozenset(i for i, group in enumerate(ACTION_GROUPS) if any(word in normal for word in group))
    levels = frozenset(level for level in LEVELS if re.search(rf"{level}级|^{level}", normal))
    changes = frozenset(word for word in KINDS_OF_CHANGE if word in normal)
    return Counter(normal), pairs, actions, levels, changes


def similarity(left: str, right: str) -> float:
    """0 … 1; 1 for equal names after normalisation."""
    if not left or not right:
        return 0.0
    chars, pairs, actions, levels, changes = _features(left)
    chars2, pairs2, actions2, levels2, changes2 = _features(right)
    shared = sum((chars & chars2).values())
    total = sum(chars.values()) + sum(chars2.values())
    bag = 2 * shared / total
    dice = 2 * len(pairs & pairs2) / (len(pairs) + len(pairs2))
    score = 0.5 * bag + 0.5 * dice
    if actions and actions2 and not actions & actions2:
        score *= 0.55
    elif actions != actions2:
        score *= 0.93
    if levels and levels2 and not levels & levels2:
        score *= 0.5
    elif levels != levels2:
        score *= 0.82
    if bool(changes) != bool(changes2):
        score *= 0.6
    return score


class Catalogue:
    """Linking against many entries; candidates come from shared character pairs, so the cost does not grow with the catalogue."""

    def __init__(self, entries: Iterable[CatalogueEntry], threshold: float = DEFAULT_THRESHOLD) -> None:
        self.entries = tuple(entries)
        self.threshold = threshold
        self._by_pair: dict[str, set[int]] = defaultdict(set)
        for index, entry in enumerate(self.entries):
            for name in entry.names:
                for pair in _features(name)[1]:
                    self._by_pair[pair].add(index)

    def rank(self, name: str, unit: str = "", limit: int = 5) -> list[Link]:
        """The best entries, best first, also those below the threshold. A unit that differs rules an entry out."""
        votes: Counter[int] = Counter()
        for pair in _features(name)[1]:
            votes.update(self._by_pair.get(pair, ()))
        found = []
        for index, _ in votes.most_common(40):
            entry = self.entries[index]
            if unit and entry.unit and not same_unit(unit, entry.unit):
                continue
            score, best = max((similarity(name, other), other) for other in entry.names)
            found.append(Link(entry.key, best, round(score, 4)))
        found.sort(key=lambda link: (-link.score, link.key))
        return found[:limit]

    def link(self, name: str, unit: str = "") -> Link | None:
        """The best entry, or None below the threshold or when two entries are equally good."""
        ranked = self.rank(name, unit, 2)
        if not ranked or ranked[0].score < self.threshold:
            return None
        if len(ranked) > 1 and ranked[1].score > ranked[0].score - 0.02 and ranked[0].score < 0.98:
            return None
        return ranked[0]


COUNTERS: Sequence[frozenset[str]] = (
    frozenset("家个户所"), frozenset("项个件"), frozenset("人名位"), frozenset({"人次", "人"}), frozenset("次场期"), frozenset("份件篇"),
    frozenset({"%", "个百分点"}), frozenset({"起", "件"}),
)  # fmt: skip


def same_unit(left: str, right: str) -> bool:
    """Equal, or two measure words that count the same thing (家 and 个 for enterprises)."""
    return left == right or any(
        left in group and right in group for group in COUNTERS if not {"%", "个百分点"} <= group
    )
