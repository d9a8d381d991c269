import pytest
from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.text import extract_facts


def read(text: str) -> list[tuple[str, str, str]]:
    return [(f.span, f.indicator, f.kind) for f in extract_facts(text)]


def test_the_verb_is_carried_over_and_changes_the_indicator() -> None:
    assert read("组织申报市级众创空间3家,认定2家;") == [
        ("3家", "市级众创空间申报数", "actual"),
        ("2家", "市级众创空间认定数", "actual"),
    ]


def test_derived_figures_are_named_after_their_base() -> None:
    facts = read("全社会研发投入72亿元,同比增长15.8%,占GDP比重达2.7%,居全省第4位。")
    assert facts == [
        ("72亿元", "全社会研发投入", "actual"),
        ("15.8%", "全社会研发投入同比增长", "yoy"),
        ("2.7%", "全社会研发投入占GDP比重", "actual"),
        ("4位", "全社会研发投入占GDP比重全省位次", "rank"),
    ]


def test_distributed_lists() -> None:
    facts = read("专利申请量、授权量分别为2960件和1785件,同比分别增长8.5%和下降2.3%。")
    assert [(span, name) for span, name, _ in facts] == [
        ("2960件", "专利申请量"),
        ("1785件", "专利授权量"),
        ("8.5%", "专利申请量同比增长"),
        ("2.3%", "专利授权量同比下降"),
    ]


def test_parts_point_to_their_whole() -> None:
    facts = extract_facts("共下达县级科技计划项目38项,其中工业类8项、农业类8项,助推企业创新。")
    assert [f.part_of for f in facts] == [None, facts[0].start, facts[0].start]
    assert facts[1].indicator.startswith("工业类县级科技计划项目")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("力争全年新增高企100家,成交额突破80亿元。", ["target", "target"]),
        ("预计全年成交额突破60亿元,同比增长20%以上。", ["expected", "expected"]),
        ("预计年底完成投资7万元,目前种植黄精3亩。", ["expected", "actual"]),
        ("成交额46亿元,完成年度目标任务的115.9%。", ["actual", "attainment"]),
        ("完成专利申请1860件,占年度目标1800件的103.3%。", ["actual", "target", "attainment"]),
        ("为确保工作顺利进行,吸引资金1600万元。", ["actual"]),
        ("成功争取上级资金3800万元。", ["actual"]),
        ("二、2026年工作思路。\n新增高新技术企业20家。", ["target"]),
        ("二、2026年重点工作完成情况。\n新增高新技术企业20家。", ["actual"]),
    ],
)
def test_status_and_kind(text: str, kinds: list[str]) -> None:
    assert [f.kind for f in extract_facts(text)] == kinds


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("占比提高0.4个百分点。", ["change_abs"]),
        ("占比47%,高于全省平均水平2.9个百分点。", ["share", "gap"]),
        ("发放创新券860万元,为去年同期的1.8倍。", ["level", "ratio"]),
        ("占比从2.68%提高到2.91%。", ["share", "share"]),
        ("新注册企业320户,同比多45户。", ["level", "change_abs"]),
    ],
)
def test_measure(text: str, measures: list[str]) -> None:
    assert [f.measure for f in extract_facts(text)] == measures


def test_names_of_instances_are_not_the_indicator() -> None:
    assert read("认定大德药业、皇冠制衣等6家为市级示范企业。")[0][1] == "市级示范企业认定数"


@given(
    st.lists(
        st.sampled_from(
            [
                "新增企业3家,",
                "其中省级1家、",
                "分别",
                "同比增长2%",
                "(国家级1家)",
                "xx家;",
                "。",
                "力争",
                "由5件增加到",
                "A、B",
            ]
        ),
        max_size=15,
    ).map("".join)
)
def test_spans_slice_the_text(text: str) -> None:
    for fact in extract_facts(text):
        assert text[fact.start : fact.end] == fact.span


def test_parts_joined_by_a_semicolon_share_base_and_announced_status() -> None:
    assert read("研发经费38.6亿元，同比增长2%；占地区生产总值比重2.71%。")[2][1] == "研发经费占地区生产总值比重"
    assert [kind for *_, kind in read("力争高新技术企业达到30家;新增科技型中小企业50家。")] == ["target", "target"]
    assert [kind for *_, kind in read("今年认定企业71家;明年力争认定80家。")] == ["actual", "target"]


def test_from_and_to_name_the_same_indicator() -> None:
    facts = extract_facts("技术合同成交额由上年的38.2亿元增加到45.6亿元,增长19.4%。")
    assert [f.indicator for f in facts] == ["技术合同成交额", "技术合同成交额", "技术合同成交额增长"]
    assert [f.period for f in facts][:2] == ["上年", ""]


def test_distributed_growth_over_whole_and_part() -> None:
    facts = read("全市专利授权4521件,其中发明专利876件,同比分别增长12.3%和25.6%。")
    assert [(name, kind) for _, name, kind in facts][2:] == [
        ("专利授权数同比增长", "yoy"),
        ("发明专利授权数同比增长", "yoy"),
    ]
