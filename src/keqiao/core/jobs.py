"""Long work in the background: started by an action, seen by its user, repeatable after a crash.

```python
@job("take_snapshot")
def take(run: Run, *, as_of: str) -> dict[str, Any]: ...

start("take_snapshot", _("生成快照"), {"as_of": "2026-11-20"}, act)
```
A running job holds an operating-system lock on its own file; `kill -9` frees it, which is how `recover` knows a dead job from a slow
one. A job runs again from its beginning, so its writes belong in one transaction. Progress goes to a file because that transaction
is still open while people watch.
"""

import fcntl
import json
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from keqiao.core import packs
from keqiao.core.act import Act
from keqiao.core.models.audit_entry import Channel
from keqiao.core.models.work import Job

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 3
_kinds: dict[str, Callable[..., dict[str, Any] | None]] = {}
_daily: list[Callable[[], None]] = []


class JobCancelledError(Exception):
    """The user asked the job to stop; raised out of `Run.progress`."""


def job(kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: declares the function that does this kind of work. It takes a Run and the job's parameters, and returns its result as JSON data."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        _kinds[kind] = function
        return function

    return add


def daily(function: Callable[[], None]) -> Callable[[], None]:
    """Decorator: runs the function once a day in the worker (`manage daily` runs all of them at once)."""
    _daily.append(function)
    return function


def folder() -> Path:
    path = Path(settings.DATA) / "jobs"
    path.mkdir(parents=True, exist_ok=True)
    return path


class Run:
    """What a running job talks to: its act, its progress, its log."""

    def __init__(self, row: Job) -> None:
        self.job = row
        self.act = Act(row.created_by, Channel.JOB)
        self._path = folder() / f"{row.pk}.json"
        self._state: dict[str, Any] = {"done": 0, "total": 0, "text": "", "log": []}
        self._written_at = 0.0

    def progress(self, done: int, total: int, text: object = "") -> None:
        """Says how far the work is; cheap to call for every row. Raises JobCancelledError when the user has cancelled."""
        self._state |= {"done": done, "total": total, "text": str(text)}
        if done >= total or time.monotonic() - self._written_at > 0.3:
            self._write()
            if (folder() / f"{self.job.pk}.cancel").exists():
                raise JobCancelledError

    def log(self, text: object) -> None:
        self._state["log"].append(f"{timezone.localtime():%H:%M:%S} {text}")
        self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._state, ensure_ascii=False))
        part.replace(self._path)


def progress_of(row: Job) -> dict[str, Any]:
    """{done, total, text, log} of a job; zeros before it has begun."""
    try:
        state: dict[str, Any] = json.loads((folder() / f"{row.pk}.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        state = {"done": 0, "total": 0, "text": "", "log": []}
    return state


def start(kind: str, title: object, parameters: Mapping[str, Any], act: Act) -> Job:
    """Queues a job; it begins when the current transaction has committed."""
    if kind not in _kinds:
        raise KeyError(kind)
    row = Job.objects.create(kind=kind, title=str(title)[:200], parameters=dict(parameters), created_by=act.actor)
    _enqueue(row)
    return row


def run_now(kind: str, title: object, parameters: Mapping[str, Any], act: Act) -> Job:
    """The same work in this process, for commands and tests: the row is there to look at afterwards."""
    row = Job.objects.create(kind=kind, title=str(title)[:200], parameters=dict(parameters), created_by=act.actor)
    execute(row)
    return row


def _enqueue(row: Job) -> None:
    transaction.on_commit(lambda: run_job.enqueue(str(row.pk)))


@task()
def run_job(job_id: str) -> None:
    row = Job.objects.filter(pk=job_id, stage=Job.Stage.WAITING).first()
    if row:
        execute(row)


def execute(row: Job) -> None:
    lock = _lock(row)
    if lock is None:
        return
    try:
        row.stage, row.started_at, row.attempts = Job.Stage.RUNNING, timezone.now(), row.attempts + 1
        row.save()
        row.stage, row.result, row.error = _outcome(row)
        row.finished_at = timezone.now()
        row.save()
    finally:
        lock.close()


def _outcome(row: Job) -> tuple[str, dict[str, Any] | None, str]:
    run = Run(row)
    packs.follow()
    try:
        return Job.Stage.DONE, _kinds[row.kind](run, **row.parameters), ""
    except JobCancelledError:
        return Job.Stage.CANCELLED, None, ""
    except Exception as error:
        logger.exception("job %s (%s) failed", row.pk, row.kind)
        run.log(traceback.format_exc())
        return Job.Stage.FAILED, None, f"{type(error).__name__}: {error}"


def _lock(row: Job) -> TextIO | None:
    handle = (folder() / f"{row.pk}.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def recover() -> list[Job]:
    """Queues again the jobs whose worker died; gives up on one after three attempts. Returns those that were dead."""
    dead = []
    for row in Job.objects.filter(stage=Job.Stage.RUNNING):
        if (lock := _lock(row)) is None:
            continue
        lock.close()
        dead.append(row)
        if row.attempts >= MOST_ATTEMPTS:
            row.stage, row.error, row.finished_at = Job.Stage.FAILED, "worker died three times", timezone.now()
            row.save()
        else:
            again(row)
    return dead


def again(row: Job) -> None:
    """Queues a finished, failed or dead job once more."""
    (folder() / f"{row.pk}.cancel").unlink(missing_ok=True)
    row.stage, row.error, row.finished_at = Job.Stage.WAITING, "", None
    row.save()
    _enqueue(row)


def cancel(row: Job) -> None:
    """Stops a waiting job at once and a running one at its next progress."""
    (folder() / f"{row.pk}.cancel").touch()
    Job.objects.filter(pk=row.pk, stage=Job.Stage.WAITING).update(stage=Job.Stage.CANCELLED, finished_at=timezone.now())


def run_daily() -> None:
    """Everything that is due once a day; one failing does not stop the rest."""
    for function in _daily:
        try:
            function()
        except Exception:
            logger.exception("daily work %s failed", function.__qualname__)
