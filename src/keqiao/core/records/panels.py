"""Panels (页签): what other apps show on a record's page. Added from `apps.py`; loaded when the tab is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Panel:
    """A tab on the detail page of `register`; `url_name` is reversed with the row's id. `shown_to` says who gets it."""

    register: str
    key: str
    label: str | Promise
    icon: str
    url_name: str
    shown_to: Callable[[Any, Any], bool] = lambda user, row: True


_panels: list[Panel] = []


def add_panel(panel: Panel) -> None:
    if panel not in _panels:
        _panels.append(panel)


def panels_for(user: Any, register: str, row: Any) -> list[Panel]:
    return [panel for panel in _panels if panel.register == register and panel.shown_to(user, row)]
