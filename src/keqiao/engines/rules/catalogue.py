"""The facts catalogue: what rules may speak of, per grain (enterprise, technology contract …). Hides how year facts and derived facts are spelt out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from ..expressions import (
    Document,
    Field,
    Kind,
    Let,
    Literal,
    Name,
    Number,
    Problem,
    ProblemsFound,
    Scope,
    Tree,
    parse,
    read_document,
)

AS_OF = Field.declare("as_of", "基准日", "date", english="as-of date", aliases=("申请日", "评价日"))
"""The date a rule is read for; always known, in the scope of every grain."""

YEARS_BACK = (("", "", ""), ("_prev", "前一年", "the year before: "), ("_prev2", "前两年", "two years before: "))
_FACT_KEYS = {
    "name", "english", "kind", "unit", "decimals", "largest", "aliases", "choices", "period", "history", "source", "sensitivity", "lever", "note", "from",
}  # fmt: skip


@dataclass(frozen=True)
class Lever:
    """How a fact can honestly be changed: by `step` at a time (in the base unit), at `cost` per base unit, `most` in all."""

    direction: str
    step: Number
    cost: Number
    most: Number


@dataclass(frozen=True)
class Fact:
    """One entry of the catalogue. `period`: as_of or year; `years_back` 0 is the accounting year before the as-of date's year.
    `source`: register field; for derived facts `derivation` holds the formula instead. `sensitivity`: public, internal, personal."""

    field: Field
    period: str = "as_of"
    years_back: int = 0
    source: str = ""
    derivation: str = ""
    sensitivity: str = "internal"
    lever: Lever | None = None


class Grain:
    """The facts about one kind of subject, and the scope its expressions are read in."""

    def __init__(self, key: str, name: str, identity: str, facts: Iterable[Fact]) -> None:
        self.key, self.name, self.identity = key, name, identity
        self.facts: dict[str, Fact] = {fact.field.key: fact for fact in facts}
        self.scope = Scope([AS_OF])

    @property
    def stored(self) -> list[Field]:
        """The fields a facts file may hold, derived ones too (a given value goes before the derivation)."""
        return [fact.field for fact in self.facts.values()]


class Catalogue:
    """All grains. Raises ProblemsFound (E2xx) with every mistake of the files at once."""

    def __init__(self, grains: Iterable[Grain]) -> None:
        self.grains = {grain.key: grain for grain in grains}


def load_catalogue(folders: Iterable[Path]) -> Catalogue:
    """Reads facts/*.yaml of the packs, in order; a later pack may add facts to a grain, never change one."""
    grains: dict[str, Grain] = {}
    problems: list[Problem] = []
    for folder in folders:
        for file in sorted((folder / "facts").glob("*.yaml")):
            try:
                _read_grain(read_document(file), grains, problems)
            except ProblemsFound as error:
                problems += error.problems
    if problems:
        raise ProblemsFound(problems)
    return Catalogue(grains.values())


def _read_grain(document: Document, grains: dict[str, Grain], problems: list[Problem]) -> None:
    data = document.data
    if not isinstance(data, dict) or "grain" not in data:
        problems.append(document.problem("E201", "不是事实目录:缺 grain", "第一行写 grain: enterprise 之类的主体"))
        return
    key = str(data["grain"])
    grain = grains.get(key)
    if grain is None:
        grain = grains[key] = Grain(key, str(data.get("name", key)), str(data.get("identity", "")), ())
    for fact_key in data.get("facts") or {}:
        for fact in _stored_facts(document, fact_key, problems):
            _add(document, ("facts", fact_key), grain, fact, fact.field, problems)
    for fact_key in data.get("derived") or {}:
        _read_derived(document, fact_key, grain, problems)


def _add(
    document: Document, path: tuple[str, ...], grain: Grain, fact: Fact, meaning: Field | Let, problems: list[Problem]
) -> None:
    try:
        grain.scope.add(meaning)
    except ValueError as error:
        problems.append(document.problem("E202", str(error), "换一个名称或别名", *path))
        return
    grain.facts[fact.field.key] = fact


def _stored_facts(document: Document, key: str, problems: list[Problem]) -> list[Fact]:
    entry = _entry(document, "facts", key, problems)
    if entry is None:
        return []
    field = _field(document, "facts", key, entry, problems)
    if field is None:
        return []
    history = int(str(entry.get("history", 1)))
    fact = Fact(
        field,
        str(entry.get("period", "as_of")),
        0,
        str(entry.get("source", "")),
        sensitivity=str(entry.get("sensitivity", "internal")),
        lever=_lever(document, key, entry, problems),
    )
    return [fact if not back else _earlier(fact, back) for back in range(history)]


def _earlier(fact: Fact, back: int) -> Fact:
    suffix, prefix, english = YEARS_BACK[back]
    field = fact.field
    moved = replace(
        field,
        key=field.key + suffix,
        name=prefix + field.name,
        english=english + (field.english or field.key),
        aliases=tuple(prefix + alias for alias in field.aliases),
    )
    return replace(fact, field=moved, years_back=back, lever=None)


def _read_derived(document: Document, key: str, grain: Grain, problems: list[Problem]) -> None:
    entry = _entry(document, "derived", key, problems)
    field = _field(document, "derived", key, entry, problems) if entry is not None else None
    if entry is None or field is None:
        return
    try:
        body: Tree = parse(str(entry.get("from", "")), grain.scope)
    except ProblemsFound as error:
        line, column = document.place("derived", key, "from")
        problems += [problem.at(document.file, line, column, f"derived.{key}") for problem in error.problems]
        return
    if body.type.kind is not field.kind or (field.kind is Kind.NUMBER and body.type.dimension != field.type.dimension):
        problems.append(
            document.problem(
                "E203", f"推算结果是{body.type.label},与声明的{field.type.label}不符", "改 kind 或公式", "derived", key
            )
        )
        return
    fact = Fact(field, derivation=str(entry["from"]), sensitivity=str(entry.get("sensitivity", "internal")))
    _add(document, ("derived", key), grain, fact, Let(field.name, body, field, field.english), problems)


def _entry(document: Document, section: str, key: str, problems: list[Problem]) -> dict[str, object] | None:
    entry = document.data[section][key]
    if not isinstance(entry, dict) or "name" not in entry or "kind" not in entry:
        problems.append(
            document.problem("E204", f"事实“{key}”缺 name 或 kind", "至少写 {name: 中文名, kind: money}", section, key)
        )
        return None
    for unknown in set(entry) - _FACT_KEYS:
        problems.append(
            document.problem(
                "E205", f"不认识的项“{unknown}”", f"可用:{'、'.join(sorted(_FACT_KEYS))}", section, key, unknown
            )
        )
    return entry


def _field(
    document: Document, section: str, key: str, entry: dict[str, object], problems: list[Problem]
) -> Field | None:
    def texts(name: str) -> tuple[str, ...]:
        value = entry.get(name) or []
        return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)

    def number(name: str) -> int | None:
        value = entry.get(name)
        return None if value is None else int(str(value))

    try:
        return Field.declare(
            key,
            str(entry["name"]),
            str(entry["kind"]),
            unit=None if entry.get("unit") is None else str(entry["unit"]),
            decimals=number("decimals"),
            largest=number("largest"),
            english=str(entry.get("english", "")),
            aliases=texts("aliases"),
            choices=texts("choices"),
        )
    except ValueError as error:
        remedy = "kind 用 money、integer、share、number、text、bool、date、set;unit 用 元、万元、人、平方米、% 等"
        problems.append(document.problem("E206", str(error), remedy, section, key))
        return None


def _lever(document: Document, key: str, entry: dict[str, object], problems: list[Problem]) -> Lever | None:
    lever = entry.get("lever")
    if lever is None:
        return None
    try:
        if not isinstance(lever, dict):
            raise ValueError("lever 应为 {direction, step, cost, most}")
        direction = str(lever.get("direction", "raise"))
        if direction not in ("raise", "lower"):
            raise ValueError("direction 只能是 raise 或 lower")
        return Lever(
            direction, quantity(lever.get("step", 1)), Fraction(str(lever.get("cost", 1))), quantity(lever["most"])
        )
    except (KeyError, ValueError) as error:
        problems.append(
            document.problem(
                "E207",
                f"lever 写法有误:{error}",
                "如 {direction: raise, step: 1人, cost: 150000, most: 500人}",
                "facts",
                key,
            )
        )
        return None


def quantity(text: object) -> Number:
    """A literal quantity such as `150万元`, `3人`, `5%` in the base unit. Raises ValueError."""
    try:
        tree = parse(str(text), Scope())
    except ProblemsFound as error:
        raise ValueError(error.problems[0].message) from error
    if not isinstance(tree, Literal) or isinstance(tree.value, bool) or not isinstance(tree.value, int | Fraction):
        raise ValueError(f"“{text}”不是数值")
    return tree.value


def name_of(field: Field) -> Name:
    """The tree that reads a stored field."""
    return Name(field)
