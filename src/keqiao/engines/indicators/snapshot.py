"""A snapshot: one Parquet file per register, frozen. Hides where files lie and how Parquet types become typed fields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from keqiao.engines.expressions import Field, Scope, unit_of
from keqiao.engines.indicators.problems import IndexProblem


@dataclass(frozen=True)
class Snapshot:
    """`<register key>.parquet` files in one directory. Each has `id` and `org_unit` (code, may be empty).

    Types: decimal(18, 2) is money in 元, other decimals and whole numbers are numbers, list of text is a set. A column's
    Parquet metadata may add `label` (the Chinese name usable in expressions), `label_en` and `unit`.
    """

    directory: Path

    @cached_property
    def registers(self) -> tuple[str, ...]:
        return tuple(sorted(p.stem for p in self.directory.glob("*.parquet")))

    def path(self, register: str) -> Path:
        return self.directory / f"{register}.parquet"

    def schema(self, register: str) -> pa.Schema:
        if register not in self.registers:
            raise IndexProblem.single(
                "index.snapshot.register",
                self.directory.name,
                "register",
                register,
                "not in the snapshot",
                f"it holds: {', '.join(self.registers) or 'nothing'}",
            )
        return pq.read_schema(self.path(register))

    def fields(self, register: str) -> tuple[Field, ...]:
        return tuple(f for column in self.schema(register) if (f := _field(column)) is not None)

    def scope(self, register: str) -> Scope:
        """Names usable in filters and values over this register. A label used twice gives way to the key."""
        scope = Scope()
        for field in self.fields(register):
            try:
                scope.add(field)
            except ValueError:
                scope.add(_declared(field, name=field.key))
        return scope

    @cached_property
    def digest(self) -> str:
        """Hash of the contents of all files."""
        whole = hashlib.sha256()
        for register in self.registers:
            with self.path(register).open("rb") as stream:
                whole.update(register.encode() + hashlib.file_digest(stream, "sha256").digest())
        return whole.hexdigest()


def _declared(field: Field, name: str) -> Field:
    return Field(field.key, name, field.kind, field.unit, field.decimals, field.largest, "", (), field.choices)


def _field(column: pa.Field) -> Field | None:
    facts = {k.decode(): v.decode() for k, v in (column.metadata or {}).items()}
    label, kind, decimals, unit = facts.get("label", column.name), *_kind(column.type)
    if kind is None:
        return None
    # A unit the language does not know (人次, 株 …) is left to the label.
    unit = stated if (stated := facts.get("unit")) and unit_of(stated) else unit
    largest = 10**15 if kind in ("number", "integer") else None
    return Field.declare(
        column.name, label, kind, unit=unit, decimals=decimals, largest=largest, english=facts.get("label_en", "")
    )


def _kind(kind: pa.DataType) -> tuple[str | None, int | None, str | None]:
    if pa.types.is_dictionary(kind):
        return _kind(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text", None, None
    if pa.types.is_boolean(kind):
        return "bool", None, None
    if pa.types.is_date(kind):
        return "date", None, None
    if pa.types.is_decimal(kind):
        return ("money", 2, "元") if kind.precision == 18 and kind.scale == 2 else ("number", int(kind.scale), None)
    if pa.types.is_integer(kind):
        return "integer", 0, None
    if pa.types.is_floating(kind):
        return "number", 4, None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return "set", None, None
    return None, None, None
