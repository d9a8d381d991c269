"""What a figure counts: the indicator's name, built from words of the text.

Hides how the object (高新技术企业) and the action (认定) are found left and right of a number, what is carried over from
the figure before (…申报3家,认定2家), and how parts, 分别 lists and derived figures (同比, 占比, 位次) are named after their base.
申报 and 认定 are different indicators: the verb is always part of the name.
"""

import re
from dataclasses import dataclass

from keqiao.engines.text.quantities import Quantity
from keqiao.engines.text.units import is_money

PERIOD = re.compile(
    r"连续[一二三四五六七八九十\d两]+年(?:度)?|(?:截至|截止)(?:到)?(?:目前|\S{0,8}?(?:月份?底?|日|年底|季度末?|上半年|年末|月末|月底))|今年以来|今年|本年度?|全年|去年同期|去年|上年|明年|上半年|下半年|前[一二三四五六七八九十\d]+个?(?:季度|月)|[一二三四]季度"
    r"|(?:19|20)(?:\d\d|xx|XX)年(?:度|底|末|初|以来)?|[xX]{1,4}年(?:度|底)?|目前|累计|年内|年底前?|年末|当年|近年来|近[两三五]年来?|到\s?(?:19|20)\d\d年(?:底|末)?|\d{1,2}(?:[-—–至到]\d{1,2})?月份?(?:底|末)?|“?十[三四五]五”?(?:期间|末|以来)?|一年来|活动期间|期间"
)
_SCOPE = re.compile(r"^(?:全[省市县区国州镇旗]|我[省市县区局委国州镇]|[本我]?辖区(?:内)?|各级各部门|[一-鿿]{2,3}[市县区镇](?=新|认|申|共|全|累|完|实|获)|[xX]{1,2}[市县区镇])(?:范围)?内?(?:共有?)?")
_FILLER = (
    "积极组织|组织|共向上|向上|累计|一共|共计|合计|总计|总共|共有|共(?![同性享建产青和识赢])|现有|现已|已经|已有|已|完成(?![率度比情进])了?|实现了?|达成了?|达到了?|达到|达|成功|新掌握了?|掌握了?|现|并|还|又|先后|分别|各|另有|另外|此外|其中|同时|"
    "首次|继续|进一步|积极|切实|扎实|认真|有序|顺利|力争|争取|确保|计划|预计|有望|预期|将|拟|要|努力|目标|到|使|把|对|为|与|和|及|以及|以|由|向|从|通过|经|被|是|等|了|的|均|仅|约|近|超过|超|突破|高达|全部|全面|重点|深入|"
    "省里|拥有|形成|用于|获得了?|取得|做好|抓好|开展了?|进行了?|年度|年|各类|各级各类|各级|不断|大力|加快|推动|推进|按照|助力|支持|帮助|参与|面向"
)
_FILLERS = re.compile(rf"^(?:{'|'.join(sorted(_FILLER.split('|'), key=len, reverse=True))})(?=[一-鿿A-Za-z&]|$)")
_ACTIONS = (
    "新申报批准|审核推荐|推荐申报|组织申报|联合申报|惠及|净增|申报|新认定|认定|新增|新建|新注册|新登记|新立项|新引进|新培育|新发展|新上|新获批|新批|新打造|新选派|立项|验收|备案|获批准|获批|获准|批准|注册|登记|下达|实施|发放|兑现|培育|引进|建成|建设|搭建|"
    "挖掘|征集|发布|签订|签约|推荐|通过|入库|入选|入驻|选派|选聘|推广|举办|召开|开展|培训|统计|展出|提供|收到|转化|授权|受理|查处|检查|发现|调处|结案|审结|争取|落实|投入|拨付|建立|设立|组建|创建|创成|获得|荣获|获评|获|"
    "服务|走访|帮扶|带动|种植|发展|生产|销售|奖励|补助|资助|减免|抵扣|融资|发行|编发|印发|出台|制定|修订|发表|邀请|接待|召集|参加|选取|筛选|筛选确定|优选|挑选|储备|解决|化解|协调|上传|刊发|推送|报送|聘请|聘任|招引|落地|对接|达成|申请|"
    "拆除|铺墁|修缮|捐赠|吸纳|配备|配置|购置|共享|开放|预约|检测|考核|评选|评出|表彰|命名|摘牌|撤诉|调解|调研|收集|整理|采集|推介|介绍|选树|建有|承担|参与|主持|牵头|完工|开工|竣工|投产|试生产|上市|挂牌|孵化|毕业|撤销|注销|清理|整改|排查|取得|普查|辅导|开发|研发|攻克|突破|填补|募集|吸引|撬动|支持|办理|办结|回复|答复|满意|上报|宣传|制作|印制|张贴|悬挂|慰问|拓展|打造|布局|谋划|推进|启动|纳入|列入|跟踪|回访|促成|成交|交易|流转|许可|转让|质押|贷款|理赔|投保|参保|登录|浏览|访问|采购|收购|消费|派出|新设|扶持|培养|遴选|选拔|引育|新招|招聘|累计发放|累计服务|检验"
)
_ACTION = re.compile(rf"(?:{'|'.join(sorted(set(_ACTIONS.split('|')), key=len, reverse=True))})了?")
_LEADING_ACTION = re.compile(rf"^(?:{_ACTION.pattern})")
_TRAIL = re.compile(
    r"(?:分别)?(?:首次|已经|已|将|均|也|就|共计?|合计|总计|总数|累计|实现|完成|力争|预计|可|可达|可望|保持|稳定|约|近|仅|只|总额|总量|数量|达到了?|达到?|突破|超过?|逾|为|是|有|在|至|到|成为|高达|降至|增至|升至|增加到|提高到|提升到|提升至|提高至|扩大到|上升到|上升至|增长到|下降到|下降至|约为|不低于|不少于|不超过|各|了|的|：|:|共有|共|等)+$"
)
_STOP_RIGHT = re.compile(
    r"已|正|将|被|列入|列为|获|进行|开展|实施|完成|通过|参加|深入|逐家|收到|对接|成功|全部|全面|投入|投产|建成|进入|达|为|是|有|与|和我|赴|来|在|从|以|用于|用以|实现|提供|签|申报|认定|报送|以上|以下|左右|作为|并|先后|之多|增加|增长|提高|提升|下降|减少|压缩|上升|降|,|，|得到|接受|享受|到|涵盖|覆盖|集中|按|根据|由|给|让|取得|建有|设|拥有|入选|入围|上榜|均|位居|居"
)
_LEVEL = re.compile(r"^(?:国家级|国家|部级|省部级|省级以上|省级|省|市级以上|市级|市|县级|区级|县级以上|区|县|[一-鿿]{2,3}市级|[一-鿿]{2,3}市|各级各类|各级|各类)(?:及?以上|和省级|、省级|、市级)?")
_COUNT_ENDS = ("数", "量", "率", "额", "值", "次", "指数", "得分", "规模", "比重", "占比", "强度", "面积")
_MONEY_ENDS = re.compile(r"(?:额|投入|支出|收入|资金|产值|经费|投资|贷款|费用|值|利润|税收?|价|成本|金额|融资|利税|预算|补助|奖励|效益|营收|授信|基金|保额|保费|工资|规模)$")
_DERIVED = re.compile(r"同比|环比|(?:比|较|与)(?:上年|去年|前年|同期|上期|全[省市国县区]|上一年)")


