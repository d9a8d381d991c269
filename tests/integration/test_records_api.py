"""The API: the same rows and rules as the pages, exact values, problem documents, calls that can be repeated."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from keqiao.core import tokens
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import ApiToken, AuditEntry, Job
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.listing import Listing
from keqiao.registers.models import Enterprise
from keqiao.registers.uscc import complete

SYSTEM = Act(None, "command", "test")
BASE = "/api/v1/registers/enterprise"


def uscc(number: int) -> str:
    return complete(f"9199010{number % 10}MA2{number:07d}"[:17])


def values(number: int, **changes: Any) -> dict[str, Any]:
    given = {
        "name": f"接口{number}号有限公司",
        "uscc": uscc(number),
        "org_unit": "990102001",
        "registered_capital": "1000000.10",
        "size": "small",
        "contact_phone": "13800001234",
    }
    return given | changes


class Caller:
    """A client that speaks JSON under a user's token."""

    def __init__(self, user: Any = None) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {tokens.issue(user, 'test', SYSTEM)[1]}"} if user else {}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = (
            {"data": body if isinstance(body, str) else json.dumps(body), "content_type": "application/json"}
            if body is not None
            else {}
        )
        return getattr(self.client, method)(path, headers={**self.headers, **headers}, **given)


@pytest.fixture(autouse=True)
def _fresh_rate_limit() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def world(people: Any, units: Any) -> SimpleNamespace:
    rows = [actions.create(REGISTERS["enterprise"], values(n), SYSTEM) for n in range(7)]
    return SimpleNamespace(people=people, rows=rows, officer=Caller(people.officer), public=Caller())


def test_create_read_change_remove(world: SimpleNamespace) -> None:
    call = world.officer
    made = call("post", f"{BASE}/records", {"values": values(50), "reason": "来电登记"})
    assert made.status_code == 201, made.content
    assert made["Location"].endswith(f"/records/{made.json()['id']}")
    data = call("get", made["Location"]).json()
    assert data["values"]["registered_capital"] == "1000000.10"
    assert data["values"]["org_unit"] == "990102001"
    changed = call("patch", made["Location"], {"values": {"size": "micro"}})
    assert (changed.status_code, changed.json()["values"]["size"], changed.json()["edition"]) == (200, "micro", 2)
    entry = AuditEntry.objects.filter(verb="create", channel="api", actor=world.people.officer).get()
    assert entry.reason == "来电登记"
    assert call("delete", made["Location"]).status_code == 204
    assert call("get", made["Location"]).status_code == 404


def test_what_is_read_can_be_sent_back_unchanged(world: SimpleNamespace) -> None:
    for who in ("officer", "town"):
        call = Caller(getattr(world.people, who))
        place = f"{BASE}/records/{world.rows[0].pk}"
        data = call("get", place).json()
        assert bool(data["masked"]) == (who == "town")
        again = call("patch", place, {"values": data["values"]})
        assert again.status_code == 200, again.content
        assert again.json()["edition"] == 1


def test_all_problems_come_at_once_as_a_problem_document(world: SimpleNamespace) -> None:
    body = {
        "values": {
            "name": "",
            "uscc": "123",
            "size": "huge",
            "registered_capital": "many",
            "founded_on": "2026-02-30",
            "colour": "red",
        }
    }
    answer = world.officer("post", f"{BASE}/records", body)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    found = answer.json()
    assert found["type"] == "urn:keqiao:problem:invalid"
    assert {problem["field"] for problem in found["problems"]} == {"colour"}
    body["values"].pop("colour")
    found = world.officer("post", f"{BASE}/records", body).json()
    assert {(p["field"], p["code"]) for p in found["problems"]} == {
        ("name", "required"),
        ("uscc", "uscc_length"),
        ("size", "not_a_choice"),
        ("registered_capital", "not_a_number"),
        ("founded_on", "not_a_date"),
        ("org_unit", "required"),
    }


@pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}, "a\0b", "\ud800"])
def test_a_value_of_the_wrong_type_is_refused(world: SimpleNamespace, value: Any) -> None:
    answer = world.officer("post", f"{BASE}/records", {"values": values(60, name=value)})
    assert answer.status_code == 422
    assert [p["field"] for p in answer.json()["problems"]] == ["name"]


@pytest.mark.parametrize(
    ("body", "code"),
    [("{", 400), ("[]", 422), ("{}", 422), ('{"values": 3}', 422), ('{"values": {}, "x": 1}', 422), ("\ufeff", 400)],
)
def test_a_broken_body_is_refused(world: SimpleNamespace, body: str, code: int) -> None:
    answer = world.officer("post", f"{BASE}/records", body)
    assert (answer.status_code, answer["Content-Type"]) == (code, "application/problem+json")


