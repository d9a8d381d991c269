"""Listing: filters, search, sort, count, pages and cursors, each under what its user may read."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from keqiao.core.act import Act
from keqiao.core.records import actions, search
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.listing import Listing
from keqiao.core.records.paging import BadCursorError
from keqiao.registers.uscc import check_digit

SYSTEM = Act(None, "command", "test")


def uscc(number: int) -> str:
    body = f"9199010{number % 10}MA2{number:07d}"[:17]
    return body + check_digit(body)


@pytest.fixture
def city(units: Any, people: Any, django_capture_on_commit_callbacks: Any) -> SimpleNamespace:
    """Twelve enterprises in three towns, one of them the enterprise account's own."""
    products = ["不锈钢离心泵", "闸阀", "智能仪表", "镜片", "智能锁", "拉链"]
    rows = []
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(12):
            place = (units.river, units.hill, units.lake)[number % 3]
            values = {
                "name": f"测试{'柯桥' if number == 4 else '临海'}{number}号有限公司",
                "uscc": uscc(number),
                "org_unit": place.code,
                "main_products": products[number % 6],
                "registered_capital": str(1_000_000 * (number + 1)) if number != 5 else "",
                "founded_on": f"20{10 + number}-03-15",
                "contact_name": "王小明",
                "contact_phone": f"1380000{number:04d}",
                "size": "small" if number % 2 else "micro",
            }
            rows.append(actions.create(REGISTERS["enterprise"], values, SYSTEM))
    people.enterprise.subject_kind, people.enterprise.subject_id = "enterprise", rows[0].pk
    people.enterprise.save()
    return SimpleNamespace(rows=rows, people=people, units=units, register=REGISTERS["enterprise"])


def names(city: SimpleNamespace, user: Any, query: str) -> list[str]:
    listing = Listing(city.register, user, QueryDict(query))
    assert listing.problems == []
    return [row.title for row in listing.page()]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 12),
        ("org_unit=990102", 8),
        ("org_unit=990102001", 4),
        ("size=small", 6),
        ("size=small,micro", 12),
        ("size=小型", 6),
        ("registered_capital.min=11000000", 2),
        ("registered_capital.max=2000000", 2),
        ("registered_capital.blank=1", 1),
        ("founded_on.from=2020-03-15", 2),
        ("founded_on.to=2010-03-15", 1),
        ("founded_on=2012-03-15", 1),
        ("name=柯桥", 1),
        ("review_state=approved", 12),
        ("review_state=draft", 0),
        ("contact_phone=13800000003", 1),
        ("uscc.blank=false", 12),
        ("founded_on.to=2200-12-31", 12),
        ("q=柯桥", 1),
        ("q=离心", 2),
        ("q=泵", 2),
        ("q=不锈钢 临海", 2),
        ("q=不锈钢离心泵&size=micro", 2),
        ("q=钢不锈", 0),
        ("q=、，", 0),
    ],
)
def test_filters_find_exactly_their_rows(city: SimpleNamespace, query: str, count: int) -> None:
    assert len(names(city, city.people.officer, query)) == count


def test_a_bad_filter_empties_the_list_and_says_why(city: SimpleNamespace) -> None:
    listing = Listing(
        city.register,
        city.people.officer,
        QueryDict("registered_capital.min=lots&size=huge&founded_on.from=2026-13-01"),
    )
    assert {problem.code for problem in listing.problems} == {"not_a_number", "not_a_choice", "not_a_date"}
    assert list(listing.page()) == []


def test_strict_refuses_a_parameter_that_names_nothing(city: SimpleNamespace) -> None:
    loose = Listing(city.register, city.people.officer, {"sise": "small"})
    strict = Listing(city.register, city.people.officer, {"sise": "small", "size.most": "2"}, strict=True)
    assert loose.problems == []
    assert [problem.field for problem in strict.problems] == ["sise", "size.most"]


