"""Every page × every role. A URL without a line in the table fails, so nobody can add a page and forget who may open it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.conftest import ROLE_OF

EVERYBODY = frozenset({"visitor", *ROLE_OF})
SIGNED_IN = EVERYBODY - {"visitor"}
STAFF = frozenset({"leader", "officer", "east_officer", "town", "park"})
OFFICERS = frozenset({"officer", "east_officer"})
BUREAU = OFFICERS | {"leader"}
# Who sees the sample rows of the fixture `world` beyond what is published: its own enterprise and staff whose arm reaches it.
REACH = frozenset({"leader", "officer", "east_officer", "town", "enterprise"})
HAS_REGISTERS = STAFF | {"enterprise", "institution", "expert", "broker"}

# URL name -> who gets the page (200, or a redirect or file of the page's own). Everyone else must be refused or asked to sign in.
TABLE: dict[str, frozenset[str]] = {
    "home": EVERYBODY,
    "search": EVERYBODY,
    "workspace": SIGNED_IN,
    "findings": SIGNED_IN,
    "notices": SIGNED_IN,
    "jobs": SIGNED_IN,
    "job": frozenset({"officer", "system"}),
    "job_state": frozenset({"officer", "system"}),
    "stored_file": REACH,
    "account": SIGNED_IN,
    "who_opened": SIGNED_IN,
    "accounts": frozenset({"security"}),
    "one_account": frozenset({"security"}),
    "new_account": frozenset({"security"}),
    "org_units": frozenset({"system"}),
    "one_unit": frozenset({"system"}),
    "new_unit": frozenset({"system"}),
    "audit": frozenset({"auditor"}),
    "system": frozenset({"system"}),
    # records: the sample register is the public one of enterprises
    "record_list": EVERYBODY,
    "record_detail": EVERYBODY,
    "record_new": STAFF - {"leader"} | {"enterprise"},
    "record_edit": OFFICERS | {"town", "enterprise"},
    "record_choose": SIGNED_IN,
    "record_import": STAFF - {"leader"},
    "record_template": STAFF - {"leader"},
    "record_export": EVERYBODY,
    "record_duplicates": OFFICERS,
    "record_history": REACH,
    "record_related": STAFF | {"enterprise"},
    "record_access": SIGNED_IN,
    "record_files": REACH,
    "record_import_result": frozenset({"officer"}),
    # control: the sample figures and reports are the city's
    "cockpit": STAFF,
    "composites": STAFF,
    "indicators": STAFF,
    "indicator": STAFF,
    "figure": frozenset({"leader", "officer"}),
    "targets": STAFF,
    "split_target": STAFF,
    "reporting_desk": STAFF,
    "submission": STAFF - {"park"},
    "past_reports": OFFICERS,
    "review_report": frozenset({"officer"}),
    "written_reports": BUREAU,
    "written_report": frozenset({"leader", "officer"}),
    "report_figure": frozenset({"leader", "officer"}),
    "draft_check": BUREAU,
    "draft_result": frozenset({"officer"}),
    # services: what is worked out about the sample enterprise is for itself and the office
    "my_list": frozenset({"enterprise"}),
    "one_list": REACH,
    "explain_rule": REACH,
    "one_list_report": REACH,
    "rehearsal": OFFICERS,
    "policy_library": EVERYBODY,
    "one_policy": EVERYBODY,
    "finance_pools": STAFF,
    "ladder": REACH,
    "ladders": STAFF,
    "ladder_members": STAFF,
    "expiring_qualifications": STAFF,
    "checkup": REACH,
    "checkup_report": REACH,
    "checkups": STAFF,
    "rd_forms": REACH,
    "rd_form_file": REACH,
    "policy_matches": STAFF,
    "policy_subjects": STAFF,
    "policy_subjects_file": STAFF,
    # market: the sample demand and achievement are approved, so public
    "demand_matches": EVERYBODY,
    "achievement_matches": EVERYBODY,
    "try_demand": EVERYBODY,
    "topic_report": SIGNED_IN,
    "funnel": EVERYBODY,
}
# Reached by POST only (405 for a GET by those who may), or not a page of ours.
POST_ONLY = {
    "record_draft", "record_row_draft", "record_bulk", "record_view", "record_move", "record_remove", "record_merge", "set_language",
    "compute_figures", "run_rules", "policy_notify", "follow_match", "set_target", "publish_targets", "propose_targets", "note_target", "answer_target_note", "decide_proposal", "publish_report", "report_pdf",
    "settle_finding",
}  # fmt: skip
FOREIGN = ("account_", "mfa_", "socialaccount_", "openid_connect_", "usersessions_", "headless")


def all_names(resolver: Any = None, prefix: str = "") -> set[str]:
    names: set[str] = set()
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            names |= all_names(entry, space)
        elif isinstance(entry, URLPattern) and entry.name:
            names.add(prefix + entry.name)
    return names


def ours() -> set[str]:
    return {name for name in all_names() if not name.startswith(FOREIGN) and ":" not in name}


@pytest.fixture
def world(people: SimpleNamespace, units: SimpleNamespace, act: Any) -> SimpleNamespace:
    """An enterprise in the east with its account, a file on it, and a job of the officer."""
    from tests.conftest import DAY

    from keqiao.core import files
    from keqiao.core.act import Act
    from keqiao.core.models import Job
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
            "contact_phone": "13900001111",
        },
        act,
    )
    year = actions.create(
        REGISTERS["enterprise_year"], {"enterprise": enterprise.uscc, "year": "2025", "revenue": "1000"}, act
    )
    people.enterprise.subject_kind, people.enterprise.subject_id = "enterprise", enterprise.pk
    people.enterprise.save()
    owner = {"enterprise": enterprise.uscc, "org_unit": units.river.code}
    demand = actions.create(REGISTERS["demand"], {"code": "D1", "name": "高温密封寿命短", **owner}, act)
    achievement = actions.create(REGISTERS["achievement"], {"code": "A1", "name": "高温密封组件", **owner}, act)
    policy = actions.create(
        REGISTERS["policy"],
        {"document_number": "测科〔2026〕1号", "name": "测试政策", "level": "city", "org_unit": units.city.code},
        act,
    )
    stored = files.store("证明.txt", "内容".encode(), Act(people.officer), enterprise)
    job = Job.objects.create(kind="test", title="test", created_by=people.officer)
    imported = Job.objects.create(
        kind="import_records",
        title="test",
        created_by=people.officer,
        stage=Job.Stage.DONE,
        parameters={"register": "enterprise"},
    )
    checked = Job.objects.create(
        kind="check_draft",
        title="test",
        created_by=people.officer,
        stage=Job.Stage.DONE,
        result={"text": "共71家。", "findings": []},
    )
    control = _control(people, units)
    run_all(DAY, control["report"].snapshot)
    return SimpleNamespace(
        enterprise=enterprise,
        year=year,
        stored=stored,
        job=job,
        imported=imported,
        checked=checked,
        people=people,
        units=units,
        demand=demand,
        policy=policy,
        achievement=achievement,
        **control,
    )


def _control(people: SimpleNamespace, units: SimpleNamespace) -> dict[str, Any]:
    """The city's figures, a past report of it and a written one."""
    from tests.conftest import DAY

    from keqiao.control import actions
    from keqiao.control.models import IndicatorFigure
    from keqiao.core.act import Act

    report = actions.write_report("annual", units.city, DAY.year, Act(people.officer), DAY)
    past = actions.take_in_report(
        "去年总结.txt", "认定高新技术企业71家。".encode(), units.city, 2025, Act(people.officer)
    )
    figure = IndicatorFigure.objects.filter(org_unit=units.city).first()
    assert figure is not None, "the packs define no indicator that an empty city has a figure of"
    return {"report": report, "past": past, "figure": figure}


