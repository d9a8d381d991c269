"""Register (库/台账): one declaration from which list, detail, form, filters, Excel, API, search, snapshot and checks follow.

```python
@declare
class EnterpriseRegister(Register):
    key, model, identity = "enterprise", Enterprise, ("uscc",)
    sections = (Section("基本信息", "name uscc org_unit industry founded_on"), ...)
```
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.core.records.fields import Field, Reference, Text

REGISTERS: dict[str, "Register"] = {}


@dataclass(frozen=True)
class Section:
    """A titled group of fields on form and detail; `fields` may be one text of names separated by blanks."""

    title: Text
    fields: str | tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.fields.split()) if isinstance(self.fields, str) else self.fields


class DeclarationError(Exception):
    """A declaration is wrong; the text names place, field and remedy."""


class Register:
    """What a register is. Every attribute has a default except `key`, `model`, `identity` and `sections`."""

    key: ClassVar[str] = ""
    model: ClassVar[type[models.Model]]
    identity: ClassVar[tuple[str, ...]] = ()  # rows are matched on import by these
    sections: ClassVar[tuple[Section, ...]] = ()
    label: Text = ""  # default: the model's verbose_name
    area: Text = _("基础库")  # heading in the menu
    icon: str = "database"
    division: str = ""  # the division (科室) that keeps it
    title_field: str = "name"
    columns: tuple[str, ...] = ()  # list columns; default: the first six fields
    filters: tuple[str, ...] = ()  # default: choices, references, units and years
    search_fields: tuple[str, ...] = ()  # default: the title and all text fields
    order: tuple[str, ...] = ("-updated_at", "-id")
    is_public: bool = False  # approved rows are shown on the public site (public fields only)
    public_fields: tuple[str, ...] = ()
    personal: dict[str, str] = {}  # field -> mask
    units: tuple[str, ...] = ("org_unit",)  # fields whose unit brings a row under an officer's arm
    own: dict[str, str] = {}  # subject kind -> ORM path to the subject's id ({"enterprise": "enterprise_id"})
    references: dict[
        str, str
    ] = {}  # foreign key -> field it is written by in Excel and API (default: the target's identity)
    measure_units: Mapping[str, Text] = {}
    required: tuple[str, ...] = ()  # fields the table lets be empty, but the register does not
    read_only: tuple[str, ...] = ()  # fields that follow from others (`fill`)
    choices_from: dict[str, Callable[[], tuple[tuple[str, Text], ...]]] = {}  # codes kept as data (classifications)
    unit_from: tuple[
        str, ...
    ] = ()  # references whose unit the row takes: when its own is empty, or always when org_unit is read-only
    parent: str = ""  # shown as a tab of this reference's detail page
    description: Text = ""  # what it is for, in a sentence or two
    open_to: frozenset[str] = frozenset()  # roles that keep their own rows here beyond what `core.roles` grants
    deadline: tuple[str, str] = ("", "")  # the date a row is due, and the date that shows it done
    needs_review: bool = False  # new rows start as drafts that must be approved

    @cached_property
    def fields(self) -> dict[str, Field]:
        """All declared fields by name, in the order of the sections."""
        return {name: self.field_of(name) for section in self.sections for name in section.names}

    def field_of(self, name: str) -> Field:
        """The Field derived from the model; override to give a ledger's own."""
        try:
            column = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            raise DeclarationError(
                f"{type(self).__module__}: {type(self).__name__}.sections names «{name}», which {self.model.__name__} does not have. "
                f"Remedy: add the field to the model or take the name out of the section."
            ) from None
        return self._finish(derive(column, self.references.get(name, "")))

    def _finish(self, field: Field) -> Field:
        if field.name in self.choices_from:
            field = replace(
                field,
                kind="choice" if field.kind == "text" else field.kind,
                choices=self.choices_from[field.name](),
                max_length=None,
            )
        return replace(
            field,
            required=field.required or field.name in self.required,
            read_only=field.read_only or field.name in self.read_only,
            personal=self.personal.get(field.name, field.personal),
            public=field.name in self.public_fields,
            measure_unit=self.measure_units.get(field.name, field.measure_unit),
        )

    @cached_property
    def verbose_name(self) -> Text:
        return self.label or self.model._meta.verbose_name or self.key

    @cached_property
    def list_columns(self) -> tuple[str, ...]:
        return self.columns or tuple(self.fields)[:6]

    @cached_property
    def list_filters(self) -> tuple[str, ...]:
        return self.filters or tuple(
            n for n, f in self.fields.items() if f.kind in {"choice", "choices", "org_unit", "year", "bool"}
        )

    @cached_property
    def searched(self) -> tuple[str, ...]:
        return self.search_fields or tuple(
            n for n, f in self.fields.items() if f.kind in {"text", "long_text"} and not f.personal
        )

    def rows(self) -> Any:
        """The register's rows, still without a scope."""
        return self.model.objects.all()  # type: ignore[attr-defined]  # every Record has it

    def new_row(self) -> Any:
        return self.model()

    def title(self, row: Any) -> str:
        return str(getattr(row, self.title_field, "") or row)

    def subject_of(self, row: Any) -> str:
        """Whose data the row is ("enterprise:12"), for the subject's own access ledger; empty where it is nobody's."""
        for kind, path in self.own.items():
            target: Any = row
            for part in path.split("__"):
                target = getattr(target, part, None)
            if target is not None:
                return f"{kind}:{target}"
        return ""

    def identity_filter(self, row: Any) -> dict[str, Any]:
        """The conditions under which another row is the same thing."""
        return {self.fields[name].path: self.fields[name].get(row) for name in self.identity}

    def fill(self, row: Any) -> None:
        """Sets what follows from other fields. Called before `clean`, whenever a row is about to be written."""
        if self.unit_from and (row.org_unit_id is None or "org_unit" in self.read_only):
            sources = (getattr(row, name) for name in self.unit_from)
            row.org_unit_id = next((source.org_unit_id for source in sources if source and source.org_unit_id), None)

    def clean(self, values: dict[str, Any], row: Any) -> Iterable[Any]:
        """Problems across fields (dates in order, parts within the whole); override and yield `Problem`s."""
        return ()


