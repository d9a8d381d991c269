"""The words around a number: scope, period, object and action on its left, the thing counted on its right.

Hides the word lists of report language: fillers (组织, 累计, 完成), actions (申报, 认定) and where a noun phrase stops.
"""

import re

PERIOD = re.compile(
    r"连续[一二三四五六七八九十\d两]+年(?:度)?|(?:截至|截止)(?:到)?(?:目前|\S{0,8}?(?:月份?底?|日|年底|季度末?|上半年|年末|月末|月底))|今年以来|今年|本年度?|全年|去年同期|去年|上年|明年|上半年|下半年|前[一二三四五六七八九十\d]+个?(?:季度|月)|[一二三四]季度"
    r"|(?:19|20)(?:\d\d|xx|XX)年(?:度|底|末|初|以来)?|[xX]{1,4}年(?:度|底)?|目前|累计|年内|年底前?|年末|当年|近年来|近[两三五]年来?|到\s?(?:19|20)\d\d年(?:底|末)?|\d{1,2}(?:[-—–至到]\d{1,2})?月份?(?:底|末)?|“?十[三四五]五”?(?:期间|末|以来)?|一年来|活动期间|期间"
)
SCOPE = re.compile(
    r"^(?:全[省市县区国州镇旗村乡系]|我们|我[省市县区局委国州镇]|[本我]?辖区(?:内)?|各级各部门|[一-鿿]{2,3}[市县区镇](?=新|认|申|共|全|累|完|实|获)|[xX]{1,2}[市县区镇])(?:范围)?内?(?:共有?)?"
)
_FILLER = (
    "积极组织|组织|共向上|向上|累计|一共|共计|合计|总计|总共|共有|共(?![同性享建产青和识赢])|现有|现已|已经|已有|已|完成(?![率度比情进])了?|实现了?|达成了?|达到了?|达到|达(?![产标])|成功|新掌握了?|掌握了?|现(?![场代金行实])|并|还|又|先后|分别|各|另有|另外|此外|其中|同时|"
    "首次|继续|进一步|积极|切实|扎实|认真|有序|顺利|力争|争取|确保|计划|预计|有望|预期|将|拟(?![建定])|要|努力|目标|到(?![位账期])|使(?!用)|但|而|把|对(?![口接外])|为|与|和|及|以及|以|由|向|从|通过(?![率验评认国省市复])|经(?![济费营纪])|被|是|等|了|的|均|仅|约(?![谈定])|近|超过|超(?![额级高大市声临])|突破|高达|首批|其余|其它|其他|全部|全面|重点|深入|"
    "省里|拥有|形成|用于|获得了?|取得|做好|抓好|开展了?|进行了?|年度|年|各类|各级各类|各级|不断|大力|加快|推动|推进|按照|助力|支持|帮助|参与|面向"
)
_FILLERS = re.compile(rf"^(?:{'|'.join(sorted(_FILLER.split('|'), key=len, reverse=True))})(?=[一-鿿A-Za-z&]|$)")
_ACTIONS = (
    "新申报批准|审核推荐|推荐申报|组织申报|联合申报|惠及|净增|申报|新认定|认定|新增|新建|新注册|新登记|新立项|新引进|新培育|新发展|新上|新获批|新批|新打造|新选派|立项|验收|备案|获批准|获批|获准|批准|注册|登记|下达|实施|发放|兑现|培育|引进|建成|建设|搭建|"
    "复审通过|复审|安排|约谈|挖掘|征集|发布|签订|签约|推荐|通过|入库|入选|入驻|选派|选聘|推广|举办|召开|开展|培训|统计|展出|提供|收到|转化|授权|受理|查处|检查|发现|调处|结案|审结|争取|落实|投入|拨付|建立|设立|组建|创建|创成|获得|荣获|获评|获(?=[省国市奖补资立上中财授])|"
    "服务|走访|帮扶|带动|种植|发展|生产|销售|奖励|补助|资助|减免|抵扣|融资|发行|编发|印发|出台|制定|修订|发表|邀请|接待|召集|参加|选取|筛选|筛选确定|优选|挑选|储备|解决|化解|协调|上传|刊发|推送|报送|聘请|聘任|招引|落地|对接|达成|申请|"
    "拆除|铺墁|修缮|捐赠|吸纳|配备|配置|购置|共享|开放|预约|检测|考核|评选|评出|表彰|命名|摘牌|撤诉|调解|调研|收集|整理|采集|推介|介绍|选树|建有|承担|参与|主持|牵头|完工|开工|竣工|投产|试生产|上市|挂牌|孵化|毕业|撤销|注销|清理|整改|排查|取得|普查|辅导|开发|研发|攻克|突破|填补|募集|吸引|撬动|支持|办理|办结|回复|答复|满意|上报|宣传|制作|印制|张贴|悬挂|慰问|拓展|打造|布局|谋划|推进|启动|纳入|列入|跟踪|回访|促成|成交|交易|流转|许可|转让|质押|贷款|理赔|投保|参保|登录|浏览|访问|采购|收购|消费|派出|新设|扶持|培养|遴选|选拔|引育|新招|招聘|累计发放|累计服务|检验"
)
_ACTION = re.compile(rf"(?:{'|'.join(sorted(set(_ACTIONS.split('|')), key=len, reverse=True))})[了出]?")
_LAST_ACTION = re.compile(rf"(?:{'|'.join(sorted(set(_ACTIONS.split('|')), key=len, reverse=True))})$")
_LEADING_ACTION = re.compile(rf"^(?:{_ACTION.pattern})")
TRAIL = re.compile(
    r"(?:分别)?(?:逆势|快速|稳步|大幅|持续|首次|已经|已|将|均|也|就|共计?|合计|总计|总数|累计|实现|完成|力争|预计|可|可达|可望|保持|稳定|(?<![签合预契])约|近|仅|只|总额|总量|数量|达到了?|达到?|突破|超过?|逾|为|是|有|在|至|到|成为|高达|降至|增至|升至|增加到|提高到|提升到|提升至|提高至|扩大到|上升到|上升至|增长到|下降到|下降至|约为|不低于|不少于|不超过|各|了|的|：|:|共有|共|等)+$"
)
_STOP_RIGHT = re.compile(
    r"已|正在|将|被|对(?!接|口)|列入|列为|获|进行|开展|实施|完成|通过|参加|深入|逐家|收到|对接|成功|全部|全面|投入|投产|建成|进入|达|为|是|与我|和我|赴|来|在(?![研孵库编线校岗职]|建项)|从|以|用于|用以|实现|提供|签|申报|认定|报送|(?<!级)以上|以下|左右|作为|并|先后|之多|增加|增长|提高|提升|扩充|扩大|下降|减少|压缩|上升|降|,|，|得到|接受|享受|到(?![期账位])|涵盖|覆盖|集中|按|根据|由|给|让|取得|建有|设立|拥有|入选|入围|上榜|均|位居|名列|居全"
)