def address(name: str, world: SimpleNamespace) -> str:
    """A working address for a URL name, with sample arguments."""
    given: dict[str, list[Any]] = {
        "job": [world.job.pk],
        "job_state": [world.job.pk],
        "stored_file": [world.stored.pk],
        "one_account": [world.people.nobody.pk],
        "one_unit": [world.units.river.pk],
        "record_related": ["enterprise", world.enterprise.pk, "enterprise_year"],
        "record_export": ["enterprise", "csv"],
        "record_import_result": ["enterprise", world.imported.pk],
        "indicator": [world.figure.indicator],
        "split_target": [world.figure.indicator],
        "submission": ["town_quarter", world.units.river.code, "2026Q3"],
        "demand_matches": [world.demand.pk],
        "one_list": [world.enterprise.pk],
        "explain_rule": [world.enterprise.pk, "cert.hnte"],
        "one_list_report": [world.enterprise.pk],
        "ladder": [world.enterprise.pk],
        "one_policy": [world.policy.pk],
        "ladder_members": ["technology"],
        "checkup": [world.enterprise.pk],
        "checkup_report": [world.enterprise.pk],
        "rd_forms": [world.enterprise.pk],
        "rd_form_file": [world.enterprise.pk, 2025, "bureau"],
        "policy_subjects": ["cert.hnte"],
        "policy_subjects_file": ["cert.hnte"],
        "topic_report": [world.demand.pk],
        "achievement_matches": [world.achievement.pk],
        "figure": [world.figure.pk],
        "draft_result": [world.checked.pk],
        "review_report": [world.past.pk],
        "written_report": [world.report.pk],
        "report_figure": [world.report.pk, _printed(world.report)],
    }
    if name in given:
        return reverse(name, args=given[name])
    if name.startswith("record_"):
        with_row = {"record_detail", "record_edit", "record_history", "record_access", "record_files"}
        return reverse(name, args=["enterprise", world.enterprise.pk] if name in with_row else ["enterprise"])
    return reverse(name)


