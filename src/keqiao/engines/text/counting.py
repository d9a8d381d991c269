"""Does a number with its measure word count something: 三家企业 does, 一批, 三点要求 and 10亿元以上项目 do not."""

import re

from keqiao.engines.text.numbers import Number
from keqiao.engines.text.units import COUNTED_IN_CHINESE, is_money

_THRESHOLD_NOUN = re.compile(
    r"(?:\s?(?:及)?(?:以上|以下|以内))(?:的|元)?[^,，。;；、\d]{0,10}?(?:项目|企业|大户|设备|园区|平台|产品|单体|订单|合同|仪器|单位|公司|基金|工程)"
)
_THRESHOLD_LEFT = re.compile(
    r"(?:产值|收入|营收|投资|销售额?|销售收入|营业收入|投资额|规模|价值|金额|税收|纳税|市值|估值|总额|单笔|单项|单个|单体|原值)[^,，。;；、\d]{0,3}(?:超过|超|突破|达到|达|过|在|逾|不低于|上)?$"
)
_SET_NOUNS = re.compile(
    r"方面|环节|层面|阶段|维护|意识|自信|确保|重点|关键|坚持|一|转变|突出|体系|结合|率先|标准|不|代表|务必|必须|统筹|文明|规律|全面|着力|围绕|抓手|专项|问题|特点|领域|原则|维度|角度|小时|"
    r"规定|制度|工作|任务|措施|改革|建设|行动|整治|机制|职责|要求|清单|计划|举措|内容|条件|纪律|保障|基本|主题|时期|时段|村|月|模式|服务|能力|优先|优势|抓|创新|目标|大"
)
_COUNTABLE = re.compile(
    r"[^,，。;；、\d的]{0,12}?(?:园区|项目|平台|中心|企业|实验室|基地|团队|县|市|区|乡镇|街道|单位|部门|品种|产品|站|点|窗口|机构|协会|公司|银行|高校|院所|专利|成果|案件|展位|车间|专家|合作社|小组|学校|社区|工作站|孵化器|空间|产业|集群)"
)


def counts(text: str, number: Number, unit: str, end: int) -> bool:
    """False for Chinese numerals in set phrases (一批, 三点要求, 五大) and for names of measures (科技新政30条)."""
    before = text[max(0, number.start - 8) : number.start]
    after = text[end : end + 14]
    if number.is_arabic:
        if unit == "条" and re.search(r"(?:新政|政策|改革|意见|措施|负担|办法|准则|细则)$", before):
            return bool(
                re.search(r"出台|制定|发布|推出|梳理|兑现|修订", text[max(0, number.start - 16) : number.start])
            )
        if unit in ("级", "号", "版") or (unit == "期" and re.search(r"第$|[二三]$", before)):
            return False
        return not (unit == "位" and after.startswith(("数", "一体"))) and not re.search(r"第$", before)
    if re.search(r"[第每同某任唯这那哪另其]$|一式$|唯一$|任何$|[数几好若]$", before) and not before.endswith("其他"):
        return False
    if unit not in COUNTED_IN_CHINESE and not is_money(unit) and unit not in ("%", "个百分点", "亩"):
        return False
    digits = text[number.start : number.end]
    if unit == "倍":
        return True
    if unit == "位" and after.startswith("数"):
        return False
    if digits == "二" or (unit == "面" and digits == "两") or (unit == "人" and after[:1] in ("才", "大", "民")):
        return False
    if unit in ("次", "轮", "届") and re.match(r"全会|全体|会议精神|党代", after):
        return False
    if digits == "十" and not is_money(unit) and (not after or after[0] in "、，。；,;)）\n 和"):
        return True
    if digits in ("百", "千", "万", "十") and not is_money(unit):
        return bool(re.search(r"(?:近|超|超过|上|过|突破|逾|达|破|约|满)$", before)) or number.approx != ""
    if digits in ("百", "千", "十", "百万", "千万", "万") and is_money(unit):
        return (
            bool(re.search(r"(?:近|超|超过|上|过|突破|逾|达|达到|破|约|满|[成投融资额入值款])$", before))
            or number.approx != ""
        )
    if digits in ("亿", "万亿"):
        return False
    return _chinese_count(digits, number, unit, before, after)


def _chinese_count(digits: str, number: Number, unit: str, before: str, after: str) -> bool:
    closes = not after or after[0] in "、，。；,;)）\n 和"
    if (
        number.value == 1
        and unit in ("位", "个位次", "名", "个名次")
        and re.search(r"(?:上升|提升|前移|提高|前进|下降|后移|回落|跃升)了?$", before)
    ):
        return closes
    if number.value == 1:
        return (
            closes
            and unit in "家项件名个座台处篇人"
            and not re.search(r"[各]$", before)
            and bool(re.search(r"[一-鿿]$", before))
        )
    if unit in ("类", "条", "期", "门") and not closes:
        return False
    if unit == "次" and not closes:
        return bool(re.match(r"[^,，。;；]{0,10}(?:会议|会|培训|活动|调研|检查|学习|辅导|走访|考察|对接)", after))
    if number.value >= 10:
        return not (unit in ("个", "项") and re.match(r"(?:字|规定|方针)", after))
    if re.match(rf"(?:{_SET_NOUNS.pattern})", after):
        return False
    if unit in ("个", "项") and not closes:
        return bool(_COUNTABLE.match(after))
    return True


def is_threshold(text: str, number: Number, unit: str, end: int) -> bool:
    """10亿元以上项目, 产值超亿元的企业: the amount only qualifies the noun."""
    if unit in ("%", "‰", "个百分点", "百分点"):
        return False
    after, before = text[end : end + 22], text[max(0, number.start - 14) : number.start]
    if re.search(r"(?:年产|年处理|日处理|日产|年加工|总装机)$", before) and re.match(
        r"(?:的)?[^,，。;；、\d]{2,}", after
    ):
        return True
    if _THRESHOLD_NOUN.match(after) and (is_money(unit) or re.match(r"[^,，。;；、]{2,18}?\d", after)):
        return True
    if (
        is_money(unit)
        and _THRESHOLD_LEFT.search(before)
        and re.match(r"(?:以上|以下)?的[^,，。;；、\d]{0,10}(?:企业|项目|公司|单位|园区|平台)", after)
    ):
        return True
    qualifies = r"(?:级)?(?:以上|以下)?(?:的)?(?:[^,，。;；、\d]{0,6})?(?:企业|项目|设备|仪器|公司|平台|园区)[^,，。;；、\d]{0,4}(?:\d|[一二两三四五六七八九十]+[家个项台])"
    return is_money(unit) and bool(re.match(qualifies, after))
