"""Paging (翻页): counts that stop at a cap, numbered pages up to it, and cursors that go on for ever.

Counting a million rows, or skipping to the twenty-thousandth page, costs seconds; nobody reads either. A cursor names the last row
seen, so the next page costs the same wherever it is.
"""

import base64
import binascii
import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from keqiao.core.records.fields import to_json

CAP = 10_000


@dataclass(frozen=True)
class Count:
    """How many rows, as far as it was worth counting."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"

    def __int__(self) -> int:
        return self.number


def count(rows: Any, cap: int = CAP) -> Count:
    found = rows.order_by()[: cap + 1].count()
    return Count(cap, True) if found > cap else Count(found)


@dataclass(frozen=True)
class Page:
    """A page of rows. `cursor` leads on where `has_next`; numbered pages end at the cap."""

    rows: Sequence[Any]
    size: int
    number: int = 1
    has_next: bool = False
    cursor: str = ""
    count: Count | None = None

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def first_row(self) -> int:
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last_row(self) -> int:
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def pages(self) -> int:
        """How many numbered pages there are; the last stands at the cap."""
        return max(1, -(-int(self.count or 0) // self.size))

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers to offer: the ends and those near this one, None for a gap."""
        wanted = sorted({1, self.pages, *range(max(1, self.number - 2), min(self.pages, self.number + 2) + 1)})
        found: list[int | None] = []
        for number in wanted:
            if found and found[-1] is not None and number > found[-1] + 1:
                found.append(None)
            found.append(number)
        return found


@dataclass(frozen=True)
class Key:
    """One sort key: an ORM name, its direction, whether it can be empty (empty values come last both ways), and its kind of value."""

    name: str
    descending: bool
    nullable: bool = False
    kind: str = "text"


class BadCursorError(ValueError):
    """The cursor was not made by us for this order."""


def write_cursor(keys: Sequence[Key], row: Any) -> str:
    values = [to_json(getattr(row, key.name)) for key in keys]
    text = json.dumps([[key.name for key in keys], values], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(keys: Sequence[Key], cursor: str) -> list[Any]:
    """The values of the last row seen. Raises BadCursorError for a text that is no cursor, or one of another order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        names, values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if names != [key.name for key in keys] or len(values) != len(keys):
            raise ValueError("another order")
        return [_typed(key, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, KeyError, ArithmeticError, binascii.Error) as error:
        raise BadCursorError(_("翻页标记无效，请从第一页重新开始")) from error


def _typed(key: Key, value: Any) -> Any:
    if value is None:
        if not key.nullable:
            raise ValueError("empty")
        return None
    if isinstance(value, list | dict):
        raise TypeError("no value of a column")
    return READ_BACK.get(key.kind, _text)(value)


def _text(value: Any) -> str:
    return str(value).replace("\0", "")


def _whole(value: Any) -> int:
    if abs(number := int(value)) >= 2**63:
        raise ValueError("out of range")
    return number


def _number(value: Any) -> Decimal:
    if not (number := Decimal(str(value))).is_finite() or abs(number) >= Decimal(10) ** 20:
        raise ValueError("out of range")
    return number


def _moment(value: Any) -> datetime.datetime:
    if (moment := datetime.datetime.fromisoformat(value)).tzinfo is None:
        raise ValueError("no time zone")
    return moment


READ_BACK: dict[str, Callable[[Any], Any]] = {
    "integer": _whole,
    "year": _whole,
    "decimal": _number,
    "money": _number,
    "percent": _number,
    "date": datetime.date.fromisoformat,
    "datetime": _moment,
    "bool": bool,
}


def beyond(keys: Sequence[Key], values: Sequence[Any]) -> tuple[Q, Q]:
    """Rows after the given ones in the order of `keys`, as (bound, rest).

    The bound on the first key alone lets the database enter its index at the right place; an OR over all keys would make it read
    everything (measured: 6 ms against 1,470 ms at a million rows).
    """
    first, value = keys[0], values[0]
    bound = (
        _after(first, value) | Q(**{first.name: value}) if value is not None else Q(**{f"{first.name}__isnull": True})
    )
    if value is not None and not first.nullable:
        bound = Q(**{f"{first.name}__{'lte' if first.descending else 'gte'}": value})
    rest, same = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        rest |= same & _after(key, value)
        same &= Q(**{key.name: value}) if value is not None else Q(**{f"{key.name}__isnull": True})
    return bound, rest


def _after(key: Key, value: Any) -> Q:
    if value is None:
        return Q(pk__in=[])
    after = Q(**{f"{key.name}__{'lt' if key.descending else 'gt'}": value})
    return after | Q(**{f"{key.name}__isnull": True}) if key.nullable else after
