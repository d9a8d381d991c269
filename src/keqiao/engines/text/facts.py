"""Facts from a text: one record per figure, with its place, meaning and context.

Hides the walk over sentences and clauses: what a figure inherits from the figure before it (indicator, whole, status),
zipping of 分别 lists, the period and the subject. Extraction proposes; a person confirms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from keqiao.engines.text import naming
from keqiao.engines.text.axes import IS_TARGET, Reading, lead_status, measure_of, status_of
from keqiao.engines.text.clause import PERIOD, parse_left, right_noun
from keqiao.engines.text.derived import derived_name, subject_and_cue
from keqiao.engines.text.naming import Name
from keqiao.engines.text.quantities import Quantity, find_quantities
from keqiao.engines.text.segment import Sentence, split_sentences
from keqiao.engines.text.tables import TableFigure, find_tables, table_figures


@dataclass(frozen=True)
class Fact:
    """``text[start:end] == span``. Percent stays in points, money is in 元, a fall is positive with modifier 下降.

    `value` is None for masked placeholders. `part_of` is the start offset of the whole that this figure is a part of.
    """

    article: str
    sentence: str
    span: str
    start: int
    end: int
    value: Decimal | None
    value_max: Decimal | None
    unit: str
    status: str
    measure: str
    kind: str
    indicator: str
    verb: str
    subject: str
    period: str
    modifier: tuple[str, ...] = ()
    section: str = ""
    part_of: int | None = None
    is_known_unit: bool = True


NO_NAME = Name("")


@dataclass
class _Walk:
    """What one sentence hands from figure to figure."""

    carried: Name = NO_NAME
    base: Name = NO_NAME
    whole: Name | None = None
    whole_at: int | None = None
    whole_unit: str = ""
    status: str = "actual"
    scope: str = ""
    listed: list[Name] = field(default_factory=list)
    levels: list[Name] = field(default_factory=list)
    in_parts: bool = False
    parts_in_paren: bool = False
    last_level_at: int | None = None
    measure: str = "level"
    cue: str = ""
    run: int = 0
    lead: str = ""  # status that the first of several parts joined by ； announces


_CLAUSE_STOP = re.compile(r"[,，;；。:：\n!！?？]")
_PERIOD_DEFAULT = re.compile(r"今年以来|今年|截至目前|截止目前|上半年|前三季度|全年|一年来")


def extract_facts(text: str, article: str = "1") -> list[Fact]:
    """All figures of a clean text in reading order, masked placeholders included (value None). Cost: ~1 s per 100,000 characters."""
    tables = find_tables(text)
    quantities = [q for q in find_quantities(text) if not any(t.start <= q.start < t.end for t in tables)]
    default = _default_period(text)
    facts: list[Fact] = [_table_fact(figure, article) for table in tables for figure in table_figures(table)]
    i = 0
    paragraph, period_seen, walk, ended = -1, "", _Walk(), ""
    for sentence in split_sentences(text):
        inside = []
        while i < len(quantities) and quantities[i].start < sentence.end:
            inside.append(quantities[i])
            i += 1
        if sentence.paragraph != paragraph:
            paragraph, period_seen, ended = sentence.paragraph, "", ""
        walk = _walk_on(walk, text[sentence.start : sentence.end]) if ended in (";", "；") else _Walk()
        walk.lead = walk.lead or ("" if ended in (";", "；") else lead_status(text[sentence.start : sentence.end]))
        found = list(_read_sentence(text, sentence, inside, article, period_seen or default, walk))
        ended = text[sentence.start : sentence.end].rstrip()[-1:]
        period_seen = next((f.period for f in reversed(found) if f.period), period_seen)
        facts += found
    facts.sort(key=lambda fact: fact.start)
    return facts


def _table_fact(figure: TableFigure, article: str) -> Fact:
    return Fact(
        article=article, sentence=figure.row, span=figure.span, start=figure.start, end=figure.end, value=figure.value,
        value_max=None, unit=figure.unit, status=figure.reading.status, measure=figure.reading.measure,
        kind=figure.reading.kind, indicator=figure.name, verb="", subject=figure.subject, period=figure.period,
    )  # fmt: skip


def _default_period(text: str) -> str:
    match = _PERIOD_DEFAULT.search(text)
    return match[0] if match else ""


def _read_sentence(
    text: str, sentence: Sentence, quantities: list[Quantity], article: str, period: str, walk: _Walk
) -> Iterator[Fact]:
    for k, quantity in enumerate(quantities):
        previous = quantities[k - 1] if k else None
        following = quantities[k + 1] if k + 1 < len(quantities) else None
        clause_start = _clause_start(text, sentence.start, quantity.start)
        left_start = max(clause_start, previous.tail or previous.end) if previous else clause_start
        paren = _open_paren(text, sentence.start, quantity.start)
        left_start = max(left_start, paren)
        left = _own_left(text[left_start : quantity.start], previous is not None and left_start > clause_start)
        clause = text[clause_start : quantity.start]
        right = text[max(quantity.tail, quantity.end) : following.start if following else sentence.end]
        measure = measure_of(quantity, clause, left, right, text[sentence.start : clause_start])
        if _continues_list(left) and walk.run > 0 and previous:
            measure = _listed_measure(measure, left, walk.measure)
        walk.run -= 1
        walk.measure = measure
        walk.cue = walk.cue if _continues_list(left) and left.strip() not in (",", "，") else left
        status = status_of(
            text[sentence.start : clause_start],
            clause,
            sentence.part == "plan",
            quantity,
            right,
            walk.status,
            measure,
            walk.lead,
        )
        name, part_of = _name(walk, quantity, measure, clause, left, right, bool(paren), quantities, k, text)
        name = _with_earlier_object(name, text[sentence.start : clause_start], quantity)
        walk.status = status
        reading = Reading(status, measure)
        yield Fact(
            article=article, sentence=text[sentence.start : sentence.end].strip(), span=text[quantity.start : quantity.end],
            start=quantity.start, end=quantity.end, value=quantity.value, value_max=quantity.value_max, unit=quantity.unit,
            status=status, measure="ratio" if measure == "ratio_past" else measure, kind=reading.kind,
            indicator=name.indicator, verb=name.verb, subject=walk.scope, period=_period(text, sentence, quantity, period),
            modifier=_modifiers(quantity, measure, walk.cue), section=sentence.heading, part_of=part_of,
            is_known_unit=quantity.is_known_unit,
        )  # fmt: skip


_GOES_ON = re.compile(r"\s*(?:占|同比|环比|比上年|较上年|比去年|较去年|居全|位居|位列|增长|增幅|下降|其中|累计达|总数)")


def _walk_on(last: _Walk, sentence: str) -> _Walk:
    """Behind a ； a derived figure (；占比…) still speaks of the figure before; anything else starts anew."""
    if not _GOES_ON.match(sentence):
        return _Walk(lead=last.lead)
    return _Walk(
        carried=last.carried, base=last.base, levels=list(last.levels), last_level_at=last.last_level_at, lead=last.lead
    )


def _own_left(left: str, follows_figure: bool) -> str:
    """25家企业代表和境内外的45个团队: what stands before 和 belongs to the figure before."""
    if not follows_figure:
        return left
    match = re.match(r"[^、和与及,，的(（]{1,14}(?:和|与|及|、)(?=[^、])", left)
    if match and not left.startswith(("增", "下", "其中")):
        return left[match.end() :]
    counted = right_noun(left)  # 80多项技术成果深入100多个村: 技术成果 belongs to the 80
    return left[len(counted) :] if counted and len(counted) < len(left) and left.startswith(counted) else left


def _listed_measure(measure: str, left: str, before: str) -> str:
    """In 分别增长18.3%、26.9% the second figure has no cue of its own."""
    return before if measure in ("share", "level", "ratio") and not left.strip("、和与及 ") else measure


def _continues_list(left: str) -> bool:
    return left.strip() in ("、", "和", "与", "及", "以及", ",", "，", "")


def _clause_start(text: str, floor: int, at: int) -> int:
    for i in range(at - 1, floor - 1, -1):
        if _CLAUSE_STOP.match(text[i]) and not (
            text[i] in ",，" and text[i + 1 : i + 2].isdigit() and text[i - 1 : i].isdigit()
        ):
            return i + 1
    return floor


def _open_paren(text: str, start: int, at: int) -> int:
    """Offset behind a bracket that opens between `start` and `at` and is still open, else 0."""
    depth_at = 0
    for i in range(start, at):
        if text[i] in "(（":
            depth_at = i + 1
        elif text[i] in ")）":
            depth_at = 0
    return depth_at


def _name(
    walk: _Walk, quantity: Quantity, measure: str, clause: str, left: str, right: str, in_paren: bool,
    quantities: list[Quantity], k: int, text: str,
) -> tuple[Name, int | None]:  # fmt: skip
    if "分别" in left and k + 1 < len(quantities):
        _open_list(walk, left, quantities, k, text, measure)
    if walk.listed and ("分别" in left or _continues_list(left) or _is_growth_only(left)):
        return _name_listed(walk, quantity, measure, clause, left, right), None
    walk.listed = []
    if walk.base.indicator and IS_TARGET.match(right):  # 超额完成3%的年度目标
        return walk.base, None
    if (
        measure not in ("level", "share", "ratio")
        or (measure == "ratio" and re.match(r"[,，]?(?:是|为|达|相当于)", left.strip()))
        or (measure != "level" and _is_derived_share(left))
    ):
        name, walk.base = derived_name(quantity, measure, clause, left, walk.base)
        if not walk.carried.object:
            walk.carried = walk.base
        return name, None
    if walk.base.indicator and _TO.fullmatch(left.strip()):
        return walk.base, None
    return _name_level(walk, quantity, measure, clause, left, right, in_paren)


_TO = re.compile(
    r"(?:增长|增加|提高|提升|上升|下降|减少|降低|扩大|扩充|发展|回落|压缩|增|升|降|压减)(?:到|至|为)了?(?:目前的?|现在的?|今年的?|20\d\d年的?)?(?:约|近|超过?)?|的?(?:年度|全年)?目标(?:为|是)?|占(?:年度|全年)?(?:目标|任务|计划)(?:任务|数)?"
)


def _is_growth_only(left: str) -> bool:
    return bool(re.fullmatch(r"[、和与及]?(?:增长|下降|提高|提升|增加|减少|上升|回落|降低|为|达到?)", left.strip()))


def _is_derived_share(left: str) -> bool:
    """占…比重 without its own subject belongs to the figure before."""
    _, cue = subject_and_cue(left, "share")
    return cue != ""


def _open_list(walk: _Walk, left: str, quantities: list[Quantity], k: int, text: str, measure: str) -> None:
    run = 1
    for a, b in zip(quantities[k:], quantities[k + 1 :], strict=False):
        between = text[max(a.tail, a.end) : b.start]
        if (
            re.fullmatch(r"\s*(?:[、和与及]|以及)?(?:增长|下降|提高|提升|上升|减少|增加|回落)?\s*", between)
            and len(between) <= 6
        ):
            run += 1
        else:
            break
    walk.run = run
    own = naming.split_subjects(left[: left.index("分别")]) if not _is_compare_only(left) else []
    if len(own) == run:
        walk.listed = [Name(item, item) for item in own]
        walk.levels = list(walk.listed) if measure == "level" else walk.levels
    elif len(walk.levels) >= run:
        walk.listed = walk.levels[-run:]
    else:
        walk.listed = []


def _is_compare_only(left: str) -> bool:
    head = left[: left.index("分别")].strip("，,、 ")
    return not head or bool(re.fullmatch(r"(?:同比|环比|比上年|较上年|比去年|较去年|与上年相比|同比均)+", head))


def _name_listed(walk: _Walk, quantity: Quantity, measure: str, clause: str, left: str, right: str) -> Name:
    item = walk.listed.pop(0)
    if measure in ("level", "share", "ratio"):
        name = Name(naming.compose(item.object or item.indicator, item.verb, quantity.unit), item.object, item.verb)
        walk.carried = walk.base = name
        return name
    cue = left if "分别" in left or _is_growth_only(left) else clause
    return derived_name(quantity, measure, clause, re.sub(r"^.*?分别", "", cue), item)[0]


def _name_level(
    walk: _Walk, quantity: Quantity, measure: str, clause: str, left: str, right: str, in_paren: bool
) -> tuple[Name, int | None]:
    is_part = "其中" in left or (in_paren and walk.carried.object != "" and "其中" not in left and measure == "level")
    if is_part and walk.carried.object:
        if not (walk.in_parts and walk.whole):
            walk.whole, walk.whole_unit = walk.carried, quantity.unit
            walk.parts_in_paren = in_paren
            walk.whole_at = walk.whole_at if walk.in_parts else walk.last_level_at
        walk.in_parts = True
    elif walk.in_parts and ((walk.parts_in_paren and not in_paren) or not _goes_on_as_part(walk, quantity, left)):
        walk.in_parts, walk.whole = False, None
    if walk.in_parts and walk.whole and quantity.unit not in ("%",):
        name = naming.part_name(left, right, quantity, walk.whole)
        walk.base = name
        walk.levels.append(name)
        return name, walk.whole_at
    if measure == "share":
        name, scope = naming.share_name(left, right, quantity, walk.carried)
    else:
        name, scope = naming.level_name(left, right, quantity, walk.carried)
    walk.scope = scope or walk.scope
    walk.base = name
    if name.object:
        walk.carried = name
        walk.levels.append(name)
    walk.last_level_at = quantity.start
    return name, None


def _goes_on_as_part(walk: _Walk, quantity: Quantity, left: str) -> bool:
    """农业类8项、社发类20项 go on; a clause with its own verb or another unit does not."""
    _, noun, verb = parse_left(left)
    return quantity.unit == walk.whole_unit and not verb and 0 < len(noun) <= 12


def _with_earlier_object(name: Name, earlier: str, quantity: Quantity) -> Name:
    """申报省级科技攻关计划项目,共申报7个项目: a bare noun takes its description from the clause with the same verb."""
    if name.object not in ("项目", "企业", "单位", "产品", "平台", "人员", "活动") or not name.verb:
        return name
    match = re.search(rf"{name.verb}([^,，。、;；]{{2,18}}{name.object})", earlier)
    return Name(naming.compose(match[1], name.verb, quantity.unit), match[1], name.verb) if match else name


def _period(text: str, sentence: Sentence, quantity: Quantity, default: str) -> str:
    before = text[sentence.start : quantity.start]
    clause = _clause_start(text, sentence.start, quantity.start) - sentence.start
    found = [m[0] for m in PERIOD.finditer(before) if not _is_compared(before, m, clause)]
    return found[-1] if found else default


def _is_compared(before: str, period: re.Match[str], clause: int) -> bool:
    """比上年, 为去年同期的: a period to compare with. 由上年的38亿元增加到: last year's is only the figure right behind it."""
    if not re.match(r"上年|去年|前年", period[0]):
        return False
    compared = before[period.start() - 1 : period.start()] in ("比", "较", "与", "同", "为", "是")
    return compared or period.start() < clause or bool(re.search(r"\d", before[period.end() :]))


def _modifiers(quantity: Quantity, measure: str, left: str) -> tuple[str, ...]:
    found = list(quantity.modifiers)
    if measure in ("yoy", "change_abs", "ratio_past"):
        fall = re.search(r"(下降|减少|回落|降低|下滑|下跌|少)[^,，]{0,4}$", left)
        if fall and not re.search(r"(?:降至|降到|减至)", left):
            found.append("下降" if fall[1] != "少" else "减少")
    if measure == "rank_change":
        move = re.search(r"(上升|前移|提升|下降|后移|提高|前进|跃升|晋升|回落)", left)
        if move:
            found.append(move[1])
    if re.fullmatch(r"[\s,，、]*累计(?:达|达到|有)?", left):
        found.append("累计")
    return tuple(dict.fromkeys(found))
