"""The two axes of a figure: how firm it is (status) and what it measures (measure).

Hides the cue words. `kind` folds both into the one word of the annotation rules: target and expected win, then
attainment, rank, change against an earlier period, else actual.
"""

import re
from dataclasses import dataclass

from keqiao.engines.text.quantities import Quantity

_PAST = r"(?:上年度?|去年|前年|上一年度?|同期|年初|[一二三四五两\d]年前|基期|上期|上月|上季度|(?:19|20)\d\d年|“?十[二三四]五”?末?)"
_COMPARE = re.compile(
    rf"同比|环比|(?:比|较|与|同)(?:{_PAST}|上年同期)|按可比|年均|相比|是{_PAST}|为{_PAST}|{_PAST}(?:同期)?的"
)
_GROW = re.compile(
    r"(?:增长率|增长了?|增幅|增速|净增长?了?|新增了?|增加了?|上升了?|提高了?|提升了?|上涨了?|下降了?|减少了?|降低了?|回落了?|下滑了?|下跌了?|缩减了?|压减了?|多|少|高|低|快|慢|前移了?|后移了?|跃升了?|攀升了?|扩大了?|收窄了?|升|降)(?:幅度?)?(?:为|达到?|约|近|超过?|在)?\s?$"
)
_GROW_STRICT = re.compile(
    r"(?:增长率|增长|增幅|增速|净增长|增加|上升|提高|提升|上涨|下降|减少|降低|回落|下滑|下跌|缩减)了?(?:幅度?)?(?:分别)?(?:为|达到?|约|近|超过?|超|不低于|突破|在|高达|预计|保持在|力争|力争达到)?\s?$"
)
_TO_LEVEL = re.compile(
    r"(?:增长|增加|提高|提升|上升|下降|减少|降低|扩大|扩充|发展|回落|压缩|增|升|降|压减|缩短)(?:到|至|为|成)[了]?(?:\S{0,3})?$"
)
_GAP = re.compile(
    r"(?:高于|低于|高出|低|领先|快于|慢于|好于|优于|超出|多于|少于|落后)[^,，。;；]{0,16}?(?:平均水平|平均|均值|水平|增速)?[^,，。;；]{0,4}$"
)
_ATTAIN = re.compile(
    r"(?:(?:完成|占|达|为|是|达到|超额完成|实现|已达|超|超过|分别)[^,，。;；]{0,14})?(?:目标|任务|计划|指标|预算|序时进度|进度要求)(?:数|值|任务|总数|总量|进度|指标)?的?(?:比例|比重|百分比)?(?:为|达到?|超过?|约|近|了|已)*\s?$"
)
_ATTAIN_RATE = re.compile(
    r"(?:目标|任务|计划|指标)[^,，。;；\d]{0,6}(?:完成率|完成比例|完成进度|达成率|完成度)[^,，。;；\d]{0,5}$|^(?:超额|超)(?:目标)?(?:完成)?$|超额完成(?:目标|任务)?[^,，。;；\d]{0,6}$|(?:目标|任务)[^,，。;；\d]{0,4}完成$"
)
_ATTAIN_RIGHT = re.compile(r"^(?:以上)?(?:地)?(?:完成|超额完成)[^,，。;；]{0,12}(?:目标|任务|计划)")
_TARGET = re.compile(
    r"力争|(?<!成功)(?<!积极)争取(?=(?:今年|全年|年内|到|在|年底|实现|完成|达到|新|培育|引进|突破|申报|认定|建成|创建|举办|推动|使|把|高)[^,，。;；]{0,40}$)(?!到了)|力求|(?<![为以来])确保(?!了|[^,，。;；]{0,24}(?:顺利|安全|稳定|质量|效果|实施|落实|到位|进行|完成全年的?目标任务)[^,，。;；]{0,4}$)|目标(?:是|为|[:：]|达到|设定|定为)|计划(?:新|完成|实现|培育|引进|建|到|投|今年|在|用|申|认|组织|开|达|下|总|举|安|于)|拟(?=新|引进|投入|安排|申报|实施|培育|举办|完成|建成|达到|组织|认定|开展)|(?:将|要)(?:新|实现|达到|完成|培育|突破|力争|建成|引进|超过|增长|组织|推动|举办|投入|申报|认定)|明年|来年|下一年|下半年(?:将|要|计划|力争)|奋斗目标|预期目标|规划(?:到|建设|新增|实现)|努力(?:实现|完成|达到|使|把)|奋力实现|(?:目标|计划)(?:任务|数|值)?(?:\d|为)|不低于|不少于|保持在"
)
_EXPECTED = re.compile(r"预计|有望|预期(?!目标)|预测|估计|预估|可望|将达到?(?!成)")
#: 到2027年底,… and 到“十五五”末,… look ahead (截至 looks back).
_HORIZON = re.compile(
    r"(?:^|[,，:：\s])到\s?(?:20\d\d年|“?十[四五六]五”?)(?:期?[末底])?(?=[,，一-鿿])(?![^,，]*(?:已|共有|累计))"
)
_DONE = re.compile(
    r"目前|截至|截止|现已|已(?:完成|建|实|达|有|累|经|申|认|获|投|培|引|落|签|兑|发)|(?<!预计)今年以来|累计已"
)
_FULFILLED = re.compile(r"(?:完成|占|达到?|为|是|超额完成|超)(?:了)?[^,，。;；]{0,8}(?:目标|任务|计划)")
_DERIVED_CLAUSE = re.compile(
    r"^[,，、\s]*(?:其中)?(?:同比|环比|比|较|增长|增幅|增速|占|分别|下降|提高|提升|高于|低于|居|位居|排|达到|年均|增加)"
)


