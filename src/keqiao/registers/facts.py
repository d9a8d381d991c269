"""Rows → plain facts for the engines, as of a date: the only bridge from registers to rules and matching.

One enterprise and all enterprises are worked out by the same expressions over the same tables (a snapshot's files, or the rows of one enterprise
read in the form of a snapshot), so the single answer and the batch can't differ. What is not known stays unknown: an empty cell is
never taken for 0 or "no". What only this bureau's registers say (qualifications, contracts, projects) is complete by definition.
"""

import datetime
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from django.db.models import Q

from keqiao.core import packs, snapshots
from keqiao.core.models import OrgUnit
from keqiao.core.records.declare import REGISTERS
from keqiao.core.records.fields import show
from keqiao.engines.match import Document
from keqiao.engines.rules import Catalogue, Grain, Record, load_catalogue
from keqiao.registers import enterprise_facts
from keqiao.registers.enterprise_facts import Tables

SYSTEM = "facts are worked out from all rows; who may see them is decided where they are shown"
# grain → the register that holds its subjects, and the other registers whose rows name them: (register, column that refers to the subject)
SUBJECTS = {"enterprise": "enterprise", "carrier": "platform", "tech_contract": "tech_contract"}
AROUND = (
    ("enterprise_year", "enterprise"),
    ("qualification", "enterprise"),
    ("patent", "enterprise"),
    ("project", "enterprise"),
    ("platform", "enterprise"),
    ("tech_contract", "seller_enterprise"),
    ("tech_contract", "buyer_enterprise"),
)


def catalogue() -> Catalogue:
    """The facts that the packs declare."""
    return _catalogue(packs.version())


@lru_cache(maxsize=2)
def _catalogue(_version: int) -> Catalogue:
    return load_catalogue(packs.folders())


def record_of(row: Any, day: datetime.date, grain: str = "enterprise") -> Record:
    """The facts about one subject (a row of its register) on a day, with where each was got."""
    frame = frame_of(_tables_around(row, grain), day, grain)
    values = (
        {
            name: value
            for name, value in frame.to_dicts()[0].items()
            if name in catalogue().grains[grain].facts and value is not None
        }
        if frame.height
        else {}
    )
    register = REGISTERS[SUBJECTS[grain]]
    identity = str(register.fields[register.identity[0]].get(row))
    known = {name: frozenset(value) if isinstance(value, list) else value for name, value in values.items()}
    return Record(identity, known, register.title(row), sources_of(catalogue().grains[grain], day, known))


def batch(folder: Path, day: datetime.date, grain: str = "enterprise") -> pl.DataFrame:
    """The facts about all subjects of a snapshot: `id` (identity), `subject_id`, `name`, `org_unit`, then one column per known fact."""
    names = {SUBJECTS[grain], *(name for name, _column in AROUND)} if grain == "enterprise" else {SUBJECTS[grain]}
    tables: Tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in names}
    tables["org_units"] = pl.read_parquet(folder / "org_units.parquet").select("code", "name", "level", "parent")
    return frame_of(tables, day, grain)


def frame_of(tables: Tables, day: datetime.date, grain: str) -> pl.DataFrame:
    """As `batch`, from tables at hand."""
    stored = catalogue().grains[grain].facts
    subject = tables[SUBJECTS[grain]]
    register = REGISTERS[SUBJECTS[grain]]
    first = {
        "id": pl.col(register.identity[0]),
        "subject_id": pl.col("id"),
        "name": pl.col(register.title_field),
        "org_unit": pl.col("org_unit"),
    }
    if grain == "enterprise":
        wide = enterprise_facts.widen(tables, day)
        made: Mapping[str, pl.Expr] = enterprise_facts.expressions(wide.columns, day)
    else:
        wide, made = subject, OTHERS[grain](subject.columns)
    columns = dict(first)
    for name, fact in stored.items():
        expression = (
            made.get(name) if name in made else _declared(fact.source, fact.years_back, SUBJECTS[grain], wide.columns)
        )
        if expression is not None and not fact.derivation:
            columns[f"fact:{name}"] = _typed(expression, fact)
    frame = wide.select(**columns)
    return frame.rename(
        {name: name[5:] for name in frame.columns if name.startswith("fact:") and name[5:] not in first}
        | _clashes(frame.columns, first)
    )


def _clashes(columns: list[str], first: Mapping[str, Any]) -> dict[str, str]:
    """A fact may not be called like the first columns."""
    return {f"fact:{name}": f"{name}_fact" for name in first if f"fact:{name}" in columns}


def _declared(source: str, years_back: int, subject: str, columns: list[str]) -> pl.Expr | None:
    """A fact whose source is simply a field of the subject's register or of its year: facts that a pack adds need no Python."""
    register, _dot, field = source.partition(".")
    name = enterprise_facts.year_column(field, years_back) if register == "enterprise_year" else field
    return pl.col(name) if register in {subject, "enterprise_year"} and name in columns else None


def _typed(expression: pl.Expr, fact: Any) -> pl.Expr:
    """In the form the catalogue declares: whole numbers half up, shares to their decimals."""
    kind = str(fact.field.kind)
    if kind != "number":
        return expression
    decimals = fact.field.decimals
    if decimals == 0:
        return (expression.cast(pl.Float64) + 0.5).floor().cast(pl.Int64)
    return expression.cast(pl.Decimal(38, decimals))