def split_clause(text: str) -> tuple[str, str]:
    """Scope (全市, 我局), and what is left once periods and connectives are stripped."""
    text = re.sub(r"^[、,，;；:：和及与以\s)）.。]+", "", text)
    text = re.sub(
        r"^(?:[(（]?\d{1,2}[)）]|\d{1,2}[、.．]|[(（][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[一二三四五六七八九十]是)\s*",
        "",
        text,
    )
    text = re.sub(r"(?<=[一-鿿])连续[一二三四五六七八九十\d两]+年", "", text)
    scope = ""
    for _ in range(4):
        period = PERIOD.match(text)
        if period:
            text = text[period.end() :].lstrip("，,")
            continue
        match = SCOPE.match(text)
        if match:
            scope, text = match[0], text[match.end() :]
            continue
        break
    return scope, text


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
    scope, text = split_clause(_after_total(_last_phrase(left)))
    text = _without_instances(text)
    text = re.sub(r"《[^《》]*》|[“”\"《》]", "", text)
    text = TRAIL.sub("", text).rstrip("、，, :：")
    verbs: list[str] = []
    text = strip_fillers(text)
    if not scope:
        scope, text = split_clause(text)
    while True:
        match = _LEADING_ACTION.match(text)
        if not match or _is_noun_head(text, match[0]):
            break
        verbs.append(
            "" if re.match(r"(?:获得?|荣获|取得)[了出]?$", match[0]) else re.sub(r"^组织|^联合|[了出]$", "", match[0])
        )
        text = strip_fillers(text[match.end() :])
        more_scope, text = split_clause(text)
        scope = scope or more_scope
    text = TRAIL.sub("", _last_object(text, verbs)).strip("、，,的 ")
    if not verbs:
        text, verbs = _trailing_action(text)
    return scope, text, "".join(dict.fromkeys(verbs))


