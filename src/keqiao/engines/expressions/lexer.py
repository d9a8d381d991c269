"""Text to tokens: Chinese and ASCII punctuation alike, numbers with units, dates, Chinese words for operators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .problems import Problem, ProblemsFound
from .types import unit_of, unit_symbols

_PLAIN = str.maketrans(
    "（）＞＜＝，、；＋－－×÷％！［］【】“”‘’　０１２３４５６７８９．", "()><=,,;+--*/%![][]\"\"'' 0123456789."
)
_SYMBOLS = ("!=", "<>", ">=", "<=", "==", ">", "<", "=", "≥", "≤", "≠", "+", "-", "*", "/", "(", ")", "[", "]", ",")
_SAME = {"<>": "!=", "≠": "!=", "≥": ">=", "≤": "<=", "==": "="}
WORDS = {
    "and": "and", "且": "and", "并且": "and", "or": "or", "或": "or", "或者": "or", "not": "not", "非": "not", "不": "not",
    "in": "in", "属于": "in", "不属于": "not in", "true": "true", "是": "true", "真": "true", "false": "false", "否": "false", "假": "false",
    "不低于": ">=", "不少于": ">=", "不小于": ">=", "大于等于": ">=", "不超过": "<=", "不高于": "<=", "不大于": "<=", "小于等于": "<=",
    "高于": ">", "大于": ">", "超过": ">", "低于": "<", "小于": "<", "少于": "<", "等于": "=", "不等于": "!=",
}  # fmt: skip
_NUMBER = re.compile(r"\d[\d_]*(?:\.\d+)?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NAME = re.compile(r"[^\W\d]\w*")
_SYMBOL = "(?:" + "|".join(map(re.escape, unit_symbols())) + ")"
_UNIT = re.compile(rf"\s?({_SYMBOL}(?:/{_SYMBOL})?)(?![\w²])")
_LETTERS = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Token:
    """kind: number, date, text, name, symbol, end. `start` and `end` count characters from 0."""

    kind: str
    text: str
    start: int
    end: int
    value: Fraction | date | str | None = None
    unit: str = ""


def tokens(source: str) -> list[Token]:
    """All tokens with an end token. Raises ProblemsFound at the first character that cannot begin one."""
    plain = source.translate(_PLAIN)
    found: list[Token] = []
    position = 0
    while position < len(plain):
        if plain[position].isspace():
            position += 1
            continue
        token = _token(plain, position)
        found.append(token)
        position = token.end
    return [*found, Token("end", "", len(plain), len(plain))]


def _token(text: str, start: int) -> Token:
    if match := _DATE.match(text, start):
        return _date(match)
    if match := _NUMBER.match(text, start):
        return _number(text, match)
    if text[start] in "\"'`「":
        return _quoted(text, start)
    for symbol in _SYMBOLS:
        if text.startswith(symbol, start):
            return Token("symbol", _SAME.get(symbol, symbol), start, start + len(symbol))
    if match := _NAME.match(text, start):
        word = WORDS.get(match.group().lower())
        if word in (">=", "<=", ">", "<", "=", "!=", "and", "or", "not", "in", "not in"):
            return Token("symbol", word, start, match.end())
        if word in ("true", "false"):
            return Token("bool", word, start, match.end())
        return Token("name", match.group(), start, match.end())
    raise ProblemsFound(
        [
            Problem(
                "E101",
                f"不认识的字符“{text[start]}”",
                "字段名含特殊符号时用反引号括起,如 `研发费(三年)`",
                column=start + 1,
            )
        ]
    )


def _date(match: re.Match[str]) -> Token:
    try:
        day = date(*map(int, match.groups()))
    except ValueError as error:
        raise ProblemsFound(
            [
                Problem(
                    "E102", "没有这一天", "写成 年-月-日,如 2026-01-01", column=match.start() + 1, value=match.group()
                )
            ]
        ) from error
    return Token("date", match.group(), match.start(), match.end(), day)


def _number(text: str, match: re.Match[str]) -> Token:
    value, end = Fraction(match.group().replace("_", "")), match.end()
    unit = _UNIT.match(text, end)
    if unit:
        measured = unit_of(unit.group(1))
        scale = measured[1] if measured else Fraction(1)
        return Token(
            "number", text[match.start() : unit.end()], match.start(), unit.end(), value * scale, unit.group(1)
        )
    if letters := _LETTERS.match(text, end):
        remedy = "已知单位:元、万元、亿元、%、人、家、件、平方米、亩、天、月、年等;单位与后面的词之间要空格"
        raise ProblemsFound(
            [
                Problem(
                    "E103",
                    f"数字后的“{letters.group()}”不是已知单位",
                    remedy,
                    column=end + 1,
                    value=match.group() + letters.group(),
                )
            ]
        )
    return Token("number", match.group(), match.start(), end, value)


def _quoted(text: str, start: int) -> Token:
    closing = "」" if text[start] == "「" else text[start]
    end = text.find(closing, start + 1)
    if end < 0:
        raise ProblemsFound([Problem("E104", "引号没有成对", f"补上结尾的 {closing}", column=start + 1)])
    inner = text[start + 1 : end]
    kind = "name" if closing in "`」" else "text"
    return Token(kind, inner, start, end + 1, inner)