@dataclass(frozen=True)
class Name:
    """`indicator` = object + action + 数/额; `base` is what derived figures and parts are named after."""

    indicator: str
    object: str = ""
    verb: str = ""


def split_clause(text: str) -> tuple[str, str, str]:
    """Scope (全市, 我局), then what is left once periods and connectives are stripped; and the scope's own text."""
    text = re.sub(r"^[、,，;；:：和及与以\s)）.。]+", "", text)
    text = re.sub(r"^(?:[(（]?\d{1,2}[)）]|\d{1,2}[、.．]|[(（][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[一二三四五六七八九十]是)\s*", "", text)
    scope = ""
    for _ in range(4):
        period = PERIOD.match(text)
        if period:
            text = text[period.end() :].lstrip("，,")
            continue
        match = _SCOPE.match(text)
        if match:
            scope, text = match[0], text[match.end() :]
            continue
        break
    return scope, text, ""


def strip_fillers(text: str) -> str:
    while True:
        period = PERIOD.match(text)
        match = period or _FILLERS.match(text)
        if not match or match.end() == 0:
            return text
        if not period and _LEADING_ACTION.match(text) and len(_LEADING_ACTION.match(text)[0]) > len(match[0]):  # type: ignore[index]
            return text
        text = text[match.end() :]


