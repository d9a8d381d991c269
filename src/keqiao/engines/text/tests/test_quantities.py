from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.text.quantities import find_quantities


def values(text: str) -> list[tuple[str, str]]:
    return [(f"{q.value.normalize():f}" if q.value is not None else "masked", q.unit) for q in find_quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("实现销售额2180余万元", [("21800000", "元")]),
        ("购置仪器875台(套)", [("875", "台")]),
        ("达成意向一百多项", [("100", "项")]),
        ("覆盖率超六成", [("60", "%")]),
        ("占百分之四十五点五", [("45.5", "%")]),
        ("计划新建3—5家", [("3", "家")]),
        ("投资3万—5万元", [("30000", "元")]),
        ("获得资助5个亿", [("500000000", "元")]),
        ("位列全省第9,较上年上升3位", [("9", "位"), ("3", "位")]),
        ("排名居全市首位", [("1", "位")]),
        ("进入全国前40%", [("40", "%")]),
        ("成交额突破百亿元", [("10000000000", "元")]),
        ("实现院士工作站零的突破", [("0", "家")]),
        ("养殖中蜂8箱、天麻5万窝", [("8", "箱"), ("50000", "窝")]),
        ("收缴残次品12绺,", [("12", "绺")]),
        ("全市有两家代理机构、十三个园区", [("2", "家"), ("13", "个")]),
        ("入库企业1 126家", [("1126", "家")]),
        ("科技创新指数为152.36,", [("152.36", "")]),
        ("规模翻一番", [("2", "倍")]),
        ("增速-2.3%", [("-2.3", "%")]),
    ],
)
def test_figures(text: str, expected: list[tuple[str, str]]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "根据浙科发〔2024〕15号文件和GB/T 9704-2012要求",
        "第三届大赛于2025年3月18日至20日举行",
        "落实《科学技术进步法》第三十二条",
        "深入开展一批一次一系列活动,提三点要求",
        "实施“315”体系和“1+5”政策,发放《专利知识60问》",
        "一是加强领导。二是狠抓落实。",
        "联系电话0575-84120000",
        "超额完成,成交额超亿元",
        "年产50万吨新材料项目开工",
        "树牢四个意识,做到两个维护",
        "科技体制改革30条政策",
        "十四五规划期间,党的二十大以来",
        "5G网络与3D打印",
        "从即日起开展为期6个月的普查",
        "把安全放在第一位、摆在首位",
        "召开七届五次全会",
    ],
)
def test_no_figures(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize("mask", ["x家", "xx.x亿元", "X%", "××项", "＊＊人次", "○名", "3x家", "20xx年", "某项"])
def test_masks_never_get_a_value(mask: str) -> None:
    assert all(q.value is None for q in find_quantities(f"全市新增{mask},增长明显"))


def test_a_number_next_to_a_mask_is_not_a_value() -> None:
    assert [v for v, _ in values("新增xx5家,成交3x万元")] in ([], ["masked"], ["masked", "masked"])


PIECES = st.sampled_from(
    [
        "今年",
        "12",
        "家",
        "三",
        "百",
        "万元",
        "%",
        "第",
        "x",
        "余",
        "、",
        "。",
        "增长",
        "(",
        "2.5",
        "至",
        "零的突破",
        "首位",
        "前",
        "成",
        "《",
        "”",
        "\n",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_offsets_are_in_order_and_inside(text: str) -> None:
    last = 0
    for quantity in find_quantities(text):
        assert last <= quantity.start < quantity.end <= len(text)
        last = quantity.end


@given(st.integers(1, 10**6), st.sampled_from(["家", "项", "件", "人次", "万元", "亿元", "亩"]))
def test_a_written_number_comes_back(value: int, unit: str) -> None:
    found = find_quantities(f"新增指标{value}{unit},")
    times = {"万元": 10**4, "亿元": 10**8}.get(unit, 1)
    assert [q.value for q in found] == [Decimal(value * times)]
