"""`kill -9` in the middle of an import: the register is as before, and the same job goes on to the end when the worker comes back."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = 4000
BEGIN = """
import io, xlsxwriter
from django.core.management import call_command
call_command("migrate", verbosity=0)
from keqiao.core import jobs
from keqiao.core.act import Act
from keqiao.core.models import Grant, Job, OrgUnit, User
from keqiao.core.records import excel_out, import_job
from keqiao.core.records.declare import REGISTERS
from keqiao.registers.uscc import complete
city = OrgUnit.objects.create(code="990100", name="测试市", level="city")
officer = User.objects.create_user("officer")
Grant.objects.create(user=officer, role="officer", org_unit=city)
out = io.BytesIO()
with xlsxwriter.Workbook(out) as book:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["企业名称", "统一社会信用代码", "属地"])
    for n in range(ROWS):
        sheet.write_row(n + 1, 0, [f"测试{n}号有限公司", complete(f"91990100MA2{n:06d}"), "测试市"])
stored = excel_out.keep("x.xlsx", out.getvalue(), Act(officer))
job = Job.objects.create(kind="import_records", title="t", created_by=officer, parameters=import_job.parameters(REGISTERS["enterprise"], stored, False, False))
print(job.pk, flush=True)
jobs.execute(job)
"""
AFTER = """
from keqiao.core import audit, jobs
from keqiao.core.models import AuditEntry, Job
from keqiao.core.records import search
from keqiao.core.records.declare import REGISTERS
from keqiao.registers.models import Enterprise
found = {"rows": Enterprise.objects.unscoped("test").count(), "entries": AuditEntry.objects.filter(verb="create").count()}
found["dead"] = [str(job.pk) for job in jobs.recover()]
job = Job.objects.get()
jobs.execute(job)
job.refresh_from_db()
found |= {"stage": job.stage, "counts": job.result["counts"], "after": Enterprise.objects.unscoped("test").count(), "faults": list(audit.verify())}
found["hits"] = len(search.search_all(job.created_by, "测试77号有限公司")[0].hits)
print(json.dumps(found), flush=True)
"""
HEAD = "import sys, json; sys.path.insert(0, {src!r}); ROWS = {rows}\nimport django; django.setup()\n"


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {
        "KEQIAO_DATA": str(folder),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "keqiao.conf.settings",
    }
    script = HEAD.format(src=str(ROOT / "src"), rows=ROWS) + code
    return subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)


def wait_until_writing(folder: Path, job: str, worker: subprocess.Popen[str]) -> None:
    for _turn in range(3000):
        try:
            state: dict[str, Any] = json.loads((folder / "jobs" / f"{job}.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            state = {}
        if state.get("done", 0) > ROWS + 500:  # the second half of the way is writing
            return
        assert worker.poll() is None, "the import ended before it could be killed"
        time.sleep(0.02)
    raise AssertionError("the import never began to write")


@pytest.mark.slow
def test_a_killed_import_leaves_nothing_and_goes_on(tmp_path: Path) -> None:
    worker = start(BEGIN, tmp_path)
    assert worker.stdout is not None
    job = worker.stdout.readline().strip()
    wait_until_writing(tmp_path, job, worker)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    answer, _error = start(AFTER, tmp_path).communicate(timeout=300)
    found = json.loads(answer.splitlines()[-1])
    assert (found["rows"], found["entries"]) == (0, 0)
    assert found["dead"] == [job]
    assert (found["stage"], found["counts"]["new"], found["after"]) == ("done", ROWS, ROWS)
    assert found["faults"] == []
    assert found["hits"] == 1
