"""Quantities in a text: which number phrases state the size of something, and which are dates, names or masks.

Hides the stop rules (dates, document numbers, ordinals, titles, slogans, thresholds) and the special forms (ranks, 成,
百分之, 翻番, 零的突破, ranges). Offsets always slice the text to the span.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from keqiao.engines.text.counting import counts, is_threshold
from keqiao.engines.text.numbers import ARABIC, CHINESE, Number, fold, match_number, multiplier, parse_chinese
from keqiao.engines.text.stops import blocked_places
from keqiao.engines.text.units import canonical, is_duration, is_money, match_open_unit, match_unit

MASK = "xX×＊*○某"
HANZI = "\u4e00-\u9fff"


@dataclass(frozen=True)
class Quantity:
    """``text[start:end]`` with its value in the base unit (元, not 万元). A masked placeholder has no value."""

    start: int
    end: int
    value: Decimal | None
    unit: str
    value_max: Decimal | None = None
    form: str = "plain"  # plain | rank | masked | double | zero | fraction
    modifiers: tuple[str, ...] = ()
    is_known_unit: bool = True
    tail: int = 0  # end including 以上, 左右


_BEFORE = re.compile(
    r"(大约|(?<![签合预条公契])约|将近|接近|近|首次超过|超过|首超|超|首次突破|突破|逾|不低于|不少于|不超过|不足|至少|最多|高达|仅有|仅|只有|(?<=[再已首])破|(?<![经通])过|前)(?:了|达|达到)?\s?$"
)
_AFTER = re.compile(r"\s?(以上|以下|左右|以内|上下|有余|之多)")
_ORDINAL = re.compile(rf"第\s?(?P<n>{ARABIC}|[{CHINESE}]+)(?P<rest>.?)")
_RANK_LEFT = re.compile(
    r"(?:居|列|位|排|名次|位次|排名|排序|排位|跃居|跃升|跃至|升至|升到|跻身|荣获|获得|获|名列|评比|考核|评价|评估|竞赛|为|第|由|从|降至|退至|[国省市县区镇州角圈类项位界行])(?:于|至|到|为|在|全|了)?\s?$"
)
_RANK_SCOPE = re.compile(
    r"(?:全[国省市区县州]|同类|[省市县区国]|全球|世界|长三角|系统|行业|排名|位居|居|列|位)(?:[^,，。;；]{0,10})$"
)
_FIRST = re.compile(
    r"(?:稳居|位居|位列|名列|列|居|排名|排在|排|占据|跃居|占|[省国市县区])\S{0,12}?(?P<s>首位|榜首|首名|头名)(?![战级负度制])"
)
_TOP = re.compile(
    rf"(?<![当目提以之年生此从年])前\s?(?P<n>{ARABIC}|[{CHINESE}]+)(?P<unit>\s?(?:位|名|强|%|家))?(?P<rest>.?)"
)
_PERCENT_WORD = re.compile(
    rf"(?P<base>百|千|万)分之(?P<n>[{CHINESE}]+(?:点[{CHINESE}]+)?|{ARABIC})(?P<approx>多|强|余)?(?![几若])"
)
_FRACTION = re.compile(r"(?P<d>[二三四五六七八九十]{1,2})分之(?P<n>[一二两三四五六七八九十]{1,2})")
_TENTHS = re.compile(
    r"(?P<a>[一二三四五六七八九两]|(?<!\d)[1-9](?:\.\d)?)成(?P<b>[一二三四五六七八九])?(?P<approx>多)?(?=以上|以下|左右|[,，。、;；)）]|的|规|企|高|项|[^员立果为功长效本交套群人分就熟都绩年语品]|$)"
)
_DOUBLE = re.compile(rf"翻(?:了)?(?P<n>[{CHINESE}])?(?:了)?番")
_ZERO = re.compile(r"(?P<z>零)的(?:历史性)?突破|(?P<z2>零)的(?:历史)")
_RANGE = re.compile(r"\s?(?:[—–~～－-]{1,2}|至|到)\s?")
_MASKED = re.compile(
    rf"(?P<core>[\d.]*[{MASK}]+(?:[\d{MASK}]|\.(?=[\d{MASK}]))*)(?P<approx>余|多|来)?(?P<times>[百千]?[万亿]{{0,2}})(?P<approx2>余|多)?"
)


def find_quantities(text: str) -> list[Quantity]:
    """All quantities of a text, in reading order, never overlapping."""
    folded = fold(text)
    blocked = blocked_places(folded)
    found: list[Quantity] = []
    at = 0
    while at < len(folded):
        if blocked[at] or not _may_start(folded[at]):
            at += 1
            continue
        quantity, past = _at(folded, at, blocked)
        if quantity is not None:
            found.append(_with_modifiers(folded, quantity))
        at = max(at + 1, past)
    return found


_STARTERS = frozenset("0123456789第首榜头前百千万零翻" + CHINESE + MASK)


def _may_start(char: str) -> bool:
    return char in _STARTERS


def _at(text: str, at: int, blocked: bytearray) -> tuple[Quantity | None, int]:
    """The quantity at `at` (or None) and where scanning goes on."""
    for reader in (_special, _masked, _ordinal, _plain):
        result = reader(text, at)
        if result is not None:
            quantity, past = result
            if quantity is not None and any(blocked[quantity.start : quantity.end]):
                return None, at + 1
            return quantity, past
    return None, at + 1


def _special(text: str, at: int) -> tuple[Quantity | None, int] | None:
    if match := _PERCENT_WORD.match(text, at):
        value = _number_value(match["n"])
        unit = {"百": "%", "千": "‰", "万": "‱"}[match["base"]]
        return Quantity(at, match.end(), value, unit, modifiers=_some(match["approx"])), match.end()
    if match := _FRACTION.match(text, at):
        low, high = parse_chinese(match["n"]), parse_chinese(match["d"])
        if low is None or not high:
            return None, match.end()
        value = (low * 100 / high).quantize(Decimal("0.0001"))
        return Quantity(at, match.end(), value, "%", form="fraction"), match.end()
    if (match := _TENTHS.match(text, at)) and not re.search(r"[第各每百千十]$", text[:at]):
        tens, ones = _number_value(match["a"]), parse_chinese(match["b"]) if match["b"] else Decimal(0)
        value = (tens or Decimal(0)) * 10 + (ones or Decimal(0))
        return Quantity(at, match.end(), value, "%", modifiers=_some(match["approx"])), match.end()
    if match := _DOUBLE.match(text, at):
        times = int(parse_chinese(match["n"]) or 1) if match["n"] else 1
        return Quantity(at, match.end(), Decimal(2**times), "倍", form="double"), match.end()
    if match := _ZERO.match(text, at):
        return Quantity(at, at + 1, Decimal(0), _unit_of_noun(text, at), form="zero", modifiers=("突破",)), match.end()
    if text[at] in "首榜头":
        left = max(0, at - 24)
        for match in _FIRST.finditer(text, left, at + 2):
            if match.start("s") == at and not re.match(r"首位[\u4e00-\u9fff]", text[at:]):
                return Quantity(at, at + 2, Decimal(1), "位", form="rank"), at + 2
        return None
    return None


def _unit_of_noun(text: str, at: int) -> str:
    """零的突破 names no unit: it follows from what broke through."""
    left = re.split(r"[,，。;；、]", text[max(0, at - 30) : at])[-1]
    for nouns, unit in (
        (r"专利|论文|软件著作权", "件"), (r"奖|项目|标准|成果|课题|计划|试点", "项"), (r"院士|人才|领军|专家", "名"), (r"团队", "个"),
        (r"园区|高新区|示范区|县|镇|集群", "个"),
    ):  # fmt: skip
        if re.search(rf"(?:{nouns})(?:上|方面|实现|认定|获批)?$", left):
            return unit
    return "家"


def _some(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _number_value(text: str) -> Decimal | None:
    return Decimal(re.sub(r"[,\s]", "", text)) if text[0].isdigit() and text[0].isascii() else parse_chinese(text)


def _masked(text: str, at: int) -> tuple[Quantity | None, int] | None:
    match = _MASKED.match(text, at)
    if not match:
        return None
    before, after = text[at - 1 : at], text[match.end() : match.end() + 1]
    if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
        return None, match.end()
    if (before and before in ".-") or (match["core"] == "某" and not match["times"]):
        return None, match.end()
    unit = match_unit(text, match.end())
    if unit is None:
        return None, match.end()
    ranged = _RANGE.match(text, unit[1])
    end = unit[1]
    if ranged and text[ranged.end() : ranged.end() + 1] and text[ranged.end()] in MASK:
        end = unit[1]
    return Quantity(at, end, None, canonical(unit[0]), form="masked"), end


def _ordinal(text: str, at: int) -> tuple[Quantity | None, int] | None:
    if text[at] == "第":
        match = _ORDINAL.match(text, at)
        if not match:
            return None, at + 1
        return _rank(text, match)
    if text[at] == "前":
        match = _TOP.match(text, at)
        return _top(text, match) if match else (None, at + 1)
    return None


def _rank(text: str, match: re.Match[str]) -> tuple[Quantity | None, int]:
    value, start, end = _number_value(match["n"]), match.start("n"), match.end("n")
    rest = text[end : end + 2]
    if value is None:
        return None, end
    named = re.match(r"\s?(个位次|位次|位|名)(?![称义单额誉家医专])", text[end : end + 4])
    if named and re.search(r"[放摆作][在为于]?$", text[max(0, match.start() - 3) : match.start()]):
        return None, end
    if named:
        unit = "名" if named[1] == "名" else "位"
        return Quantity(start, end + named.end(), value, unit, form="rank"), end + named.end()
    closes = (
        not rest or rest[0] in "、，。；,;)）(（!！ \n" or rest.startswith(("和", "与", "的位", "的成", "的好", "方阵"))
    )
    left = text[max(0, match.start() - 16) : match.start()]
    if closes and rest[:2] != "方阵" and (_RANK_LEFT.search(left) or _RANK_SCOPE.search(left)):
        return Quantity(start, end, value, "位", form="rank"), end
    return None, end + 1


def _top(text: str, match: re.Match[str]) -> tuple[Quantity | None, int]:
    value = _number_value(match["n"])
    unit = (match["unit"] or "").strip()
    start = match.start("n")
    if value is None:
        return None, match.end("n")
    left = text[max(0, match.start() - 12) : match.start()]
    ranked = re.search(r"(?:居|列|位|排|入|身|进|获|全[国省市县区]|[省市国]|前)(?:\S{0,4})$", left)
    if not ranked or (unit == "家" and not re.search(r"排", left)):
        return None, match.end("n")
    closes = not text[match.end("n") : match.end("n") + 1] or text[match.end("n")] in "、，。；,;)） \n行的"
    if unit in ("位", "名", "强", "%") and not re.match(
        r"[县市区镇企高园]", text[match.end("unit") :][:1] if unit == "强" else ""
    ):
        end = match.end("unit")
        return Quantity(start, end, value, unit, form="rank", modifiers=("前",)), end
    if closes:
        return Quantity(start, match.end("n"), value, "位", form="rank", modifiers=("前",)), match.end("n")
    return None, match.end("n")


def _plain(text: str, at: int) -> tuple[Quantity | None, int] | None:
    number = match_number(text, at)
    if number is None:
        return None, at + 1
    past = number.end
    before = text[at - 1 : at]
    following = text[past : past + 1]
    if before and ((before.isascii() and (before.isalnum() or before in "./#_")) or before in MASK):
        return None, past
    if following and following in MASK and following != "×":
        masked = _MASKED.match(text, past)
        return None, masked.end() if masked else past + 1
    if number.is_arabic and before in ("-", "−", "﹣") and re.search(r"[A-Za-z\d]$", text[: at - 1][-1:]):
        return None, past
    return _read_unit(text, number, before)


def _read_unit(text: str, number: Number, before: str) -> tuple[Quantity | None, int]:
    if number.end < len(text) and text[number.end] == "个" and re.match(r"个(?:多)?[万亿]元?", text[number.end :]):
        match = re.match(r"个(多)?([万亿])元?", text[number.end :])
        assert match
        end = number.end + match.end()
        return Quantity(number.start, end, number.value * multiplier(match[2]), "元", modifiers=_some(match[1])), end
    approx_unit = re.match(r"(个|元|家|项|亩|公里|吨|年|倍)多(?=[^元样家项])", text[number.end :])
    unit = match_unit(text, number.end)
    ranged = _read_range(text, number, unit)
    if ranged is not None:
        number, unit = ranged
    known = True
    if unit is None and number.is_arabic:
        unit, known = match_open_unit(text, number.end), False
    if unit is None:
        return _without_unit(text, number)
    name, end = unit
    modifiers = _some(number.approx) or (("多",) if approx_unit and name == approx_unit[1] else ())
    if is_duration(name) or not counts(text, number, name, end):
        return None, end
    if is_money(name) and (number.start == number.end or _bare_large(text, number)):
        return None, end
    if is_threshold(text, number, name, end):
        return None, end
    value, high = number.value, number.high
    if (
        before in ("-", "−", "﹣")
        and name in ("%", "个百分点", "百分点")
        and re.search(r"[\u4e00-\u9fff]$", text[: number.start - 1])
    ):
        value = -value
    if name == "个" and re.match(r"(?:和|与|、)\d+(?:\.\d+)?个百分点", text[end:]):
        name = "个百分点"
    return Quantity(number.start, end, value, canonical(name), high, modifiers=modifiers, is_known_unit=known), end


def _bare_large(text: str, number: Number) -> bool:
    """超亿元: the digits before 亿 are a hole, or only an order of magnitude."""
    return text[number.start : number.end] in ("亿", "万", "万亿")


def _read_range(
    text: str, low: Number, low_unit: tuple[str, int] | None
) -> tuple[Number, tuple[str, int] | None] | None:
    """3—5家, 10%至15%, 3万-5万元: one number with a high end and the unit behind it."""
    at = low_unit[1] if low_unit else low.end
    sep = _RANGE.match(text, at)
    if not sep or sep.end() >= len(text):
        return None
    if (
        sep[0].strip() in ("至", "到")
        and low_unit
        and low_unit[0] not in ("%", "家", "项", "件", "名", "人", "元", "个", "户")
    ):
        return None
    high = match_number(text, sep.end())
    if high is None or high.is_arabic != low.is_arabic:
        return None
    unit = match_unit(text, high.end)
    if unit is None or (low_unit and canonical(low_unit[0]) != canonical(unit[0])):
        return None
    value = low.value
    if not low_unit:
        scale = re.search(r"[百千]?[万亿]{1,2}$", text[high.start : high.end])
        own = re.search(r"[万亿]$", text[low.start : low.end])
        if scale and not own and high.is_arabic:
            value *= multiplier(scale[0])
    if high.value <= value:
        return None
    return replace(low, end=high.end, value=value, high=high.value), unit


def _without_unit(text: str, number: Number) -> tuple[Quantity | None, int]:
    """A bare number counts only as an index or a score (综合指数92.36) that closes its clause."""
    closes = number.end >= len(text) or text[number.end] in "、，。；,;)）\n "
    left = text[max(0, number.start - 10) : number.start]
    named = re.search(r"(?:指数|得分|评分|总分|分值|系数|当量|综合得分|均分|满意度|密度)[^,，。;；\d]{0,4}$", left)
    if number.is_arabic and closes and named:
        return Quantity(number.start, number.end, number.value, "", is_known_unit=False), number.end
    return None, number.end


def _with_modifiers(text: str, quantity: Quantity) -> Quantity:
    modifiers = list(quantity.modifiers)
    tail = quantity.end
    if quantity.form != "masked":
        before = _BEFORE.search(text[max(0, quantity.start - 8) : quantity.start])
        if before and before[1] not in ("前",):
            word = {"首次突破": "突破", "仅有": "仅", "首次超过": "超过"}.get(before[1], before[1])
            modifiers.append(word)
    after = _AFTER.match(text, quantity.end)
    if after:
        tail = after.end()
        if quantity.form != "masked":
            modifiers.append(after[1])
    return replace(quantity, modifiers=tuple(dict.fromkeys(modifiers)), tail=tail)
