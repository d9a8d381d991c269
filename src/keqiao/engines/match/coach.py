"""The demand coach: at most five questions turn a colloquial need into object, current value, target value, constraint,
budget and time.

Hides how a slot is recognised in free Chinese or English text (patterns only, no model; what is found is quoted, so a
person can see and correct it). Budget and time are one question and are kept out of the search text: they filter and
plan, they do not describe the technology.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from keqiao.engines.match.tokens import normalise

Language = Literal["zh", "en"]
SlotName = Literal["object", "target", "current", "constraint", "budget", "time"]
SLOTS: tuple[SlotName, ...] = ("object", "target", "current", "constraint", "budget", "time")

_QUESTIONS: dict[Language, dict[tuple[SlotName, ...], str]] = {
    "zh": {
        ("object",): "要解决的具体是什么？请写出产品、材料、设备或工序的名称（例如：涤纶织物印染废水）。",
        ("target",): "希望达到什么指标？请写数值和单位（例如：COD 降到 50 mg/L 以下）。",
        ("current",): "现在是什么水平？请写目前的数值和做法（例如：目前 COD 120 mg/L，用混凝沉淀）。",
        ("constraint",): "有哪些条件不能改变或必须满足？（例如：不增加占地，符合某项标准，不能停产。）",
        ("budget", "time"): "预算大约多少，希望什么时候用上？（例如：50 万元以内，明年 6 月前。）",
    },
    "en": {
        ("object",): "What exactly is it about? Name the product, material, equipment or process step.",
        ("target",): "What figure do you want to reach? Give value and unit (e.g. COD below 50 mg/L).",
        ("current",): "What is it now? Give today's value and method (e.g. COD 120 mg/L by coagulation).",
        (
            "constraint",
        ): "What must not change, or must be met? (e.g. no more floor space, a standard, no stop of production)",
        ("budget", "time"): "What is the budget, and when should it be in use? (e.g. up to 500,000 yuan, by next June)",
    },
}
_UNKNOWN = re.compile(
    r"^\s*(不(清楚|知道|确定)|没有|无|暂无|不限|还没想好|n/?a|none|unknown|don'?t know|no idea)?\s*[。.]?\s*$", re.I
)

_DIGITS = r"[0-9]+(?:[.,][0-9]+)*"
_CHINESE_NUMBER = r"[一二两三四五六七八九十百千几半数]+"
_VALUE = rf"(?:{_DIGITS}|{_CHINESE_NUMBER}(?=成|倍|个|度|毫|微|厘|分|小时|次|层|遍))\s*(?:%|％|[a-zA-Zμ°℃Ω/·]+[0-9²³]*|成|倍|个百分点|毫米|微米|厘米|公斤|吨|克|米|度|分钟|小时|秒|次|层|遍|分贝|兆帕|帕|升|伏|瓦|千瓦|赫兹|元/吨|件)?"
_FIGURE = re.compile(
    rf"(?:达到|提[高升]到?|增加到?|升到|降低?到?|减少到?|缩短到?|控制在|压到|做到|不[超低]过?于?|低于|高于|小于|大于|至少|目前|现在|只有|currently|now|reach|below|under)?\\s*{_VALUE}(?:以[上下内])?",
    re.I,
)
_MONEY = rf"(?:{_DIGITS}|{_CHINESE_NUMBER})\s*(?:来|多)?\s*(?:亿|万|千|百)?\s*(?:元|块钱?|人民币|yuan|rmb|cny|dollars?)|(?:{_DIGITS}|{_CHINESE_NUMBER})\s*(?:来|多)?\s*万(?![吨件台套只个米平亩人])|(?:rmb|cny|¥|\$)\s*{_DIGITS}(?:\s*(?:k|million|万))?"
_MONTHS = r"january|february|march|april|may|june|july|august|september|october|november|december"
_SPAN = rf"(?:{_DIGITS}|{_CHINESE_NUMBER})\s*(?:个)?\s*(?:多)?(?:天|周|星期|礼拜|月|季度|年)(?:之?内|以内|左右|时间)"
_PATTERNS: dict[SlotName, re.Pattern[str]] = {
    "budget": re.compile(
        rf"(?:(?:预算|投入|经费|费用|出价|budget|up to|spend)[^，,。；;.!?？]{{0,8}}?)?(?:{_MONEY})(?:以内|以下|左右)?(?!/)",
        re.I,
    ),
    "time": re.compile(
        rf"(?:[今明后]年|年底|年内|月底|季度末|春节|国庆|[0-9]{{4}}\s*年|[0-9一二三四五六七八九十]+\s*月(?:份|底)?)+(?:[^，,。；;]{{0,3}}(?:之?前|以前|内))?|{_SPAN}"
        rf"|(?:越快越好|尽快|马上)|(?:within|in)\s+\w+\s+(?:days?|weeks?|months?|years?)|(?:by|before|until)\s+(?:the\s+end\s+of\s+\w+|next\s+\w+|{_MONTHS}|q[1-4]|20[0-9]{{2}})[\w ]{{0,6}}",
        re.I,
    ),
    "target": re.compile(
        rf"(?:希望|想|要|目标|争取|最好|要求|能|得)?[^，,。；;.!?？]{{0,10}}?(?:达到|提[高升]到?|增加到?|升到|降低?到?|减少到?|缩短到?|控制在|压到|做到|不[超低]过?于?|低于|高于|小于|大于|至少|以上|[≤≥<>])[^，,。；;.!?？0-9一二两三四五六七八九十百千几半]{{0,6}}{_VALUE}(?:以[上下内])?"
        rf"|(?:reach|achieve|down to|up to|reduce[sd]? (?:it )?(?:to|by)|cut (?:it )?(?:to|by)|below|under|at least|at most|more than|less than|target(?: of)?|to)\s+(?:about\s+)?{_VALUE}",
        re.I,
    ),
    "current": re.compile(
        rf"(?:目前|现在|现有|当前|现状|原来|眼下|如今|平时|一直)[^，,。；;.!?？]{{0,16}}?{_VALUE}|(?:只有|只能|才|高达|还有|还是)[^，,。；;.!?？]{{0,4}}?{_VALUE}"
        rf"|(?:currently|now|at present|today|so far|only)[^,;.!?]{{0,30}}?{_VALUE}",
        re.I,
    ),
    "constraint": re.compile(
        r"(?:(?<!能)不能|不得|(?<!可)不可(?!以)|不许|不想|不要|不改|不换|不增加|不影响|不停产|必须|只能用|一定要|符合|满足|兼容|要求(?!达到)|前提|限制|除非|食品级|防爆|环保要求|现有[^，,。；;]{1,8}(?:上|基础))[^，,。；;.!?？]{0,24}"
        r"|(?:must(?: not)?|can ?not|can't|without|comply with|compatible with|no more|has to|have to|existing)[^,;.!?]{0,40}",
        re.I,
    ),
}
_FILLER = re.compile(
    r"我们?(?:公司|厂里?|企业|这边|单位|家|村里?)?|你们|大家|请问|有没有|有啥|有什么|能不能|可不可以|可以|怎么办|怎么|怎样|如何|想要?|希望|需要|想问一?下|求助|帮忙|帮我们|看看|找人?|一下|办法|"
    r"问题|东西|情况|事情|那个|这个|一个|一种|一些|老是|总是|经常|特别|非常|太|很|比较|有点|现在|目前|就是|但是|而且|因为|所以|的话|技术|专家|老师|解决|改进|提高|降低|提升|好一点|出来|几天|一阵|全靠|每批|不一样|客户|退货|投诉|邻居|师傅|退休|求|被罚|罚|用上|前用|以内|以上|以下|要求|到|"
    r"\b(?:we|our|i|my|is|are|the|a|an|to|of|and|have|has|there|any|please|help|need|want|would|like|can|could|how|do|does|it|that|this|very|too|some|problem|problems|issue|with|for|in|on)\b",
    re.I,
)
_VAGUE = re.compile(
    r"设备|机器|产品|质量|效率|成本|生产线?|车间|产量|能耗|不良率?|合格率?|故障|坏|慢|贵|高|低|差|多|少|大|小|好|不行|不好|不够|不稳定?|稳定|自动化|智能化?|数字化|改造|升级|转型|研发|合作|项目|系统|平台|老|新|"
    r"\b(?:machines?|products?|quality|efficiency|costs?|production|line|low|high|bad|better|slow|expensive|improve|upgrade|system|equipment)\b",
    re.I,
)


@dataclass(frozen=True)
class Slot:
    """One thing a clear need says. `value` quotes the text; empty = missing; `declined` = asked, but not known."""

    name: SlotName
    value: str = ""
    declined: bool = False


@dataclass(frozen=True)
class Question:
    """The next thing to ask: a key to give back with the answer, the text, and the slots it fills."""

    key: str
    text: str
    slots: tuple[SlotName, ...]


@dataclass(frozen=True)
class Coaching:
    """The state of a need: what is known, what is missing, what to ask next (None = enough), and the text to search
    with. `price_limit` is the budget in 元, where a number was given."""

    slots: tuple[Slot, ...]
    missing: tuple[SlotName, ...]
    question: Question | None
    asked: int
    search_text: str
    price_limit: Decimal | None


def coach(text: str, answers: Mapping[str, str] | None = None, language: Language = "zh") -> Coaching:
    """What a need already says and which question comes next. Pure: call it again with all answers so far, by question
    key. An answer such as 不清楚 or "unknown" closes the question without filling it; at most five are ever asked.

    >>> coach("我们厂的废水老是超标，怎么办？").question.key
    'target'
    """
    given = {key: normalise(answer) for key, answer in (answers or {}).items()}
    shown = normalise(text)
    found = {name: _slot(name, shown, given) for name in SLOTS}
    question = _next_question(found, given, language)
    slots = tuple(found[name] for name in SLOTS)
    missing = tuple(each.name for each in slots if not each.value and not each.declined)
    return Coaching(
        slots, missing, question, len(given), _search_text(shown, found, given), _yuan(found["budget"].value)
    )


def _next_question(found: Mapping[SlotName, Slot], given: Mapping[str, str], language: Language) -> Question | None:
    for slots, text in _QUESTIONS[language].items():
        key = "+".join(slots)
        if key not in given and any(not found[name].value and not found[name].declined for name in slots):
            return Question(key, text, slots)
    return None


def _slot(name: SlotName, text: str, given: Mapping[str, str]) -> Slot:
    key = "budget+time" if name in ("budget", "time") else name
    if key in given:
        answer = given[key].strip()
        if _UNKNOWN.match(answer):
            return Slot(name, declined=True)
        if key == name:
            return Slot(name, answer)
        part = _PATTERNS[name].search(answer)
        return Slot(name, part.group().strip(), False) if part else Slot(name, declined=True)
    return Slot(name, _object(text) if name == "object" else _found(name, text))


def _found(name: SlotName, text: str) -> str:
    """The stretch of text that fills a slot; a stretch that is really a budget or a date fills no other slot."""
    for match in _PATTERNS[name].finditer(text):
        value = match.group().strip(" ，,。")
        other = name in ("target", "current") and (_PATTERNS["budget"].search(value) or _PATTERNS["time"].search(value))
        if value and not other:
            return value
    return ""


def _object(text: str) -> str:
    """The longest stretch that is neither a figure, a phrase of politeness nor a word that fits every factory."""
    rest = text
    for name in ("constraint", "budget", "time"):
        rest = _PATTERNS[name].sub("，", rest)
    for pattern in (_FIGURE, _FILLER, _VAGUE):
        rest = pattern.sub("，", rest)
    stretches = [
        each.strip("的了是在有和与就都也还吧吗呢啊不 ") for each in re.split(r"[^\w\u4e00-\u9fff\- ]+|，", rest)
    ]
    longest = max(stretches, key=lambda each: len(each.encode()), default="")
    return longest if len(longest.encode()) >= 9 else ""


def _search_text(text: str, found: Mapping[SlotName, Slot], given: Mapping[str, str]) -> str:
    """The need without money, dates and politeness, followed by what was answered about the technology."""
    described = text
    for name in ("budget", "time"):
        described = _PATTERNS[name].sub(" ", described)
    described = " ".join(_FILLER.sub(" ", described).split())
    added = [found[name].value for name in ("object", "target", "current", "constraint") if name in given]
    return " ".join([described, *[each for each in added if each]]).strip() or text


def _yuan(budget: str) -> Decimal | None:
    """A budget in 元; None where no digits stand in it, or the currency is another."""
    match = re.search(rf"({_DIGITS})\s*(?:来|多)?\s*(亿|万|千|k|million)?", budget, re.I)
    if not match or "$" in budget or "dollar" in budget.lower():
        return None
    factor = {"亿": 100_000_000, "万": 10_000, "千": 1_000, "k": 1_000, "million": 1_000_000}
    return Decimal(match.group(1).replace(",", "")) * factor.get((match.group(2) or "").lower(), 1)
