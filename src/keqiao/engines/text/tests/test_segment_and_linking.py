from keqiao.engines.text import Catalogue, CatalogueEntry, find_headings, similarity, split_articles, split_sentences


def test_articles_by_title() -> None:
    text = "范文\n科学技术局工作总结篇一\n甲。\n科学技术局工作总结篇二\n乙。\n"
    assert [(a.id, text[a.start : a.end]) for a in split_articles(text)] == [("一", "甲。\n"), ("二", "乙。\n")]


def test_headings_are_not_items() -> None:
    text = "一、亮点工作。\n(一)狠抓落实。全年认定企业71家。\n1、申请专利资助共215件。\n2026年工作思路\n"
    assert [h.text for h in find_headings(text)] == ["一、亮点工作。", "(一)狠抓落实。", "2026年工作思路"]


def test_plan_part_lasts_until_a_result_heading() -> None:
    text = "一、工作总结\n甲。\n二、下一步打算\n乙。\n(一)狠抓项目。丙。\n三、存在问题\n丁。\n"
    parts = {text[s.start : s.end].strip(): s.part for s in split_sentences(text)}
    assert (parts["甲。"], parts["乙。"], parts["丙。"], parts["丁。"]) == ("result", "plan", "plan", "result")


def test_action_and_level_tell_indicators_apart() -> None:
    assert similarity("高新技术企业认定数", "认定高新技术企业") > 0.75
    assert similarity("高新技术企业认定数", "高新技术企业申报数") < 0.62
    assert similarity("省级众创空间数", "市级众创空间数") < 0.62


def test_catalogue_links_and_refuses() -> None:
    catalogue = Catalogue(
        [
            CatalogueEntry("tech_contract_value", ("技术合同成交额", "技术交易额"), "元"),
            CatalogueEntry("tech_contracts", ("技术合同登记数",), "项"),
            CatalogueEntry("high_tech_new", ("高新技术企业认定数",), "家"),
        ]
    )
    link = catalogue.link("技术合同成交额", "元")
    assert link is not None
    assert link.key == "tech_contract_value"
    assert catalogue.link("口罩捐赠数", "只") is None
    assert catalogue.link("高新技术企业申报数", "家") is None