def parse_left(left: str) -> tuple[str, str, str]:
    """(scope, object, verb) of the words before a number: 组织申报高新技术企业 → ("", 高新技术企业, 申报)."""
    left = re.sub(r"(?<=[一-鿿])\s+|\s+$", "", left)
    left = re.sub(r"(?:由|从)(?:[^,，]{0,8}的)?$", "", left)
    scope, text, _ = split_clause(_after_total(_last_phrase(left)))
    text = re.sub(r"《[^《》]*》|[“”\"《》]", "", text)
    text = _TRAIL.sub("", text).rstrip("、，, :：")
    verbs: list[str] = []
    text = strip_fillers(text)
    if not scope:
        scope, text, _ = split_clause(text)
    while True:
        match = _LEADING_ACTION.match(text)
        if not match or _is_noun_head(text, match[0]):
            break
        verbs.append("" if re.match(r"(?:获得?|荣获|取得)了?$", match[0]) else re.sub(r"^组织|^联合|了$", "", match[0]))
        text = strip_fillers(text[match.end() :])
        more_scope, text, _ = split_clause(text)
        scope = scope or more_scope
    text = _last_object(text, verbs)
    return scope, _TRAIL.sub("", text).strip("、，,的 "), "".join(dict.fromkeys(verbs))


_TOTAL = re.compile(r"^[^、,，]{2,}?(?:累计|共计|合计|总共|一共|共(?![同性享建产青和识赢]))(?=[^、,，]{2})")


def _after_total(text: str) -> str:
    """创新赛承办全过程累计达成合作协议: what is counted stands behind 累计."""
    match = _TOTAL.match(text)
    rest = text[match.end() :] if match else ""
    return rest if match and _TRAIL.sub("", rest) else text


def _last_phrase(text: str) -> str:
    """设置咨询台、悬挂标语、发放: of several verb phrases the last one governs the number."""
    parts = text.split("、")
    if len(parts) > 1 and _LEADING_ACTION.match(strip_fillers(parts[-1])) and _ACTION.search("、".join(parts[:-1])):
        return parts[-1]
    return text


def _is_noun_head(text: str, verb: str) -> bool:
    """技术转让合同, 研发投入, 服务机构, 培训班: the verb is part of a noun when one of its nouns follows."""
    rest = text[len(verb) :]
    if re.match(r"[率度]", rest):
        return True
    return bool(
        re.match(r"(?:机构|平台|中心|班|会|基地|经费|费用|资金|活动|企业|园区|能力|率|额|量|业|站|员|人员|人次|项目|合同|强度|收入|协议|体系|人数|宣传|面积|咨询|系统|团队|站点|产品|专利|方案|计划|基金|中介|券|金额|总额|规模|利润|场次)", rest)
    ) and verb in ("服务", "培训", "孵化", "研发", "投入", "检测", "交易", "贷款", "签约", "开发", "销售", "生产", "推广", "成交", "融资", "奖励", "补助", "转化", "转让", "申请", "授权", "调研", "普查", "宣传", "检验", "服务", "消费", "种植", "对接", "发展", "实施", "建设", "入驻", "上市", "投保", "参保", "质押", "许可", "攻克")


