"""What the YAML of a custom ledger says once it has been read and checked. docs/ledgers.md describes the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from keqiao.core.records.declare import Section
from keqiao.core.records.fields import Field, Text
from keqiao.engines.expressions import Tree

# References to these have columns of their own in LedgerRow, so that tabs, own rows and joins work as in a core register.
LINKED = frozenset({"enterprise", "institution", "person"})
PERIODS = {"half_month": "每半月", "month": "每月", "quarter": "每季度", "half_year": "每半年", "year": "每年"}


@dataclass(frozen=True)
class Rule:
    """A condition every row must meet; unknown passes."""

    condition: Tree
    field: str
    message: Text
    remedy: Text


@dataclass(frozen=True)
class Repeat:
    """When a row is done, the next is planned: `every` names the field that says how often, `keep` the fields it takes over."""

    every: str
    due: str
    done: str
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """A checked declaration."""

    key: str
    label: Text
    fields: Mapping[str, Field]
    sections: tuple[Section, ...]
    identity: tuple[str, ...]
    title: str
    file: str = ""
    description: Text = ""
    icon: str = "notebook"
    division: str = ""
    area: Text = ""
    columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    needs_review: bool = False
    is_public: bool = False
    open_to: frozenset[str] = frozenset()
    parent: str = ""
    unit: str = ""
    deadline: tuple[str, str] = ("", "")
    repeat: Repeat | None = None
    rules: tuple[Rule, ...] = ()
    formulas: Mapping[str, Tree] = attribute(default_factory=dict)