def test_a_call_sent_twice_is_done_once(world: SimpleNamespace) -> None:
    key = {"Idempotency-Key": "call-1"}
    first = world.officer("post", f"{BASE}/records", {"values": values(70)}, **key)
    again = world.officer("post", f"{BASE}/records", {"values": values(70)}, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert Enterprise.objects.unscoped("test").filter(uscc=uscc(70)).count() == 1
    other = world.officer("post", f"{BASE}/records", {"values": values(71)}, **key)
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency_key_reused")
    other_user = Caller(world.people.east_officer)("post", f"{BASE}/records", {"values": values(72)}, **key)
    assert other_user.status_code == 201


def test_a_refusal_is_repeated_too(world: SimpleNamespace) -> None:
    key = {"Idempotency-Key": "call-2"}
    first = world.officer("post", f"{BASE}/records", {"values": values(0)}, **key)
    assert first.status_code == 422
    actions.remove(world.rows[0], SYSTEM)
    assert world.officer("post", f"{BASE}/records", {"values": values(0)}, **key).content == first.content


def test_if_match_keeps_people_from_overwriting_each_other(world: SimpleNamespace) -> None:
    place = f"{BASE}/records/{world.rows[0].pk}"
    etag = world.officer("get", place)["ETag"]
    assert world.officer("get", place, **{"If-None-Match": etag}).status_code == 304
    assert world.officer("patch", place, {"values": {"size": "micro"}}, **{"If-Match": etag}).status_code == 200
    late = world.officer("patch", place, {"values": {"size": "large"}}, **{"If-Match": etag})
    assert (late.status_code, late["Content-Type"]) == (412, "application/problem+json")
    assert world.officer("delete", place, **{"If-Match": etag}).status_code == 412


def test_pages_are_walked_by_cursor(world: SimpleNamespace) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = world.officer(
            "get", f"{BASE}/records?per_page=3&sort=name&size=small" + (f"&after={cursor}" if cursor else "")
        ).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [row.pk for row in world.rows]


@pytest.mark.parametrize(
    "query",
    [
        "sise=small",
        "size=huge",
        "per_page=0",
        "per_page=x",
        "per_page=501",
        "page=2",
        "columns=nothing",
        "sort=colour",
        "ids=x",
        "registered_capital.min=a",
    ],
)
def test_a_wrong_parameter_is_refused_rather_than_ignored(world: SimpleNamespace, query: str) -> None:
    answer = world.officer("get", f"{BASE}/records?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["problems"]


def test_a_bad_cursor_is_a_bad_request(world: SimpleNamespace) -> None:
    assert world.officer("get", f"{BASE}/records?after=zzz").status_code == 400


def test_the_public_reads_only_what_is_public(world: SimpleNamespace) -> None:
    item = world.public("get", f"{BASE}/records").json()["items"][0]
    assert set(item["values"]) <= set(REGISTERS["enterprise"].public_fields)
    assert "review_state" not in item
    assert world.public("get", "/api/v1/registers/enterprise_year/records").status_code == 401
    for method, path in (
        ("post", f"{BASE}/records"),
        ("patch", f"{BASE}/records/{world.rows[0].pk}"),
        ("delete", f"{BASE}/records/{world.rows[0].pk}"),
        ("post", f"{BASE}/imports"),
    ):
        assert world.public(method, path, {}).status_code == 401, path
    assert world.public("get", f"{BASE}/records?size=small").status_code == 422


@pytest.mark.parametrize("who", ["officer", "east_officer", "town", "park", "leader", "system", "enterprise", "expert"])
def test_api_and_listing_show_the_same_rows(world: SimpleNamespace, who: str) -> None:
    user = getattr(world.people, who)
    for register in REGISTERS.values():
        answer = Caller(user)("get", f"/api/v1/registers/{register.key}/records")
        if answer.status_code == 403:
            assert not Listing(register, user).sight.held
        else:
            assert [item["id"] for item in answer.json()["items"]] == [row.pk for row in Listing(register, user).page()]


def test_writes_need_the_permission(world: SimpleNamespace) -> None:
    leader = Caller(world.people.leader)
    assert leader("post", f"{BASE}/records", {"values": values(80)}).status_code == 403
    town = Caller(world.people.town)
    answer = town("post", f"{BASE}/records", {"values": values(81, org_unit="990103001")})
    assert answer.status_code == 403
    assert not Enterprise.objects.unscoped("test").filter(uscc=uscc(81)).exists()


def test_tokens_end_when_revoked_and_only_for_whom_may(world: SimpleNamespace) -> None:
    people = world.people
    token, text = tokens.issue(people.officer, "报表", Act(people.officer))
    assert text not in str(ApiToken.objects.values())
    call = Caller()
    call.headers = {"Authorization": f"Bearer {text}"}
    assert call("get", "/api/v1/me").json()["username"] == "officer"
    with pytest.raises(ForbiddenError):
        tokens.revoke(token, Act(people.town))
    tokens.revoke(token, Act(people.security))
    assert call("get", "/api/v1/me").status_code == 401
    assert call("get", f"{BASE}/records").status_code == 401  # a bad token is not taken for the public
    people.officer.is_active = False
    people.officer.save()
    assert world.officer("get", "/api/v1/me").status_code == 401


def test_a_session_needs_its_csrf_token_to_write(world: SimpleNamespace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people.officer)
    assert client.get(f"{BASE}/records").status_code == 200
    answer = client.post(f"{BASE}/records", json.dumps({"values": values(90)}), content_type="application/json")
    assert answer.status_code == 403
    assert not Enterprise.objects.unscoped("test").filter(uscc=uscc(90)).exists()


def test_moves_run_the_review(world: SimpleNamespace) -> None:
    place = f"{BASE}/records/{world.rows[0].pk}/moves"
    assert world.officer("post", place, {"move": "archive"}).json()["review_state"] == "archived"
    assert world.officer("post", place, {"move": "archive"}).status_code == 422
    assert world.officer("post", place, {"move": "fly"}).status_code == 422


def test_import_and_export_by_api(world: SimpleNamespace, django_capture_on_commit_callbacks: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    exported = world.officer("get", f"{BASE}/export.csv?size=small")
    assert exported.status_code == 200
    upload = SimpleUploadedFile("企业.csv", exported.content)
    answer = world.officer.client.post(
        f"{BASE}/imports", {"file": upload, "dry_run": "true"}, headers=world.officer.headers
    )
    assert answer.status_code == 202, answer.content
    job = Job.objects.get(pk=answer.json()["id"])
    from keqiao.core import jobs

    jobs.execute(job)
    result = world.officer("get", answer["Location"]).json()
    assert (result["stage"], result["result"]["counts"]) == (
        "done",
        {"new": 0, "changed": 0, "unchanged": 7, "faulty": 0},
    )
    assert Caller(world.people.town)("get", answer["Location"]).status_code == 404


def test_a_broken_upload_is_a_bad_request(world: SimpleNamespace) -> None:
    answer = world.officer.client.post(
        f"{BASE}/imports", b"x", content_type="multipart/form-data", headers=world.officer.headers
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_reading_personal_data_by_api_is_in_the_trail(world: SimpleNamespace) -> None:
    world.officer("get", f"{BASE}/records/{world.rows[0].pk}")
    assert AuditEntry.objects.filter(verb="read_personal", channel="api", record_id=str(world.rows[0].pk)).count() == 1
    Caller(world.people.leader)("get", f"{BASE}/records/{world.rows[0].pk}")
    assert AuditEntry.objects.filter(verb="read_personal", channel="api").count() == 1


def test_too_many_calls_are_slowed_down(world: SimpleNamespace, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 5
    codes = [world.officer("get", "/api/v1/me").status_code for _call in range(7)]
    assert codes == [200] * 5 + [429] * 2


def test_the_description_is_openapi_and_covers_every_register(world: SimpleNamespace) -> None:
    document = world.officer("get", "/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    for key in REGISTERS:
        assert f"/registers/{key}/records" in document["paths"]
    public = world.public("get", "/api/v1/openapi.json").json()
    assert "/registers/enterprise/records" in public["paths"]
    assert "/registers/enterprise_year/records" not in public["paths"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/nothing", 404),
        ("/api/v1/", 404),
        ("/api/v1/registers/none/records", 404),
        (f"{BASE}/records/0", 404),
        (f"{BASE}/records/{2**70}", 404),
        ("/api/v1/jobs/x", 404),
    ],
)
def test_missing_things_are_problem_documents(world: SimpleNamespace, path: str, code: int) -> None:
    answer = world.officer("get", path)
    assert (answer.status_code, answer["Content-Type"]) == (code, "application/problem+json")


def test_a_wrong_method_is_a_problem_document(world: SimpleNamespace) -> None:
    answer = world.officer("put", f"{BASE}/records", {})
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "POST" in answer["Allow"]
