"""Field (字段): one column of a register: what it is called, how a value is read from text, checked, shown and masked.

The same Field serves form, list, filter, Excel, API, search and snapshot. Fields of a model are derived from the model; fields of a
custom ledger from its YAML.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from keqiao.core.records.problems import Problem

Text = str | Promise
KINDS = {
    "text": _("文本"),
    "long_text": _("长文本"),
    "integer": _("整数"),
    "decimal": _("小数"),
    "money": _("金额（元）"),
    "percent": _("百分比"),
    "date": _("日期"),
    "year": _("年度"),
    "bool": _("是/否"),
    "choice": _("单选"),
    "choices": _("多选"),
    "reference": _("关联记录"),
    "org_unit": _("单位"),
    "datetime": _("时间"),
    "url": _("网址"),
}
TRUE, FALSE = {"是", "yes", "true", "1", "y", "有", "√"}, {"否", "no", "false", "0", "n", "无", "×"}
DATE_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")


@dataclass(frozen=True)
class Reference:
    """The register and the field by which a reference is written in Excel and API ("enterprise" by "uscc")."""

    register: str
    by: str


@dataclass(frozen=True)
class Field:
    """`column` is the ORM path ("town", "data__town"); `personal` names the mask ("phone", "id_number", "bank_account", "name", "email")."""

    name: str
    label: Text
    kind: str = "text"
    column: str = ""
    required: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    reference: Reference | None = None
    personal: str = ""
    public: bool = False
    help: Text = ""
    measure_unit: Text = ""
    max_length: int | None = None
    decimals: int = 2
    digits: int = 15  # in all; SQLite keeps numbers as doubles, and one of more digits could never be read back
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    default: Any = None
    read_only: bool = False
    normalise: Callable[[str], str] | None = field(default=None, repr=False)
    validators: tuple[Callable[[Any], None], ...] = field(default=(), repr=False)

    @property
    def path(self) -> str:
        return self.column or self.name

    @property
    def header(self) -> str:
        """The column header in Excel: the label, with its unit where it has one; always in Chinese, so files move between languages."""
        from django.utils.translation import override

        with override("zh-hans"):
            unit = str(self.measure_unit)
            return f"{self.label}（{unit}）" if unit else str(self.label)

    def get(self, row: Any) -> Any:
        """The value on a row, whatever the row is kept in."""
        path = self.column or self.name
        if path[:6] != "data__":
            return getattr(row, path)
        if self.kind in {"reference", "org_unit"}:
            from keqiao.core.records import references  # it needs fields

            return references.referred(self, row)
        return from_json(self, row.data.get(path[6:]))

    def set(self, row: Any, value: Any) -> None:
        if self.path.startswith("data__"):
            row.data[self.path[6:]] = to_json(value)
            row.__dict__.get("referred", {}).pop(self.name, None)
        else:
            setattr(row, self.path, value)

    def problem(self, code: str, value: Any, reason: Text, remedy: Text = "") -> Problem:
        return Problem(code, reason, remedy, self.name, self.label, str(value)[:200])


class ValueProblem(ValueError):
    """A text is no value of the field; carries the Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem.reason))
        self.problem = problem


# Full-width letters, digits and blanks; Chinese punctuation and signs such as Ⅰ ① ㎡ ℃ are meant and stay.
HALF_WIDTH = {ord("\u3000"): " "} | {
    full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F) if chr(full - 0xFEE0).isalnum()
}


def tidy(text: str) -> str:
    """A text as it is kept: letters and digits half-width, outer blanks away, nothing else changed."""
    return text.translate(HALF_WIDTH).strip()


def fold(text: str) -> str:
    """A text for comparing and reading numbers: everything half-width, outer blanks away. Not for keeping: it changes punctuation."""
    return unicodedata.normalize("NFKC", text).strip()


