"""One change made by page, API, import, command and job leaves five audit entries, each with its way in; a tampered row is named."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from keqiao.core import files, jobs
from keqiao.core.act import Act
from keqiao.core.models import AuditEntry
from keqiao.core.records import actions, import_job
from keqiao.core.records.declare import REGISTERS
from keqiao.registers.uscc import complete


@jobs.job("rename_for_test")
def rename(run: jobs.Run, *, pk: int, name: str) -> None:
    row = REGISTERS["enterprise"].rows().unscoped("test").get(pk=pk)
    actions.change(row, {"name": name}, run.act)


@pytest.fixture
def enterprise(people: SimpleNamespace, units: SimpleNamespace, act: Act) -> Any:
    values = {"name": "第一名", "uscc": complete("91990002MA0000001"), "org_unit": units.river.code}
    return actions.create(REGISTERS["enterprise"], values, act)


def test_five_ways_leave_five_entries(enterprise: Any, people: SimpleNamespace, client: Any) -> None:
    client.force_login(people.officer)
    page = client.post(f"/r/enterprise/{enterprise.pk}/edit/", {"name": "页面改名", "edition": 1})
    assert page.status_code == 302, page.content[:500]
    api = client.patch(
        f"/api/v1/registers/enterprise/records/{enterprise.pk}",
        {"values": {"name": "接口改名"}},
        content_type="application/json",
    )
    assert api.status_code == 200, api.content
    stored = files.store(
        "改名.csv", f"企业名称,统一社会信用代码\n导入改名,{enterprise.uscc}\n".encode(), Act(people.officer)
    )
    done = jobs.run_now(
        "import_records",
        "导入",
        import_job.parameters(REGISTERS["enterprise"], stored, False, False),
        Act(people.officer),
    )
    assert done.result is not None, done.error
    assert done.result["outcome"] == "imported", done.result
    row = REGISTERS["enterprise"].rows().unscoped("test").get(pk=enterprise.pk)
    actions.change(row, {"name": "命令改名"}, Act(None, "command"))
    assert (
        jobs.run_now("rename_for_test", "改名", {"pk": enterprise.pk, "name": "任务改名"}, Act(people.officer)).stage
        == "done"
    )
    entries = AuditEntry.objects.filter(register="enterprise", record_id=str(enterprise.pk), verb="change").order_by(
        "number"
    )
    assert [entry.channel for entry in entries] == ["page", "api", "import", "command", "job"]
    assert [entry.after["name"] for entry in entries] == ["页面改名", "接口改名", "导入改名", "命令改名", "任务改名"]
    assert [entry.before["name"] for entry in entries] == ["第一名", "页面改名", "接口改名", "导入改名", "命令改名"]


def test_a_tampered_entry_is_named(enterprise: Any) -> None:
    call_command("verify_audit", stdout=io.StringIO())
    entry = AuditEntry.objects.get(register="enterprise", record_id=str(enterprise.pk))
    AuditEntry.objects.filter(pk=entry.pk).update(label="改过")
    with pytest.raises(CommandError, match=f"#{entry.number}: content was changed"):
        call_command("verify_audit", stdout=io.StringIO())


def test_a_cut_tail_is_noticed(enterprise: Any) -> None:
    last = AuditEntry.objects.order_by("-number").first()
    assert last is not None
    AuditEntry.objects.filter(pk=last.pk).delete()
    with pytest.raises(CommandError, match="the chain ends at"):
        call_command("verify_audit", stdout=io.StringIO())