def _trailing_action(text: str) -> tuple[str, list[str]]:
    """高新技术企业净增 → 高新技术企业, 净增: what follows may count the same object under another action."""
    match = _LAST_ACTION.search(text)
    if not match or match.start() < 2 or (match[0] in NOUN_ACTIONS and match[0] not in ("申请", "授权")):
        return text, []
    return text[: match.start()], [match[0]]


def _without_instances(text: str) -> str:
    """国家级项目有“硫基苯咪唑”等 → 国家级项目; 新光饰品、长弓无纺布等科技型企业 → 科技型企业."""
    listed = re.match(r"(?P<what>[一-鿿()（）]{2,}?)(?:共有|有|包括)[^,，]*等\s?$", text)
    if listed:
        return listed["what"]
    named = re.match(
        r"(?P<verb>[一-鿿]{0,8}?(?:认定|新增|举办|表彰|推荐|成立|建立|组织|邀请|发放))?了?[^,，]*[、“][^,，]*等(?P<what>[一-鿿()（）“”]{3,})$",
        text,
    )
    return (named["verb"] or "") + named["what"] if named else text


_TOTAL = re.compile(
    r"^(?:[^、,，]*(?:帮助|带动|支持|推动|促成|通过|使)[^、,，]*实现|[^、,，]{2,}?(?:累计|共计|合计|总共|一共|共(?![同性享建产青和识赢])))(?=[^、,，]{2})"
)


def _after_total(text: str) -> str:
    """创新赛承办全过程累计达成合作协议: what is counted stands behind 累计."""
    match = _TOTAL.match(text)
    rest = text[match.end() :] if match else ""
    if match and _ACTION.fullmatch(TRAIL.sub("", rest)):  # 科技创新券累计发放
        return re.sub(r"(?:累计|共计|合计|总共|一共|共|实现)$", "", match[0]) + rest
    return rest if match and TRAIL.sub("", rest) else text


def _last_phrase(text: str) -> str:
    """设置咨询台、悬挂标语、发放: of several verb phrases the last one governs the number."""
    parts = text.split("、")
    if len(parts) > 1 and _LEADING_ACTION.match(strip_fillers(parts[-1])) and _ACTION.search("、".join(parts[:-1])):
        return parts[-1]
    return text


#: Actions that are as often part of a noun (服务机构, 质押融资) as a verb.
NOUN_ACTIONS = frozenset(
    [
        "服务",
        "培训",
        "孵化",
        "研发",
        "投入",
        "检测",
        "交易",
        "贷款",
        "签约",
        "开发",
        "销售",
        "生产",
        "推广",
        "成交",
        "融资",
        "奖励",
        "补助",
        "转化",
        "转让",
        "申请",
        "授权",
        "调研",
        "普查",
        "宣传",
        "检验",
        "消费",
        "种植",
        "对接",
        "发展",
        "实施",
        "建设",
        "入驻",
        "上市",
        "投保",
        "参保",
        "质押",
        "许可",
        "攻克",
        "流转",
        "统计",
        "考核",
        "管理",
        "共享",
        "合作",
        "调解",
        "支持",
        "处理",
    ]
)