def parse(field: Field, raw: Any, lookup: Callable[[Field, str], Any] | None = None) -> Any:
    """A value of the field from what a form, a cell or JSON holds; None for nothing. Raises ValueProblem. `lookup` finds referenced rows and units."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        if field.required and field.default is None:
            raise ValueProblem(field.problem("required", "", _("必填项为空"), _("请填写此项")))
        return field.default if raw is None and field.default is not None else None
    value = PARSERS[field.kind](field, raw, lookup)
    if field.normalise:
        value = field.normalise(value)
    _check_bounds(field, value, raw)
    for validator in field.validators:
        try:
            validator(value)
        except Exception as error:  # Django validators raise ValidationError with messages
            messages = getattr(error, "messages", [str(error)])
            raise ValueProblem(
                field.problem(str(getattr(error, "code", None) or "invalid"), raw, "；".join(messages), field.help)
            ) from error
    return value


def _check_bounds(field: Field, value: Any, raw: Any) -> None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            raise ValueProblem(
                field.problem(
                    "too_small",
                    raw,
                    _now("小于允许的最小值 %(bound)s") % {"bound": field.minimum},
                    _("请核对数值和计量单位"),
                )
            )
        if field.maximum is not None and value > field.maximum:
            raise ValueProblem(
                field.problem(
                    "too_large",
                    raw,
                    _now("大于允许的最大值 %(bound)s") % {"bound": field.maximum},
                    _("请核对数值和计量单位"),
                )
            )
    if isinstance(value, str) and field.max_length and len(value) > field.max_length:
        raise ValueProblem(
            field.problem(
                "too_long",
                raw,
                _now("超过 %(bound)s 个字") % {"bound": field.max_length},
                _now("请缩短到 %(bound)s 个字以内") % {"bound": field.max_length},
            )
        )


def _text(field: Field, raw: Any, _lookup: Any) -> str:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)  # Excel keeps codes typed without an apostrophe as numbers
    text = str(raw)
    return text.strip() if field.kind == "long_text" else tidy(text)


def _number(field: Field, raw: Any, _lookup: Any) -> Decimal:
    if isinstance(raw, bool):
        raise ValueProblem(field.problem("not_a_number", raw, _("不是数字"), _("请只填数字，不带单位")))
    text = fold(str(raw)).replace(",", "").replace(" ", "")
    if field.kind == "percent":
        text = text.removesuffix("%")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueProblem(field.problem("not_a_number", raw, _("不是数字"), _("请只填数字，不带单位"))) from None
    if not value.is_finite():
        raise ValueProblem(field.problem("not_a_number", raw, _("不是数字"), _("请只填数字，不带单位")))
    if abs(value) >= Decimal(10) ** (field.digits - field.decimals):
        raise ValueProblem(field.problem("too_large", raw, _("数值过大"), _("请核对数值和计量单位")))
    if isinstance(raw, float):
        value = round(value, 10)  # Excel stores 0.1 as a binary fraction
    quantum = Decimal(1).scaleb(-field.decimals)
    rounded = value.quantize(quantum)
    if rounded != value:
        raise ValueProblem(
            field.problem(
                "too_precise",
                raw,
                _now("小数超过 %(n)s 位") % {"n": field.decimals},
                _now("请保留 %(n)s 位小数") % {"n": field.decimals},
            )
        )
    return rounded


def _integer(field: Field, raw: Any, lookup: Any) -> int:
    value = _number(field, raw, lookup) if not isinstance(raw, int) or isinstance(raw, bool) else Decimal(raw)
    if value != value.to_integral_value():
        raise ValueProblem(field.problem("not_an_integer", raw, _("不是整数"), _("请填整数")))
    if abs(value) > 2**62:
        raise ValueProblem(field.problem("too_large", raw, _("数值过大"), _("请核对数值和计量单位")))
    if field.kind == "year" and not 1900 <= value <= 2200:
        raise ValueProblem(field.problem("bad_year", raw, _("不是四位年度"), _("请填四位年度，如 2026")))
    return int(value)


def _year(field: Field, raw: Any, lookup: Any) -> int:
    if isinstance(raw, datetime.date):
        return raw.year
    return _integer(
        field, str(raw).strip().removesuffix("年度").removesuffix("年") if isinstance(raw, str) else raw, lookup
    )


def _date(field: Field, raw: Any, _lookup: Any) -> datetime.date:
    day = _day_of(raw)
    if day is None:
        raise ValueProblem(field.problem("not_a_date", raw, _("不是日期"), _("请按 2026-03-15 的格式填写")))
    if not 1800 <= day.year <= 2200:
        raise ValueProblem(field.problem("bad_date", raw, _("年份不合理"), _("请核对年份，按 2026-03-15 的格式填写")))
    return day


def _day_of(raw: Any) -> datetime.date | None:
    if isinstance(raw, datetime.datetime):
        return raw.date()
    if isinstance(raw, datetime.date):
        return raw
    text = re.sub(r"[T ]00:00(:00)?$", "", fold(str(raw)))
    for form in DATE_FORMS:
        try:
            return datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _datetime(field: Field, raw: Any, lookup: Any) -> datetime.datetime:
    from django.utils import timezone

    if not isinstance(raw, datetime.datetime):
        try:
            raw = datetime.datetime.fromisoformat(fold(str(raw)).replace("/", "-"))
        except ValueError:
            raise ValueProblem(
                field.problem("not_a_time", raw, _("不是时间"), _("请按 2026-03-15 14:30 的格式填写"))
            ) from None
    return timezone.make_aware(raw) if timezone.is_naive(raw) else raw


def _bool(field: Field, raw: Any, _lookup: Any) -> bool:
    text = fold(str(raw)).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueProblem(field.problem("not_yes_no", raw, _("不是“是”或“否”"), _("请填“是”或“否”")))


def _choice_code(field: Field, raw: Any) -> str:
    """A choice by its code or by its label in any of our languages."""
    from django.utils.translation import override

    text = fold(str(raw))
    for code, label in field.choices:
        if text == code:
            return code
        for language in ("zh-hans", "en"):
            with override(language):
                if text == fold(str(label)):
                    return code
    options = "、".join(str(label) for _code, label in field.choices[:12])
    raise ValueProblem(
        field.problem(
            "not_a_choice", raw, _("不在可选范围内"), _now("请从以下选项中选择：%(options)s") % {"options": options}
        )
    )


def _choice(field: Field, raw: Any, _lookup: Any) -> str:
    return _choice_code(field, raw)


def _choices(field: Field, raw: Any, _lookup: Any) -> list[str]:
    parts = raw if isinstance(raw, list | tuple) else re.split(r"[;；、,，|\n]", str(raw))
    codes = (_choice_code(field, part) for part in parts if str(part).strip())
    return list(dict.fromkeys(codes))


def _looked_up(field: Field, raw: Any, lookup: Callable[[Field, str], Any] | None) -> Any:
    if isinstance(raw, models.Model):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    found = lookup(field, tidy(str(raw))) if lookup else None
    if found is None:
        raise ValueProblem(
            field.problem("not_found", raw, _("找不到对应的记录"), _("请填写已登记的代码或名称；如尚未登记，请先登记"))
        )
    return found


PARSERS: Mapping[str, Callable[[Field, Any, Any], Any]] = {
    "text": _text,
    "long_text": _text,
    "url": _text,
    "integer": _integer,
    "decimal": _number,
    "money": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "year": _year,
    "bool": _bool,
    "choice": _choice,
    "choices": _choices,
    "reference": _looked_up,
    "org_unit": _looked_up,
}


def show(field: Field, value: Any) -> str:
    """The value as people read it, in the current language; empty for nothing."""
    if value is None or value == "" or value == []:
        return ""
    if field.kind == "choice":
        return str(dict(field.choices).get(value, value))
    if field.kind == "choices":
        labels = dict(field.choices)
        return "、".join(str(labels.get(code, code)) for code in value)
    if field.kind == "bool":
        return _now("是") if value else _now("否")
    if field.kind == "money":
        return f"{value:,.2f}"
    if field.kind in {"decimal", "percent"}:
        return f"{value:,f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:,f}"
    if field.kind == "date":
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    if field.kind == "datetime":
        from django.utils import timezone

        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return str(value)


def to_json(value: Any) -> Any:
    """A value as audit, API and custom ledgers keep it: exact numbers and dates as text, references by id."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return value.pk
    return value


def from_json(field: Field, value: Any) -> Any:
    """The inverse of `to_json` for the kinds a custom ledger can hold."""
    if value is None or value == "":
        return None
    if field.kind in {"decimal", "money", "percent"}:
        return Decimal(str(value))
    if field.kind == "date":
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value
    return value


MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": lambda text: text[:3] + "****" + text[-4:] if len(text) >= 11 else "****",
    "id_number": lambda text: text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) >= 15 else "****",
    "bank_account": lambda text: "*" * max(len(text) - 4, 4) + text[-4:] if len(text) > 8 else "****",
    "email": lambda text: text[:1] + "***" + text[text.find("@") :] if "@" in text else "****",
    "name": lambda text: text[:1] + "*" * max(len(text) - 1, 1),
    "address": lambda text: text[:6] + "****" if len(text) > 6 else "****",
}


def mask(field: Field, value: Any) -> str:
    """The value with its personal part hidden; empty stays empty, so that a missing value can still be seen as missing."""
    text = show(field, value)
    return MASKS[field.personal](text) if text and field.personal else text