@pytest.mark.parametrize("sort", ["name", "-name", "registered_capital", "-registered_capital", "-founded_on", ""])
def test_cursors_walk_through_all_rows_once_in_the_same_order(city: SimpleNamespace, sort: str) -> None:
    whole = [row.pk for row in Listing(city.register, city.people.officer, {"sort": sort, "per_page": "50"}).page()]
    walked: list[int] = []
    cursor = ""
    while True:
        page = Listing(city.register, city.people.officer, {"sort": sort, "per_page": "5", "after": cursor}).after(
            cursor
        )
        walked += [row.pk for row in page]
        cursor = page.cursor
        if not page.has_next:
            break
    assert walked == whole
    assert len(whole) == 12
    if "capital" in sort:
        assert whole[-1] == city.rows[5].pk  # the empty value comes last both ways


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "bnVsbA", "é"])
def test_a_made_up_cursor_is_refused(city: SimpleNamespace, cursor: str) -> None:
    with pytest.raises(BadCursorError):
        Listing(city.register, city.people.officer, {}).after(cursor)


def test_each_user_lists_their_own_rows(city: SimpleNamespace) -> None:
    counts = {
        name: len(names(city, getattr(city.people, name), ""))
        for name in ("officer", "east_officer", "town", "system", "enterprise")
    }
    # Approved rows of a public register are open to all; hidden fields stay hidden (below).
    assert counts == {"officer": 12, "east_officer": 12, "town": 12, "system": 12, "enterprise": 12}
    years = REGISTERS["enterprise_year"]
    assert len(Listing(years, city.people.enterprise).page()) == 0
    actions.create(years, {"enterprise": uscc(0), "year": "2025", "revenue": "1"}, SYSTEM)
    actions.create(years, {"enterprise": uscc(1), "year": "2025", "revenue": "2"}, SYSTEM)
    seen = {
        name: len(Listing(years, getattr(city.people, name)).page())
        for name in ("officer", "east_officer", "town", "system", "enterprise")
    }
    assert seen == {"officer": 2, "east_officer": 2, "town": 1, "system": 0, "enterprise": 1}


@pytest.mark.parametrize(
    "query", ["size=small", "registered_capital.min=2000000", "contact_phone=13800000003", "sort=registered_capital"]
)
def test_the_public_cannot_ask_by_what_it_cannot_read(city: SimpleNamespace, query: str) -> None:
    listing = Listing(city.register, AnonymousUser(), QueryDict(query))
    assert listing.problems[0].code in {"filter_forbidden", "sort_forbidden"}
    assert list(listing.page()) == []


def test_a_filter_never_tells_a_value_the_user_cannot_read(city: SimpleNamespace) -> None:
    """An enterprise reads its own capital, and of the others only what is public: filters reach no further."""
    owner = city.people.enterprise
    assert names(city, owner, "registered_capital.min=1") == ["测试临海0号有限公司"]
    assert names(city, owner, "contact_phone=138") == ["测试临海0号有限公司"]
    town = [
        row.pk
        for row in Listing(city.register, city.people.town, QueryDict("size=micro,small"))._read(
            Listing(city.register, city.people.town, QueryDict("size=micro,small")).ordered
        )
    ]
    assert sorted(town) == sorted(row.pk for row in city.rows if row.org_unit_id == city.units.river.pk)
    # Sorted by a field that is hidden on most rows, those rows come last in the order of their ids.
    ordered = [row.pk for row in Listing(city.register, owner, {"sort": "-registered_capital"}).page()]
    assert ordered == [city.rows[0].pk, *sorted((row.pk for row in city.rows[1:]), reverse=True)]


def test_search_finds_nothing_by_a_field_the_user_cannot_read(
    city: SimpleNamespace, django_capture_on_commit_callbacks: Any
) -> None:
    code = uscc(3)
    assert names(city, city.people.officer, f"q={code}") == ["测试临海3号有限公司"]
    assert names(city, AnonymousUser(), f"q={code}") == []
    assert names(city, city.people.enterprise, f"q={code}") == []
    assert names(city, city.people.enterprise, f"q={uscc(0)}") == ["测试临海0号有限公司"]
    for user in (AnonymousUser(), city.people.officer, city.people.enterprise):
        assert search.search_all(user, "13800000003") == []  # personal fields are not in the index
        assert search.search_all(user, "王小明") == []
    assert [len(group.hits) for group in search.search_all(AnonymousUser(), "智能", limit=10)] == [4]


