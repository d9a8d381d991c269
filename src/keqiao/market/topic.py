"""The topic query report (主题查询报告): the analysed demand, what was searched, and the ranked units and experts, every line with its record number."""

from decimal import Decimal
from typing import Any

from django.utils.translation import override

from keqiao.core import access, packs
from keqiao.core.clock import today
from keqiao.core.records.declare import REGISTERS
from keqiao.engines import match as engine
from keqiao.engines import reports
from keqiao.market import library
from keqiao.market.candidates import Candidate, experts, find, question_of

SHOWN = 10


def write(user: Any, demand: Any) -> tuple[bytes, str]:
    """The report as a .docx and its file name. Only what the reader may see goes into it."""
    with override("zh-hans"):
        text = question_of(demand)
        achievements = find(user, text, "achievement", SHOWN)
        people, institutions = experts(user, text, "person", SHOWN), experts(user, text, "institution", SHOWN)
        records = {
            "demand": [{"项目": label, "内容": said} for label, said in _elements(demand)],
            "achievements": [_line(user, one, "成果") for one in achievements],
            "experts": [_line(user, one, "姓名") for one in people],
            "institutions": [_line(user, one, "单位") for one in institutions],
        }
        figures = {
            f"{name}_searched": reports.Figure(
                id=f"{name}_searched", indicator=f"{name}_searched", name=label, value=Decimal(len(library.index(kind))), unit=unit,
                source=reports.Source("", len(library.index(kind)), f"match index of {kind}", today().isoformat()),
            )
            for name, kind, label, unit in (
                ("achievements", "achievement", "查询成果数", "项"), ("experts", "person", "查询专家数", "位"), ("institutions", "institution", "查询单位数", "家")
            )
        }  # fmt: skip
        day = today()
        bureau = "科学技术局"
        parameters = {
            "unit": bureau,
            "organ": bureau,
            "topic": demand.name,
            "enterprise": str(demand.enterprise or demand.institution or "需求单位"),
            "date": f"{day.year}年{day.month}月{day.day}日",
        }
        template = reports.load_template(next(file for file in packs.files("reports") if file.stem == "topic_query"))
        document = reports.render(template, figures, parameters, records)
        return reports.to_docx(document), f"主题查询报告_{demand.code}.docx"


def _line(user: Any, one: Candidate, called: str) -> dict[str, str]:
    """A candidate as a row of its table; `called` is the column that holds its title."""
    return {"编号": _number(one), "单位": _owner(user, one), called: one.title, "理由": _why(one)}


def _elements(demand: Any) -> list[tuple[str, str]]:
    """The demand's elements as stated; what is missing is found by the coach in its description and marked as such."""
    coaching = engine.coach(f"{demand.name}。{demand.description}")
    found = {slot.name: slot.value for slot in coaching.slots}
    stated = [
        ("需求编号", demand.code, ""),
        ("对象", demand.object, found["object"]),
        ("现状值", demand.present_value, found["current"]),
        ("目标值", demand.target_value, found["target"]),
        ("约束条件", demand.constraint, found["constraint"]),
        ("预算", f"{demand.budget:,.2f} 元" if demand.budget else "", found["budget"]),
        ("期限", str(demand.deadline_on or ""), found["time"]),
    ]
    return [(label, said or (f"{read}（由描述读出）" if read else "未说明")) for label, said, read in stated]


def _number(one: Candidate) -> str:
    """The record's own number where it has one; what every line cites."""
    return str(getattr(one.row, "code", "") or f"{one.register}:{one.row.pk}")


def _owner(user: Any, one: Candidate) -> str:
    register = REGISTERS[one.register]
    sight = access.lens(user, register)
    for name in ("institution", "enterprise"):
        if name in register.fields and (text := sight.shown(register.fields[name], one.row)):
            return text
    return str(getattr(one.row, "owner_name", "") or "—")


def _why(one: Candidate) -> str:
    parts = []
    if one.phrases:
        parts.append("相同的要点：" + "、".join(one.phrases[:4]))
    if one.evidence:
        parts.append(
            "依据："
            + "、".join(
                f"{work}〔{getattr(work, 'code', '') or getattr(work, 'number', '') or work.pk}〕"
                for _register, work, _score in one.evidence[:3]
            )
        )
    if one.semantic and not parts:
        parts.append("语义相近")
    return "；".join(parts) or "内容相近"
