"""Numbers as Chinese reports write them, and back.

Hides the numeral systems: Arabic digits with separators, Chinese numerals (also the financial forms), 万 and 亿, and the
approximations 余, 多, 来 that stand inside a number (三千余万). Values are exact Decimals.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4}
DIGITS |= {"伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
SMALL = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
LARGE = {"万": 10**4, "亿": 10**8}
CHINESE = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
FOLD = str.maketrans("０１２３４５６７８９．％", "0123456789.%")

ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:[ \u00a0\u2009]\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_ARABIC_NUMBER = re.compile(
    rf"(?P<digits>{ARABIC})(?P<first>\s?(?:[十百千]?[万亿]{{1,2}}|[百千](?!克|米|瓦|伏|赫|帕|分)))?(?P<approx>余|多|来)?(?P<second>[千百]?[万亿]{{1,2}})?"
)
_CHINESE_NUMBER = re.compile(
    rf"(?P<digits>[{CHINESE}]+(?:点[{CHINESE}]+)?)(?P<approx>余|多|来|几)?(?P<second>[万亿]{{1,2}})?"
)


@dataclass(frozen=True)
class Number:
    """A number phrase without its unit: ``text[start:end]``. `high` is set for neighbouring digits (两三家 = 2 to 3)."""

    start: int
    end: int
    value: Decimal
    high: Decimal | None = None
    approx: str = ""
    is_arabic: bool = True


def fold(text: str) -> str:
    """Full-width digits to ASCII, same length."""
    return text.translate(FOLD)


def multiplier(text: str) -> int:
    """万 → 10 000, 千万 → 10 000 000, 万亿 → 10**12."""
    product = 1
    for char in text.strip():
        product *= SMALL.get(char) or LARGE[char]
    return product


def parse_chinese(text: str) -> Decimal | None:
    """Value of a Chinese numeral such as 三百二十万, 一点五, 二〇二五; None when it is none.

    >>> parse_chinese("三万零五十")
    Decimal('30050')
    """
    whole, _, fraction = text.partition("点")
    if fraction:
        if any(c not in DIGITS for c in fraction):
            return None
        value = parse_chinese(whole)
        return None if value is None else value + Decimal("0." + "".join(str(DIGITS[c]) for c in fraction))
    if all(c in DIGITS for c in whole):
        return Decimal("".join(str(DIGITS[c]) for c in whole)) if whole else None
    return _parse_with_units(whole)


def _parse_with_units(text: str) -> Decimal | None:
    total = section = digit = 0
    seen_digit, last_unit = False, 10**9
    for char in text:
        if char in DIGITS:
            if seen_digit and digit:
                return None
            digit, seen_digit = DIGITS[char], True
            if digit == 0:
                last_unit, seen_digit = 10**9, False
        elif char in SMALL:
            if SMALL[char] >= last_unit:
                return None
            section += (digit if seen_digit else 1) * SMALL[char]
            digit, seen_digit, last_unit = 0, False, SMALL[char]
        else:
            section += digit
            if char == "亿" and (total or section):
                total = (total + section) * LARGE[char]
            else:
                total += (section or 1) * LARGE[char]
            section = digit = 0
            seen_digit, last_unit = False, 10**9
    return Decimal(total + section + digit)


def format_chinese(value: int) -> str:
    """The numeral for 0 ≤ value < 10**12, the inverse of `parse_chinese`.

    >>> format_chinese(30050)
    '三万零五十'
    """
    if value == 0:
        return "零"
    parts: list[str] = []
    for unit, size in (("亿", 10**8), ("万", 10**4), ("", 1)):
        section, value = value // size % 10**4, value % size
        if section:
            parts.append(("零" if parts and section < 1000 else "") + _section(section) + unit)
        elif parts and unit and value and not parts[-1].endswith("零"):
            continue
    text = "".join(parts)
    return text[1:] if text.startswith("一十") else text


def _section(value: int) -> str:
    text, zero = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, value = value // size, value % size
        if digit:
            text += ("零" if zero else "") + "零一二三四五六七八九"[digit] + unit
            zero = False
        elif text:
            zero = True
    return text


def _neighbouring(digits: str) -> tuple[Decimal, Decimal] | None:
    """两三, 七八, 三四十, 二三百: a low and a high end."""
    match = re.fullmatch(r"([一二两三四五六七八])([二三四五六七八九])([十百千万亿]*)", digits)
    if not match or DIGITS[match[2]] - DIGITS[match[1]] != 1:
        return None
    times = multiplier(match[3]) if match[3] else 1
    return Decimal(DIGITS[match[1]] * times), Decimal(DIGITS[match[2]] * times)


def match_number(text: str, at: int) -> Number | None:
    """The number that starts at `at` of folded text, or None."""
    char = text[at]
    if char.isdigit() and char.isascii():
        match = _ARABIC_NUMBER.match(text, at)
        if not match:
            return None
        value = Decimal(re.sub(r"[,\s]", "", match["digits"]))
        for part in (match["first"], match["second"]):
            value *= multiplier(part) if part else 1
        return Number(match.start(), match.end(), value, None, match["approx"] or "")
    if char in CHINESE:
        return _match_chinese(text, at)
    return None


def _match_chinese(text: str, at: int) -> Number | None:
    match = _CHINESE_NUMBER.match(text, at)
    if not match:
        return None
    times = multiplier(match["second"]) if match["second"] else 1
    both = _neighbouring(match["digits"])
    if both:
        return Number(at, match.end(), both[0] * times, both[1] * times, match["approx"] or "", False)
    value = parse_chinese(match["digits"])
    if value is None:
        return None
    return Number(at, match.end(), value * times, None, match["approx"] or "", False)
