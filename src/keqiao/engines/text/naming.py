"""What a figure counts: the indicator's name, built from words of the text.

Hides how object and action become a name (高新技术企业 + 认定 → 高新技术企业认定数), what is carried over from the figure before
(…申报3家,认定2家), and how parts of a whole and 分别 lists are named. 申报 and 认定 are different indicators: the verb is part of the name.
"""

import re
from dataclasses import dataclass

from keqiao.engines.text.clause import parse_left, right_noun, right_tail, split_clause, strip_fillers
from keqiao.engines.text.quantities import Quantity
from keqiao.engines.text.units import is_money

_LEVEL = re.compile(
    r"^(?:国家级|国家|部级|省部级|省级以上|省级|省|市级以上|市级|市|县级|区级|县级以上|区|县|[一-鿿]{2,3}市级|[一-鿿]{2,3}市|各级各类|各级|各类)(?:及?以上|和省级|、省级|、市级)?"
)
AREA_UNITS = ("亩", "公顷", "平方米", "平方公里", "平方千米")
_COUNT_ENDS = ("数", "量", "率", "额", "值", "次", "指数", "得分", "规模", "比重", "占比", "强度", "面积")
_MONEY_ENDS = re.compile(
    r"(?:额|投入|支出|收入|资金|产值|经费|投资|贷款|费用|值|利润|税收?|价|成本|金额|融资|利税|预算|补助|奖励|效益|营收|授信|基金|保额|保费|工资|规模|GDP)$"
)


@dataclass(frozen=True)
class Name:
    """`indicator` = object + action + 数/额; `base` is what derived figures and parts are named after."""

    indicator: str
    object: str = ""
    verb: str = ""


def compose(object_: str, verb: str, unit: str) -> str:
    """高新技术企业 + 认定 → 高新技术企业认定数; amounts end in 额 unless the noun already says money."""
    name = object_ + ("" if verb and object_.endswith(verb) else verb)
    if not name or unit in ("%", "‰", "个百分点", "倍", "位", "") or unit.startswith("元/"):
        return name
    if is_money(unit):
        return name if _MONEY_ENDS.search(name) else name + "额"
    if unit in AREA_UNITS:
        return name if name.endswith("面积") else name + "面积"
    return (
        name
        if name.endswith(_COUNT_ENDS)
        else name + ("人次" if unit == "人次" and not name.endswith("人次") else "数")
    )


_GENERIC_MONEY = re.compile(r"(?:总)?(?:资金|经费|成交额|成交金额|交易额|合同额|合同金额|金额|合同成交额)")
_SPENDING = ("下达", "拨付", "投入", "兑现", "发放", "补助", "奖励", "争取")


def share_name(left: str, right: str, quantity: Quantity, carried: Name) -> tuple[Name, str]:
    """企业研发机构覆盖率45%; 90%以上规上企业建有研发机构 (the whole stands behind)."""
    scope, noun, verb = parse_left(left)
    behind = re.sub(r"^的", "", re.split(r"[,，;；。:：(（）)!！\n]", right)[0]).strip()
    if not noun and not verb and len(behind) >= 2 and quantity.form in ("plain", "fraction"):
        name = behind[:24] + "占比"
        return Name(name, behind[:24]), scope
    if noun and verb and noun not in verb:
        return Name(noun + verb, noun, verb), scope
    return level_name(left, right, quantity, carried)


