"""Reads a custom ledger from its YAML: `read` is the front door. Faults inside expressions have the codes E1xx of the language."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keqiao.core.records.declare import Section
from keqiao.core.roles import ROLES
from keqiao.engines.expressions import Document, ProblemsFound, Tree, parse_condition, read_document
from keqiao.engines.expressions import parse as parse_expression
from keqiao.registers import classifications
from keqiao.registers.expressions import scope_of_fields
from keqiao.registers.ledgers.read_fields import FieldsReader
from keqiao.registers.ledgers.schema import PERIODS, Ledger, Repeat, Rule

TOP = [
    "key",
    "name",
    "name_en",
    "description",
    "description_en",
    "icon",
    "division",
    "area",
    "area_en",
    "identity",
    "title",
    "sections",
    "columns",
    "filters",
    "search",
    "order",
    "needs_review",
    "public",
    "open_to",
    "parent",
    "unit",
    "deadline",
    "repeat",
    "rules",
]
RULE = ("that", "field", "message", "message_en", "remedy", "remedy_en")
REPEAT = ("every", "due", "done", "keep")


def read(path: Path, targets: Mapping[str, Mapping[str, Any]]) -> Ledger:
    """One ledger from its file. `targets`: the names of the fields of each register that may be referred to. Raises ProblemsFound."""
    return _Reader(read_document(path), targets).ledger()


def key_of(document: Document) -> str:
    """The ledger's key, before anything is checked: ledgers may refer to each other."""
    return str(document.data.get("key", "")) if isinstance(document.data, dict) else ""


