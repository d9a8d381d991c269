from keqiao.engines.text import extract_facts


def read(text: str) -> list[tuple[str, float, str, str, str, str]]:
    facts = extract_facts(text)
    assert all(text[f.start : f.end] == f.span for f in facts)
    return [(f.indicator, float(f.value or 0), f.unit, f.kind, f.subject, f.period) for f in facts]


def test_indicators_down_with_a_column_of_units() -> None:
    text = "主要指标\n指标\t单位\t2025年\t上年\t同比\t目标\t完成率\n技术合同成交额\t万元\t3,424\t3000\t14.1%\t3200\t107\n专利授权\t件\t37\t\t\t\t\n"
    assert read(text) == [
        ("技术合同成交额", 34240000.0, "元", "actual", "", ""),
        ("技术合同成交额", 30000000.0, "元", "actual", "", "上年"),
        ("技术合同成交额同比增长", 14.1, "%", "yoy", "", ""),
        ("技术合同成交额", 32000000.0, "元", "target", "", ""),
        ("技术合同成交额年度目标完成率", 107.0, "%", "attainment", "", ""),
        ("专利授权", 37.0, "件", "actual", "", ""),
    ]


def test_units_down_and_indicators_across() -> None:
    text = "各地情况 单位：万元\n序号\t县区\t研发投入\t高新技术企业（家）\t占比(%)\n1\t东河区\t1500\t12\t2.5\n2\t西山区\t2.1亿元\t9\t3\n"
    assert read(text) == [
        ("研发投入", 15000000.0, "元", "actual", "东河区", ""),
        ("高新技术企业", 12.0, "家", "actual", "东河区", ""),
        ("占比", 2.5, "%", "actual", "东河区", ""),
        ("研发投入", 210000000.0, "元", "actual", "西山区", ""),
        ("高新技术企业", 9.0, "家", "actual", "西山区", ""),
        ("占比", 3.0, "%", "actual", "西山区", ""),
    ]


def test_tabbed_lines_without_a_head_are_read_as_text() -> None:
    assert [name for name, *_ in read("新增高新技术企业3家\t新增平台2个\n")] == ["高新技术企业新增数", "平台新增数"]
