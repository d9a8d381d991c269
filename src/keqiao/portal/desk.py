"""What stands on a user's desk (我的工作): apps add providers from `apps.py`; each gives cards of things due, late and done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class DeskCard:
    """One pile of work: a title, how much is due, late and done, and where to go; `items` are its most urgent pieces (text, url, due date)."""

    title: Text
    icon: str
    url: str
    due: int = 0
    late: int = 0
    done: int = 0
    items: tuple[tuple[str, str, Any], ...] = ()


_providers: list[Callable[[Any], Iterable[DeskCard]]] = []


def add_desk(provider: Callable[[Any], Iterable[DeskCard]]) -> Callable[[Any], Iterable[DeskCard]]:
    """Adds a provider: called with the user, gives its cards (none where it has nothing for this user)."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def desk_cards(user: Any) -> list[DeskCard]:
    return [card for provider in _providers for card in provider(user)]
