"""Report templates as data: sections of sentences with figure slots, tables, charts, problems and next-year targets.

Hides the YAML format and its checks; `load_template` lists all errors at once. See docs/reports.md for the format.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast

import yaml

SLOT = re.compile(r"\{(?P<key>[a-z][a-z0-9_.]*)(?::(?P<aspects>[a-z_,]+))?\}")
CONDITION = re.compile(
    r"^(?P<key>[a-z][a-z0-9_]*)\.(?P<aspect>value|last_year|target|next_target|yoy|attainment|rank|gap)\s*"
    r"(?P<op>>=|<=|==|!=|>|<)\s*(?P<number>-?\d+(?:\.\d+)?)$"
)
SLOT_ASPECTS = ("value", "last_year", "target", "next_target", "yoy", "attainment", "rank", "gap", "name", "compare")
BLOCK_KINDS = ("sentence", "wording", "table", "matrix", "chart", "problems", "targets", "records", "paragraph")


class TemplateError(ValueError):
    """All errors of a template; `problems` has one line each: code, place, value, reason and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Condition:
    key: str
    aspect: str
    operator: str
    number: Decimal


@dataclass(frozen=True)
class Block:
    """One block of a section. Which fields count depends on `kind`; `figures` are keys in order."""

    kind: str
    text: str = ""
    when: tuple[Condition, ...] = ()
    figures: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    caption: str = ""
    limit: int = 0
    progress: Decimal = Decimal(100)
    sentences: tuple["Block", ...] = ()
    records: str = ""
    lead: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]
    sections: tuple["Section", ...] = ()


@dataclass(frozen=True)
class Template:
    """A report template. `parameters` must be given at rendering (unit, year …); `compare` lists the comparisons in order."""

    key: str
    name: str
    version: str
    title: str
    parameters: tuple[str, ...]
    sections: tuple[Section, ...]
    compare: tuple[str, ...] = ("yoy", "attainment", "rank")
    appendix: bool = True

    def keys(self) -> tuple[str, ...]:
        """Every figure key the template may ask for."""
        found: dict[str, None] = {}
        for section in self.sections:
            _collect(section, found, self.parameters)
        return tuple(found)

    def chart_keys(self) -> tuple[str, ...]:
        """The figure keys that charts are drawn from; they stand in no sentence of their own."""

        def of(section: Section) -> list[str]:
            own = [key for block in section.blocks if block.kind == "chart" for key in block.figures]
            return own + [key for inner in section.sections for key in of(inner)]

        return tuple(dict.fromkeys(key for section in self.sections for key in of(section)))


def _collect(section: Section, found: dict[str, None], parameters: Sequence[str]) -> None:
    for block in section.blocks:
        for one in (block, *block.sentences):
            found.update(dict.fromkeys(one.figures))
            found.update(dict.fromkeys(m["key"] for m in SLOT.finditer(one.text) if m["key"] not in parameters))
    for inner in section.sections:
        _collect(inner, found, parameters)