def _last_object(text: str, verbs: list[str]) -> str:
    """In a long run-up keep what stands after the last verb that governs the number."""
    if len(text) <= 14:
        return text
    matches = [m for m in _ACTION.finditer(text) if m.end() < len(text) - 1 and not _is_noun_head(text[m.start() :], m[0]) and m.start() > 0]
    for match in reversed(matches):
        rest = strip_fillers(text[match.end() :])
        if len(rest) >= 2 and not rest.startswith(("的", "与", "工作")) and not re.match(r"[一-鿿]{0,3}的", rest):
            if len(text) - match.start() > 22 or len(text) > 20:
                if not verbs or match[0] not in verbs:
                    verbs.append(match[0].rstrip("了"))
                return rest
            return text
    return text


def right_noun(right: str) -> str:
    """The noun counted when it stands behind the number (35家企业): up to the first verb or stop."""
    text = re.split(r"[,，;；。:：(（)）!！\n]", right)[0]
    if not text or text[0] in "、和及与以，的":
        return right_noun(text[1:]) if text[:1] == "的" else ""
    stop = _STOP_RIGHT.search(text)
    noun = text[: stop.start()] if stop else text
    noun = re.sub(r"[“”\"]", "", noun).strip("、的 ")
    return "" if re.fullmatch(r"[等左右上下多余]*", noun) else noun[:18].rstrip("、")


def right_tail(right: str) -> str:
    """What the counted ones do (收到对接专家信息, 市科技攻关计划的申报): tells apart figures whose noun is too general."""
    text = re.split(r"[,，;；。:：(（）)!！\n]", right)[0]
    noun = right_noun(right)
    tail = text[text.find(noun) + len(noun) :] if noun else text
    tail = re.sub(r"^(?:已|正|将|均|也|全部|成功|顺利|先后)*(?:进行了?|开展了?|通过)?", "", tail)
    return re.sub(r"[的了“”\"]", "", tail)[:14] if len(tail) <= 22 else ""


def compose(object_: str, verb: str, unit: str) -> str:
    """高新技术企业 + 认定 → 高新技术企业认定数; amounts end in 额 unless the noun already says money."""
    name = object_ + ("" if verb and object_.endswith(verb) else verb)
    if not name or unit in ("%", "‰", "个百分点", "倍", "位", "") or unit.startswith("元/"):
        return name
    if is_money(unit):
        return name if _MONEY_ENDS.search(name) else name + "额"
    return name if name.endswith(_COUNT_ENDS) else name + ("人次" if unit == "人次" and not name.endswith("人次") else "数")


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
    if noun_right and quantity.form == "plain" and (not noun or _modifies(left, noun) or (len(noun_right) >= 2 and _is_agent(noun))):
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
    return tail.endswith(("的", "有", "等", "对", "了", "中", "下", "等的")) or bool(re.search(r"(?:完成了?|有|为|对|帮助|深入|组织|选派了?|中的)$", tail))


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
    scope, text, _ = split_clause(left)
    text = re.sub(r"分别.*$", "", text)
    text = strip_fillers(text)
    items = [item for item in re.split(r"[、,，]|和|与|及|以及", text) if item]
    if len(items) < 2:
        return items
    first = items[0]
    filled = [first]
    for item in items[1:]:
        if len(item) < len(first) and item[-1] == first[-1] and not _shares_head(item):
            item = first[: len(first) - len(item)] + item
        filled.append(item)
    last = items[-1]
    if len(first) <= 4 and len(last) > len(first) and re.fullmatch(r"(?:国家|省|市|县|区|部)级?(?:以上)?", first):
        tail = _LEVEL.sub("", last)
        filled = [item + tail if re.fullmatch(r"(?:国家|省|市|县|区|部)级?(?:以上)?", item) else item for item in filled]
    return filled


def _shares_head(item: str) -> bool:
    return len(item) >= 5


def derived_name(quantity: Quantity, measure: str, clause: str, left: str, base: Name) -> tuple[Name, Name]:
    """Growth, share, rank, attainment, gap and multiples: own subject if the clause has one, else the base figure's.

    Returns the figure's name and the base that later derived figures refer to.
    """
    subject, cue = _subject_and_cue(left, measure)
    if subject and _DEPENDENT.fullmatch(subject) and base.indicator:
        subject = base.indicator + subject
    head = Name(subject, subject) if subject else base
    suffix = _suffix(quantity, measure, clause, left, cue, head.indicator)
    name = Name(_join(head.indicator, suffix), head.object, head.verb)
    return name, (name if measure == "share" else head)


