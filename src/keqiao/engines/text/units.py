"""Measure words and units of reports: a lexicon that helps, and an open class behind it.

Hides how a unit is recognised. A figure is never dropped because its unit is not listed: behind Arabic digits one
Chinese character that closes the phrase is taken as a unit and flagged unknown.
"""

import re

MONEY = ("元", "美元", "港元", "欧元", "日元", "英镑", "元人民币", "美金", "人民币")
PERCENT = ("%", "‰", "个百分点", "百分点", "个千分点", "个基点", "pct")
DURATION = [
    "个工作日",
    "工作日",
    "个月",
    "个年度",
    "个季度",
    "季度",
    "个小时",
    "小时",
    "个学年",
    "学年",
    "周年",
    "年",
    "月",
    "天",
    "日",
    "周",
    "分钟",
    "秒",
    "个星期",
    "岁",
    "个多月",
    "个周",
    "昼夜",
]
COMPOUND = [
    "人次",
    "家次",
    "户次",
    "台次",
    "场次",
    "批次",
    "班次",
    "车次",
    "架次",
    "件次",
    "例次",
    "篇次",
    "项次",
    "条次",
    "人天",
    "人日",
    "课时",
    "学时",
    "位次",
    "个位次",
    "名次",
    "个名次",
    "平方米",
    "平方公里",
    "平方千米",
    "立方米",
    "公顷",
    "公里",
    "千米",
    "厘米",
    "毫米",
    "公斤",
    "千克",
    "毫克",
    "吨标准煤",
    "吨标煤",
    "千瓦时",
    "千瓦",
    "兆瓦时",
    "兆瓦",
    "吉瓦",
    "千伏安",
    "千伏",
    "平米",
    "床位",
    "机位",
    "车位",
    "元/人",
    "元/吨",
    "元/亩",
    "元/平方米",
    "人/家",
    "件/万人",
    "字节",
    "户籍",
    "人年",
    "人·年",
    "亩次",
    "天次",
    "点位",
    "个点",
    "公升",
    "毫升",
    "海里",
    "个标段",
    "学分",
    "台套",
]
SINGLE = (
    "个家项件名人位户篇份册本部套台辆艘架条张块幅面只头羽尾匹株棵次场批轮班节讲处座栋幢间所站组队支门种类款例宗单笔起桩则首枚颗粒袋箱瓶盒包桶窝筒"
    "棚盘集段字页对双副床席票分盆捆束担亩米吨克升斤倍眼口环跨堂期辈道股顶把根管罐片卷堆排味封尊艇节柜幕丛扇列顷棒版"
)
LATIN = (
    "km²",
    "km2",
    "m²",
    "m2",
    "m³",
    "m3",
    "㎡",
    "㎥",
    "kWh",
    "MWh",
    "kW",
    "MW",
    "GW",
    "km",
    "kg",
    "TFlops",
    "PFlops",
    "EFlops",
)

#: Measure words that a Chinese numeral (三家) may take and still count something; 次批点步 and the like make set phrases.
COUNTED_IN_CHINESE = frozenset(
    "个家项件名人位户篇份册本部套台辆艘架张块幅面只头羽尾匹株棵轮场处座栋幢间所站组队支种款例宗单笔起枚颗粒箱窝亩吨倍元门期次条类"
) | {
    "人次",
    "家次",
    "户次",
    "场次",
    "平方米",
    "公里",
    "公顷",
    "美元",
    "位次",
    "个百分点",
    "百分点",
    "万元",
    "公斤",
    "千瓦",
    "台套",
}

_PAREN_SET = (
    r"台\s?[(（]套[)）]|家\s?[(（]次[)）]|人\s?[(（]次[)）]|个\s?[(（]项[)）]|项\s?[(（]次[)）]|套\s?[(（]台[)）]"
)
_LISTED = sorted({*MONEY, *PERCENT, *DURATION, *COMPOUND, *SINGLE, *LATIN}, key=len, reverse=True)
_UNIT = re.compile(rf"\s?(?P<unit>{_PAREN_SET}|{'|'.join(map(re.escape, _LISTED))})")
_OPEN_END = re.compile(r"[、，。；：,;:.!！）)(（\s]|以上|以下|左右|及|和|与|等|$")
_NEVER_UNIT = frozenset(
    "年月日号时分秒届版级型星期线路楼室度后强大式化性点者和与及至到或的了在为是比从以等中前内外上下再又均都已被将并不无各共"
)

#: Written unit → unit of record, as the annotation rules fix it.
CANONICAL = {"项目": "项", "台套": "台", "百分点": "个百分点", "元人民币": "元", "人民币": "元", "平米": "平方米", "㎡": "平方米", "m²": "平方米",
             "m2": "平方米", "美金": "美元", "块钱": "元"}  # fmt: skip


def canonical(unit: str) -> str:
    bare = re.sub(r"\s?[(（].[)）]", "", unit)
    return CANONICAL.get(bare, bare)


def match_unit(text: str, at: int) -> tuple[str, int] | None:
    """The listed unit at `at` and where it ends, or None."""
    if text.startswith("项目", at) and not re.match(r"项目[\u4e00-\u9fff]", text[at:]):
        return "项目", at + 2
    match = _UNIT.match(text, at)
    if not match:
        return None
    return match["unit"], match.end()


def match_open_unit(text: str, at: int) -> tuple[str, int] | None:
    """One unlisted Chinese character that closes the phrase (12绺、…)."""
    char = text[at : at + 1]
    if not ("\u4e00" <= char <= "\u9fff") or char in _NEVER_UNIT or not _OPEN_END.match(text, at + 1):
        return None
    return char, at + 1


def is_duration(unit: str) -> bool:
    return unit in DURATION


def is_money(unit: str) -> bool:
    return unit in MONEY or unit in ("元人民币",)
