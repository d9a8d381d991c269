"""One rule file to one `Rule` for a day: names resolved, expressions typed, parameters of the day bound. All mistakes are collected, none raised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from ..expressions import (
    MONEY,
    Constant,
    Document,
    Kind,
    Let,
    Literal,
    Meaning,
    Name,
    Number,
    Problem,
    ProblemsFound,
    Scope,
    Tree,
    call,
    parse,
    parse_condition,
)
from .catalogue import Catalogue, Grain, Lever, quantity
from .parameters import OPERATORS, Parameter, band_tables, read_parameters
from .schema import KINDS, Amount, Basis, Clause, Group, LeverUse, Rule, ScoreItem, ScoreSheet, Window
from .scoring import banded, best, cases, decided, passed, plain, total

Path = tuple[str | int, ...]
Range = tuple[Tree, Tree]
TOP_KEYS = {
    "id", "name", "english", "grain", "kind", "summary", "issuer", "basis", "verified", "checked", "note", "valid_from", "valid_until",
    "parameters", "let", "require", "score", "amount", "grants", "window", "ladder",
}  # fmt: skip
CLAUSE_KEYS = {"key", "name", "when", "cite", "lever", "waits", "note"}
GROUP_KINDS = ("all", "any", "none", "at_least")
ITEM_KEYS = {"key", "name", "most", "expert", "of", "bands", "cases", "value", "best", "cite", "lever"}


def read_rule(
    document: Document, day: date, catalogue: Catalogue, shared: Mapping[str, Parameter]
) -> tuple[Rule | None, list[Problem]]:
    """The rule as of `day`, or None with the reasons."""
    reader = _Reader(document, day, catalogue, shared)
    rule = reader.read()
    return (None if reader.problems else rule), reader.problems


class _Reader:
    def __init__(self, document: Document, day: date, catalogue: Catalogue, shared: Mapping[str, Parameter]) -> None:
        self.document, self.day, self.catalogue, self.shared = document, day, catalogue, shared
        self.data: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
        self.problems: list[Problem] = []
        self.scope = Scope()
        self.keys: set[str] = set()
        self.score: ScoreSheet | None = None
        self.score_clause: Clause | None = None
        self.score_is_placed = False
        self.grain = Grain("", "", "", ())

    def wrong(self, code: str, message: str, remedy: str, *path: str | int, value: object = "") -> None:
        self.problems.append(self.document.problem(code, message, remedy, *path, value=value))

    def read(self) -> Rule | None:
        if not self._head():
            return None
        self._names()
        self.score = self._score()
        require = self._requirements()
        amount = self._amount()
        data = self.data
        return Rule(
            id=str(data["id"]),
            name=str(data["name"]),
            grain=self.grain,
            kind=str(data["kind"]),
            require=require,
            valid_from=data["valid_from"],
            valid_until=data.get("valid_until"),
            basis=self._basis(),
            is_verified=bool(data.get("verified", False)),
            checked_on=data.get("checked"),
            fingerprint="",
            score=self.score,
            amount=amount,
            english=str(data.get("english", "")),
            summary=str(data.get("summary", "")),
            issuer=str(data.get("issuer", "")),
            note=str(data.get("note", "")),
            file=self.document.file,
            grants=str(data.get("grants", "")),
            window=self._window(),
            ladder=self._ladder(),
            parameters=tuple(self._shown_parameters()),
        )

    def _head(self) -> bool:
        data = self.data
        for key in ("id", "name", "grain", "kind", "valid_from", "basis"):
            if not data.get(key):
                self.wrong("E310", f"缺 {key}", "每条规则都要有 id、name、grain、kind、valid_from、basis")
        for unknown in set(data) - TOP_KEYS:
            self.wrong("E311", f"不认识的项“{unknown}”", f"可用:{'、'.join(sorted(TOP_KEYS))}", unknown)
        if data.get("kind") and data["kind"] not in KINDS:
            self.wrong("E312", f"kind 不能是“{data['kind']}”", f"可用:{'、'.join(KINDS)}", "kind")
        for key in ("valid_from", "valid_until", "checked"):
            if data.get(key) is not None and not isinstance(data[key], date):
                self.wrong("E313", f"{key} 不是日期", "写成 2026-01-01", key, value=data[key])
        grain = self.catalogue.grains.get(str(data.get("grain")))
        if grain is None and data.get("grain"):
            self.wrong("E314", f"没有主体“{data['grain']}”", f"可用:{'、'.join(self.catalogue.grains)}", "grain")
        if self.problems or grain is None:
            return False
        self.grain = grain
        return True

    def _names(self) -> None:
        self.scope = Scope(parent=self.grain.scope)
        span = (self.data["valid_from"], self.data.get("valid_until"))
        local = read_parameters(self.document, ("parameters",), self.problems, span)
        self.local = local
        for name, parameter in {**self.shared, **local}.items():
            constant = parameter.at(self.day)
            if constant is not None:
                self._define(constant, "parameters", name, also_outer=name in local)
            elif name in local:
                self.wrong("E315", f"参数“{name}”在 {self.day} 没有值", "补上覆盖规则有效期的版本", "parameters", name)
        for name, text in (self.data.get("let") or {}).items():
            tree = self.expression(text, "let", name)
            if tree is not None:
                self._define(Let(str(name), tree), "let", name)

    def _define(self, meaning: Meaning, section: str, name: str, also_outer: bool = True) -> None:
        if also_outer and self.grain.scope.find(meaning.name) is not None:
            self.wrong("E316", f"名称“{name}”与事实目录里的名称重复", "换一个名称", section, name)
            return
        try:
            self.scope.add(meaning)
        except ValueError as error:
            self.wrong("E316", str(error), "换一个名称", section, name)

    def expression(self, text: object, *path: str | int, condition: bool = False) -> Tree | None:
        if text is None or isinstance(text, dict | list):
            self.wrong("E317", "这里应写表达式", "写成一行文字;含冒号或逗号时加引号", *path)
            return None
        source = "true" if text is True else "false" if text is False else str(text)
        try:
            return (parse_condition if condition else parse)(source, self.scope)
        except ProblemsFound as error:
            line, column = self.document.place(*path)
            where = ".".join(map(str, path))
            self.problems += [problem.at(self.document.file, line, column, where) for problem in error.problems]
            return None

    # conditions

    def _requirements(self) -> Group:
        group = self._group(self.data.get("require") or [], "all", ("require",))
        if self.score_clause is not None and not self.score_is_placed:
            group = replace(group, members=(*group.members, self.score_clause))
        if len(group.clauses()) > 60:
            self.wrong("E318", "一条规则最多 60 个条件", "拆成几条规则", "require")
        return group

    def _group(self, entries: Any, kind: str, path: Path, count: int = 0, name: str = "") -> Group:
        if not isinstance(entries, list):
            self.wrong("E319", "这里应为条件清单", "每个条件一行,以 - 开头", *path)
            return Group(kind, ())
        members = [self._member(entry, (*path, i)) for i, entry in enumerate(entries)]
        return Group(kind, tuple(member for member in members if member is not None), count, name)

    def _member(self, entry: Any, path: Path) -> Clause | Group | None:
        if not isinstance(entry, dict):
            self.wrong(
                "E320", "条件写法有误", "写成 {key: …, when: …},或 any/all/none/at_least 一组", *path, value=entry
            )
            return None
        if "score" in entry:
            self.score_is_placed = True
            if self.score_clause is None:
                self.wrong("E321", "引用了评分,但没有 score.pass", "在 score 下写 pass: '> 70'", *path)
            return self.score_clause
        for kind in GROUP_KINDS:
            if kind in entry:
                return self._subgroup(entry, kind, path)
        return self._clause(entry, path)

    def _subgroup(self, entry: dict[str, Any], kind: str, path: Path) -> Group:
        name = str(entry.get("name", ""))
        if kind == "none":
            return self._none(entry["none"], (*path, kind), name)
        if kind != "at_least":
            return self._group(entry[kind], kind, (*path, kind), 0, name)
        count = entry["at_least"]
        members = entry.get("of") or []
        if not isinstance(count, int) or not 0 < count <= len(members):
            self.wrong(
                "E322",
                f"at_least 应为 1 到 {len(members)} 的整数",
                "写成 {at_least: 2, of: [条件, 条件, 条件]}",
                *path,
                "at_least",
            )
            return Group("all", ())
        return self._group(members, kind, (*path, "of"), count, name)

    def _none(self, entries: Any, path: Path, name: str) -> Group:
        """None of the conditions may hold: every clause is turned round, so that 符合 always means good."""
        group = self._group(entries, "all", path, 0, name)
        if any(isinstance(member, Group) for member in group.members):
            self.wrong("E329", "none 里只能直接写条件", "把里面的一组拆成单个条件", *path)
        turned = [replace(m, tree=call("not", m.tree)) for m in group.members if isinstance(m, Clause)]
        return replace(group, members=tuple(turned))

    def _clause(self, entry: dict[str, Any], path: Path) -> Clause | None:
        self._known_keys(entry, CLAUSE_KEYS, path)
        key = str(entry.get("key", ""))
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            self.wrong("E323", "条件缺 key,或 key 不是英文小写", "写成 key: rd_intensity", *path, value=key)
            return None
        if key in self.keys:
            self.wrong("E324", f"key“{key}”重复", "换一个", *path, "key")
        self.keys.add(key)
        tree = self.expression(entry.get("when"), *path, "when", condition=True)
        levers = self._levers(entry.get("lever"), (*path, "lever"))
        if tree is None:
            return None
        return Clause(
            key,
            str(entry.get("name", key)),
            tree,
            str(entry.get("cite", "")),
            levers,
            bool(entry.get("waits", False)),
            str(entry.get("note", "")),
        )

    def _known_keys(self, entry: dict[str, Any], known: set[str], path: Path) -> None:
        for unknown in set(entry) - known:
            self.wrong("E325", f"不认识的项“{unknown}”", f"可用:{'、'.join(sorted(known))}", *path, unknown)

    def _levers(self, raw: Any, path: Path) -> tuple[LeverUse, ...]:
        if raw in (None, "none"):
            return ()
        uses = [self._lever(item, path) for item in (raw if isinstance(raw, list) else [raw])]
        return tuple(use for use in uses if use is not None)

    def _lever(self, item: Any, path: Path) -> LeverUse | None:
        entry = item if isinstance(item, dict) else {"fact": item}
        fact = self._fact(entry.get("fact"), path)
        if fact is None:
            return None
        lever = self.grain.facts[fact].lever
        if lever is None:
            self.wrong(
                "E326",
                f"事实“{item}”不允许作为改进手段",
                "事实目录里没有给它 lever;只能用可以靠真实工作改变的量",
                *path,
            )
            return None
        also = [self._fact(other, path) for other in _listed(entry.get("also"))]
        try:
            changed = {name: quantity(entry[name]) for name in ("step", "cost", "most") if name in entry}
        except ValueError as error:
            self.wrong("E327", str(error), "写成 most: 50人 之类的数量", *path)
            changed = {}
        return LeverUse(fact, replace_lever(lever, changed), tuple(name for name in also if name))

    def _fact(self, name: object, path: Path) -> str | None:
        found = self.grain.scope.find(str(name))
        if isinstance(found, Name | Let | Constant) or found is None or found.key not in self.grain.facts:
            self.wrong(
                "E328",
                f"没有这个事实“{name}”(推算量不能直接改)",
                f"是不是:{'、'.join(self.grain.scope.suggest(str(name)))}?",
                *path,
            )
            return None
        return found.key

    # scores

    def _score(self) -> ScoreSheet | None:
        data = self.data.get("score")
        if data is None:
            return None
        parts = data.get("parts") if isinstance(data, dict) else None
        if not isinstance(parts, list) or not parts:
            self.wrong("E330", "score 下要有 parts", "写成 parts: [{key, name, items: […]}]", "score")
            return None
        self._known_keys(data, {"pass", "parts", "grades", "name", "cite"}, ("score",))
        items: list[ScoreItem] = []
        sums: list[tuple[list[Range], Number | None]] = []
        for index, part in enumerate(parts):
            own = self._part(part, ("score", "parts", index))
            items += own
            if own:
                sums.append(
                    ([(item.low, item.high) for item in own], self._most(part, ("score", "parts", index), None))
                )
        if not sums:
            return None
        low, high = total(sums)
        full = sum((self._full(part, own) for part, own in zip(parts, sums, strict=False)), Fraction(0))
        names = tuple((str(part.get("key", "")), str(part.get("name", ""))) for part in parts)
        caps = tuple(
            (str(part.get("key", "")), cap) for part, (_, cap) in zip(parts, sums, strict=False) if cap is not None
        )
        low, high = Let("最低得分", low, english="least score"), Let("最高得分", high, english="greatest score")
        sheet = ScoreSheet(tuple(items), low, high, full, part_names=names, part_caps=caps, grades=self._grades(data))
        return self._pass(data, sheet)

    def _full(self, part: dict[str, Any], own: tuple[list[Range], Number | None]) -> Fraction:
        if own[1] is not None:
            return Fraction(own[1])
        return sum((Fraction(str(item.get("most", 0))) for item in part.get("items", [])), Fraction(0))

    def _pass(self, data: dict[str, Any], sheet: ScoreSheet) -> ScoreSheet:
        if "pass" not in data:
            return sheet
        match = re.fullmatch(r"(>=|>|≥|＞)\s*(\d+(?:\.\d+)?)", str(data["pass"]).strip())
        if not match:
            self.wrong("E331", "pass 写法有误", "写成 '> 70' 或 '>= 60'", "score", "pass", value=data["pass"])
            return sheet
        operator, bar = OPERATORS[match.group(1)], Fraction(match.group(2))
        levers = {use.fact: use for item in sheet.items for use in item.levers}
        tree = passed(sheet.low, sheet.high, operator, bar)
        self.score_clause = Clause(
            "score", str(data.get("name", "评分")), tree, str(data.get("cite", "")), tuple(levers.values())
        )
        self.keys.add("score")
        return replace(sheet, operator=operator, bar=bar)

    def _grades(self, data: dict[str, Any]) -> tuple[tuple[str, Number], ...]:
        grades = data.get("grades") or []
        bounds = [Fraction(str(bound)) for _, bound in grades]
        if bounds != sorted(bounds, reverse=True) or (bounds and bounds[-1] != 0):
            self.wrong(
                "E332", "grades 要从高到低写,最后一档为 0", "如 [[优秀, 90], [良好, 75], [一般, 0]]", "score", "grades"
            )
        return tuple((str(name), bound) for (name, _), bound in zip(grades, bounds, strict=True))

    def _part(self, part: Any, path: Path) -> list[ScoreItem]:
        if not isinstance(part, dict) or not isinstance(part.get("items"), list):
            self.wrong("E333", "评分部分要有 items", "写成 {key: A, name: 知识产权, most: 30, items: […]}", *path)
            return []
        self._known_keys(part, {"key", "name", "most", "items", "cite"}, path)
        found = [
            self._item(item, (*path, "items", i), str(part.get("key", ""))) for i, item in enumerate(part["items"])
        ]
        return [item for item in found if item is not None]

    def _most(self, entry: dict[str, Any], path: Path, default: Number | None) -> Number | None:
        if "most" not in entry:
            return default
        try:
            return Fraction(str(entry["most"]))
        except ValueError:
            self.wrong("E334", "most 应为数字", "写成 most: 30", *path, "most", value=entry["most"])
            return default

    def _item(self, entry: Any, path: Path, part: str) -> ScoreItem | None:
        if not isinstance(entry, dict) or "key" not in entry or "most" not in entry:
            self.wrong(
                "E335",
                "评分项要有 key、name、most",
                "如 {key: staff, name: 科技人员占比, most: 20, of: 科技人员占比, bands: […]}",
                *path,
            )
            return None
        self._known_keys(entry, ITEM_KEYS, path)
        most = self._most(entry, path, Fraction(0)) or Fraction(0)
        scored = self._range(entry, path, most)
        if scored is None:
            return None
        low, high = scored
        value = self.expression(entry["of"], *path, "of") if "of" in entry else None
        name = str(entry.get("name", entry["key"]))
        return ScoreItem(
            str(entry["key"]),
            name,
            most,
            Let(f"{name}最低分", low),
            Let(f"{name}最高分", high),
            part,
            str(entry.get("cite", "")),
            self._levers(entry.get("lever"), (*path, "lever")),
            value,
        )

    def _range(self, entry: dict[str, Any], path: Path, most: Number) -> Range | None:
        try:
            found = self._own_range(entry, path, most)
            if found is None or "expert" not in entry or not {"bands", "cases", "best"} & set(entry):
                return found
            expert = self.expression(entry["expert"], *path, "expert")
            return None if expert is None else decided(expert, *found)
        except (ValueError, TypeError) as error:
            self.wrong("E336", str(error), "分档写 [条件, 分] 或 [条件, 低分, 高分];of 为数值", *path)
            return None

    def _own_range(self, entry: dict[str, Any], path: Path, most: Number) -> Range | None:
        if "best" in entry:
            found = [self._own_range(choice, (*path, "best", i), most) for i, choice in enumerate(entry["best"])]
            known = [item for item in found if item is not None]
            return best(known) if len(known) == len(found) else None
        if "bands" in entry:
            low, high, _ = band_tables(entry["bands"])
            value = self.expression(entry.get("of"), *path, "of")
            return None if value is None else banded(value, low, high, f"{entry.get('name', '')}分档")
        if "cases" in entry:
            return self._cases(entry["cases"], path)
        source = "expert" if "expert" in entry else "value"
        tree = self.expression(entry.get(source), *path, source)
        return None if tree is None else plain(tree, most)

    def _cases(self, rows: list[list[Any]], path: Path) -> Range | None:
        read: list[tuple[Tree | None, Number, Number]] = []
        for index, row in enumerate(rows):
            condition = (
                None if str(row[0]) == "else" else self.expression(row[0], *path, "cases", index, 0, condition=True)
            )
            if condition is None and str(row[0]) != "else":
                return None
            read.append((condition, Fraction(str(row[1])), Fraction(str(row[-1]))))
        if read[-1][0] is not None:
            raise ValueError("cases 要以 [else, …] 收尾")
        return cases(read)

    # the rest

    def _amount(self) -> Amount | None:
        data = self.data.get("amount")
        if data is None:
            return None
        if not isinstance(data, dict) or "value" not in data:
            self.wrong("E340", "amount 要有 value", "写成 amount: {value: 研发费用 * 5%, ceiling: 100万元}", "amount")
            return None
        self._known_keys(data, {"name", "value", "ceiling", "lines", "unit", "cite"}, ("amount",))
        lines: list[tuple[str, Tree]] = []
        for name, text in (data.get("lines") or {}).items():
            tree = self.expression(text, "amount", "lines", name)
            if tree is not None:
                let = Let(str(name), tree)
                lines.append((str(name), let))
                self._define(let, "amount", name)
        value = self.expression(data["value"], "amount", "value")
        if value is None:
            return None
        if value.type.kind is not Kind.NUMBER:
            self.wrong("E341", "amount.value 不是数值", "写成金额公式", "amount", "value")
            return None
        is_money = value.type.dimension == MONEY or (isinstance(value, Literal) and value.value == 0)
        if "unit" not in data and not is_money:
            self.wrong(
                "E342", "amount.value 的结果不是金额", "定额补助写成 20万元;其他单位另写 unit", "amount", "value"
            )
        ceiling = self.expression(data["ceiling"], "amount", "ceiling") if "ceiling" in data else None
        if ceiling is not None:
            try:
                value = call("min", value, ceiling)
            except ValueError as error:
                self.wrong("E343", str(error), "封顶与金额用同一单位", "amount", "ceiling")
        return Amount(
            str(data.get("name", "金额")),
            value,
            str(data.get("unit", "元")),
            str(data.get("cite", "")),
            tuple(lines),
            str(data.get("ceiling", "")),
        )

    def _basis(self) -> tuple[Basis, ...]:
        raw = self.data["basis"]
        entries = raw if isinstance(raw, list) else [raw]
        found = []
        for entry in entries:
            item = entry if isinstance(entry, dict) else {"document": entry}
            found.append(Basis(*(str(item.get(key, "")) for key in ("document", "title", "url", "article"))))
        return tuple(found)

    def _window(self) -> Window | None:
        raw = self.data.get("window")
        if raw is None:
            return None
        days = (
            [re.fullmatch(r"(\d{2})-(\d{2})", str(raw.get(key, ""))) for key in ("opens", "closes")]
            if isinstance(raw, dict)
            else [None]
        )
        if not all(days):
            self.wrong("E344", "window 写法有误", "写成 {opens: '03-01', closes: '06-30'}", "window")
            return None
        first, last = ((int(day.group(1)), int(day.group(2))) for day in days if day)
        return Window(first, last)

    def _ladder(self) -> tuple[str, int] | None:
        raw = self.data.get("ladder")
        if raw is None:
            return None
        if not isinstance(raw, dict) or not isinstance(raw.get("rung"), int):
            self.wrong("E345", "ladder 写法有误", "写成 {name: 成长阶梯, rung: 2}", "ladder")
            return None
        return str(raw.get("name", "")), int(raw["rung"])

    def _shown_parameters(self) -> Iterator[tuple[str, str, str]]:
        for name, parameter in self.local.items():
            constant = parameter.at(self.day)
            if constant is not None:
                yield name, constant.text or str(constant.value), parameter.cite_at(self.day)


def _listed(raw: Any) -> list[Any]:
    return [] if raw is None else raw if isinstance(raw, list) else [raw]


def replace_lever(lever: Lever, changed: dict[str, Number]) -> Lever:
    return Lever(
        lever.direction,
        changed.get("step", lever.step),
        changed.get("cost", lever.cost),
        changed.get("most", lever.most),
    )
