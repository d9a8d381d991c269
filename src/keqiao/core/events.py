"""Events (事件): how a lower layer tells upper ones that something happened. Declared here, subscribed to in `apps.py`, sent after commit."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction


@dataclass(frozen=True)
class RecordsChanged:
    """Rows of a register were written or removed. `ids` may be many (an import)."""

    register: str
    ids: tuple[int, ...]
    verb: str


@dataclass(frozen=True)
class RecordReviewed:
    """A row was approved or returned; `record` is as after the change."""

    record: Any
    verb: str
    note: str


_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event: type, handler: Callable[[Any], None]) -> None:
    if handler not in _subscribers[event]:
        _subscribers[event].append(handler)


def send(event: Any) -> None:
    """Calls the subscribers once the current transaction has committed."""
    for handler in _subscribers[type(event)]:
        transaction.on_commit(partial(handler, event))