def load_template(source: str | Path) -> Template:
    """Read a template from a YAML file (a Path) or YAML text. Raises TemplateError with every problem found."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TemplateError([f"T001 not YAML: {error}"]) from None
    return _Loader().load(data)


class _Loader:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.parameters: tuple[str, ...] = ()

    def fail(self, code: str, place: str, message: str) -> None:
        self.problems.append(f"{code} {place}: {message}")

    def load(self, data: object) -> Template:
        if not isinstance(data, Mapping):
            raise TemplateError(["T002 template: a mapping with key, name, version, title and sections is needed"])
        known = {"key", "name", "version", "title", "parameters", "sections", "compare", "appendix", "description"}
        for extra in sorted(set(data) - known):
            self.fail("T003", "template", f"unknown field {extra!r}; known: {', '.join(sorted(known))}")
        for needed in ("key", "name", "version", "title", "sections"):
            if not data.get(needed):
                self.fail("T004", "template", f"{needed} is missing")
        self.parameters = self._strings(data.get("parameters"), "parameters")
        compare = self._strings(data.get("compare"), "compare") or ("yoy", "attainment", "rank")
        for aspect in compare:
            if aspect not in ("yoy", "attainment", "rank"):
                self.fail("T005", "compare", f"{aspect!r} is no comparison; choose of yoy, attainment, rank")
        sections = tuple(
            self._section(s, f"sections[{i}]") for i, s in enumerate(self._list(data.get("sections"), "sections"))
        )
        self._placeholders(str(data.get("title", "")), "title")
        if self.problems:
            raise TemplateError(self.problems)
        return Template(
            str(data["key"]), str(data["name"]), str(data["version"]), str(data["title"]), self.parameters, sections,
            compare, data.get("appendix") is not False,
        )  # fmt: skip

    def _list(self, raw: object, place: str) -> list[object]:
        if raw is None:
            return []
        if not isinstance(raw, list):
            self.fail("T006", place, "a list is needed")
            return []
        return raw

    def _strings(self, raw: object, place: str) -> tuple[str, ...]:
        return tuple(str(item) for item in self._list(raw, place))

    def _section(self, raw: object, place: str) -> Section:
        if not isinstance(raw, Mapping) or not raw.get("title"):
            self.fail("T007", place, "a section needs a title")
            return Section("", ())
        for extra in sorted(set(raw) - {"title", "blocks", "sections"}):
            self.fail("T003", place, f"unknown field {extra!r}; a section has title, blocks, sections")
        self._placeholders(str(raw["title"]), place)
        blocks = tuple(
            self._block(b, f"{place}.blocks[{i}]") for i, b in enumerate(self._list(raw.get("blocks"), place))
        )
        inner = tuple(
            self._section(s, f"{place}.sections[{i}]") for i, s in enumerate(self._list(raw.get("sections"), place))
        )
        return Section(str(raw["title"]), blocks, inner)

    def _block(self, raw: object, place: str) -> Block:
        kinds = [k for k in BLOCK_KINDS if isinstance(raw, Mapping) and k in raw]
        if not isinstance(raw, Mapping) or len(kinds) != 1:
            self.fail("T008", place, f"a block has exactly one of {', '.join(BLOCK_KINDS)}")
            return Block("wording")
        kind = kinds[0]
        body = raw[kind]
        when = tuple(self._condition(c, place) for c in self._strings(raw.get("when"), f"{place}.when"))
        if kind in ("sentence", "wording"):
            return self._text_block(kind, str(body), when, place)
        if kind == "paragraph":
            inner = tuple(self._block(b, f"{place}.paragraph[{i}]") for i, b in enumerate(self._list(body, place)))
            for block in inner:
                if block.kind not in ("sentence", "wording"):
                    self.fail("T009", place, f"a paragraph holds sentences and wording, not {block.kind}")
            return Block(kind, sentences=inner)
        if not isinstance(body, Mapping):
            self.fail("T010", place, f"{kind} needs a mapping")
            return Block(kind)
        return self._mapping_block(kind, cast("Mapping[str, object]", body), place)

    def _text_block(self, kind: str, text: str, when: tuple[Condition, ...], place: str) -> Block:
        slots = [m for m in SLOT.finditer(text) if m["key"] not in self.parameters]
        if kind == "sentence" and not slots:
            self.fail(
                "T011",
                place,
                f"a sentence without a figure slot claims something nobody can check: {text[:30]}… — add a slot or move it to “wording”",
            )
        if kind == "wording" and slots:
            self.fail(
                "T012",
                place,
                f"wording cannot hold figures ({slots[0][0]}); make it a sentence or declare the parameter",
            )
        if kind == "wording" and re.search(r"\d+(?:\.\d+)?\s*[%家项件个名元亿万]", text):
            self.fail("T013", place, "wording holds a typed figure; use a slot so that it can be traced")
        for slot in slots:
            for aspect in (slot["aspects"] or "value").split(","):
                if aspect not in SLOT_ASPECTS:
                    self.fail("T014", place, f"{slot[0]}: {aspect!r} is no aspect; choose of {', '.join(SLOT_ASPECTS)}")
        if text.count("[") != text.count("]"):
            self.fail("T015", place, "square brackets (optional clause) do not match")
        self._placeholders(text, place, slots=True)
        return Block(kind, text=text, when=when)

    def _mapping_block(self, kind: str, body: Mapping[str, object], place: str) -> Block:
        known = {
            "table": {"caption", "figures", "columns"}, "matrix": {"caption", "figures", "subjects"},
            "chart": {"caption", "figures"}, "problems": {"figures", "limit", "progress", "lead"},
            "targets": {"figures", "limit", "lead"}, "records": {"caption", "of", "columns", "limit"},
        }[kind]  # fmt: skip
        for extra in sorted(set(body) - known):
            self.fail("T003", place, f"unknown field {extra!r}; {kind} has {', '.join(sorted(known))}")
        if kind == "records" and not body.get("of"):
            self.fail("T016", place, "records needs “of”: the name of the record list given at rendering")
        if kind in ("table", "matrix", "chart") and not body.get("figures"):
            self.fail("T017", place, f"{kind} needs figures: a list of keys")
        self._placeholders(str(body.get("caption", "")) + str(body.get("lead", "")), place)
        columns = self._strings(body.get("columns"), f"{place}.columns")
        if kind == "table":
            for column in columns:
                if column not in (
                    "name",
                    "unit",
                    "value",
                    "last_year",
                    "target",
                    "next_target",
                    "yoy",
                    "attainment",
                    "rank",
                ):
                    self.fail("T018", place, f"{column!r} is no column of a figure table")
        return Block(
            kind, figures=self._strings(body.get("figures"), f"{place}.figures"), columns=columns,
            subjects=self._strings(body.get("subjects"), f"{place}.subjects"), caption=str(body.get("caption", "")),
            limit=int(str(body.get("limit", 0) or 0)), progress=Decimal(str(body.get("progress", 100))),
            records=str(body.get("of", "")), lead=str(body.get("lead", "")),
        )  # fmt: skip

    def _condition(self, text: str, place: str) -> Condition:
        match = CONDITION.match(text.strip())
        if not match:
            self.fail("T019", place, f"condition {text!r}: write key.aspect op number, e.g. rd_expense.yoy >= 10")
            return Condition("", "value", ">", Decimal(0))
        return Condition(match["key"], match["aspect"], match["op"], Decimal(match["number"]))

    def _placeholders(self, text: str, place: str, *, slots: bool = False) -> None:
        for match in re.finditer(r"\{([^{}]*)\}", text):
            if not SLOT.fullmatch(match[0]) or (not slots and match[1] not in self.parameters):
                self.fail("T020", place, f"{match[0]} is no declared parameter" + (" and no slot" if slots else ""))
