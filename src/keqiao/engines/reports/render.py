"""From template and figures to a document: pure, deterministic, nothing claimed that no figure carries.

Hides slot filling, the choice of comparisons, dropping of clauses whose figures are missing, problems and targets.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from keqiao.engines.reports.document import (
    Block,
    Chart,
    Document,
    Heading,
    Omission,
    Paragraph,
    PrintedFigure,
    Run,
    Table,
)
from keqiao.engines.reports.figures import (
    Figure,
    aspect_value,
    format_aspect,
    is_behind,
    is_growth_rate,
    say_aspect,
)
from keqiao.engines.reports.template import SLOT, Condition, Section, Template
from keqiao.engines.reports.template import Block as TemplateBlock

#: Between indicator and unit in the key of a subordinate unit's figure: rd_expense@330602.
SUBUNIT = "@"
Records = Mapping[str, Sequence[Mapping[str, str]]]
COLUMN_NAMES = {"name": "指标", "unit": "单位", "value": "本期", "last_year": "上年", "target": "年度目标", "next_target": "下年目标",
                "yoy": "同比", "attainment": "目标完成率", "rank": "位次"}  # fmt: skip
_CHINESE_DIGITS = "零一二三四五六七八九十"


class MissingParameter(ValueError):
    """A parameter the template declares was not given."""


def chinese_number(value: int) -> str:
    """1 → 一, 12 → 十二, 20 → 二十 (up to 99)."""
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else _CHINESE_DIGITS[tens] + "十")
    return head + (_CHINESE_DIGITS[ones] if ones else "") or "零"


def section_number(level: int, index: int) -> str:
    """一、 (一) 1. (1) by level 1-4, as GB/T 9704 has it."""
    return {1: f"{chinese_number(index)}、", 2: f"（{chinese_number(index)}）", 3: f"{index}."}.get(
        level, f"（{index}）"
    )


def render(
    template: Template, figures: Mapping[str, Figure], parameters: Mapping[str, str], records: Records | None = None
) -> Document:
    """Fill `template`. `figures` maps slot keys to figures; `records` holds lists for “records” blocks.

    A sentence whose figure is missing is left out and listed in `Document.omitted` with the reason. The same inputs
    give the same document. Raises MissingParameter.
    """
    missing = [p for p in template.parameters if p not in parameters]
    if missing:
        raise MissingParameter("parameters not given: " + ", ".join(missing))
    writer = _Writer(template, figures, parameters, records or {})
    written = 0
    for section in template.sections:
        before = len(writer.blocks)
        writer.section(section, 1, written + 1)
        written += len(writer.blocks) > before
    return Document(
        title=writer.fill_parameters(template.title), template=f"{template.key}@{template.version}",
        organ=parameters.get("organ", parameters.get("unit", "")), date=parameters.get("date", ""),
        blocks=tuple(writer.blocks), figures=tuple(writer.printed), omitted=tuple(writer.omitted),
    )  # fmt: skip


@dataclass
class _Writer:
    template: Template
    figures: Mapping[str, Figure]
    parameters: Mapping[str, str]
    records: Records
    blocks: list[Block] = field(default_factory=list)
    printed: list[PrintedFigure] = field(default_factory=list)
    omitted: list[Omission] = field(default_factory=list)
    section_title: str = ""
    tables: int = 0
    charts: int = 0

    def fill_parameters(self, text: str) -> str:
        return SLOT.sub(lambda m: self.parameters.get(m["key"], m[0]), text)

    def other_year(self, figure: Figure) -> str:
        """“（2025年）” after a figure that is not of the report's own year; empty otherwise."""
        said, own = re.match(r"\d{4}", figure.period), self.parameters.get("year", "")
        return f"（{said[0]}年）" if said and own and said[0] != own else ""

    def name(self, figure: Figure) -> str:
        return figure.name + self.other_year(figure)

    def section(self, section: Section, level: int, index: int) -> None:
        self.section_title = self.fill_parameters(section.title)
        at = len(self.blocks)
        for block in section.blocks:
            self.block(block)
        inner_index = 0
        for inner in section.sections:
            before = len(self.blocks)
            self.section(inner, level + 1, inner_index + 1)
            inner_index += len(self.blocks) > before
        if len(self.blocks) > at:
            self.blocks.insert(at, Heading(level, section_number(level, index), self.fill_parameters(section.title)))
        else:
            self.omitted.append(
                Omission(self.fill_parameters(section.title), "", "no figure of this section has a value")
            )
        self.section_title = self.fill_parameters(section.title)

    def block(self, block: TemplateBlock) -> None:
        if block.kind in ("sentence", "wording"):
            self._paragraph((block,))
        elif block.kind == "paragraph":
            self._paragraph(block.sentences)
        else:
            getattr(self, "_" + block.kind)(block)

    def _paragraph(self, sentences: Sequence[TemplateBlock]) -> None:
        runs: list[Run] = []
        has_claim = False
        for sentence in sentences:
            if sentence.kind == "wording":
                runs.append(Run(self.fill_parameters(sentence.text)))
                continue
            filled = self._sentence(sentence)
            has_claim = has_claim or bool(filled)
            runs += filled
        only_wording = all(s.kind == "wording" for s in sentences)
        if runs and (has_claim or only_wording):
            self.blocks.append(Paragraph(_merged(runs)))

    def _sentence(self, sentence: TemplateBlock) -> list[Run]:
        for condition in sentence.when:
            if not self._holds(condition):
                self._omit(
                    sentence.text,
                    f"condition {condition.key}.{condition.aspect} {condition.operator} {condition.number} does not hold",
                )
                return []
        before = len(self.printed)
        runs: list[Run] = []
        for piece in re.split(r"(\[[^\[\]]*\])", sentence.text):
            optional = piece.startswith("[") and piece.endswith("]")
            filled, lacking = self._fill(piece[1:-1] if optional else piece)
            if lacking and not optional:
                del self.printed[before:]
                self._omit(sentence.text, f"no value for {lacking}")
                return []
            if lacking:
                self._omit(piece, f"no value for {lacking}")
            else:
                runs += filled
        return _tidy(runs)

    def _fill(self, text: str) -> tuple[list[Run], str]:
        """Runs of a piece of text, and the key that lacks its value (then nothing is printed)."""
        before = len(self.printed)
        runs: list[Run] = []
        at = 0
        for slot in SLOT.finditer(text):
            if slot.start() > at:
                runs.append(Run(text[at : slot.start()]))
            at = slot.end()
            key = slot["key"]
            if key in self.template.parameters:
                runs.append(Run(self.parameters[key]))
                continue
            figure = self.figures.get(key)
            aspects = (slot["aspects"] or "value").split(",")
            if figure is None or (figure.value is None and aspects[0] not in ("next_target", "target", "name")):
                del self.printed[before:]
                return [], key
            for aspect in aspects:
                filled = self._slot(key, figure, aspect)
                if filled is None and aspect in ("value", "last_year", "target", "next_target"):
                    del self.printed[before:]
                    return [], f"{key}.{aspect}"
                follows = bool(runs) and (runs[-1].figure or runs[-1].text == self.other_year(figure))
                if filled and aspect in ("yoy", "attainment", "rank") and follows:
                    runs.append(Run("，"))
                runs += filled or []
        runs.append(Run(text[at:]))
        return runs, ""

    def _slot(self, key: str, figure: Figure, aspect: str) -> list[Run] | None:
        if aspect == "name":
            return [Run(figure.name)]
        if aspect == "compare":
            found: list[Run] = []
            for one in self.template.compare:
                said = self._say(key, figure, one)
                found += [Run("，"), *said] if said else []
            return found
        if aspect in ("yoy", "attainment", "rank"):
            return self._say(key, figure, aspect)
        text = format_aspect(figure, aspect)
        if text is None:
            return None
        year = self.other_year(figure) if aspect == "value" else ""
        return [self._print(key, figure, aspect, text), *([Run(year)] if year else [])]

    def _say(self, key: str, figure: Figure, aspect: str) -> list[Run] | None:
        said = say_aspect(figure, aspect)
        if said is None or (aspect == "rank" and not figure.rank_scope):
            return None
        before, printed, after = said
        if not printed:
            return [self._print(key, figure, aspect, before)]
        kind = "gap" if aspect == "attainment" and "年度目标" in before and not before.startswith("完成") else aspect
        runs = [Run(before), self._print(key, figure, kind, printed)]
        return [*runs, Run(after)] if after else runs

    def _print(self, key: str, figure: Figure, aspect: str, text: str) -> Run:
        value = aspect_value(figure, aspect)
        assert value is not None
        number = f"F{len(self.printed) + 1:04d}"
        names = {"yoy": ("value", "last_year"), "attainment": ("value", "target"), "gap": ("value", "target")}.get(
            aspect, (aspect,)
        )
        inputs = tuple((name, str(aspect_value(figure, name))) for name in names)
        unit = {"attainment": "%", "rank": "位"}.get(aspect, figure.unit)
        if aspect in ("yoy", "gap") and figure.unit == "%":
            unit = "个百分点"
        elif aspect == "yoy" and is_growth_rate(figure):
            unit = "%"
        self.printed.append(
            PrintedFigure(
                number,
                key,
                figure.id,
                aspect,
                figure.name,
                figure.subject,
                figure.period,
                text,
                value,
                unit,
                figure.unit,
                figure.decimals,
                inputs,
                figure.source,
            )
        )
        return Run(text, number)

    def _holds(self, condition: Condition) -> bool:
        figure = self.figures.get(condition.key)
        value = None if figure is None else aspect_value(figure, condition.aspect)
        if value is None:
            return False
        number = condition.number
        return {">": value > number, ">=": value >= number, "<": value < number, "<=": value <= number,
                "==": value == number, "!=": value != number}[condition.operator]  # fmt: skip

    def _omit(self, text: str, reason: str) -> None:
        self.omitted.append(Omission(self.section_title, self.fill_parameters(text), reason))

    def _known(self, keys: Sequence[str]) -> list[tuple[str, Figure]]:
        """Figures with a value; a key ending in * takes all keys with that beginning, in order of the mapping."""
        found: list[tuple[str, Figure]] = []
        for key in keys:
            if key.endswith("*"):
                found += [(k, f) for k, f in self.figures.items() if k.startswith(key[:-1]) and f.value is not None]
            elif (figure := self.figures.get(key)) is not None and figure.value is not None:
                found.append((key, figure))
            else:
                self._omit(key, f"no value for {key}")
        return found

    def _table(self, block: TemplateBlock) -> None:
        columns = block.columns or ("name", "value", "yoy", "attainment")
        known = self._known(block.figures)
        columns = tuple(
            c
            for c in columns
            if c in ("name", "unit", "value") or any(aspect_value(f, c) is not None for _, f in known)
        )
        rows = tuple(tuple(self._cell(key, figure, column) for column in columns) for key, figure in known)
        if rows:
            self.tables += 1
            caption = f"表{self.tables}  {self.fill_parameters(block.caption)}"
            self.blocks.append(Table(caption, tuple(COLUMN_NAMES[c] for c in columns), rows))

    def _cell(self, key: str, figure: Figure, column: str) -> Run:
        if column in ("name", "unit"):
            return Run(self.name(figure) if column == "name" else figure.unit)
        text = format_aspect(figure, column)
        if text is None:
            return Run("—")
        value = aspect_value(figure, column)
        if column == "yoy" and value is not None and value != 0:
            text = ("+" if value > 0 else "-") + text
        return self._print(key, figure, column, text)

    def _matrix(self, block: TemplateBlock) -> None:
        """Subordinate units down, indicators across: figures with keys like rd_expense@330602."""
        known = [
            (k, f)
            for k, f in self.figures.items()
            if SUBUNIT in k and f.indicator in block.figures and f.value is not None
        ]
        subjects = list(dict.fromkeys(block.subjects or (f.subject for _, f in known)))
        by_place = {(f.subject, f.indicator): (k, f) for k, f in known}
        indicators = [i for i in block.figures if any(f.indicator == i for _, f in known)]
        rows = []
        for subject in subjects:
            cells = [Run(subject)]
            for indicator in indicators:
                place = by_place.get((subject, indicator))
                cells.append(self._cell(*place, "value") if place else Run("—"))
            rows.append(tuple(cells))
        if rows and indicators:
            names = {f.indicator: self.name(f) for _, f in known}
            self.tables += 1
            caption = f"表{self.tables}  {self.fill_parameters(block.caption)}"
            self.blocks.append(Table(caption, ("单位", *(names[i] for i in indicators)), tuple(rows)))

    def _chart(self, block: TemplateBlock) -> None:
        known = self._known(block.figures)
        units = {figure.unit for _, figure in known}
        if len(known) < 2 or len(units) != 1:
            self._omit(block.caption, "a chart needs two or more figures of one unit")
            return
        self.charts += 1
        same = len({figure.name for _, figure in known}) == 1
        labels = tuple(figure.subject if same and figure.subject else self.name(figure) for _, figure in known)
        series: list[tuple[str, tuple[Decimal | None, ...]]] = [("本期", tuple(f.value for _, f in known))]
        if any(f.last_year is not None for _, f in known):
            series.insert(0, ("上年", tuple(f.last_year for _, f in known)))
        said = "；".join(f"{label}{format_aspect(f, 'value')}" for label, (_, f) in zip(labels, known, strict=True))
        caption = self.fill_parameters(block.caption) + (self.other_year(known[0][1]) if same else "")
        self.blocks.append(
            Chart(f"图{self.charts}  {caption}", f"{caption}：{said}。", labels, tuple(series), units.pop())
        )

    def _problems(self, block: TemplateBlock) -> None:
        """One sentence per indicator behind its plan, the furthest behind first."""
        progress = min(block.progress, Decimal(self.parameters.get("progress", "100")))
        candidates = [(k, f) for k, f in self._candidates(block) if not self.other_year(f)]
        behind = [(k, f) for k, f in candidates if is_behind(f, progress)]
        behind.sort(key=lambda pair: _shortfall(pair[1]))
        if not behind:
            self._omit("problems", "no indicator is behind its plan")
        if behind:
            self._lead(block)
        for key, figure in behind[: block.limit or None]:
            target = format_aspect(figure, "target")
            assert target is not None
            runs = [
                Run(f"{figure.name}为"), self._print(key, figure, "value", format_aspect(figure, "value") or ""),
                Run("，年度目标为"), self._print(key, figure, "target", target),
            ]  # fmt: skip
            said = self._say(key, figure, "attainment")
            runs += [Run("，"), *said] if said else []
            if progress != 100 and figure.higher_is_better:
                runs.append(Run("，落后于序时进度"))
            self.blocks.append(Paragraph(_merged([*runs, Run("。")])))

    def _lead(self, block: TemplateBlock) -> None:
        if block.lead:
            self.blocks.append(Paragraph((Run(self.fill_parameters(block.lead)),)))

    def _candidates(self, block: TemplateBlock) -> list[tuple[str, Figure]]:
        if block.figures:
            return self._known(block.figures)
        return [(k, f) for k, f in self.figures.items() if f.value is not None and SUBUNIT not in k]

    def _targets(self, block: TemplateBlock) -> None:
        chosen = [
            (k, self.figures[k]) for k in (block.figures or self.figures) if k in self.figures and SUBUNIT not in k
        ]
        chosen = [(k, f) for k, f in chosen if f.next_target is not None]
        if chosen:
            self._lead(block)
        for key, figure in chosen[: block.limit or None]:
            text = format_aspect(figure, "next_target")
            assert text is not None
            runs = [Run(f"{figure.name}力争达到"), self._print(key, figure, "next_target", text)]
            if figure.value is not None and not self.other_year(figure):
                runs += [
                    Run("（本年为"),
                    self._print(key, figure, "value", format_aspect(figure, "value") or ""),
                    Run("）"),
                ]
            self.blocks.append(Paragraph(_merged([*runs, Run("。")])))
        if not chosen:
            self._omit("targets", "no figure carries a target for next year")

    def _records(self, block: TemplateBlock) -> None:
        rows = list(self.records.get(block.records, ()))[: block.limit or None]
        if not rows:
            self._omit(block.records, f"no records “{block.records}” were given")
            return
        columns = block.columns or tuple(rows[0])
        self.tables += 1
        caption = f"表{self.tables}  {self.fill_parameters(block.caption)}"
        self.blocks.append(Table(caption, columns, tuple(tuple(Run(row.get(c, "")) for c in columns) for row in rows)))


def _shortfall(figure: Figure) -> Decimal:
    attainment = aspect_value(figure, "attainment")
    return attainment if attainment is not None else Decimal(100)


def _merged(runs: Sequence[Run]) -> tuple[Run, ...]:
    out: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if out and not run.figure and not out[-1].figure:
            out[-1] = Run(out[-1].text + run.text)
        else:
            out.append(run)
    return tuple(out)


def _tidy(runs: Sequence[Run]) -> list[Run]:
    """Commas that a dropped clause left behind."""
    merged = list(_merged(runs))
    for i, run in enumerate(merged):
        if not run.figure:
            text = re.sub(r"[，、；]+(?=[。；])", "", run.text)
            text = re.sub(r"，{2,}", "，", text)
            merged[i] = Run(text)
    return [run for run in merged if run.text]
