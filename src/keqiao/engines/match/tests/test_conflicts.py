"""Conflicts of interest: each kind with its chain of facts."""

from keqiao.engines.match import Conflict, Party, Relation, find_conflicts

FACTS = [
    Relation("张", "member_of", "大学"),
    Relation("申", "member_of", "大学", "r1"),
    Relation("王", "co_author", "申", "论文7"),
    Relation("申", "adviser", "赵", "学位论文"),
    Relation("钱", "shareholder_of", "甲公司"),
    Relation("甲公司", "shareholder_of", "乙公司"),
    Relation("孙", "project", "项目9"),
    Relation("申", "project", "项目9"),
    Relation("李", "declared", "课题1"),
    Relation("周", "member_of", "别处"),
]
PEOPLE = ["张", "王", "赵", "钱", "孙", "李", "周", "申"]


def test_every_kind_is_found_with_its_chain():
    found = find_conflicts(PEOPLE, [Party("课题1", ("乙公司",), ("申",))], FACTS)
    kinds = {(each.person, each.kind): each for each in found}
    assert set(kinds) == {
        ("张", "same_unit"),
        ("王", "co_author"),
        ("赵", "adviser"),
        ("钱", "shareholding"),
        ("孙", "past_project"),
        ("李", "declared"),
        ("申", "same_unit"),
    } | ({("申", "past_project")} & set(kinds))
    assert [link.object for link in kinds["钱", "shareholding"].chain] == ["甲公司", "乙公司"]
    assert [link.subject for link in kinds["张", "same_unit"].chain] == ["张", "申"]
    assert kinds["申", "same_unit"].chain == ()
    assert kinds["王", "co_author"].chain[0].source == "论文7"


def test_no_facts_no_findings_and_circular_holdings_end():
    assert find_conflicts(["周"], [Party("课题1", ("乙公司",), ("申",))], FACTS) == ()
    circle = [
        Relation("周", "shareholder_of", "a"),
        Relation("a", "shareholder_of", "b"),
        Relation("b", "shareholder_of", "a"),
    ]
    assert find_conflicts(["周"], [Party("x", ("b",))], circle) == (
        Conflict("周", "x", "shareholding", tuple(circle[:2])),
    )
