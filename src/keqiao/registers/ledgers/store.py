"""Ledgers as registers: a checked declaration becomes a `Register` over LedgerRow, put in force at start and again whenever packs change."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from keqiao.core import packs
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.fields import Field, Text, show, to_json
from keqiao.core.records.problems import Problem
from keqiao.engines.expressions import Evaluation, ProblemsFound, read_document
from keqiao.engines.expressions import Problem as Fault
from keqiao.registers.expressions import record_of, worked_out
from keqiao.registers.ledgers import read_ledger
from keqiao.registers.ledgers.schema import LINKED, Ledger
from keqiao.registers.models import LedgerRow


class LedgerRegister(Register):
    """A register whose fields are data. All that a core register can do, it can."""

    model = LedgerRow
    area: Text = _("台账")

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.key = ledger.key  # type: ignore[misc]  # a class has one key; each ledger is a register of its own
        self.identity = ledger.identity  # type: ignore[misc]
        self.sections = ledger.sections  # type: ignore[misc]
        self.label, self.description, self.icon, self.division = (
            ledger.label,
            ledger.description,
            ledger.icon,
            ledger.division,
        )
        self.area = ledger.area or self.area
        self.title_field, self.columns, self.filters, self.search_fields = (
            ledger.title,
            ledger.columns,
            ledger.filters,
            ledger.search,
        )
        self.order = ledger.order or self.order
        self.is_public, self.needs_review, self.open_to = ledger.is_public, ledger.needs_review, ledger.open_to
        self.public_fields = tuple(name for name, field in ledger.fields.items() if field.public)
        parent = ledger.fields[ledger.parent].reference if ledger.parent else None
        self.parent, self.deadline = parent.register if parent else "", ledger.deadline
        self.unit_from = (ledger.unit,) if ledger.unit else ()
        self.own = {
            name: f"{name}_id" for name in sorted(LINKED) if name in ledger.fields and ledger.fields[name].path == name
        }

    def field_of(self, name: str) -> Field:
        return self.ledger.fields[name]

    def rows(self) -> Any:
        return LedgerRow.objects.filter(ledger=self.key).of_register(self.key)

    def new_row(self) -> Any:
        return LedgerRow(ledger=self.key, data={})

    def title(self, row: Any) -> str:
        return str(row.title or row.identity_key)

    def identity_filter(self, row: Any) -> dict[str, Any]:
        return {"identity_key": identity_key(self, row)}

    def fill(self, row: Any) -> None:
        record = (
            record_of({name: field for name, field in self.fields.items() if not field.read_only}, row)
            if self.ledger.formulas
            else {}
        )
        for name, tree in self.ledger.formulas.items():
            self.fields[name].set(row, worked_out(tree, self.fields[name], record))
        if self.unit_from and row.org_unit_id is None:
            source = self.fields[self.unit_from[0]].get(row)
            row.org_unit_id = getattr(source, "org_unit_id", None)
        title = self.fields[self.title_field]
        row.title = show(title, title.get(row))[:200]
        row.identity_key = identity_key(self, row)

    def clean(self, values: dict[str, Any], row: Any) -> Iterator[Problem]:
        if not self.ledger.rules:
            return
        record = record_of(self.fields, row)
        for rule in self.ledger.rules:
            if Evaluation(record).value(rule.condition) is False:
                field = self.fields.get(rule.field)
                if field:
                    yield field.problem("ledger_rule", show(field, field.get(row)), rule.message, rule.remedy)
                else:
                    yield Problem("ledger_rule", rule.message, rule.remedy)


def identity_key(register: Register, row: Any) -> str:
    """The identity of a row as one text: what its uniqueness in the ledger rests on. Long ones end in a digest."""
    parts = []
    for name in register.identity:
        value = to_json(register.fields[name].get(row))
        parts.append("" if value is None else str(value).strip())
    text = "|".join(part.replace("|", "¦") for part in parts)
    return text if len(text) <= 240 else f"{text[:200]}#{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def load() -> Callable[[], None]:
    """A part of the packs (`core.packs.add_part`): reads every ledger and puts it in force. Raises ProblemsFound with all faults of all files."""
    ledgers = _read_all()
    former = {key: register for key, register in REGISTERS.items() if isinstance(register, LedgerRegister)}
    _put_in_force({key: LedgerRegister(ledger) for key, ledger in ledgers.items()})
    return lambda: _put_in_force(former)


def _read_all() -> dict[str, Ledger]:
    faults: list[Fault] = []
    documents = []
    for path in packs.files("ledgers"):
        try:
            documents.append((path, read_document(path)))
        except ProblemsFound as error:
            faults += error.problems
    core = {key: register for key, register in REGISTERS.items() if not isinstance(register, LedgerRegister)}
    targets: dict[str, Any] = {key: register.fields for key, register in core.items()}
    targets |= {
        read_ledger.key_of(document): _field_names(document)
        for _path, document in documents
        if read_ledger.key_of(document) not in core
    }
    ledgers: dict[str, Ledger] = {}
    for path, document in documents:
        try:
            ledger = read_ledger.read(path, targets)
        except ProblemsFound as error:
            faults += error.problems
            continue
        if ledger.key in core or ledger.key in ledgers:
            other = ledgers[ledger.key].file if ledger.key in ledgers else "核心库"
            faults.append(
                document.problem("L024", f"编号“{ledger.key}”已被 {other} 使用", "换一个编号", "key", value=ledger.key)
            )
        ledgers[ledger.key] = ledger
    if faults:
        raise ProblemsFound(faults)
    return ledgers


def _field_names(document: Any) -> dict[str, None]:
    sections = document.data.get("sections") if isinstance(document.data, dict) else None
    fields = (
        one
        for section in sections or ()
        if isinstance(section, dict)
        for one in section.get("fields") or ()
        if isinstance(one, dict)
    )
    return {str(one.get("key")): None for one in fields}


def _put_in_force(ledgers: Mapping[str, Register]) -> None:
    for key in [
        key for key, register in REGISTERS.items() if isinstance(register, LedgerRegister) and key not in ledgers
    ]:
        del REGISTERS[key]
    for register in REGISTERS.values():
        register.__dict__.pop("fields", None)  # their choices may come from classifications that have changed
    REGISTERS.update(ledgers)