def _is_noun_head(text: str, verb: str) -> bool:
    """技术转让合同, 研发投入, 服务机构, 培训班: the verb is part of a noun when one of its nouns follows."""
    rest = text[len(verb) :]
    if re.match(r"[率度]", rest):
        return True
    return (
        bool(
            re.match(
                r"(?:机构|平台|中心|班|会|基地|经费|费用|资金|活动|企业|园区|能力|率|额|量|业|站|员|人员|人次|项目|合同|强度|收入|协议|体系|人数|宣传|面积|咨询|系统|团队|站点|产品|专利|方案|计划|基金|中介|券|金额|总额|规模|利润|场次|资料|场所|设备|仪器|人才|器|工作|大赛|产值|成果|意向|关系|签约|需求|技术成果)",
                rest,
            )
        )
        and verb in NOUN_ACTIONS
    )


def _last_object(text: str, verbs: list[str]) -> str:
    """In a long run-up keep what stands after the last verb that governs the number."""
    if len(text) <= 14:
        return text
    matches = [
        m
        for m in _ACTION.finditer(text)
        if m.end() < len(text) - 1
        and not _is_noun_head(text[m.start() :], m[0])
        and m.start() > 0
        and m[0] not in NOUN_ACTIONS
    ]
    for match in reversed(matches):
        rest = strip_fillers(text[match.end() :])
        if len(rest) >= 2 and not rest.startswith(("的", "与", "工作")) and not re.match(r"[一-鿿]{0,3}的", rest):
            if len(text) - match.start() > 22 or len(text) > 20:
                if not verbs or match[0] not in verbs:
                    verbs.append(match[0].rstrip("了出"))
                return rest
            return text
    return text


_STATUS = re.compile(
    r"(?:[一-鿿]{0,5}?)(?:已|均|分别)?(?:(?:被)?(?:列为|列入|选为|认定为|评为|评定为|纳入|授予)|^[为是]|(?P<prize>获得?)(?=[^,，]*奖$))"
    r"(?P<noun>[^,，。;；]{2,18})$"
)


def right_noun(right: str) -> str:
    """The noun counted when it stands behind the number (35家企业): up to the first verb or stop."""
    text = re.split(r"[,，;；。:：(（)）!！?？\n]", right)[0]
    status = _STATUS.match(text)
    if status:
        return status["noun"] + ("获奖" if status["prize"] else "")
    if not text or text[0] in "、和及与以，的":
        return right_noun(text[1:]) if text[:1] == "的" else ""
    stop = next((m for m in _STOP_RIGHT.finditer(text) if not _is_noun_head(text[m.start() :], m[0])), None)
    noun = text[: stop.start()] if stop else text
    noun = re.split(r"、(?=带着|组织|开展|发放|实施|举办|新增|引进|建成|完成|认定)", noun)[0]
    noun = re.sub(r"[“”\"]", "", noun).strip("、的 ")
    if len(noun) > 14 and "的" in noun[:14]:
        noun = noun[: noun.index("的")]
    noun = re.sub(r"(?:和|与|及|以及|等)$", "", noun)
    return "" if re.fullmatch(r"[等左右上下多余]*|大关|关口", noun) else noun[:18].rstrip("、")


def right_tail(right: str) -> str:
    """What the counted ones do (收到对接专家信息, 市科技攻关计划的申报): tells apart figures whose noun is too general."""
    text = re.split(r"[,，;；。:：(（）)!！\n]", right)[0]
    noun = right_noun(right)
    tail = text[text.find(noun) + len(noun) :] if noun else text
    tail = re.sub(r"^(?:已|正|将|均|也|全部|成功|顺利|先后)*(?:进行了?|开展了?|通过)?", "", tail)
    if not (
        _LEADING_ACTION.match(tail)
        or re.match(r"[一-鿿]{2,12}(?:的)?(?:申报|建设|体检|认定|对接|合作|服务|发布)$", tail)
    ):
        return ""
    return re.sub(r"[的了“”\"]", "", tail)[:16] if len(tail) <= 24 else ""