def carrier(columns: list[str]) -> dict[str, pl.Expr]:
    """Platforms of the kinds that are carriers, under the catalogue's names."""
    names = {
        "carrier_name": "name",
        "floor_area": "area",
        "funded_tenants": "tenants_funded",
        "fund_cases": "funded_cases",
        "same_sector_tenants": "tenants_of_sector",
        "tenants_with_applications": "tenants_applying_ip",
        "yearly_teams": "teams",
        "yearly_new_firms": "new_firms",
        "yearly_funded": "funded_in_year",
        "yearly_events": "events",
    }
    return {fact: pl.col(column) for fact, column in names.items() if column in columns}


def tech_contract(columns: list[str]) -> dict[str, pl.Expr]:
    """Registered contracts; what only the application form knows (clear subject, seal …) is filled in by the case."""
    labels = enterprise_facts.labels("contract_kinds")
    return {
        "contract_number": pl.col("number"),
        "contract_name": pl.col("name"),
        "contract_kind": pl.col("kind").replace_strict(labels, default=None, return_dtype=pl.String),
        "price": pl.col("amount"),
        "non_technical_cost": pl.col("equipment_amount"),
        "received": pl.col("paid_amount"),
        "is_certified": pl.col("registered_on").is_not_null(),
    }


OTHERS: Mapping[str, Callable[[list[str]], dict[str, pl.Expr]]] = {"carrier": carrier, "tech_contract": tech_contract}


def _tables_around(row: Any, grain: str) -> Tables:
    subject = SUBJECTS[grain]
    tables: Tables = {subject: _frame(subject, Q(pk=row.pk))}
    if grain == "enterprise":
        for name in dict.fromkeys(name for name, _column in AROUND):
            mine = Q()
            for other, column in AROUND:
                if other == name:
                    mine |= Q(**{f"{column}_id": row.pk})
            tables[name] = _frame(name, mine)
    units = OrgUnit.objects.filter(pk__in=row.org_unit.ancestor_ids() if row.org_unit else [])
    names = [{"code": unit.code, "name": unit.name, "level": str(unit.level)} for unit in units]
    tables["org_units"] = pl.DataFrame(names, schema={"code": pl.String, "name": pl.String, "level": pl.String})
    return tables


def _frame(key: str, condition: Q) -> pl.DataFrame:
    register = REGISTERS[key]
    found = pl.from_arrow(snapshots.table_of(register, register.rows().unscoped(SYSTEM).filter(condition)))
    assert isinstance(found, pl.DataFrame)  # a table, not a series
    return found


def sources_of(grain: Grain, day: datetime.date, names: Any) -> dict[str, str]:
    """Where and of when each fact is: the register's name and the year or day it holds for."""
    found = {}
    for name in names:
        fact = grain.facts[name]
        register = REGISTERS.get(enterprise_facts.ORIGIN.get(fact.field.key) or fact.source.partition(".")[0])
        label = str(register.verbose_name) if register else ""
        when = f"{day.year - 1 - fact.years_back} 年度" if fact.period == "year" else f"截至 {day.isoformat()}"
        found[name] = f"{label} {when}".strip()
    return found


# texts for matching

TEXTS = {
    "achievement": ("summary", "problem_solved", "technical_indicators", "advantage", "application"),
    "demand": ("object", "present_value", "target_value", "constraint", "description", "tried"),
    "person": ("expertise", "works", "introduction", "honours"),
    "institution": ("research_fields", "key_disciplines", "services", "introduction"),
    "patent": (),
    "project": ("summary", "expected_results"),
}
LABELS = ("industry", "hi_tech_field", "kind", "maturity", "org_unit", "roles")
NUMBERS = {"price": "price", "budget": "budget", "year": "year"}


def match_document(row: Any) -> Document:
    """The text of a row for the matching engine; its id is "register:pk". Personal and masked fields are never in it."""
    from keqiao.core.records.declare import register_of

    register = register_of(row)
    fields = register.fields
    parts = [
        show(fields[name], fields[name].get(row))
        for name in TEXTS[register.key]
        if name in fields and not fields[name].personal
    ]
    keywords = show(fields["keywords"], row.keywords) if "keywords" in fields else ""
    labels = {name: tuple(_codes(fields[name].get(row))) for name in LABELS if name in fields}
    numbers = {
        name: float(value)
        for name, column in NUMBERS.items()
        if column in fields and (value := fields[column].get(row)) is not None
    }
    maturity = str(getattr(row, "maturity", "") or "")
    if maturity.removeprefix("trl").isdigit():
        numbers["maturity"] = float(maturity.removeprefix("trl"))
    return Document(
        f"{register.key}:{row.pk}",
        "\n".join(part for part in parts if part),
        title=register.title(row),
        keywords=tuple(
            part
            for part in keywords.replace("；", " ")
            .replace("、", " ")
            .replace("，", " ")
            .replace(",", " ")
            .replace(";", " ")
            .split()
            if part
        ),
        labels={name: codes for name, codes in labels.items() if codes},
        numbers=numbers,
    )


def _codes(value: Any) -> list[str]:
    if value in (None, "", []):
        return []
    return [str(code) for code in value] if isinstance(value, list) else [str(getattr(value, "code", value))]
