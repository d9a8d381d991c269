"""Indicator definitions: versioned YAML, one file each. Hides the file format; everything read here has been checked for form.

The whole format, with examples, is in docs/indicators.md. Filters, values and formulas are in the project's expression
language (engines/expressions) and are parsed against the snapshot's fields when a definition is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from keqiao.engines.expressions import Document, Problem, ProblemsFound, read_document, unit_of
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.tree import FIRST_DAY, NO_END

TIMES = ("sum", "last", "last_nonempty", "average", "max", "min", "none")
ACROSS = ("sum", "average", "max", "min", "distinct", "none")
POLICIES = ("zero", "propagate", "skip")
CHECK_RULES = ("range", "yoy", "sum_children", "not_above", "not_below", "reconcile", "repeated", "peers", "seasonal")
GRAINS = ("year", "half", "quarter", "month")


@dataclass(frozen=True)
class Component:
    """One aggregated input of a formula. Either rows of a register or another indicator's figure at the same unit and period.

    Dating, one of: `date` (a row belongs to the period of its date), `year` (of its year), `held` (from, until: a row counts
    in every period at whose end it holds), none (every row counts in every period).
    `time` acts first, within one unit (and one `per` entity); `across` then acts up the tree.
    """

    name: str
    register: str = ""
    indicator: str = ""
    where: str = ""
    select: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    distinct: str = ""
    org: str = "org_unit"
    date: str = ""
    year: str = ""
    held: tuple[str, str] | None = None
    per: tuple[str, ...] = ()
    time: str = "sum"
    across: str = "sum"
    cumulative: bool = False


@dataclass(frozen=True)
class Missing:
    """zero: nothing reported counts as 0 · propagate: an unknown component makes the figure unknown · skip: unknown counts as 0 in the
    formula if another component is known. Below `min_coverage` the figure says so. `expect`: level whose units must each report."""

    policy: str = "zero"
    min_coverage: float = 0.0
    expect: str = ""


@dataclass(frozen=True)
class Disclosure:
    """Figures resting on fewer than `min_reporters` different `reporter` values are withheld, and one more sibling with them."""

    min_reporters: int
    reporter: str


@dataclass(frozen=True)
class Definition:
    """One version of one indicator. `band`: for direction band, the wanted range. `checks`: see `validation`."""

    id: str
    version: int
    name: str
    name_en: str
    measure_unit: str
    components: tuple[Component, ...]
    formula: str
    grain: str = "year"
    direction: str = "up"
    band: tuple[float, float] | None = None
    missing: Missing = Missing()
    disclosure: Disclosure | None = None
    checks: tuple[Mapping[str, object], ...] = ()
    valid_from: date = FIRST_DAY
    valid_until: date = NO_END
    decimals: int | None = None
    theme: str = ""
    owner: str = ""
    legal_basis: str = ""
    note: str = ""
    examples: tuple[Mapping[str, object], ...] = ()
    file: str = ""

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def is_plain(self) -> bool:
        """The figure is its one component."""
        return len(self.components) == 1 and self.formula == self.components[0].name

    def holds_for(self, period: Period) -> bool:
        return self.valid_from <= period.last_day < self.valid_until

    def can_answer(self, period: Period) -> bool:
        """Components dated by year only know whole years."""
        return period.grain == "year" or not any(c.year for c in self.components)


def load_definitions(directory: Path | Sequence[Path]) -> tuple[Definition, ...]:
    """All `*.yaml` under the directory or directories. Raises ProblemsFound (E7xx, with file and line) with every fault of every file."""
    folders = [directory] if isinstance(directory, Path) else list(directory)
    files = sorted(p for folder in folders for p in ([folder] if folder.is_file() else folder.rglob("*.yaml")))
    problems: list[Problem] = []
    found: dict[str, Definition] = {}
    for file in files:
        try:
            definition = definition_of(read_document(file))
        except ProblemsFound as error:
            problems.extend(error.problems)
            continue
        if definition.key in found:
            problems.append(
                Problem(
                    "E702",
                    f"指标“{definition.key}”已在 {found[definition.key].file} 中定义",
                    "改编号,或提高版本号",
                    str(file),
                )
            )
        found[definition.key] = definition
    problems.extend(_unknown_references(found))
    if problems:
        raise ProblemsFound(problems)
    return tuple(found.values())


def definition_of(document: Document) -> Definition:
    """One definition from a read YAML file."""
    return _Reader(document).definition()


def in_force(definitions: Sequence[Definition], period: Period) -> tuple[Definition, ...]:
    """The version of each indicator that holds at the period's end: of several, the highest."""
    best: dict[str, Definition] = {}
    for d in definitions:
        if d.holds_for(period) and (d.id not in best or d.version > best[d.id].version):
            best[d.id] = d
    return tuple(best.values())


