"""Data reporting: due and late, checked at entry, up the tree and back, Excel out and in."""

from types import SimpleNamespace
from typing import Any

import pytest

from keqiao.control import collection, collection_excel, submission_actions
from keqiao.control.models import IndicatorFigure, Submission
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.records.problems import InvalidError
from keqiao.portal.desk_control import reporting_cards

FORM = "town_quarter"
GOOD = {
    "town_visits": "20",
    "town_enterprises_visited": "12",
    "town_problems": "6",
    "town_problems_solved": "4",
    "town_training_people": "80",
    "town_science_investment": "35.5",
}


@pytest.fixture
def form() -> collection.Form:
    return collection.forms()[FORM]


def fields_of(error: pytest.ExceptionInfo[InvalidError]) -> set[str]:
    return {problem.field for problem in error.value.problems}


def test_what_is_due_and_late(form: collection.Form, units: SimpleNamespace, people: SimpleNamespace) -> None:
    states = {item.period: item.state for item in collection.items([units.river])}
    assert states == {"2026Q4": "not_due", "2026Q3": "late", "2026Q2": "late", "2026Q1": "late"}
    (card,) = reporting_cards(people.town)
    assert (card.due, card.late) == (3, 3)


def test_entry_names_every_fault_at_once(
    form: collection.Form, units: SimpleNamespace, people: SimpleNamespace
) -> None:
    act = Act(people.town)
    with pytest.raises(InvalidError) as typed:
        submission_actions.save(
            form, units.river, "2026Q3", GOOD | {"town_visits": "二十", "town_problems": "1.5"}, "", act
        )
    assert fields_of(typed) == {"town_visits", "town_problems"}
    wrong = GOOD | {"town_enterprises_visited": "30", "town_problems_solved": "7", "town_training_people": ""}
    submission_actions.save(form, units.river, "2026Q3", wrong, "", act)  # a draft may still be wrong
    with pytest.raises(InvalidError) as handed:
        submission_actions.save(form, units.river, "2026Q3", wrong, "", act, is_final=True)
    assert fields_of(handed) == {"town_enterprises_visited", "town_problems_solved", "town_training_people"}
    with pytest.raises(InvalidError):
        submission_actions.save(form, units.river, "2026Q4", GOOD, "", act, is_final=True)  # the quarter is not over


def test_a_jump_needs_an_explanation(form: collection.Form, units: SimpleNamespace, act: Act) -> None:
    for period in ("2026Q1", "2026Q2"):
        submission_actions.save(form, units.river, period, GOOD, "", act, is_final=True)
    with pytest.raises(InvalidError) as error:  # the same number of problems for the third time
        submission_actions.save(form, units.river, "2026Q3", GOOD, "", act, is_final=True)
    assert fields_of(error) == {"town_problems", "note"}
    assert (
        submission_actions.save(form, units.river, "2026Q3", GOOD, "逐户核过", act, is_final=True).stage == "submitted"
    )


def test_up_the_tree_and_back(form: collection.Form, units: SimpleNamespace, people: SimpleNamespace) -> None:
    row = submission_actions.save(form, units.river, "2026Q3", GOOD, "", Act(people.town), is_final=True)
    assert row.awaits == "county"
    with pytest.raises(ForbiddenError):
        submission_actions.approve(form, row, Act(people.officer))  # the city's turn comes later
    with pytest.raises(InvalidError):
        submission_actions.give_back(row, Act(people.east_officer))
    submission_actions.give_back(row, Act(people.east_officer, reason="投入口径不对"))
    with pytest.raises(ForbiddenError):
        submission_actions.approve(form, row, Act(people.east_officer))
    row = submission_actions.save(
        form, units.river, "2026Q3", GOOD | {"town_science_investment": "30"}, "", Act(people.town), is_final=True
    )
    submission_actions.approve(form, row, Act(people.east_officer))
    assert (row.stage, row.awaits) == ("submitted", "city")
    assert not IndicatorFigure.objects.exists()
    submission_actions.approve(form, row, Act(people.officer))
    figure = IndicatorFigure.objects.get(indicator="town_science_investment")
    assert (figure.value, figure.source, figure.period) == (30, "reported", "2026Q3")
    with pytest.raises(InvalidError):
        submission_actions.save(form, units.river, "2026Q3", GOOD, "", Act(people.town))


def test_excel_there_and_back(form: collection.Form, units: SimpleNamespace) -> None:
    content = collection_excel.write(form, units.river, "2026Q3", GOOD, {})
    assert collection.numbers(form, collection_excel.read(form, units.river, "2026Q3", content)) == GOOD
    with pytest.raises(InvalidError):
        collection_excel.read(form, units.river, "2026Q2", content)
    with pytest.raises(InvalidError):
        collection_excel.read(form, units.river, "2026Q3", b"not a workbook")


def test_the_pages(units: SimpleNamespace, people: SimpleNamespace, client: Any) -> None:
    address = f"/submissions/{FORM}/{units.river.code}/2026Q3/"
    client.force_login(people.town)
    assert "逾期" in client.get("/submissions/").content.decode()
    assert "没有办成" in client.post(address, {"do": "submit", "town_visits": "x"}).content.decode()
    assert client.post(address, {"do": "submit", **GOOD}).status_code == 302
    assert client.post(address, {"do": "approve"}).status_code == 403
    client.force_login(people.leader)
    assert client.post(address, {"do": "save", **GOOD}).status_code == 403
    assert client.get(f"/submissions/{FORM}/{units.river.code}/2031Q1/").status_code == 404
    client.force_login(people.east_officer)
    client.post(address, {"do": "approve"})
    assert Submission.objects.get().awaits == "city"
