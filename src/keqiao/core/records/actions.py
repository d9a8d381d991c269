"""Every write to a register's row: checked for permission and content, saved with its audit entry in one transaction, announced after commit.

Page, API, import, command and job all come through here, so none of them can forget a check or a trace.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from keqiao.core import access, audit, events
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.models.record import ReviewState
from keqiao.core.records.declare import REGISTERS, Register, register_of
from keqiao.core.records.fields import Field, ValueProblem, parse
from keqiao.core.records.problems import InvalidError, Problem, StaleError

Values = Mapping[str, Any]
SYSTEM = "actions look rows up on the system's behalf; permission is checked on the row itself"


@dataclass(frozen=True)
class Move:
    """A step of the review: from which states, to which, and the permission it needs."""

    label: str
    sources: frozenset[str]
    target: str
    action: str
    note_needed: bool = False


MOVES: Mapping[str, Move] = {
    "submit": Move("提交审核", frozenset({ReviewState.DRAFT, ReviewState.RETURNED}), ReviewState.SUBMITTED, "submit"),
    "withdraw": Move("撤回", frozenset({ReviewState.SUBMITTED}), ReviewState.DRAFT, "submit"),
    "approve": Move("通过", frozenset({ReviewState.SUBMITTED, ReviewState.DRAFT}), ReviewState.APPROVED, "review"),
    "return": Move("退回补正", frozenset({ReviewState.SUBMITTED}), ReviewState.RETURNED, "review", note_needed=True),
    "archive": Move("归档", frozenset({ReviewState.APPROVED}), ReviewState.ARCHIVED, "review"),
    "restore": Move("恢复", frozenset({ReviewState.ARCHIVED}), ReviewState.APPROVED, "review"),
}


def look_up(field: Field, text: str) -> Any:
    """The row or unit a reference names, by its writing field, code or exact name; None when there is none or more than one."""
    if field.kind == "org_unit":
        units = list(OrgUnit.objects.filter(Q(code=text) | Q(name=text), valid_until=None)[:2])
        return units[0] if len(units) == 1 else None
    register = target_of(field)
    by = field.reference.by if field.reference and field.reference.by else register.identity[0]
    rows = register.rows().unscoped(SYSTEM)
    for name in (by, register.title_field):
        found = list(rows.filter(**{name: text})[:2])
        if len(found) == 1:
            return found[0]
    return None


def target_of(field: Field) -> Register:
    """The register a reference field points to."""
    if field.reference is None:
        raise TypeError(f"{field.name} is no reference")
    name = field.reference.register
    for register in REGISTERS.values():
        if name in (register.key, register.model._meta.model_name):
            return register
    raise KeyError(name)


def read_values(
    register: Register, raw: Values, fields: Iterable[str], lookup: Callable[[Field, str], Any] = look_up
) -> tuple[dict[str, Any], list[Problem]]:
    """Parses the named fields out of `raw`; returns the values and all problems."""
    values, problems = {}, []
    for name in fields:
        field = register.fields[name]
        try:
            values[name] = parse(field, raw.get(name), lookup)
        except ValueProblem as error:
            problems.append(error.problem)
    return values, problems


def apply(register: Register, row: Any, values: Values) -> list[Problem]:
    """Sets parsed values on a row and returns the problems across its fields."""
    for name, value in values.items():
        field = register.fields[name]
        if value is None and not register_allows_null(register, field):
            value = [] if field.kind == "choices" else ""
        field.set(row, value)
    register.fill(row)
    return list(register.clean(dict(values), row))


def register_allows_null(register: Register, field: Field) -> bool:
    if field.path.startswith("data__"):
        return True
    return bool(register.model._meta.get_field(field.path).null)


def editable(register: Register) -> list[str]:
    return [name for name, field in register.fields.items() if not field.read_only]


def unknown_names(register: Register, raw: Values) -> list[Problem]:
    return [
        Problem("unknown_field", _("没有这个字段"), _("请核对字段名；可用字段见模板"), name, name)
        for name in raw
        if name not in register.fields
    ]


def create(register: Register, raw: Values, act: Act, *, draft: bool = False) -> Any:
    """A new row from raw values (text or typed). Raises InvalidError with all problems, ForbiddenError."""
    act.need("add", register)
    values, problems = read_values(register, raw, editable(register))
    problems += unknown_names(register, raw)
    row = register.new_row()
    row.created_by = act.actor
    row.review_state = first_state(register, act, draft)
    if not problems:
        problems += apply(register, row, values)
        problems += identity_problems(register, row)
    if problems:
        raise InvalidError(problems)
    need_reach(act, "add", register, row)
    with transaction.atomic():
        row.save()
        audit.record(act, audit.trace("create", row, None, audit.values_of(row)))
        events.send(events.RecordsChanged(register.key, (row.pk,), "create"))
    return row


def first_state(register: Register, act: Act, draft: bool) -> str:
    """Rows of reviewed registers start as drafts unless their author may review; others count at once."""
    if draft:
        return str(ReviewState.DRAFT)
    may_review = act.actor is None or bool(access.may(act.actor, "review", register))
    return str(ReviewState.APPROVED if may_review or not register.needs_review else ReviewState.SUBMITTED)


def need_reach(act: Act, action: str, register: Register, row: Any) -> None:
    """A new or moved row must lie where its author's arm reaches: nobody may write into another unit's register."""
    if act.actor is None:
        return
    if access.lens(act.actor, register, action).reaches(row) is None:
        raise ForbiddenError(_("这条记录的属地或所属主体不在您的权限范围内"))


def identity_problems(register: Register, row: Any) -> list[Problem]:
    """A problem when another live row has the same identity."""
    key = register.identity_filter(row)
    if not key or any(value in (None, "") for value in key.values()):
        return []
    same = register.rows().unscoped(SYSTEM).filter(**key, merged_into_id=None).exclude(pk=row.pk)
    if not same.exists():
        return []
    first = register.fields[register.identity[0]]
    return [first.problem("duplicate", first.get(row), _("已有相同标识的记录"), _("请打开已有记录修改，不要重复登记"))]


def change(row: Any, raw: Values, act: Act, *, edition: int | None = None) -> Any:
    """Changes the given fields of a row. `edition` is what the author read; StaleError when somebody saved since."""
    register = register_of(row)
    act.need("change", row)
    values, problems = read_values(register, raw, [name for name in raw if name in editable(register)])
    problems += unknown_names(register, raw)
    with transaction.atomic():
        row = register.rows().unscoped(SYSTEM).select_for_update().get(pk=row.pk)
        if edition is not None and edition != row.edition:
            raise StaleError(_("这条记录刚被他人修改，请重新打开后再改"))
        before = audit.values_of(row)
        if not problems:
            problems += apply(register, row, values)
            problems += identity_problems(register, row)
        if problems:
            raise InvalidError(problems)
        need_reach(act, "change", register, row)
        after = audit.values_of(row)
        if after == before:
            return row
        row.edition += 1
        row.save()
        audit.record(act, audit.trace("change", row, before, after))
        events.send(events.RecordsChanged(register.key, (row.pk,), "change"))
    return row


def move(row: Any, name: str, act: Act, note: str = "") -> Any:
    """One step of the review (`MOVES`). A return must say what to mend."""
    step, register = MOVES[name], register_of(row)
    act.need(step.action, row)
    with transaction.atomic():
        row = register.rows().unscoped(SYSTEM).select_for_update().get(pk=row.pk)
        if row.review_state not in step.sources:
            raise InvalidError(
                [
                    Problem(
                        "wrong_state",
                        _("当前状态不能执行“%(step)s”") % {"step": step.label},
                        _("请刷新页面查看最新状态"),
                    )
                ]
            )
        if step.note_needed and not note.strip():
            raise InvalidError([Problem("note_needed", _("请写明需要补正的内容"), "", "note", _("审核意见"))])
        before = {"review_state": row.review_state, "review_note": row.review_note}
        row.review_state, row.review_note = step.target, note[:500]
        row.edition += 1
        row.save()
        audit.record(
            act, audit.trace(name, row, before, {"review_state": row.review_state, "review_note": row.review_note})
        )
        events.send(events.RecordsChanged(register.key, (row.pk,), name))
        events.send(events.RecordReviewed(row, name, note))
    return row


def remove(row: Any, act: Act) -> None:
    """Deletes a row nothing refers to; its values stay in the audit trail."""
    register = register_of(row)
    act.need("remove", row)
    with transaction.atomic():
        pk = row.pk
        audit.record(act, audit.trace("remove", row, audit.values_of(row), None))
        register.rows().unscoped(SYSTEM).filter(pk=pk).delete()
        events.send(events.RecordsChanged(register.key, (pk,), "remove"))


def change_many(rows: Sequence[Any], raw: Values, act: Act) -> int:
    """The same change to many rows, all or none. Raises InvalidError naming the rows that refuse it."""
    problems: list[Problem] = []
    with transaction.atomic():
        for number, row in enumerate(rows, start=1):
            try:
                change(row, raw, act)
            except InvalidError as error:
                problems += [problem.at(number) for problem in error.problems]
            except ForbiddenError as error:
                problems.append(
                    Problem(
                        "forbidden",
                        str(error),
                        _("请从选择中去掉这条记录"),
                        label=register_of(row).title(row),
                        row=number,
                    )
                )
        if problems:
            raise InvalidError(problems)
    return len(rows)