def _printed(report: Any) -> str:
    """The id of a figure that stands in the report, or one that does not (then nobody gets the page)."""
    from keqiao.control.reporting import document_of

    return next((figure.id for figure in document_of(report).figures), "none")


def test_every_url_has_a_line() -> None:
    missing = ours() - set(TABLE) - POST_ONLY
    assert not missing, f"say in the table who may open: {sorted(missing)}"


def test_the_table_names_only_urls_that_exist() -> None:
    assert not (set(TABLE) | POST_ONLY) - all_names()


def test_who_may_open_what(world: SimpleNamespace, client: Any) -> None:
    wrong = []
    for role in sorted(EVERYBODY):
        client.logout()
        if role != "visitor":
            client.force_login(getattr(world.people, role))
        for name in sorted(TABLE):
            response = client.get(address(name, world))
            opened = response.status_code in {200, 304} or (
                response.status_code == 302 and "/accounts/login/" not in response["Location"]
            )
            if response.streaming:
                list(response)  # a file that is sent stays open until it is read to its end
            if opened != (role in TABLE[name]):
                wrong.append(f"{name} as {role}: {response.status_code} {response.get('Location', '')}")
    assert not wrong, "\n".join(wrong)


def test_visitors_can_post_nothing(world: SimpleNamespace, client: Any) -> None:
    for name in sorted(POST_ONLY - {"set_language"}):
        arguments = next(
            args for args in ([], [1], ["enterprise"], ["enterprise", world.enterprise.pk]) if _reverses(name, args)
        )
        response = client.post(reverse(name, args=arguments))
        assert response.status_code in {302, 401, 403}, name
        assert response.status_code != 302 or "/accounts/login/" in response["Location"], name


def _reverses(name: str, args: list[Any]) -> bool:
    from django.urls import NoReverseMatch

    try:
        reverse(name, args=args)
    except NoReverseMatch:
        return False
    return True