def test_search_follows_every_change(city: SimpleNamespace, django_capture_on_commit_callbacks: Any) -> None:
    row, officer = city.rows[1], city.people.officer
    with django_capture_on_commit_callbacks(execute=True):
        actions.change(row, {"main_products": "超导磁体"}, SYSTEM)
    assert names(city, officer, "q=超导磁体") == [row.name]
    assert row.name not in names(city, officer, "q=闸阀")
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove(row, SYSTEM)
    assert names(city, officer, "q=超导磁体") == []


def test_search_marks_what_it_found(city: SimpleNamespace) -> None:
    (group,) = search.search_all(city.people.officer, "离心泵")
    assert group.register is city.register
    assert "<mark>离心泵</mark>" in group.hits[0].snippet
    (group,) = search.search_all(city.people.officer, "柯桥")
    assert "<mark>柯桥</mark>" in group.hits[0].marked_title


def test_rebuild_gives_the_same_index(city: SimpleNamespace) -> None:
    before = names(city, city.people.officer, "q=智能")
    assert search.rebuild(city.register) == 12
    assert names(city, city.people.officer, "q=智能") == before


def test_cells_are_masked_and_hidden_as_the_lens_says(city: SimpleNamespace) -> None:
    query = {"columns": "name,contact_phone,size,park", "name": "3号"}
    officer = next(iter(Listing(city.register, city.people.officer, query).page()))
    leader = next(iter(Listing(city.register, city.people.leader, query).page()))
    assert [cell.text for cell in officer.cells][1:3] == ["13800000003", "小型"]
    assert [(cell.text, cell.sight) for cell in leader.cells][1] == ("138****0003", "masked")
    public = next(iter(Listing(city.register, AnonymousUser(), query).page()))
    assert [cell.field.name for cell in public.cells] == ["name", "park"]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    city: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    years = REGISTERS["enterprise_year"]
    for number in range(10):
        actions.create(years, {"enterprise": uscc(number), "year": "2025", "revenue": str(number)}, SYSTEM)
    officer = city.people.officer
    Listing(years, officer).page()
    with django_assert_max_num_queries(3):
        assert len(Listing(years, officer, {"per_page": "50"}).page()) == 10


def test_counts_stop_at_the_cap(city: SimpleNamespace) -> None:
    from keqiao.core.records import paging

    listing = Listing(city.register, city.people.officer)
    assert str(paging.count(listing.rows, cap=5)) == "5+"
    assert str(listing.count) == "12"


def test_money_is_compared_as_a_number(city: SimpleNamespace) -> None:
    rows = Listing(city.register, city.people.officer, {"sort": "registered_capital"}).page()
    values = [row.record.registered_capital for row in rows][:-1]
    assert values == sorted(values)
    assert values[0] == Decimal("1000000.00")


def test_a_word_that_very_many_rows_have_finds_the_same_rows(
    city: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = (city.people.officer, city.people.town, city.people.enterprise, AnonymousUser())
    few = [names(city, user, "q=有限公司&org_unit=990102001") for user in users]
    monkeypatch.setattr(search, "FEW", 1)
    assert [names(city, user, "q=有限公司&org_unit=990102001") for user in users] == few
    monkeypatch.setattr(search, "MANY", 3)
    assert [names(city, user, "q=有限公司&org_unit=990102001") for user in users] == few
    listing = Listing(city.register, city.people.officer, {"q": "有限公司"})
    assert [row.pk for row in listing.after()] == [row.pk for row in Listing(city.register, city.people.officer).page()]
    assert (listing.count.number, listing.count.is_capped) == (3, True)
    assert names(city, city.people.enterprise, f"q={uscc(3)}") == []
