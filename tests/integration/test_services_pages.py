"""Services as users meet them: check-up, list, ladder, rehearsal. One enterprise whose facts are known, one batch."""

import datetime
import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.conftest import DAY

from keqiao.services import checkup, facts, ladder, questions, rehearsal, windows


@pytest.fixture
def world(people: SimpleNamespace, units: SimpleNamespace, act: Any) -> SimpleNamespace:
    from keqiao.core.records import actions
    from keqiao.core.records.declare import REGISTERS
    from keqiao.registers.uscc import complete
    from keqiao.services.actions import run_all

    enterprise = actions.create(
        REGISTERS["enterprise"],
        {
            "name": "东区阀门有限公司",
            "uscc": complete("91990002MA0000001"),
            "org_unit": units.river.code,
            "founded_on": "2018-01-01",
        },
        act,
    )
    actions.create(
        REGISTERS["enterprise_year"],
        {
            "enterprise": enterprise.uscc,
            "year": "2025",
            "sales": "10000000",
            "rd_accounting": "450000",
            "staff": "100",
            "tech_staff": "15",
        },
        act,
    )
    actions.create(
        REGISTERS["qualification"],
        {
            "kind": "tech_sme",
            "number": "T-1",
            "enterprise": enterprise.uscc,
            "valid_from": "2026-01-01",
            "valid_until": "2027-01-01",
            "org_unit": units.river.code,
        },
        act,
    )
    people.enterprise.subject_kind, people.enterprise.subject_id = "enterprise", enterprise.pk
    people.enterprise.save()
    return SimpleNamespace(
        enterprise=enterprise, people=people, run=run_all(DAY), codes=[units.river.code], units=units, act=act
    )


def test_a_checkup_scores_and_its_cheapest_gain_is_proved(world: SimpleNamespace) -> None:
    found = checkup.check(world.enterprise, DAY)
    assert found is not None
    lines = {line.key: line for line in found.score.lines}
    assert lines["rd_share"].low == lines["rd_share"].high == 8  # 4.5 % of sales
    assert lines["staff_share"].low == 4  # 15 %
    assert not found.is_settled  # much of the sheet is unknown, and that is said
    gains = {one.line.key: one for one in checkup.weaknesses(found, 20)}
    move = gains["rd_share"].change.moves[0]  # type: ignore[union-attr]  # there is a lever
    assert (move.fact, move.after) == ("rd_expense", 500_000)  # 5 % is the next step
    assert gains["rd_share"].gain == 2


def test_grades_are_open_where_the_ends_differ(world: SimpleNamespace) -> None:
    rule = facts.rules_on(DAY)[checkup.RULE]
    assert checkup.grade_of(rule, 85, 100) == "优秀"
    assert checkup.grade_of(rule, 84.9, 85) == checkup.OPEN
    places = checkup.by_county(world.run, rule, world.codes)
    assert [(place.unit.code, place.count) for place in places] == [(world.units.east.code, 1)]


def test_the_ladder_knows_the_rung_and_what_expires(world: SimpleNamespace) -> None:
    technology = next(one for one in ladder.ladders() if one.key == "technology")
    assert ladder.standing(world.run, technology)["rung"].to_list() == [1]
    steps, following = ladder.climb(world.enterprise, technology, DAY)
    assert [step.is_held for step in steps] == [True, False, False, False]
    assert following is not None
    assert following.rung.key == "hnte"
    assert ladder.expiring(world.run, world.codes)["kind"].to_list() == ["tech_sme"]
    assert ladder.expiring(world.run, []).is_empty()


def test_a_rung_that_names_no_rule_is_refused() -> None:
    with pytest.raises(ladder.LadderError, match=r"rungs\[1\]: no rule 'cert.nothing'"):
        ladder.read(
            "key: a\nname: b\nrungs: [{key: x, name: y, stage: z, held: [hnte], rule: cert.nothing}]",
            "a.yaml",
            ["cert.hnte"],
        )


def test_a_rehearsal_changes_nothing_in_force(world: SimpleNamespace, client: Any) -> None:
    key = "city.pledge_candidates"
    text = rehearsal.text_of(key, DAY)
    looser = text.replace("3件", "0件").replace("- {key: honest", "- {key: honest2")
    client.force_login(world.people.officer)
    page = client.post("/services/rehearsal/", {"rule": key, "file": SimpleUploadedFile("new.yaml", looser.encode())})
    assert page.status_code == 200
    assert not page.context["problems"]
    assert page.context["outcome"].subjects == 1
    broken = client.post("/services/rehearsal/", {"rule": key, "text": text.replace("3件", "3公里")})
    assert broken.context["problems"]
    assert "outcome" not in broken.context
    assert rehearsal.text_of(key, DAY) == text


def test_files_and_notices(world: SimpleNamespace, client: Any) -> None:
    from docx import Document

    client.force_login(world.people.officer)
    for address in ("list.docx", "checkup.docx"):
        answer = client.get(f"/services/enterprise/{world.enterprise.pk}/{address}")
        document = Document(io.BytesIO(answer.content))
        assert "东区阀门有限公司" in "".join(one.text for one in document.paragraphs)
    sheet = client.get("/services/policies/cert.tech_sme/subjects.xlsx?verdict=unknown")
    assert sheet.content[:2] == b"PK"


def test_a_question_leads_to_the_field_it_is_kept_in(world: SimpleNamespace) -> None:
    link = questions.answer_link(world.people.enterprise, world.enterprise, "total_assets", DAY)
    assert link.startswith("/r/enterprise_year/")
    assert link.endswith("#id_total_assets")
    assert not questions.answer_link(
        world.people.leader, world.enterprise, "total_assets", DAY
    )  # who may not write is sent nowhere


@pytest.mark.parametrize(
    ("opens", "closes", "day", "expected"),
    [
        ((3, 1), (10, 31), (2026, 10, 31), ("", "2026-10-31")),
        ((3, 1), (10, 31), (2026, 11, 1), ("2027-03-01", "")),
        ((11, 1), (2, 29), (2027, 1, 5), ("", "2027-02-28")),
    ],
)
def test_windows(
    opens: tuple[int, int], closes: tuple[int, int], day: tuple[int, int, int], expected: tuple[str, str]
) -> None:
    from keqiao.engines.rules import Window

    rule: Any = SimpleNamespace(window=Window(opens, closes))
    found = windows.of(rule, datetime.date(*day))
    assert (str(found.opens_on or ""), str(found.closes_on or "")) == expected