@dataclass(frozen=True)
class Reading:
    status: str
    measure: str

    @property
    def kind(self) -> str:
        if self.status in ("target", "expected", "masked"):
            return self.status
        folded = {
            "attainment": "attainment",
            "rank": "rank",
            "rank_change": "rank",
            "yoy": "yoy",
            "change_abs": "yoy",
            "ratio_past": "yoy",
        }
        return folded.get(self.measure, "actual")


def measure_of(quantity: Quantity, clause: str, left: str, right: str, earlier: str = "") -> str:
    """`clause` is the text of the clause before the figure, `left` its last stretch after the previous figure."""
    if quantity.form == "rank":
        return "rank"
    if quantity.form == "double":
        return "ratio_past"
    unit, tail = quantity.unit, left.rstrip()
    if unit in ("位", "个位次", "位次", "名", "名次", "个名次") and re.search(
        r"(?:上升|前移|提升|下降|后移|提高|前进|跃升|跃居|进|晋升|回落|上移|下滑|退后|后退|赶超|提前|升)了?\s?$", tail
    ):
        return "rank_change"
    if unit in ("个百分点", "个千分点", "个基点"):
        if re.search(r"超(?:额完成|目标|计划|过目标)", clause) and re.search(r"目标|任务|计划", clause):
            return "attainment"
        return "gap" if _GAP.search(clause) and not _COMPARE.search(left) else "change_abs"
    if unit in ("%", "‰", "‱"):
        return _percent_measure(clause, left, tail, right, earlier)
    if unit == "倍":
        return _ratio_measure(clause, left, tail)
    if re.match(r"[,，]?(?:高于|低于|高出|领先|超出)", left.strip()):
        return "gap"
    if (
        (_COMPARE.search(clause) or re.search(r"相比[,，]$", earlier) or re.search(r"[比较]", clause[:2]))
        and _GROW.search(_strip_approx(tail))
        and not _TO_LEVEL.search(tail)
    ):
        return "change_abs"
    return "level"


def _strip_approx(text: str) -> str:
    return re.sub(r"(?:约|近|超过?|突破|逾|了|达到?|不低于|高达)+\s?$", "", text.rstrip())


_OF_TARGET = re.compile(r"(?:目标|任务|计划)[^,，;；\d]{0,4}\d[\d.,]*[^\d,，;；]{0,4}的\s*(?:约|近)?$")
IS_TARGET = re.compile(r"(?:以上)?(?:左右)?的(?:年度|全年|预期|既定)?(?:目标|任务|计划)")