def level_name(left: str, right: str, quantity: Quantity, carried: Name) -> tuple[Name, str]:
    """Name of a plain level and its scope; `carried` is the name of the figure before in the sentence."""
    scope, noun, verb = parse_left(left)
    noun_right = right_noun(right)
    if noun_right and re.search(
        r"等\s?$", left
    ):  # 成客股份等8家企业: names of instances say nothing about the indicator
        noun = ""
    if (
        noun
        and not verb
        and is_money(quantity.unit)
        and len(noun) >= 2
        and carried.verb
        and carried.object.endswith(noun)
    ):
        verb = carried.verb  # 奖励8家专利实施企业63万元
    if noun_right and len(noun_right) >= 3 and re.search(r"[、和与]", noun) and not left.rstrip().endswith("的"):
        noun = ""  # 八方电力、中高动力4家高新技术企业: instances again
    if (
        noun_right
        and quantity.form == "plain"
        and (not noun or _modifies(left, noun) or (len(noun_right) >= 2 and _is_agent(noun)))
    ):
        qualifier = noun if noun and not _is_agent(noun) else ""
        if qualifier and not left.rstrip().endswith("的") and len(qualifier) > 8:
            qualifier = ""
        if not qualifier and not verb:
            qualifier = right_tail(right)
        name = qualifier + noun_right
        return Name(compose(name, verb, quantity.unit), name, verb), scope
    if noun and _GENERIC_MONEY.fullmatch(noun) and carried.object and (verb in _SPENDING or not verb):
        noun = carried.object + noun
    if noun:
        return Name(compose(noun, verb, quantity.unit), noun, verb), scope
    if noun_right:
        return Name(compose(noun_right, verb, quantity.unit), noun_right, verb), scope
    if carried.object:
        verb = verb or ("" if re.search(r"累计|总数|共", left) else carried.verb)
        return Name(compose(carried.object, verb, quantity.unit), carried.object, verb), scope
    return Name(compose("", verb, quantity.unit), "", verb), scope


def _modifies(left: str, noun: str) -> bool:
    """拟建研发中心的44家企业, 浙大的11名专家; also a bare run-up such as 接转的."""
    tail = left.rstrip()
    return tail.endswith(("的", "有", "等", "对", "了", "中", "下", "等的")) or bool(
        re.search(r"(?:完成了?|有|为|对|帮助|深入|组织|选派了?|中的)$", tail)
    )


_AGENT = re.compile(r"(?:科技局|我局|[省市县区]局|局|政府|部门|我们|公司|集团|银行|大学|学院|法院|方面|高校|院所)$")


def _is_agent(noun: str) -> bool:
    return bool(_AGENT.search(noun))


def part_name(left: str, right: str, quantity: Quantity, whole: Name) -> Name:
    """其中工业类8项: qualifier + what the whole counts, without doubling shared words."""
    _, noun, verb = parse_left(re.sub(r"^.*其中[,，:：]?", "", left))
    noun_right = right_noun(right)
    if noun_right and (not noun or _modifies(left, noun)):
        name = noun + noun_right
        return Name(compose(name, verb, quantity.unit), name, verb)
    base = whole.object
    level = _LEVEL.match(noun)
    if level:
        own = _LEVEL.match(base)
        base = base[own.end() :] if own else base
    if not noun:
        object_ = base
    elif verb and not level:
        object_ = noun
    else:
        object_ = noun + _without_shared(noun, base)
    verb = verb or whole.verb
    return Name(compose(object_, verb, quantity.unit), object_, verb)


def _without_shared(noun: str, base: str) -> str:
    """发明专利 + 授权专利 → 授权; 规上企业 + 高新技术企业 → 高新技术."""
    for size in range(min(len(noun), len(base)), 1, -1):
        tail = noun[-size:]
        if tail in base:
            return base.replace(tail, "", 1)
    return base


def split_subjects(left: str) -> list[str]:
    """Subjects before 分别: 专利申请量、授权量 → 专利申请量, 专利授权量 (a short second one takes the first one's head)."""
    _, text = split_clause(left)
    text = re.sub(r"分别.*$", "", text)
    text = strip_fillers(text)
    items = [item for item in re.split(r"[、,，]|和|与|及|以及", text) if item]
    if len(items) < 2:
        return items
    first = items[0]
    filled = [first]
    for item in items[1:]:
        if len(item) < len(first) and item[-1] == first[-1] and not _shares_head(item) and not item.endswith("级"):
            item = first[: len(first) - len(item)] + item
        filled.append(item)
    last = items[-1]
    if len(first) <= 4 and len(last) > len(first) and re.fullmatch(r"(?:国家|省|市|县|区|部)级?(?:以上)?", first):
        tail = _LEVEL.sub("", last)
        filled = [
            item + tail if re.fullmatch(r"(?:国家|省|市|县|区|部)级?(?:以上)?", item) else item for item in filled
        ]
    return filled


def _shares_head(item: str) -> bool:
    return len(item) >= 5
