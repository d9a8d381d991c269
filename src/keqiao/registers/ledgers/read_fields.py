"""Reads the fields of a custom ledger from its YAML: small readers that note every fault, and what is built of them.

Every fault of a file is reported at once, with line, field and remedy (codes L0xx).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from keqiao.core.records.fields import MASKS, Field, Reference, Text, ValueProblem, parse
from keqiao.engines.expressions import Document, Problem
from keqiao.registers import classifications
from keqiao.registers.classifications import bilingual
from keqiao.registers.expressions import LARGEST_COUNT
from keqiao.registers.ledgers.schema import LINKED

SECTION = ("title", "title_en", "fields")
FIELD = [
    "key",
    "name",
    "name_en",
    "kind",
    "required",
    "choices",
    "classification",
    "reference",
    "by",
    "personal",
    "public",
    "help",
    "help_en",
    "measure_unit",
    "max_length",
    "decimals",
    "minimum",
    "maximum",
    "default",
    "formula",
]
# Kinds as people write them; `long_text` … as in core.records.fields.KINDS.
KINDS = [
    "text",
    "long_text",
    "integer",
    "decimal",
    "money",
    "percent",
    "date",
    "year",
    "bool",
    "choice",
    "choices",
    "reference",
    "org_unit",
    "datetime",
    "url",
]
NUMBERS = frozenset({"integer", "decimal", "money", "percent", "year"})
TAKEN = frozenset(
    [
        "id",
        "pk",
        "ledger",
        "identity_key",
        "title",
        "data",
        "review_state",
        "review_note",
        "created_by",
        "created_at",
        "updated_at",
        "edition",
        "merged_into_id",
        "q",
        "sort",
        "page",
    ]
)


class FieldsReader:
    def __init__(self, document: Document, targets: Mapping[str, Mapping[str, Any]]) -> None:
        self.document, self.targets = document, targets
        self.data: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
        self.problems: list[Problem] = []
        self.fields: dict[str, Field] = {}
        self.places: dict[str, tuple[str | int, ...]] = {}

    def bad(self, code: str, message: str, remedy: str, *path: str | int, value: object = "") -> None:
        self.problems.append(self.document.problem(code, message, remedy, *path, value=value))

    # small readers

    def known(self, data: Mapping[str, Any], keys: Iterable[str], *path: str | int) -> None:
        keys = list(keys)
        for name in data:
            if name not in keys:
                near = get_close_matches(name, keys, 1, 0.6)
                remedy = f"是否想写 {near[0]}？" if near else f"可用：{'、'.join(keys)}"
                self.bad("L002", f"不认识的项“{name}”", remedy, *path, name, value=data[name])

    def needed(self, data: Mapping[str, Any], keys: Iterable[str], *path: str | int) -> None:
        for name in keys:
            if data.get(name) in (None, "", []):
                self.bad("L003", f"缺少“{name}”", f"补上 {name}", *path, name)

    def text(self, name: str, data: Mapping[str, Any] | None = None) -> Text:
        source = self.data if data is None else data
        chinese = str(source.get(name) or "")
        return bilingual(chinese, str(source.get(f"{name}_en") or "")) if chinese else ""

    def yes(self, name: str) -> bool:
        value = self.data.get(name, False)
        if not isinstance(value, bool):
            self.bad("L004", f"“{name}”应为 true 或 false", "改为 true 或 false", name, value=value)
        return value is True

    def listed(self, name: str, data: Mapping[str, Any] | None = None, *path: str | int) -> list[str]:
        """A list of texts, which may be written as one text with blanks."""
        raw = (self.data if data is None else data).get(name)
        if isinstance(raw, str):
            return raw.split()
        if raw is not None and not isinstance(raw, list):
            self.bad("L005", f"“{name}”应为列表", f"写成 {name}: [甲, 乙]", *path, name, value=raw)
            return []
        return [str(item) for item in raw or ()]

    def names(self, name: str) -> tuple[str, ...]:
        """A list of field keys."""
        found = self.listed(name)
        for index, one in enumerate(found):
            self.is_field(one, name, index)
        return tuple(found)

    def is_field(self, one: str, *path: str | int) -> bool:
        if one in self.fields:
            return True
        near = get_close_matches(one, self.fields, 1, 0.5)
        self.bad(
            "L006",
            f"没有字段“{one}”",
            f"是否想写 {near[0]}？" if near else f"可用：{'、'.join(self.fields)}",
            *path,
            value=one,
        )
        return False

    # fields

    def sections(self) -> list[tuple[Text, list[str]]]:
        found: list[tuple[Text, list[str]]] = []
        raw = self.data.get("sections")
        if raw is not None and not isinstance(raw, list):
            self.bad("L005", "sections 应为列表", "每一节写成 - title: … 和 fields: […]", "sections")
            return found
        for index, section in enumerate(raw or ()):
            place = ("sections", index)
            if not isinstance(section, dict):
                self.bad("L005", "一节应写成 title 和 fields", "写成 - title: 基本信息 与 fields: […]", *place)
                continue
            self.known(section, SECTION, *place)
            self.needed(section, ("title", "fields"), *place)
            names = [
                name
                for order, one in enumerate(section.get("fields") or ())
                if (name := self.field(one, *place, "fields", order))
            ]
            found.append((self.text("title", section), names))
        return found

    def field(self, raw: Any, *place: str | int) -> str:
        if not isinstance(raw, dict):
            self.bad("L005", "一个字段应写成 {key: …, name: …, kind: …}", "按此格式改写", *place, value=raw)
            return ""
        self.known(raw, FIELD, *place)
        self.needed(raw, ("key", "name"), *place)
        key, kind = str(raw.get("key") or ""), str(raw.get("kind") or "text")
        if not key:
            return ""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,48}", key) or "__" in key or key in TAKEN:
            self.bad(
                "L009",
                f"字段编号“{key}”不合规或为系统保留",
                "用小写英文字母开头的其他名称，不含双下划线",
                *place,
                "key",
                value=key,
            )
        if key in self.fields:
            self.bad("L010", f"字段“{key}”写了两次", "删去一个或改名", *place, "key", value=key)
        if kind not in KINDS:
            near = get_close_matches(kind, KINDS, 1, 0.5)
            self.bad(
                "L011",
                f"不认识的字段类型“{kind}”",
                f"是否想写 {near[0]}？" if near else f"可用：{'、'.join(KINDS)}",
                *place,
                "kind",
                value=kind,
            )
            kind = "text"
        self.places[key] = place
        self.fields[key] = self.made(key, kind, raw, place)
        return key

    def made(self, key: str, kind: str, raw: Mapping[str, Any], place: tuple[str | int, ...]) -> Field:
        field = Field(
            key,
            self.text("name", raw),
            kind,
            column=self.column(key, kind, raw),
            required=raw.get("required") is True,
            choices=self.choices(kind, raw, place),
            reference=self.reference(kind, raw, place),
            personal=self.personal(raw, place),
            public=raw.get("public") is True,
            help=self.text("help", raw),
            measure_unit=str(
                raw.get("measure_unit") or ("元" if kind == "money" else "%" if kind == "percent" else "")
            ),
            max_length=raw.get("max_length") or (500 if kind in {"text", "url"} else None),
            decimals=raw.get("decimals", 2),
            minimum=self.bound("minimum", kind, raw, place),
            maximum=self.bound("maximum", kind, raw, place),
            read_only="formula" in raw,
        )
        if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
            self.bad("L012", "最小值大于最大值", "更正 minimum 或 maximum", *place, "minimum", value=raw.get("minimum"))
        return self.with_default(field, raw, place)

    @staticmethod
    def column(key: str, kind: str, raw: Mapping[str, Any]) -> str:
        if key == "org_unit" and kind == "org_unit":
            return key
        return key if kind == "reference" and key in LINKED and raw.get("reference") == key else f"data__{key}"

    def with_default(self, field: Field, raw: Mapping[str, Any], place: tuple[str | int, ...]) -> Field:
        if raw.get("default") is None:
            return field
        try:
            return replace(field, default=parse(replace(field, required=False), raw["default"]))
        except ValueProblem as error:
            problem = error.problem
            self.bad(
                "L013", f"默认值不合规：{problem.reason}", str(problem.remedy), *place, "default", value=raw["default"]
            )
            return field

    def choices(self, kind: str, raw: Mapping[str, Any], place: tuple[str | int, ...]) -> tuple[tuple[str, Text], ...]:
        if kind not in {"choice", "choices"}:
            for name in ("choices", "classification"):
                if name in raw:
                    self.bad(
                        "L014", f"“{kind}”类型的字段不能有 {name}", f"去掉 {name}，或把 kind 改为 choice", *place, name
                    )
            return ()
        if raw.get("classification"):
            name, known = str(raw["classification"]), classifications.all_classifications()
            if name in known:
                return known[name].choices
            self.bad(
                "L015", f"没有分类“{name}”", f"可用：{'、'.join(sorted(known))}", *place, "classification", value=name
            )
            return ()
        found = [self.choice(one, *place, "choices", index) for index, one in enumerate(raw.get("choices") or ())]
        if not found:
            self.bad(
                "L016", "单选、多选字段缺少选项", "写 choices: [甲, 乙] 或 classification: 分类编号", *place, "choices"
            )
        codes = [code for code, _label in found]
        for code in {code for code in codes if codes.count(code) > 1}:
            self.bad("L010", f"选项“{code}”写了两次", "删去一个", *place, "choices", value=code)
        return tuple(found)

    def choice(self, raw: Any, *place: str | int) -> tuple[str, Text]:
        if isinstance(raw, dict):
            self.known(raw, ("code", "name", "name_en"), *place)
            self.needed(raw, ("code", "name"), *place)
            return str(raw.get("code")), self.text("name", raw)
        if isinstance(raw, bool):
            self.bad("L016", "选项被读成了真/假", "给这个选项加上引号", *place, value=raw)
        return str(raw), str(raw)

    def reference(self, kind: str, raw: Mapping[str, Any], place: tuple[str | int, ...]) -> Reference | None:
        if kind != "reference":
            if "reference" in raw:
                self.bad("L014", f"“{kind}”类型的字段不能有 reference", "把 kind 改为 reference", *place, "reference")
            return None
        name, by = str(raw.get("reference") or ""), str(raw.get("by") or "")
        if name not in self.targets:
            near = get_close_matches(name, self.targets, 1, 0.5)
            remedy = f"是否想写 {near[0]}？" if near else f"可用：{'、'.join(self.targets)}"
            self.bad(
                "L017", f"没有库或台账“{name}”" if name else "缺少 reference", remedy, *place, "reference", value=name
            )
        elif by and by not in self.targets[name]:
            self.bad(
                "L017", f"“{name}”没有字段“{by}”", f"可用：{'、'.join(self.targets[name])}", *place, "by", value=by
            )
        return Reference(name, by)

    def personal(self, raw: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
        name = str(raw.get("personal") or "")
        if name and name not in MASKS:
            self.bad(
                "L018", f"不认识的个人信息类别“{name}”", f"可用：{'、'.join(MASKS)}", *place, "personal", value=name
            )
        if name and raw.get("public") is True:
            self.bad("L018", "个人信息不能公开", "去掉 public 或 personal", *place, "public")
        return name

    def bound(self, name: str, kind: str, raw: Mapping[str, Any], place: tuple[str | int, ...]) -> Any:
        value = raw.get(name)
        if value is None:
            return Decimal(LARGEST_COUNT) if name == "maximum" and kind == "integer" else None
        if kind not in NUMBERS or isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.bad("L012", f"{name} 只能是数字，且只用于数值字段", f"更正或去掉 {name}", *place, name, value=value)
            return None
        return Decimal(str(value))

    def with_unit(self, sections: list[tuple[Text, list[str]]]) -> None:
        """Every ledger has a unit (属地), written or not."""
        if "org_unit" not in self.fields and sections:
            self.fields["org_unit"] = Field("org_unit", bilingual("属地", "Unit"), "org_unit", column="org_unit")
            sections[0][1].append("org_unit")
        elif "org_unit" in self.fields and self.fields["org_unit"].kind != "org_unit":
            self.bad(
                "L009", "字段 org_unit 必须是 org_unit 类型", "把 kind 改为 org_unit", *self.places["org_unit"], "kind"
            )