class _Reader(FieldsReader):
    def ledger(self) -> Ledger:
        if not self.data:
            self.bad("L001", "文件是空的，或不是“键: 值”的形式", "照 docs/ledgers.md 的例子写")
            raise ProblemsFound(self.problems)
        self.known(self.data, TOP)
        self.needed(self.data, ("key", "name", "identity", "title", "sections"))
        self.key()
        sections = self.sections()
        self.with_unit(sections)
        formulas = self.formulas()
        identity, title = self.identity(), self.title()
        made = Ledger(
            key=str(self.data.get("key", "")),
            label=self.text("name"),
            fields=self.fields,
            sections=tuple(Section(label, tuple(names)) for label, names in sections),
            identity=identity,
            title=title,
            file=self.document.file,
            description=self.text("description"),
            icon=str(self.data.get("icon", "notebook")),
            division=self.division(),
            area=self.text("area"),
            columns=self.names("columns"),
            filters=self.names("filters"),
            search=self.names("search"),
            order=self.order(),
            needs_review=self.yes("needs_review"),
            is_public=self.yes("public"),
            open_to=self.open_to(),
            parent=self.linked("parent"),
            unit=self.linked("unit"),
            deadline=self.deadline(),
            repeat=self.repeat(),
            rules=self.rules(),
            formulas=formulas,
        )
        if self.problems:
            raise ProblemsFound(self.problems)
        return made

    def key(self) -> None:
        key = str(self.data.get("key", ""))
        if key and not re.fullmatch(r"[a-z][a-z0-9_]{1,48}", key):
            self.bad(
                "L007", f"台账编号“{key}”不合规", "用小写英文字母开头，只含小写字母、数字和下划线", "key", value=key
            )

    def division(self) -> str:
        code = str(self.data.get("division") or "")
        known = classifications.classification("divisions").entries
        if code and code not in known:
            self.bad(
                "L008",
                f"没有科室“{code}”",
                f"可用：{'、'.join(known)}；或在分类 divisions 中增加",
                "division",
                value=code,
            )
        return code

    # what the ledger says about its fields

    def identity(self) -> tuple[str, ...]:
        names = self.names("identity")
        for index, name in enumerate(names):
            field = self.fields.get(name)
            if field and (not field.required or field.kind in {"choices", "long_text"} or field.read_only):
                self.bad(
                    "L019",
                    f"标识字段“{name}”必须是必填的简单字段",
                    "加上 required: true，或换一个字段作标识",
                    "identity",
                    index,
                    value=name,
                )
        return names

    def title(self) -> str:
        name = str(self.data.get("title") or "")
        if name:
            self.is_field(name, "title")
        return name

    def order(self) -> tuple[str, ...]:
        found = []
        for index, one in enumerate(self.listed("order")):
            name = one.removeprefix("-")
            if self.is_field(name, "order", index):
                found.append(one.replace(name, self.fields[name].path))
        return (*found, "-id") if found else ()

    def open_to(self) -> frozenset[str]:
        found = self.listed("open_to")
        for index, role in enumerate(found):
            if role not in ROLES:
                self.bad("L020", f"没有角色“{role}”", f"可用：{'、'.join(ROLES)}", "open_to", index, value=role)
        return frozenset(found)

    def linked(self, name: str) -> str:
        """The name of a reference field."""
        one = str(self.data.get(name) or "")
        if one and self.is_field(one, name) and self.fields[one].kind != "reference":
            self.bad("L021", f"“{one}”不是关联字段", "换成 kind 为 reference 的字段", name, value=one)
        return one

    def deadline(self) -> tuple[str, str]:
        raw = self.data.get("deadline")
        if raw is None:
            return ("", "")
        if not isinstance(raw, dict) or set(raw) - {"due", "done"} or not raw.get("due"):
            self.bad(
                "L022",
                "deadline 应写成 {due: 应完成日期字段, done: 实际完成日期字段}",
                "按此格式改写",
                "deadline",
                value=raw,
            )
            return ("", "")
        return (
            self.dated(str(raw["due"]), "deadline", "due"),
            self.dated(str(raw["done"]), "deadline", "done") if raw.get("done") else "",
        )

    def dated(self, name: str, *place: str | int) -> str:
        if self.is_field(name, *place) and self.fields[name].kind != "date":
            self.bad("L022", f"“{name}”不是日期字段", "换成 kind 为 date 的字段", *place, value=name)
        return name

    def repeat(self) -> Repeat | None:
        raw = self.data.get("repeat")
        if raw is None:
            return None
        if not isinstance(raw, dict):
            self.bad(
                "L023",
                "repeat 应写成 {every: 频次字段, due: 计划日期字段, done: 完成日期字段}",
                "按此格式改写",
                "repeat",
                value=raw,
            )
            return None
        self.known(raw, REPEAT, "repeat")
        self.needed(raw, ("every", "due", "done"), "repeat")
        due, done = self.dated(str(raw.get("due")), "repeat", "due"), self.dated(str(raw.get("done")), "repeat", "done")
        every = str(raw.get("every"))
        if self.is_field(every, "repeat", "every"):
            codes = {code for code, _label in self.fields[every].choices}
            if self.fields[every].kind != "choice" or not codes & set(PERIODS):
                self.bad(
                    "L023",
                    f"频次字段“{every}”应为单选，选项编号取自：{'、'.join(PERIODS)}",
                    "更正选项编号",
                    "repeat",
                    "every",
                    value=every,
                )
        due_field = self.fields.get(due)
        if due_field and due not in self.listed("identity"):
            self.bad(
                "L023",
                "计划日期须是标识的一部分，否则下一次与本次无法区分",
                f"在 identity 中加上 {due}",
                "repeat",
                "due",
                value=due,
            )
        keep = self.listed("keep", raw, "repeat")
        for index, name in enumerate(keep):
            self.is_field(name, "repeat", "keep", index)
        return Repeat(every, due, done, tuple(keep))

    # expressions

    def formulas(self) -> dict[str, Tree]:
        """Formulas read stored fields only: none reads another formula."""
        raw = {key: self.written(place).get("formula") for key, place in self.places.items()}
        stored = {key: field for key, field in self.fields.items() if not raw.get(key)}
        scope = scope_of_fields(stored.values())
        found = {}
        for key, source in raw.items():
            if source:
                place = (*self.places[key], "formula")
                try:
                    found[key] = parse_expression(str(source), scope)
                except ProblemsFound as error:
                    self.problems += [
                        problem.at(self.document.file, *self.document.place(*place), f"{key}.formula")
                        for problem in error.problems
                    ]
        return found

    def written(self, place: tuple[str | int, ...]) -> dict[str, Any]:
        found: Any = self.data
        for step in place:
            found = found[step]
        return found if isinstance(found, dict) else {}

    def rules(self) -> tuple[Rule, ...]:
        found = []
        scope = scope_of_fields(self.fields.values())
        for index, raw in enumerate(self.data.get("rules") or ()):
            place = ("rules", index)
            if not isinstance(raw, dict):
                self.bad("L005", "一条规则应写成 {that: 条件, message: 不满足时的说明}", "按此格式改写", *place)
                continue
            self.known(raw, RULE, *place)
            self.needed(raw, ("that", "message"), *place)
            name = str(raw.get("field") or "")
            if name:
                self.is_field(name, *place, "field")
            try:
                condition = parse_condition(str(raw.get("that") or ""), scope)
            except ProblemsFound as error:
                self.problems += [
                    problem.at(self.document.file, *self.document.place(*place, "that"), "that")
                    for problem in error.problems
                ]
            else:
                found.append(Rule(condition, name, self.text("message", raw), self.text("remedy", raw)))
        return tuple(found)
