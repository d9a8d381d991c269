"""The registers' own writes: what the data-quality checks found, and what people say to it. Rows themselves are written by core.records.actions."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.core import access, audit
from keqiao.core.act import Act
from keqiao.core.clock import today
from keqiao.core.jobs import Run, daily, job
from keqiao.core.models import Channel, OrgUnit
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.registers import checks
from keqiao.registers.models import Finding

Stage = Finding.Stage
SETTLED_BY_PEOPLE = (Stage.EXPLAINED, Stage.WAIVED)
# What a person must be allowed to do to the row itself.
NEEDED = {Stage.EXPLAINED: "change", Stage.WAIVED: "review", Stage.OPEN: "change"}
SYSTEM = "the row of a finding is read to decide who may settle it"


def check_data(
    act: Act, keys: Iterable[str] = (), progress: Callable[[int, int, str], None] | None = None
) -> dict[str, int]:
    """Runs the checks of the registers (all by default) and brings the findings up to date; returns how many were opened, corrected and are open.

    A finding opens when its check fails; it is corrected when the check passes again or the row is gone; an explained or waived one opens
    again when the values it spoke of change.
    """
    by_register: dict[str, list[checks.Check]] = {}
    for check in checks.all_checks().values():
        by_register.setdefault(check.register, []).append(check)
    wanted = [key for key in by_register if not keys or key in set(keys)]
    totals = {"rows": 0, "opened": 0, "corrected": 0}
    for number, key in enumerate(wanted):
        if progress:
            progress(number, len(wanted), str(REGISTERS[key].verbose_name))
        found, rows = checks.failures(REGISTERS[key], by_register[key])
        with transaction.atomic():
            opened, corrected = _bring_up_to_date(key, found)
            totals = {
                "rows": totals["rows"] + rows,
                "opened": totals["opened"] + opened,
                "corrected": totals["corrected"] + corrected,
            }
            if opened or corrected:
                audit.record(
                    act,
                    audit.Trace(
                        "check",
                        key,
                        "",
                        str(REGISTERS[key].verbose_name),
                        after={"opened": opened, "corrected": corrected},
                    ),
                )
    gone = (
        Finding.objects.filter(register__in=wanted)
        .exclude(check_key__in=list(checks.all_checks()))
        .exclude(stage=Stage.CORRECTED)
    )
    gone.update(stage=Stage.CORRECTED, settled_at=timezone.now(), settled_by=None)
    return totals | {"open": Finding.objects.filter(stage=Stage.OPEN).count()}


def _bring_up_to_date(register: str, failing: list[checks.Failure]) -> tuple[int, int]:
    now = timezone.now()
    held = {(one.check_key, one.record_id): one for one in Finding.objects.filter(register=register)}
    units = dict(OrgUnit.objects.values_list("code", "pk"))
    new, changed, opened = [], [], 0
    for failure in failing:
        finding = held.pop((failure.check.key, failure.record_id), None)
        if finding is None:
            finding = Finding(check_key=failure.check.key, register=register, record_id=failure.record_id, found_at=now)
            new.append(finding)
            opened += 1
        elif finding.stage == Stage.CORRECTED or (
            finding.stage in SETTLED_BY_PEOPLE and finding.values != failure.values
        ):
            finding.stage, finding.found_at, finding.settled_at, finding.settled_by = Stage.OPEN, now, None, None
            opened += 1
        finding.seen_at, finding.values, finding.label, finding.severity = (
            now,
            failure.values,
            failure.label,
            failure.check.severity,
        )
        finding.org_unit_id = units.get(failure.org_unit)
        if finding.pk:
            changed.append(finding)
    settled = [one for one in held.values() if one.stage != Stage.CORRECTED]
    for finding in settled:
        finding.stage, finding.settled_at, finding.settled_by = Stage.CORRECTED, now, None
    Finding.objects.bulk_create(new, batch_size=500)
    names = ["stage", "found_at", "settled_at", "settled_by", "seen_at", "values", "label", "severity", "org_unit"]
    Finding.objects.bulk_update(changed + settled, names, batch_size=200)
    return opened, len(settled)


def settle(finding: Finding, stage: str, note: str, act: Act) -> Finding:
    """Explains, waives or opens a finding again. A reason is needed; waiving needs the right to review the row, the others to change it."""
    register = REGISTERS[finding.register]
    row = register.rows().unscoped(SYSTEM).get(pk=finding.record_id)
    if stage not in NEEDED:
        raise InvalidError(
            [
                Problem(
                    "wrong_stage", _("不能人工改为此状态"), _("更正数据后重新检查即可"), "stage", _("处理状态"), stage
                )
            ]
        )
    act.need(NEEDED[Stage(stage)], row)
    if stage != Stage.OPEN and not note.strip():
        raise InvalidError(
            [Problem("note_needed", _("请写明理由"), _("说明为什么这个数是对的，或为什么不必处理"), "note", _("说明"))]
        )
    with transaction.atomic():
        finding = Finding.objects.select_for_update().get(pk=finding.pk)
        if finding.stage == Stage.CORRECTED:
            raise InvalidError([Problem("wrong_state", _("问题已更正，不必再处理"), _("请刷新页面"))])
        before = {"stage": finding.stage, "note": finding.note}
        is_open = stage == Stage.OPEN
        finding.stage, finding.note = stage, note.strip()[:500]
        finding.settled_at, finding.settled_by = (None, None) if is_open else (timezone.now(), act.actor)
        finding.save()
        after = {"check": finding.check_key, "stage": stage, "note": finding.note}
        audit.record(
            act,
            audit.Trace(
                "settle_finding",
                register.key,
                str(row.pk),
                register.title(row)[:200],
                register.subject_of(row),
                before,
                after,
            ),
        )
    return finding


def findings_seen_by(user: Any) -> Any:
    """Findings on rows whose fields the user reads in full (a published row's finding is nobody else's business)."""
    found = Q(pk__in=[])
    for register in _checked():
        rows = _readable(register, user)
        if rows is not None:
            found |= Q(register=register.key, record_id__in=rows.values("pk"))
    return Finding.objects.filter(found)


def _checked() -> list[Register]:
    return [REGISTERS[key] for key in dict.fromkeys(check.register for check in checks.all_checks().values())]


def _readable(register: Register, user: Any) -> Any:
    """Rows the user may change or review or, as staff, look at."""
    powers = access.powers(user)
    if not powers.is_known:
        return None
    if powers.is_staff:
        sight = access.lens(user, register)
        field = register.fields[register.identity[0]]
        return register.rows().unscoped("filtered by what the user reads").filter(sight.q & sight.reads(field))
    return register.rows().visible_to(user, "change")


@job("check_data")
def run(run: Run, *, registers: list[str] | None = None) -> dict[str, Any]:
    return check_data(run.act, registers or (), run.progress)


@daily
def check_data_daily() -> None:
    check_data(Act(None, Channel.JOB, f"每日数据质量检查 {today().isoformat()}"))