def _percent_measure(clause: str, left: str, tail: str, right: str, earlier: str) -> str:
    if re.match(r"[,，]?(?:目标)?完成率(?:为|达到?)?\s?$", left) and re.search(r"目标|任务(?!书)", earlier):
        return "attainment"
    if IS_TARGET.match(right):
        return "yoy" if _GROW_STRICT.search(tail) else "share"
    if _OF_TARGET.search(clause):
        return "attainment"
    if _ATTAIN.search(tail) or _ATTAIN_RATE.search(tail) or _ATTAIN.search(clause) or _ATTAIN_RIGHT.match(right):
        return "attainment"
    if _TO_LEVEL.search(tail):
        return "share"
    if _GROW_STRICT.search(tail) or _GROW_STRICT.search(_strip_approx(tail)):
        return "yoy"
    if _COMPARE.search(left) and not re.search(r"占", left):
        return "yoy"
    return "share"


def _ratio_measure(clause: str, left: str, tail: str) -> str:
    if re.search(r"(?:目标|任务|计划|指标)(?:数|值|任务)?的?(?:约|近)?\s?$", tail) or _ATTAIN.search(clause):
        return "attainment"
    if (
        _GROW_STRICT.search(_strip_approx(tail))
        or _COMPARE.search(clause)
        or re.search(rf"{_PAST}(?:同期)?(?:水平)?的?[^,，。;；]{{0,3}}$", tail)
    ):
        return "ratio_past"
    return "ratio"


def status_of(
    earlier: str,
    clause: str,
    is_plan: bool,
    quantity: Quantity,
    right: str,
    previous: str,
    measure: str,
    lead: str = "",
) -> str:
    """`earlier`: the sentence's clauses before this one; `clause`: its own clause up to the figure; `previous`: status of the figure before."""
    if quantity.value is None:
        return "masked"
    horizon = _HORIZON.search(earlier + clause) and not _DONE.search(clause)
    clause, earlier = _unquoted(clause), _unquoted(earlier)
    if _EXPECTED.search(clause):
        return "expected"
    if horizon:
        return "target"
    is_done = bool(_DONE.search(clause))
    if IS_TARGET.match(right) or (
        re.search(r"占[^,，]{0,4}(?:目标|任务|计划)(?:任务|数)?\s*$", clause) and right.startswith("的")
    ):
        return "target"
    if not is_done and (_TARGET.search(_FULFILLED.sub("", clause))):
        return "target"
    if _DERIVED_CLAUSE.match(clause) and previous in ("target", "expected") and measure != "attainment":
        return previous
    if not is_done:
        inherited = _inherited(earlier)
        if inherited:
            return inherited
        if is_plan:
            return "target"
        if lead and measure != "attainment":
            return lead
    return "actual"


_LEAD_TARGET = re.compile(
    r"\s*(?:[(（]?[一二三四五六七八九十\d]{1,2}[)）、.]|[一二三四五六]是)?\s*(?:[^,，。;；]{0,12}目标(?:是|为)?[:：]|(?:到?(?:20\d\d|明)年底?[,，]?)?(?:全年|全市|我[市区县局])?(?:力争|力求|确保|计划))"
)
_LEAD_EXPECTED = re.compile(r"\s*(?:预计|有望)")


def lead_status(sentence: str) -> str:
    """Status announced at the head of a sentence whose parts are joined by ；(力争甲30家；乙50家), else ''."""
    if _LEAD_TARGET.match(sentence):
        return "target"
    return "expected" if _LEAD_EXPECTED.match(sentence) else ""


def _unquoted(text: str) -> str:
    """Names in quotes hold no cue: “…的预测价值”."""
    return re.sub(r"“[^”]*”?|《[^》]*》?", "", text)


def _inherited(earlier: str) -> str:
    """A cue in an earlier clause holds on: 力争 and 目标 to the end of the sentence, 预计 only when it opens the sentence."""
    for clause in reversed(re.split(r"[,，]", earlier)):
        if _TARGET.search(_FULFILLED.sub("", clause)):
            return "target"
        if _DONE.search(clause):
            return ""
    return "expected" if re.match(r"\s*(?:预计|有望|预期)", earlier) else ""