_DEPENDENT = re.compile(r"(?:其)?(?:增速|增幅|降幅|涨幅|占比|比重|总量|数量|总数|规模|立项数|获批数|完成率|兑现率|立项率)")


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
    return head + suffix


_RANK_CUE = re.compile(r"(?:位居|位列|名列|排名|排在|排位|居|列|位|排|跻身|进入|跃居|升至|稳居|继续保持|保持|获|总量)")


def _rank_suffix(clause: str) -> str:
    scope = re.search(r"(全[国省市区县州]|同类[一-鿿]{0,4}|长三角|国家级?[一-鿿]{0,6}评价)(?:[^,，]{0,8})?$", clause) or re.search(
        r"(?:居|列|位|排|为|获)([一-鿿]{2,3}[省市](?!级))[^,，]{0,8}$", clause
    )
    return (scope[1] if scope else "") + "位次"


def _change_suffix(measure: str, clause: str, left: str) -> str:
    compare = re.search(r"同比|环比|年均", clause)
    if measure == "gap":
        gap = re.search(r"(?:高于|低于|高出|领先|快于|慢于|好于|优于|超出|多于|少于|落后)[^,，]{0,14}$", clause)
        return re.sub(r"(?:水平)?(?:约|近)?\s?$", "", gap[0]) if gap else "差距"
    verb = re.search(r"(增长|增幅|增速|下降|提高|提升|净增|增加|减少|上升|回落|降低|下滑|收窄|扩大|多|少)[^,，]{0,8}$", left)
    word = {"多": "增加", "少": "减少", "增幅": "增长", "净增": "增加"}.get(verb[1], verb[1]) if verb else ("增长" if measure == "yoy" else "")
    if measure == "ratio_past":
        return word + "倍数" if word else "为去年同期倍数"
    return (compare[0] if compare else "") + word


def _subject_and_cue(left: str, measure: str) -> tuple[str, str]:
    """The clause's own subject before the cue, and the cue that belongs to the name (占GDP比重)."""
    scope, text, _ = split_clause(re.sub(r"(?:由|从)(?:[^,，]{0,8}的)?$", "", left))
    if measure in ("share", "ratio"):
        share = re.search(r"占(?P<of>[^,，。;；]*?)(?:的)?(?:比重|比例|份额|比)?(?:为|达到?|约|超过?|近|提高到|提升至|提升到|的)*\s?$", text)
        if share:
            before = _TRAIL.sub("", strip_fillers(text[: share.start()]))
            of = re.sub(r"的$", "", share["of"])
            return before, f"占{of}比重" if of else "占比"
        before = _TRAIL.sub("", strip_fillers(text))
        _, noun, verb = parse_left(left)
        return (noun + verb if verb and noun else noun or before), ""
    cut = {
        "rank": _RANK_CUE,
        "gap": re.compile(r"高于|低于|高出|领先|快于|慢于|好于|优于|超出|多于|少于|落后"),
        "rank_change": re.compile(r"(?:较|比|与|同比)|上升|前移|提升|下降|后移|提高|前进|进"),
        "attainment": re.compile(r"(?:分别)?(?:超额)?(?:完成|占|达|为|是|实现)"),
    }.get(measure, re.compile(r"(?:分别)?(?:同比|环比|比|较|与|年均|增长|增幅为?(?=\\d|$)|增速为?(?=\\d|$)|下降|提高|提升|净增|增加(?!值)|减少|上升|回落|降低|下滑|收窄|扩大|实现翻|翻|是|为|多|少)"))
    match = cut.search(text)
    before = text[: match.start()] if match else text
    if measure.startswith("rank"):
        contest = re.search(r"在(?P<what>[^,，]{2,20})中$", before)
        bare = before[: contest.start()] if contest else before
        before = contest["what"] if contest and not _SCOPE.sub("", bare).strip() else bare
    before = _TRAIL.sub("", strip_fillers(before.rstrip("，, ")))
    return before.strip("、的 "), ""
