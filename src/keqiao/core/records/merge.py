"""Merge (合并): two rows that are one thing become one, with everything that referred to either; and back again, exactly.

The row merged away stays, archived and pointing to the survivor, so that nothing is lost. What refers to it is pointed to the survivor,
except where the survivor has its own (two figures for one year): that stays, is listed in `kept`, and comes back with an undo.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keqiao.core import audit, events
from keqiao.core.act import Act
from keqiao.core.models import Merge, User
from keqiao.core.models.record import Record, ReviewState
from keqiao.core.records import actions
from keqiao.core.records.declare import REGISTERS, Register, all_registers, register_of
from keqiao.core.records.problems import InvalidError, Problem

SYSTEM = "a merge moves all references, whoever may see them; permission is checked on both rows"


def merge(keep: Any, gone: Any, taken: Sequence[str], act: Act) -> Merge:
    """Merges `gone` into `keep`, whose fields named in `taken` get the values of `gone`. Raises InvalidError, ForbiddenError."""
    register = register_of(keep)
    act.need("merge", keep)
    act.need("merge", gone)
    with transaction.atomic():
        keep, gone = _locked(register, keep.pk, gone.pk)
        _need_mergeable(register, keep, gone)
        before, gone_before = _state(register, keep), _state(register, gone)
        _hide(register, gone, keep)
        problems = _take(register, keep, gone, taken)
        if problems:
            raise InvalidError(problems)
        moved, kept = _repoint(register, gone.pk, keep.pk)
        after = _state(register, keep)
        made = Merge.objects.create(
            register=register.key,
            survivor_id=keep.pk,
            merged_id=gone.pk,
            survivor_before=before,
            survivor_after=after,
            merged_before=gone_before,
            moved=moved,
            kept=kept,
            made_by=act.actor,
        )
        _trace("merge", act, keep, before, after, {"merge": made.pk, "other": gone.pk})
        _trace("merged_away", act, gone, gone_before, _state(register, gone), {"merge": made.pk, "other": keep.pk})
        _announce(register, keep.pk, gone.pk, moved)
    return made


def undo(merge_id: int, act: Act) -> Any:
    """Takes a merge back and returns the survivor: values, states and references are as before. Raises InvalidError, ForbiddenError.

    What was changed on the survivor after the merge is kept, field by field.
    """
    with transaction.atomic():
        made = Merge.objects.select_for_update().filter(pk=merge_id, undone_at=None).first()
        if made is None:
            raise InvalidError([Problem("no_merge", _("没有这次合并，或已经撤销"), _("请刷新页面"))])
        register = REGISTERS[made.register]
        keep, gone = _locked(register, made.survivor_id, made.merged_id)
        act.need("merge", keep)
        if gone.merged_into_id != keep.pk or keep.merged_into_id is not None:
            raise InvalidError(
                [Problem("merged_again", _("之后又有别的合并，不能直接撤销这一次"), _("请先撤销之后的合并"))]
            )
        keep_before, gone_before = _state(register, keep), _state(register, gone)
        now = _state(register, keep)
        restored = {
            name: value
            for name, value in made.survivor_before.items()
            if now.get(name) == made.survivor_after.get(name)
        }
        if any(name in register.identity and value != now.get(name) for name, value in restored.items()):
            _give_up_identity(register, gone)
        _put(register, keep, restored)
        _save(register, keep)
        _put(register, gone, made.merged_before)
        _save(register, gone)
        moved = _point_back(made, gone.pk, keep.pk)
        made.undone_at = timezone.now()
        made.save(update_fields=["undone_at"])
        _trace("unmerge", act, keep, keep_before, _state(register, keep), {"merge": made.pk, "other": gone.pk})
        _trace("unmerge", act, gone, gone_before, _state(register, gone), {"merge": made.pk, "other": keep.pk})
        _announce(register, keep.pk, gone.pk, moved)
    return keep


def undoable(row: Any) -> list[Merge]:
    """Merges into this row that can be taken back, the newest first."""
    return list(Merge.objects.filter(register=register_of(row).key, survivor_id=row.pk, undone_at=None))


def _locked(register: Register, *ids: int) -> list[Any]:
    rows = {
        row.pk: row for row in register.rows().unscoped(SYSTEM).select_for_update().filter(pk__in=ids).order_by("pk")
    }
    if missing := [pk for pk in ids if pk not in rows]:
        raise InvalidError([Problem("not_found", _("找不到记录"), _("请刷新页面"), value=str(missing[0]))])
    return [rows[pk] for pk in ids]


def _need_mergeable(register: Register, keep: Any, gone: Any) -> None:
    if keep.pk == gone.pk:
        raise InvalidError([Problem("same_row", _("不能与自己合并"), _("请选择两条不同的记录"))])
    if keep.merged_into_id is not None or gone.merged_into_id is not None:
        raise InvalidError([Problem("merged_away", _("其中一条已并入别的记录"), _("请刷新页面"))])


def _state(register: Register, row: Any) -> dict[str, Any]:
    """Everything a merge may change on a row, as JSON."""
    return {**audit.values_of(row), **_columns(row)}


def _columns(row: Any) -> dict[str, Any]:
    return {"org_unit_id": row.org_unit_id, "review_note": row.review_note, "merged_into_id": row.merged_into_id}


def _hide(register: Register, gone: Any, keep: Any) -> None:
    gone.merged_into_id = keep.pk
    gone.review_state = ReviewState.ARCHIVED
    _save(register, gone)


def _take(register: Register, keep: Any, gone: Any, taken: Sequence[str]) -> list[Any]:
    """Gives the survivor the chosen values, by the rules of every other change."""
    values = {
        name: register.fields[name].get(gone)
        for name in taken
        if name in register.fields and not register.fields[name].read_only
    }
    identity = [name for name in register.identity if name in values]
    if identity and _is_unique(register, identity):
        # Both rows can't carry one identity in a unique column: they exchange theirs.
        own = {name: register.fields[name].get(keep) for name in identity}
        _give_up_identity(register, gone)
        problems = _apply(register, keep, values)
        if not problems:
            for name, value in own.items():
                register.fields[name].set(gone, value)
            register.fill(gone)
            _save(register, gone)
        return problems
    return _apply(register, keep, values)


def _apply(register: Register, keep: Any, values: dict[str, Any]) -> list[Any]:
    problems = actions.apply(register, keep, values) + actions.identity_problems(register, keep)
    if not problems:
        _save(register, keep)
    return problems


def _is_unique(register: Register, names: Sequence[str]) -> bool:
    model: Any = register.model
    fields = [register.fields[name] for name in names]
    if any(one.path.startswith("data__") for one in fields):
        return True
    paths = {one.path for one in fields}
    together = any(
        paths & set(rule.fields) for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)
    )
    return together or any(model._meta.get_field(path).unique for path in paths)


def _give_up_identity(register: Register, row: Any) -> None:
    """Puts something in the identity that no row has, for the moment of an exchange."""
    for one in (register.fields[name] for name in register.identity):
        if one.kind in {"integer", "year"}:
            one.set(row, 0)
        elif one.kind in {"text", "long_text"}:
            one.set(row, f"~{row.pk}")
    register.fill(row)
    _save(register, row)


def _save(register: Register, row: Any) -> None:
    row.edition += 1
    row.save()


def _put(register: Register, row: Any, state: dict[str, Any]) -> None:
    """Sets a row to a state that `_state` read."""
    for name, value in state.items():
        one = register.fields.get(name)
        if one is None:
            setattr(row, name, value)
        elif one.path.startswith("data__"):
            row.data[one.path[6:]] = value
            row.__dict__.pop("referred", None)
        elif one.kind in {"reference", "org_unit"}:
            setattr(row, f"{one.path}_id", value)
        else:
            setattr(row, one.path, register.model._meta.get_field(one.path).to_python(value))  # type: ignore[union-attr]  # a column
    register.fill(row)


# references


def _relations(register: Register) -> Iterator[tuple[Any, str]]:
    """(model, foreign key name) of everything in the database that can point to a row of the register."""
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, models.ForeignKey) and column.related_model is register.model:
                yield model, column.name


def _rows_of(model: Any) -> Any:
    rows = model._base_manager.all()
    return model.objects.unscoped(SYSTEM) if issubclass(model, Record) else rows


def _repoint(register: Register, source: int, target: int) -> tuple[list[Any], list[Any]]:
    """Points everything from one row to the other; returns what moved and what had to stay, as [label, field, ids]."""
    moved, kept = [], []
    for model, name in _relations(register):
        ids = sorted(_rows_of(model).filter(**{f"{name}_id": source}).values_list("pk", flat=True))
        done = [pk for pk in ids if _try_point(model, name, pk, target)]
        if done:
            moved.append([model._meta.label, name, done])
        if stuck := [pk for pk in ids if pk not in done]:
            kept.append([model._meta.label, name, stuck])
    moved += _repoint_data(register, source, target)
    moved += _repoint_accounts(register, source, target)
    return moved, kept


def _try_point(model: Any, name: str, pk: Any, target: int) -> bool:
    try:
        with transaction.atomic():
            _rows_of(model).filter(pk=pk).update(**{f"{name}_id": target})
    except IntegrityError:
        return False
    return True


def _repoint_data(register: Register, source: int, target: int) -> list[Any]:
    """References that custom ledgers keep as data."""
    moved = []
    for ledger in all_registers():
        for one in ledger.fields.values():
            if one.kind != "reference" or not one.path.startswith("data__") or actions.target_of(one) is not register:
                continue
            rows = list(ledger.rows().unscoped(SYSTEM).filter(**{one.path: source}))
            for row in rows:
                _set_data(row, one.path[6:], target)
            if rows:
                moved.append([ledger.key, one.path, [row.pk for row in rows]])
    return moved


def _set_data(row: Any, key: str, value: int) -> None:
    row.data[key] = value
    row.__dict__.pop("referred", None)
    row.save(update_fields=["data"])


def _repoint_accounts(register: Register, source: int, target: int) -> list[Any]:
    ids = sorted(User.objects.filter(subject_kind=register.key, subject_id=source).values_list("pk", flat=True))
    User.objects.filter(pk__in=ids).update(subject_id=target)
    return [["account", "subject_id", ids]] if ids else []


def _point_back(made: Merge, source: int, target: int) -> list[Any]:
    """Points what the merge moved back to the row it came from, unless it has been pointed elsewhere since."""
    for label, name, ids in made.moved:
        if label == "account":
            User.objects.filter(pk__in=ids, subject_id=target).update(subject_id=source)
        elif name.startswith("data__"):
            for row in REGISTERS[label].rows().unscoped(SYSTEM).filter(pk__in=ids, **{name: target}):
                _set_data(row, name[6:], source)
        else:
            _rows_of(apps.get_model(label)).filter(pk__in=ids, **{f"{name}_id": target}).update(
                **{f"{name}_id": source}
            )
    return list(made.moved)


def _trace(verb: str, act: Act, row: Any, before: dict[str, Any], after: dict[str, Any], more: dict[str, Any]) -> None:
    trace = audit.trace(verb, row, before, after)
    audit.record(
        act,
        audit.Trace(
            trace.verb,
            trace.register,
            trace.record_id,
            trace.label,
            trace.subject,
            trace.before,
            {**(trace.after or {}), **more},
        ),
    )


def _announce(register: Register, keep: int, gone: int, moved: Sequence[Any]) -> None:
    events.send(events.RecordsChanged(register.key, (keep, gone), "merge"))
    by_label = {one.model._meta.label: one for one in all_registers()}
    for label, _name, ids in moved:
        found = REGISTERS.get(label) or by_label.get(label)
        if found is not None:
            events.send(events.RecordsChanged(found.key, tuple(ids), "merge"))