KIND_OF: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.URLField, "url"),
    (models.CharField, "text"),
    (models.TextField, "long_text"),
    (models.BooleanField, "bool"),
    (models.IntegerField, "integer"),
    (models.DecimalField, "decimal"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.JSONField, "choices"),
)


WHOLE: dict[str, dict[str, int]] = {
    "SmallIntegerField": {"min_value": -32768, "max_value": 32767},
    "PositiveSmallIntegerField": {"min_value": 0, "max_value": 32767},
    "IntegerField": {"min_value": -2147483648, "max_value": 2147483647},
    "PositiveIntegerField": {"min_value": 0, "max_value": 2147483647},
}


def derive(column: Any, written_by: str = "") -> Field:
    """A Field from a Django model field. DecimalFields named or labelled as money become money; `year` integers become years."""
    base: dict[str, Any] = {
        "name": column.name,
        "label": column.verbose_name,
        "required": not column.blank,
        "help": column.help_text,
        "default": column.default if column.has_default() and not callable(column.default) else None,
    }
    if isinstance(column, models.ForeignKey):
        target = column.related_model._meta.model_name
        if target == "orgunit":
            return Field(kind="org_unit", **base)
        return Field(kind="reference", reference=Reference(str(target), written_by), **base)
    kind = next((kind for cls, kind in KIND_OF if isinstance(column, cls)), "text")
    if kind == "integer" and (column.name == "year" or column.name.endswith("_year")):
        kind = "year"
    if kind == "decimal" and getattr(column, "is_money", False):
        kind, base["measure_unit"] = "money", _("元")
    choices: Any = column.choices or getattr(column, "many_choices", None) or ()
    if choices and kind != "choices":
        kind = "choice"
    # The bounds of the column on any database: SQLite would take more than PostgreSQL can.
    base["digits"] = min(15, getattr(column, "max_digits", None) or 15)
    bounds: dict[str, Any] = WHOLE.get(column.get_internal_type(), {}).copy()
    bounds |= {
        v.code: v.limit_value for v in column._validators if getattr(v, "code", "") in {"min_value", "max_value"}
    }
    own_checks = tuple(
        v
        for v in column.validators
        if getattr(v, "code", "") not in {"min_value", "max_value", "max_length"} and kind not in {"decimal", "money"}
    )
    return Field(
        kind=kind,
        choices=tuple((str(code), text) for code, text in choices),
        max_length=getattr(column, "max_length", None) if kind in {"text", "long_text", "url"} else None,
        decimals=getattr(column, "decimal_places", 2) or 0,
        normalise=getattr(column, "normalise", None),
        minimum=bounds.get("min_value"),
        maximum=bounds.get("max_value"),
        validators=own_checks,
        **base,
    )


class MoneyField(models.DecimalField):
    """An amount in yuan, to the fen."""

    is_money = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Migrations hold Django's own field, so that they outlive our code."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


class ChoicesField(models.JSONField):
    """Several codes out of `many_choices`, kept as a list."""

    def __init__(self, *args: Any, many_choices: Any = (), **kwargs: Any) -> None:
        self.many_choices = many_choices
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


def declare(cls: type[Register]) -> type[Register]:
    """Class decorator: adds the register. A key declared twice is an error at start."""
    add(cls())
    return cls


def add(register: Register) -> Register:
    if register.key in REGISTERS:
        raise DeclarationError(
            f"register «{register.key}» is declared twice ({type(REGISTERS[register.key]).__name__}). Remedy: give one another key."
        )
    REGISTERS[register.key] = register
    return register


def register_of(target: Any) -> Register:
    """The register of a key, a model class or a row. Raises KeyError for what no register holds."""
    if isinstance(target, str):
        return REGISTERS[target]
    own_key = getattr(target, "register_key", None)
    if isinstance(own_key, str):
        return REGISTERS[own_key]
    model = target if isinstance(target, type) else type(target)
    if hasattr(model, "register_key"):
        raise KeyError(f"{model.__name__} holds the rows of many registers: ask by key or by row")
    for register in REGISTERS.values():
        if register.model is model:
            return register
    raise KeyError(model.__name__)


def all_registers() -> Iterator[Register]:
    yield from REGISTERS.values()