def in_dependency_order(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Indicators after those they are computed from. A circle: raises ProblemsFound."""
    by_id = {d.id: d for d in definitions}
    done: dict[str, Definition] = {}

    def visit(d: Definition, above: tuple[str, ...]) -> None:
        if d.id in above:
            raise ProblemsFound(
                [Problem("E703", f"指标互相引用:{' → '.join((*above, d.id))}", "去掉其中一个引用", d.file)]
            )
        for c in d.components:
            needed = by_id.get(c.indicator.partition("@")[0])
            if needed is not None and needed.id not in done:
                visit(needed, (*above, d.id))
        done[d.id] = d

    for definition in definitions:
        if definition.id not in done:
            visit(definition, ())
    return tuple(done.values())


def _unknown_references(found: Mapping[str, Definition]) -> list[Problem]:
    ids = {d.id for d in found.values()}
    return [
        Problem(
            "E704", f"引用的指标“{c.indicator}”没有定义", "检查编号", d.file, field=f"components.{c.name}.indicator"
        )
        for d in found.values()
        for c in d.components
        if c.indicator and c.indicator.partition("@")[0] not in ids
    ]


_CODE = re.compile(r"[a-z][a-z0-9_]*")
_TOP = {
    "id", "version", "name", "measure_unit", "direction", "grain", "components", "formula", "missing", "disclosure", "validate", "valid_from",
    "valid_until", "decimals", "theme", "owner", "legal_basis", "note", "examples",
}  # fmt: skip
_OF_COMPONENT = {
    "register", "indicator", "where", "select", "value", "distinct", "org", "date", "year", "held", "per", "time", "across", "cumulative",
}  # fmt: skip


class _Reader:
    """Reads one document, noting every fault with its line."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def bad(self, code: str, message: str, remedy: str, *path: str | int, value: object = "") -> None:
        self.problems.append(self.document.problem(code, message, remedy, *path, value=value))

    def definition(self) -> Definition:
        data = self.document.data if isinstance(self.document.data, Mapping) else {}
        if not data:
            self.bad("E701", "文件是空的", "照 docs/indicators.md 写一个指标")
        for key in sorted(set(data) - _TOP):
            self.bad("E705", f"不认识的项“{key}”", f"可用:{'、'.join(sorted(_TOP))}", key)
        for key in ("id", "version", "name", "measure_unit", "components"):
            if data and key not in data:
                self.bad("E706", f"缺少“{key}”", "补上", key)
        if not _CODE.fullmatch(str(data.get("id", "x"))):
            self.bad("E718", "编号只用小写字母、数字和下划线,以字母开头", "如 rd_intensity", "id", value=data.get("id"))
        named = data.get("name")
        names: Mapping[str, object] = named if isinstance(named, Mapping) else {"zh": named}
        components = self.components(data.get("components"))
        measured = str(data.get("measure_unit", ""))
        if unit_of(measured) is None:
            self.bad(
                "E707", f"计量单位“{measured}”不认识", "用 家、项、万元、% 等;复合单位写成 万元/人", "measure_unit"
            )
        direction, band = self.direction(data.get("direction", "up"))
        if self.problems:
            raise ProblemsFound(self.problems)
        read = Definition(
            id=str(data["id"]),
            version=self.whole(data["version"], "version"),
            name=str(names.get("zh", "")),
            name_en=str(names.get("en", "")),
            measure_unit=measured,
            components=components,
            formula=str(data.get("formula", components[0].name)),
            grain=self.one_of(data.get("grain", "year"), GRAINS, "grain"),
            direction=direction,
            band=band,
            missing=self.missing(data.get("missing")),
            disclosure=self.disclosure(data.get("disclosure")),
            checks=self.checks(data.get("validate")),
            valid_from=self.day(data.get("valid_from"), FIRST_DAY, "valid_from"),
            valid_until=self.day(data.get("valid_until"), NO_END, "valid_until"),
            decimals=None if data.get("decimals") is None else self.whole(data["decimals"], "decimals"),
            theme=str(data.get("theme", "")),
            owner=str(data.get("owner", "")),
            legal_basis=str(data.get("legal_basis", "")),
            note=str(data.get("note", "")),
            examples=tuple(e for e in data.get("examples") or () if isinstance(e, Mapping)),
            file=self.document.file,
        )
        if self.problems:
            raise ProblemsFound(self.problems)
        return read

    def components(self, data: object) -> tuple[Component, ...]:
        if not isinstance(data, Mapping) or not data:
            self.bad("E708", "没有 components", "至少写一个:名称: {register: 库, …}", "components")
            return ()
        return tuple(self.component(str(name), raw) for name, raw in data.items())

    def component(self, name: str, raw: object) -> Component:
        at = ("components", name)
        if not _CODE.fullmatch(name):
            self.bad("E718", "名称只用小写字母、数字和下划线,以字母开头", "如 num、den", *at, value=name)
        c = raw if isinstance(raw, Mapping) else {}
        for key in sorted(set(c) - _OF_COMPONENT):
            self.bad("E705", f"不认识的项“{key}”", f"可用:{'、'.join(sorted(_OF_COMPONENT))}", *at, key)
        if bool(c.get("register")) == bool(c.get("indicator")):
            self.bad("E709", "register 与 indicator 要且只要一个", "写数据所在的库,或引用的指标", *at)
        if sum(bool(c.get(k)) for k in ("date", "year", "held")) > 1:
            self.bad("E710", "date、year、held 只能用一个", "选一种时间归属", *at)
        held = c.get("held")
        if held is not None and not (isinstance(held, Sequence) and not isinstance(held, str) and len(held) == 2):
            self.bad("E711", "held 要写 [起, 止] 两个日期字段", "没有止的写 [起, '']", *at, "held")
            held = None
        distinct = str(c.get("distinct") or "")
        time = self.one_of(c.get("time", "sum"), TIMES, *at, "time")
        across = self.one_of(c.get("across", "distinct" if distinct else "sum"), ACROSS, *at, "across")
        if (across == "distinct") != bool(distinct):
            self.bad("E712", "distinct 要写明按什么去重", "如 distinct: enterprise_id", *at, "distinct")
        if time in ("last", "last_nonempty") and not c.get("date"):
            self.bad("E713", "取最近值需要 date", "写明按哪个日期取最近", *at, "time")
        if c.get("cumulative") and not c.get("date"):
            self.bad("E714", "累计数需要 date", "写明累计到哪天", *at, "cumulative")
        select = c.get("select") if isinstance(c.get("select"), Mapping) else {}
        per = c.get("per") or ()
        return Component(
            name=name,
            register=str(c.get("register") or ""),
            indicator=str(c.get("indicator") or ""),
            where=str(c.get("where") or ""),
            select={str(k): str(v) for k, v in (select or {}).items()},
            value=str(c.get("value") if c.get("value") is not None else ""),
            distinct=distinct,
            org=str(c.get("org") or "org_unit"),
            date=str(c.get("date") or ""),
            year=str(c.get("year") or ""),
            held=None if held is None else (str(held[0] or ""), str(held[1] or "")),
            per=(per,) if isinstance(per, str) else tuple(str(p) for p in per),
            time=time,
            across=across,
            cumulative=bool(c.get("cumulative")),
        )

    def direction(self, raw: object) -> tuple[str, tuple[float, float] | None]:
        if isinstance(raw, Mapping) and isinstance(raw.get("band"), Sequence) and len(raw["band"]) == 2:
            return "band", (float(raw["band"][0]), float(raw["band"][1]))
        return self.one_of(raw, ("up", "down"), "direction"), None

    def checks(self, raw: object) -> tuple[Mapping[str, object], ...]:
        listed = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ()
        for i, check in enumerate(listed):
            rule = check.get("rule") if isinstance(check, Mapping) else check
            if rule not in CHECK_RULES:
                self.bad("E719", f"不认识的检查“{rule}”", f"可用:{'、'.join(CHECK_RULES)}", "validate", i)
        return tuple(c for c in listed if isinstance(c, Mapping))

    def missing(self, raw: object) -> Missing:
        m = raw if isinstance(raw, Mapping) else {}
        if m.get("expect") and not _CODE.fullmatch(str(m["expect"])):
            self.bad("E718", "expect 写单位层级的代码", "如 town", "missing", "expect", value=m["expect"])
        return Missing(
            self.one_of(m.get("policy", "zero"), POLICIES, "missing", "policy"),
            float(m.get("min_coverage", 0)),
            str(m.get("expect") or ""),
        )

    def disclosure(self, raw: object) -> Disclosure | None:
        if not isinstance(raw, Mapping):
            return None
        return Disclosure(
            self.whole(raw.get("min_reporters", 3), "disclosure", "min_reporters"), str(raw.get("reporter") or "id")
        )

    def one_of(self, raw: object, allowed: Sequence[str], *path: str | int) -> str:
        if str(raw) not in allowed:
            self.bad("E715", f"“{raw}”不在可选项内", f"可用:{'、'.join(allowed)}", *path)
            return allowed[0]
        return str(raw)

    def whole(self, raw: object, *path: str | int) -> int:
        if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        self.bad("E716", "应为整数", "写成 1、2…", *path, value=raw)
        return 0

    def day(self, raw: object, default: date, *path: str | int) -> date:
        if raw is None:
            return default
        if isinstance(raw, date):
            return raw
        self.bad("E717", "应为日期", "写成 2024-01-01", *path, value=raw)
        return default
