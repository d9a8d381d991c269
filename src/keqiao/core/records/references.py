"""References (关联): what rows refer to, read along with them in a few queries however many rows there are."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey

from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.records.actions import SYSTEM, target_of
from keqiao.core.records.declare import Register, register_of
from keqiao.core.records.fields import Field


def load(register: Register, rows: Any, fields: Iterable[Field]) -> list[Any]:
    """The rows as a list, with everything loaded that their cells, access checks and subjects look at."""
    fields = list(fields)
    found = list(rows.select_related(*sorted(joins(register, fields))))
    for field in fields:
        if field.kind in {"reference", "org_unit"} and field.path.startswith("data__"):
            _load_named(field, found)
    return found


def joins(register: Register, fields: Iterable[Field]) -> set[str]:
    """The foreign keys to join: of columns, of the paths that decide access, and of those paths on what is referred to."""
    paths = set(_relations(register.model, _access_paths(register)))
    for field in fields:
        if field.path.startswith("data__") or field.kind not in {"reference", "org_unit"}:
            continue
        paths.add(field.path)
        if field.kind == "reference":
            target = target_of(field)
            title = target.fields.get(target.title_field)
            if title and title.kind in {"reference", "org_unit"}:
                paths.add(f"{field.path}__{title.path}")
            paths |= {f"{field.path}__{path}" for path in _relations(target.model, _access_paths(target))}
    return {path for path in paths if _is_joinable(register.model, path)}


def _access_paths(register: Register) -> list[str]:
    """Paths whose values decide access, less their last step (a column of the row the path leads to)."""
    paths = [path for name in register.units if (path := name.rpartition("__")[0])]
    return paths + [path for name in register.own.values() if (path := name.rpartition("__")[0])]


def _relations(model: Any, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if _is_joinable(model, path)]


def _is_joinable(model: Any, path: str) -> bool:
    for part in path.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        if not isinstance(field, ForeignKey):
            return False
        model = field.related_model
    return True


def _load_named(field: Field, rows: list[Any]) -> None:
    """Rows of custom ledgers keep the ids they refer to as data; the rows themselves are put beside them."""
    key = field.path[6:]
    ids = {row.data.get(key) for row in rows} - {None, ""}
    if not ids:
        return
    if field.kind == "org_unit":
        found: dict[Any, Any] = OrgUnit.objects.in_bulk(ids)
    else:
        target = target_of(field)
        rows_of_target = target.rows().unscoped(SYSTEM).select_related(*_relations(target.model, _access_paths(target)))
        found = {one.pk: one for one in rows_of_target.filter(pk__in=ids)}
    for row in rows:
        row.__dict__.setdefault("referred", {})[field.name] = found.get(row.data.get(key))


def referred(field: Field, row: Any) -> Any:
    """The row or unit that a ledger's reference names; None where there is none. `load` has read it already for whole lists."""
    loaded = row.__dict__.setdefault("referred", {})
    if field.name not in loaded:
        _load_named(field, [row])
    return loaded.get(field.name)


def link(field: Field, row: Any) -> tuple[str, int] | None:
    """(register key, id) of what a reference leads to."""
    target = field.get(row)
    return (register_of(target).key, target.pk) if target is not None else None
