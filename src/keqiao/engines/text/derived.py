"""Names of derived figures: growth, share, rank, attainment, gap and multiples, after the figure they belong to.

Hides the cue words at which a clause's own subject ends.
"""

import re

from keqiao.engines.text.clause import SCOPE, TRAIL, parse_left, split_clause, strip_fillers
from keqiao.engines.text.naming import Name
from keqiao.engines.text.quantities import Quantity

_DEPENDENT = re.compile(
    r"(?:其)?(?:增速|增幅|降幅|涨幅|占比|比重|总量|数量|总数|规模|立项数|获批数|完成率|兑现率|立项率)"
)


def derived_name(quantity: Quantity, measure: str, clause: str, left: str, base: Name) -> tuple[Name, Name]:
    """Growth, share, rank, attainment, gap and multiples: own subject if the clause has one, else the base figure's.

    Returns the figure's name and the base that later derived figures refer to.
    """
    subject, cue = subject_and_cue(left, measure)
    if subject and _DEPENDENT.fullmatch(subject) and base.indicator:
        subject = base.indicator + subject
    head = Name(subject, subject) if subject else base
    suffix = _suffix(quantity, measure, clause, left, cue, head.indicator)
    name = Name(_join(head.indicator, suffix), head.object, head.verb)
    return name, (name if measure == "share" else head)


def _suffix(quantity: Quantity, measure: str, clause: str, left: str, cue: str, head: str) -> str:
    if measure == "rank":
        return "" if head.endswith("位次") else _rank_suffix(clause)
    if measure == "rank_change":
        direction = re.search(r"(上升|前移|提升|下降|后移|提高|前进|跃升|进|晋升|回落|提前)", left)
        return ("" if "位次" in head else "位次") + (direction[1] if direction else "变化")
    if measure == "attainment":
        return "预算完成率" if "预算" in clause else "年度目标完成率"
    if quantity.form == "double":
        return "翻番"
    if measure in ("yoy", "change_abs", "ratio_past", "gap"):
        return _change_suffix(measure, clause, left)
    return cue


def _join(head: str, suffix: str) -> str:
    head = re.sub(r"数$", "", head) if suffix.startswith(("年度",)) else head
    return head if suffix and head.endswith(suffix) else head + suffix


_RANK_CUE = re.compile(
    r"(?:(?:上升|前移|跃升|提升|前进|下降|后移|退|升|降)(?:至|到)|位居|位列|名列|排名|排在|排位|居|列|位|排|跻身|进入|跃居|升至|稳居|继续保持|保持|获|总量)"
)


def _rank_suffix(clause: str) -> str:
    scope = re.search(
        r"(全[国省市区县州]|同类[一-鿿]{0,4}|长三角|国家级?[一-鿿]{0,6}评价)(?:[^,，]{0,8})?$", clause
    ) or re.search(r"(?:居|列|位|排|为|获)([一-鿿]{2,3}[省市](?!级))[^,，]{0,8}$", clause)
    return (scope[1] if scope else "") + "位次"


def _change_suffix(measure: str, clause: str, left: str) -> str:
    compare = re.search(r"同比|环比|年均", clause)
    if measure == "gap":
        gap = re.search(r"(?:高于|低于|高出|领先|快于|慢于|好于|优于|超出|多于|少于|落后)[^,，]{0,14}$", clause)
        return re.sub(r"(?:水平)?(?:约|近)?\s?$", "", gap[0]) if gap else "差距"
    verb = re.search(
        r".*(增长|增幅|增速|下降|提高|提升|净增|增加(?!值)|减少|上升|回落|降低|下滑|收窄|扩大|多|少|(?<![提])高|(?<!降)低)[^,，]{0,8}$",
        left,
    )
    word = (
        {"多": "增加", "少": "减少", "增幅": "增长", "净增": "增加", "高": "提高", "低": "下降"}.get(verb[1], verb[1])
        if verb
        else ("增长" if measure == "yoy" else "")
    )
    if measure == "ratio_past":
        return word + "倍数" if word else "为去年同期倍数"
    return (compare[0] if compare else "") + word


def subject_and_cue(left: str, measure: str) -> tuple[str, str]:
    """The clause's own subject before the cue, and the cue that belongs to the name (占GDP比重)."""
    _, text = split_clause(re.sub(r"(?:由|从)(?:[^,，]{0,8}的)?$", "", left))
    average = re.match(r"(?:是|为|达|相当于)(?P<of>[^,，]{2,12}?)(?:水平)?的?$", text) if measure == "ratio" else None
    if average:
        return "", f"与{average['of']}之比"
    if measure in ("share", "ratio"):
        share = re.search(
            r"占(?P<of>[^,，。;；]*?)(?:的)?(?:比重|比例|份额|比)?(?:预计|有望|将|可|为|达到?|约|超过?|近|提高到|提升至|提升到|的)*\s?$",
            text,
        )
        if share:
            before = TRAIL.sub("", strip_fillers(text[: share.start()]))
            of = re.sub(r"的$", "", share["of"])
            return before, f"占{of}比重" if of else "占比"
        before = TRAIL.sub("", strip_fillers(text))
        _, noun, verb = parse_left(left)
        return (noun + verb if verb and noun else noun or before), ""
    cut = {
        "rank": _RANK_CUE,
        "gap": re.compile(r"高于|低于|高出|领先|快于|慢于|好于|优于|超出|多于|少于|落后"),
        "rank_change": re.compile(r"(?:较|比|与|同比)|上升|前移|提升|下降|后移|提高|前进|进"),
        "attainment": re.compile(r"(?:分别)?(?:超额)?(?:完成|占|达|为|是|实现)"),
    }.get(
        measure,
        re.compile(
            r"(?:分别)?(?:同比|环比|比|较|与|年均|增长|增幅为?(?=\\d|$)|增速为?(?=\\d|$)|下降|提高|提升|净增|增加(?!值)|减少|上升|回落|降低|下滑|收窄|扩大|实现翻|翻|是|为|多|少)"
        ),
    )
    match = cut.search(text)
    before = text[: match.start()] if match else text
    if measure.startswith("rank"):
        before = re.sub(r"^县?[(（]?市?、?区?[)）]中", "", before)
        contest = re.search(r"在(?P<what>[^,，]{2,20})中$", before)
        bare = before[: contest.start()] if contest else before
        before = contest["what"] if contest and not SCOPE.sub("", bare).strip() else bare
    before = TRAIL.sub("", strip_fillers(before.rstrip("，, ")))
    return before.strip("、的 "), ""
