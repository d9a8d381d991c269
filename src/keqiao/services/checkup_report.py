"""The check-up as a Word report in the bureau's layout (packs/*/reports/checkup.yaml): every figure with the day and rule it comes from."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import override

from keqiao.core import packs
from keqiao.engines import reports
from keqiao.engines.expressions import Number
from keqiao.services import checkup, facts

# figure of the template: (fact, name, unit, fact of the year before)
KNOWN = {
    "revenue": ("revenue", "营业收入", "元", "revenue_prev"),
    "rd_expense": ("rd_expense", "研发费用", "元", "rd_expense_prev"),
    "employees": ("staff", "职工总数", "人", "staff_prev"),
    "rd_staff": ("rd_staff", "科技人员", "人", ""),
    "invention_patents": ("invention_patents", "有效发明专利", "件", ""),
    "conversions": ("results_converted", "成果转化", "项", ""),
}


def write(enterprise: Any, day: datetime.date, unit: str) -> tuple[bytes, str]:
    """The .docx and its file name. Raises LookupError when no check-up rule is in force."""
    with override("zh-hans"):
        found = checkup.check(enterprise, day)
        if found is None:
            raise LookupError(checkup.RULE)
        before = checkup.check(enterprise, datetime.date(day.year - 1, 12, 31))
        figures = _figures(found, before, checkup.peers(enterprise, found))
        records = {"weak": [_weak(one) for one in checkup.weaknesses(found, 8)], "eligible": _eligible(enterprise, day)}
        parameters = {
            "unit": unit,
            "organ": unit,
            "enterprise": str(enterprise),
            "year": str(day.year - 1),
            "date": f"{day.year}年{day.month}月{day.day}日",
        }
        template = reports.load_template(next(file for file in packs.files("reports") if file.stem == "checkup"))
        document = reports.render(template, figures, parameters, records)
        return reports.to_docx(document), f"企业创新能力体检报告_{enterprise}.docx"


def exact(value: Number) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _figures(
    found: checkup.Checkup, before: checkup.Checkup | None, peers: checkup.Peers | None
) -> dict[str, reports.Figure]:
    values = found.record.values
    source = reports.Source("", 1, f"rule {found.rule.id} {found.rule.fingerprint}", found.day.isoformat())

    def figure(key: str, name: str, value: Any, unit: str, last: Any = None, **more: Any) -> reports.Figure:
        number = None if value is None else Decimal(str(value))
        return reports.Figure(
            id=key, indicator=key, name=name, value=number, unit=unit, period=str(found.day.year - 1),
            last_year=None if last is None else Decimal(str(last)), source=source, **more,
        )  # fmt: skip

    made = {
        key: figure(key, name, values.get(fact), unit, values.get(last))
        for key, (fact, name, unit, last) in KNOWN.items()
    }
    made["rd_share"] = figure(
        "rd_share", "研发费用占营业收入比重", _share(values, "rd_expense", "revenue"), "%", decimals=2
    )
    made["rd_staff_share"] = figure(
        "rd_staff_share", "科技人员占比", _share(values, "rd_staff", "staff"), "%", decimals=2
    )
    rank = (
        {"rank": peers.rank, "rank_of": peers.count + 1, "rank_scope": "同行业同规模企业"}
        if peers and peers.percentile is not None
        else {}
    )
    made["score"] = figure(
        "score",
        "综合得分",
        exact(found.score.low),
        "分",
        exact(before.score.low) if before else None,
        decimals=1,
        **rank,
    )
    earlier = {part.key: part for part in before.parts} if before else {}
    for part in found.parts:
        last = exact(earlier[part.key].low) if part.key in earlier else None
        made[f"score_{part.key}"] = figure(f"score_{part.key}", part.name, exact(part.low), "分", last, decimals=1)
    return made


def _share(values: Any, part: str, whole: str) -> Decimal | None:
    if values.get(part) is None or not values.get(whole):
        return None
    return Decimal(str(values[part])) / Decimal(str(values[whole])) * 100


def _weak(one: checkup.Weakness) -> dict[str, str]:
    line = one.line
    if one.change:
        remedy = "；".join(move.shown for move in one.change.moves) + f"，可加 {exact(one.gain):f} 分"
    else:
        remedy = "资料不全，补充后才能评定" if one.is_unknown else "没有可在短期内改变的指标"
    return {
        "项目": line.name,
        "现状": line.value or "未知",
        "得分": f"{exact(line.low):f}/{exact(line.most):f}",
        "怎么补": remedy,
    }


def _eligible(enterprise: Any, day: datetime.date) -> list[dict[str, str]]:
    entries, _questions, _record = facts.one_list(enterprise, day)
    said = {"now": "符合", "nearly": "接近符合"}
    return [
        {"事项": entry.rule.name, "条件": said[entry.group], "还差什么": facts.lacking(entry)}
        for entry in entries
        if entry.group in said and entry.rule.id != checkup.RULE
    ]
